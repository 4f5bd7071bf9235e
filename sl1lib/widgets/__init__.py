"""Figures to play with: plain HTML and JavaScript that work in a notebook and in the built book, without a kernel.

Each widget carries its own numbers and computes in the page; tests compare what it computes with `sl1lib.reference`.
"""

from .backpropagation import SMALL_NETWORK, backpropagation_stepper
from .bands import BAND_LAYERS, band_explorer
from .convolution import EXPLORER_KERNELS, convolution_explorer
from .core import Widget
from .corner import corner_explorer
from .heavy_ball import heavy_ball_explorer
from .pairs import pair_explorer
from .path import path_explorer
from .pooling import PAINTINGS, POOLING_KERNELS, pooling_explorer
from .power import power_explorer
from .profiles import profile_explorer
from .pruning import PrunedCurve, pruning_explorer
from .pull import pull_explorer
from .softmax import softmax_explorer
from .stability import stability_explorer

__all__ = [
    "BAND_LAYERS",
    "EXPLORER_KERNELS",
    "PAINTINGS",
    "POOLING_KERNELS",
    "SMALL_NETWORK",
    "PrunedCurve",
    "Widget",
    "backpropagation_stepper",
    "band_explorer",
    "convolution_explorer",
    "corner_explorer",
    "heavy_ball_explorer",
    "pair_explorer",
    "path_explorer",
    "pooling_explorer",
    "power_explorer",
    "profile_explorer",
    "pruning_explorer",
    "pull_explorer",
    "softmax_explorer",
    "stability_explorer",
]
