"""The fast path: the functions of `sl1lib.reference` on PyTorch tensors, and the engine that trains with them.

Each module mirrors one of `sl1lib.reference`: the same names, the same arguments, the same array layout. Tensors keep
their dtype and device, and everything is differentiable, so there are no ``*_backward`` functions here.
"""

from .activations import relu, sigmoid, softmax
from .convolution import conv2d
from .dense import dense
from .engine import Costs, Engine, ParallelEngine, Training, WorkerError, tile_images
from .losses import LOSSES, cross_entropy, squared_error
from .module import NodePenalty
from .network import features, forward, init_params, trace
from .optimizer import heavy_ball_step, proximal_step
from .penalty import group_norms, penalty, penalty_grad, penalty_hess, penalty_prox
from .pooling import avg_pool2d, composed_kernel, conv_avg_pool2d
from .removal import remove_inputs, remove_nodes
from .simple import SimpleEngine, images_to_tensor, predict
from .smoothing import smooth_abs, smooth_abs_grad, smooth_abs_hess, smooth_abs_prox
from .steps import band_matrix, banded_product, conv2d_banded, conv2d_im2col, conv2d_loops, im2col

__all__ = [
    "LOSSES",
    "Costs",
    "Engine",
    "NodePenalty",
    "ParallelEngine",
    "SimpleEngine",
    "Training",
    "WorkerError",
    "avg_pool2d",
    "band_matrix",
    "banded_product",
    "composed_kernel",
    "conv2d",
    "conv2d_banded",
    "conv2d_im2col",
    "conv2d_loops",
    "conv_avg_pool2d",
    "cross_entropy",
    "dense",
    "features",
    "forward",
    "group_norms",
    "heavy_ball_step",
    "im2col",
    "images_to_tensor",
    "init_params",
    "penalty",
    "penalty_grad",
    "penalty_hess",
    "penalty_prox",
    "predict",
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
    "tile_images",
    "trace",
]
