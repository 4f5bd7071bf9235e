"""The fast path: the functions of `sl1lib.reference` on PyTorch tensors.

Each module mirrors one of `sl1lib.reference`: the same names, the same arguments, the same array layout. There, a
function's namesake says what it takes, returns and refuses, and which equation it computes. Tensors keep their dtype
and device, and everything is differentiable, so there are no ``*_backward`` functions here.
"""

from .activations import relu, sigmoid, softmax
from .convolution import conv2d
from .dense import dense
from .losses import LOSSES, cross_entropy, squared_error
from .module import NodePenalty
from .network import Network, features, forward, init_params, trace
from .optimizer import heavy_ball_step, proximal_step
from .penalty import group_norms, penalty, penalty_grad, penalty_hess, penalty_prox
from .pooling import avg_pool2d, composed_kernel, conv_avg_pool2d
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
from .removal import remove_inputs, remove_nodes
from .smoothing import smooth_abs, smooth_abs_grad, smooth_abs_hess, smooth_abs_prox

__all__ = [
    "LOSSES",
    "PROFILES",
    "Abs",
    "Huber",
    "LogCosh",
    "Network",
    "NodePenalty",
    "Profile",
    "PseudoHuber",
    "Quartic",
    "SqrtQuartic",
    "Squared",
    "avg_pool2d",
    "composed_kernel",
    "conv2d",
    "conv_avg_pool2d",
    "cross_entropy",
    "dense",
    "features",
    "find_profile",
    "forward",
    "group_norms",
    "heavy_ball_step",
    "init_params",
    "penalty",
    "penalty_grad",
    "penalty_hess",
    "penalty_prox",
    "proximal_step",
    "relu",
    "remove_inputs",
    "remove_nodes",
    "sigmoid",
    "smooth_abs",
    "smooth_abs_grad",
    "smooth_abs_hess",
    "smooth_abs_prox",
    "softmax",
    "squared_error",
    "trace",
]
