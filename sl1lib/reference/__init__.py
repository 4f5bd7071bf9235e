"""The reference: every equation of the book in NumPy and float64, written to be read beside the mathematics.

Each module has its mirror in `sl1lib.fast`: the same names, the same arguments, the same array layout. Arrays that do
not fit together, an empty batch and a setting out of range raise ``ValueError``, which names what was found and what
would be right; a docstring says of errors only what its shapes and ranges do not.
"""

from .activations import (
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
)
from .convolution import (
    conv2d,
    conv2d_backward,
    conv2d_bias_grad,
    conv2d_input_grad,
    conv2d_kernel_grad,
)
from .dense import dense, dense_backward
from .descent import descend, peak_to_peak, two_cycle
from .last_layer import (
    last_layer_error,
    last_layer_grad,
    last_layer_lipschitz,
    last_layer_prox,
)
from .losses import (
    cross_entropy,
    cross_entropy_backward,
    log_softmax,
    one_hot,
    squared_error,
    squared_error_backward,
)
from .network import (
    backward,
    backward_trace,
    features,
    forward,
    gradient_by_differences,
    init_params,
    trace,
)
from .optimizer import Update, heavy_ball_step, proximal_step, train
from .penalty import (
    group_norms,
    penalty,
    penalty_grad,
    penalty_hess,
    penalty_prox,
)
from .pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    composed_kernel,
    conv_avg_pool2d,
)
from .profiles import (
    PROFILES,
    Abs,
    Huber,
    LogCosh,
    Profile,
    PseudoHuber,
    Quartic,
    SqrtQuartic,
    Squared,
    find_profile,
)
from .removal import remove_inputs
from .smoothing import (
    smooth_abs,
    smooth_abs_gap,
    smooth_abs_grad,
    smooth_abs_hess,
    smooth_abs_lipschitz,
    smooth_abs_prox,
)
from .stability import contraction, heavy_ball_energy, heavy_ball_matrix

__all__ = [
    "PROFILES",
    "Abs",
    "Huber",
    "LogCosh",
    "Profile",
    "PseudoHuber",
    "Quartic",
    "SqrtQuartic",
    "Squared",
    "Update",
    "avg_pool2d",
    "avg_pool2d_backward",
    "backward",
    "backward_trace",
    "composed_kernel",
    "contraction",
    "conv2d",
    "conv2d_backward",
    "conv2d_bias_grad",
    "conv2d_input_grad",
    "conv2d_kernel_grad",
    "conv_avg_pool2d",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "descend",
    "features",
    "find_profile",
    "forward",
    "gradient_by_differences",
    "group_norms",
    "heavy_ball_energy",
    "heavy_ball_matrix",
    "heavy_ball_step",
    "init_params",
    "last_layer_error",
    "last_layer_grad",
    "last_layer_lipschitz",
    "last_layer_prox",
    "log_softmax",
    "one_hot",
    "peak_to_peak",
    "penalty",
    "penalty_grad",
    "penalty_hess",
    "penalty_prox",
    "proximal_step",
    "relu",
    "relu_backward",
    "remove_inputs",
    "sigmoid",
    "sigmoid_backward",
    "smooth_abs",
    "smooth_abs_gap",
    "smooth_abs_grad",
    "smooth_abs_hess",
    "smooth_abs_lipschitz",
    "smooth_abs_prox",
    "softmax",
    "squared_error",
    "squared_error_backward",
    "trace",
    "train",
    "two_cycle",
]
