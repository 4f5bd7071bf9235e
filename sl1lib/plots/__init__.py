"""The book's figures: one style, one colour for each method, and the plots that come back in several chapters.

Every function returns a `matplotlib.figure.Figure` that pyplot no longer knows, so a notebook shows it once, as the
value of its cell, and nothing stays open. Widths are chosen so that the type is legible on a telephone.
"""

from .arrays import image_row, matrices
from .pooling import wave_response
from .runs import kernels, loss_curves, network_maps, node_norms
from .style import METHOD_STYLES, MethodStyle, finish, method_style, use_style

__all__ = [
    "METHOD_STYLES",
    "MethodStyle",
    "finish",
    "image_row",
    "kernels",
    "loss_curves",
    "matrices",
    "method_style",
    "network_maps",
    "node_norms",
    "use_style",
    "wave_response",
]
