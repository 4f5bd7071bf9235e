"""Pruning: from near-zero nodes to a network that is really smaller.

`prune` does all of it. Selection (`short_nodes`, `shortest_nodes`, `given_nodes`, `Floor`) says which nodes go;
removal, folding and measurement are the same for every selection.
"""

from .fine_tuning import fine_tune
from .latency import DifferentAnswersError, Latency, compare_latency
from .onnx_model import run_onnx, write_onnx
from .procedure import prune
from .pruned import Pruned, PrunedFileError
from .report import Report, Score, Size
from .selection import Floor, given_nodes, node_lengths, short_nodes, shortest_nodes, with_floor
from .shrinking import parts_left, shrink
from .smaller_network import Parts, multiply_adds, parameter_count

__all__ = [
    "DifferentAnswersError",
    "Floor",
    "Latency",
    "Parts",
    "Pruned",
    "PrunedFileError",
    "Report",
    "Score",
    "Size",
    "compare_latency",
    "fine_tune",
    "given_nodes",
    "multiply_adds",
    "node_lengths",
    "parameter_count",
    "parts_left",
    "prune",
    "run_onnx",
    "short_nodes",
    "shortest_nodes",
    "shrink",
    "with_floor",
    "write_onnx",
]
