"""The book's figures: one style, one colour for each method, and the plots that come back in several chapters.

Every function returns a `matplotlib.figure.Figure` that pyplot no longer knows, so a notebook shows it once, as the
value of its cell, and nothing stays open. Widths are chosen so that the type is legible on a telephone.
"""

from .arrays import image_row, matrices
from .corner import (
    chatter_by_momentum,
    one_weight_errors,
    pulls_to_zero,
    supporting_lines,
    threshold_maps,
    touching_level_lines,
    weight_paths,
)
from .dense import entropy_against_squares, relu_subgradients, scores_to_probabilities
from .descent import bouncing, chatter_transition, courses, parabola_bound
from .graphs import chain_graph, difference_errors, network_graph
from .own_model import layer_norms, strength_path
from .penalties import curvatures, groupings, proximal_maps, pulls, threshold
from .pooling import wave_response
from .profiles import (
    gap_against_lipschitz,
    gap_to_fill,
    profile_panels,
    rounding_errors,
    shrinking_widths,
    torn_cap,
)
from .pruning import Curve, Prunings, cost_frontier, error_by_nodes, leads, length_histograms
from .runs import kernels, loss_curves, network_maps, node_norms
from .speed import band_patterns, costs_by_models, part_bars, roofline, strips_in_memory, time_ladder
from .style import METHOD_STYLES, MethodStyle, darker, finish, method_style, use_style, variant_style
from .training import drift_curves, error_curves

__all__ = [
    "METHOD_STYLES",
    "Curve",
    "MethodStyle",
    "Prunings",
    "band_patterns",
    "bouncing",
    "chain_graph",
    "chatter_by_momentum",
    "chatter_transition",
    "cost_frontier",
    "costs_by_models",
    "courses",
    "curvatures",
    "darker",
    "difference_errors",
    "drift_curves",
    "entropy_against_squares",
    "error_by_nodes",
    "error_curves",
    "finish",
    "gap_against_lipschitz",
    "gap_to_fill",
    "groupings",
    "image_row",
    "kernels",
    "layer_norms",
    "leads",
    "length_histograms",
    "loss_curves",
    "matrices",
    "method_style",
    "network_graph",
    "network_maps",
    "node_norms",
    "one_weight_errors",
    "parabola_bound",
    "part_bars",
    "profile_panels",
    "proximal_maps",
    "pulls",
    "pulls_to_zero",
    "relu_subgradients",
    "roofline",
    "rounding_errors",
    "scores_to_probabilities",
    "shrinking_widths",
    "strength_path",
    "strips_in_memory",
    "supporting_lines",
    "threshold",
    "threshold_maps",
    "time_ladder",
    "torn_cap",
    "touching_level_lines",
    "use_style",
    "variant_style",
    "wave_response",
    "weight_paths",
]
