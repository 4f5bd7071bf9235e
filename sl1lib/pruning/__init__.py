"""Pruning: from near-zero nodes to a network that is really smaller.

`prune` does all of it. Selection (`short_nodes`, `shortest_nodes`, numbers of nodes, `Floor`) says which nodes go;
removal, folding and measurement are the same for every selection.
"""

from .fine_tuning import fine_tune
from .latency import DifferentAnswersError, Latency
from .onnx_model import run_onnx, write_onnx
from .procedure import prune
from .pruned import Pruned, PrunedFileError
from .report import Report, Score, Size
from .selection import Floor, node_lengths, short_nodes, shortest_nodes
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
    "fine_tune",
    "multiply_adds",
    "node_lengths",
    "parameter_count",
    "parts_left",
    "prune",
    "run_onnx",
    "short_nodes",
    "shortest_nodes",
    "shrink",
    "write_onnx",
]
