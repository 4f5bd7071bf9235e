"""Which nodes go: those shorter than a threshold, a number of the shortest, or those that are given.

Selection says what is removed and nothing else: two criteria that name the same number of nodes are compared fairly,
since everything after that is the same for both. A number or a name out of range is a ``ValueError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..architecture import MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES
from ..errors import require_choice, require_count, require_number, shape_of, unexpected
from ..reference import group_norms
from ..settings import GROUPINGS


@dataclass(frozen=True)
class Floor:
    """What a pruning leaves at least, whatever is selected: the longest stay.

    Parameters
    ----------
    nodes : int
        Feature nodes, of 192.
    maps : (int, int)
        Maps of layer 1, of 6, and of layer 2, of 12.

    Examples
    --------
    >>> Floor(nodes=20, maps=(1, 5))
    Floor(nodes=20, maps=(1, 5))
    >>> Floor(nodes=0)
    Traceback (most recent call last):
    ...
    ValueError: Floor.nodes is 0; it must be a whole number from 1 to 192
    """

    nodes: int = 1
    maps: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        if not isinstance(self.maps, Sequence) or len(self.maps) != len(MAPS):
            raise unexpected("Floor.maps", self.maps, "it must be two numbers, for layer 1 and for layer 2")
        require_count("Floor.nodes", self.nodes, 1, NODES)
        for layer, (least, there) in enumerate(zip(self.maps, MAPS, strict=True)):
            require_count(f"Floor.maps[{layer}]", least, 1, there)
        # Plain numbers in place of NumPy's, which would be written out with their type.
        object.__setattr__(self, "nodes", int(self.nodes))
        object.__setattr__(self, "maps", tuple(map(int, self.maps)))


def node_lengths(U: np.ndarray, grouping: str = "node") -> np.ndarray:
    r"""Return for each node the length of the longest group that has a weight of the node.

    With ``"node"`` that is :math:`\lVert u_k \rVert`; with ``"map"`` the length of the node's map, 160 weights; with
    ``"weight"`` the largest of the node's ten weights in size. A node is switched off where all its groups are.

    Parameters
    ----------
    U : ndarray, shape (10, 192)
        The last layer's weights, of the full network.
    grouping : {"node", "weight", "map"}

    Returns
    -------
    ndarray of float64, shape (192,)

    Examples
    --------
    >>> U = np.zeros((10, 192))
    >>> U[:2, 5] = 3, 4
    >>> node_lengths(U)[4:7], node_lengths(U, "weight")[4:7], node_lengths(U, "map")[14:18]
    (array([0., 5., 0.]), array([0., 4., 0.]), array([5., 5., 0., 0.]))
    """
    if shape_of("U", U) != PARAMETER_SHAPES["U"]:
        raise unexpected("the shape of U", tuple(U.shape), f"it must be {PARAMETER_SHAPES['U']}")
    require_choice("grouping", grouping, GROUPINGS)
    lengths = group_norms(np.asarray(U, dtype=np.float64), grouping)
    if not np.isfinite(lengths).all():
        raise ValueError("U has weights that are not finite; a network that diverged cannot be pruned")
    if grouping == "map":
        return lengths.repeat(NODES_PER_MAP)
    return lengths.max(axis=0) if grouping == "weight" else lengths


def short_nodes(U: np.ndarray, threshold: float, grouping: str = "node") -> np.ndarray:
    r"""Select the nodes that are shorter than a threshold.

    Parameters
    ----------
    U, grouping
        As for `node_lengths`.
    threshold : float
        At least 0. A node goes if its length is below it, strictly, as `Run.nodes_below` counts.

    Returns
    -------
    ndarray of bool, shape (192,)
        True for a node that goes.

    Examples
    --------
    >>> U = np.ones((10, 192))
    >>> U[:, 3] = 0.001
    >>> short_nodes(U, 0.01).nonzero()[0]
    array([3])
    """
    require_number("threshold", threshold, least=0)
    return node_lengths(U, grouping) < threshold


def shortest_nodes(U: np.ndarray, count: int, grouping: str = "node") -> np.ndarray:
    """Select the shortest nodes, or all nodes of the shortest maps: magnitude pruning.

    Parameters
    ----------
    U, grouping
        As for `node_lengths`. Of equally long nodes those with the smaller number go.
    count : int
        How many nodes go; with grouping ``"map"``, how many maps.

    Returns
    -------
    ndarray of bool, shape (192,)
        True for a node that goes.

    Examples
    --------
    >>> U = np.ones((10, 192)) * np.arange(192)
    >>> shortest_nodes(U, 3).nonzero()[0]
    array([0, 1, 2])
    >>> shortest_nodes(U, 2, "map").sum()
    np.int64(32)
    """
    lengths = node_lengths(U, grouping)
    unit = NODES_PER_MAP if grouping == "map" else 1
    require_count("count", count, 0, NODES // unit)
    order = np.argsort(lengths, kind="stable")  # the nodes of a map have one length: they stay together
    removed = np.zeros(NODES, dtype=bool)
    removed[order[: count * unit]] = True
    return removed


def given_nodes(nodes: Any) -> np.ndarray:
    """Turn numbers of nodes, in any order and each once, or a mask into a mask."""
    try:
        array = np.asarray(nodes)
    except ValueError:  # lists of different lengths
        array = np.asarray(nodes, dtype=object)
    if array.dtype == bool and array.shape == (NODES,):
        return array.copy()
    removed = np.zeros(NODES, dtype=bool)
    if array.size == 0:
        return removed
    if array.ndim != 1 or array.dtype.kind not in "iu":
        right = f"they must be whole numbers from 0 to {NODES - 1}, or {NODES} truth values"
        raise unexpected("the nodes to remove", f"{array.dtype} {array.shape}", right)
    for node in array.tolist():
        if not 0 <= node < NODES or removed[node]:
            raise unexpected("a node to remove", node, f"it must be from 0 to {NODES - 1}, each once")
        removed[node] = True
    return removed


def with_floor(removed: np.ndarray, lengths: np.ndarray, floor: Floor, grouping: str = "node") -> np.ndarray:
    """Take nodes back, the longest first, until as many nodes and maps of layer 2 stay as the floor asks for.

    With grouping ``"map"`` all nodes of a map come back together.
    """
    removed = removed.copy()
    by_map = removed.reshape(-1, NODES_PER_MAP)  # a view

    def take_back(candidates: np.ndarray) -> None:
        node = int(np.argmax(np.where(candidates, lengths, -1)))
        if grouping == "map":
            by_map[node // NODES_PER_MAP] = False
        removed[node] = False

    while (~by_map).any(axis=1).sum() < floor.maps[1]:
        take_back(np.repeat(by_map.all(axis=1), NODES_PER_MAP))
    while (~removed).sum() < floor.nodes:
        take_back(removed)
    return removed
