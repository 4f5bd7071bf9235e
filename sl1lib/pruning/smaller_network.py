"""The smaller network: which parts of the full one it has, and what they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..architecture import IMAGE_SIZE, MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES, POOL, parameter_shapes
from ..errors import shape_of, unexpected


@dataclass(frozen=True, eq=False)
class Parts:
    """What a pruned network has of the full one, by the numbers that they have there, ascending, as int64.

    Raises
    ------
    ValueError
        If numbers are out of range or not ascending, nothing is left, or nodes and maps do not belong together.

    Examples
    --------
    >>> Parts(np.array([0, 1, 35]), np.array([2]), np.array([0, 2])).columns
    array([ 0,  1, 19])
    """

    nodes: np.ndarray  #: shape (n,): feature nodes, of 0 … 191
    maps1: np.ndarray  #: maps of layer 1, of 0 … 5
    maps2: np.ndarray  #: maps of layer 2, of 0 … 11: those that have a node left

    def __post_init__(self) -> None:
        for name, there in (("nodes", NODES), ("maps1", MAPS[0]), ("maps2", MAPS[1])):
            found = getattr(self, name)
            if shape_of(name, found) != (found.size,) or found.dtype.kind not in "iu" or not found.size:
                raise unexpected(name, f"{found.dtype} {found.shape}", "they must be whole numbers, at least one")
            if found[0] < 0 or found[-1] >= there or (np.diff(found) <= 0).any():
                raise unexpected(name, found.tolist(), f"they must ascend from 0 to at most {there - 1}")
        if not np.array_equal(np.unique(self.nodes // NODES_PER_MAP), self.maps2):
            raise unexpected("maps2", self.maps2.tolist(), "they must be the maps that the nodes belong to")

    @classmethod
    def everything(cls) -> Parts:
        """Return the parts of the full network."""
        return cls(*(np.arange(count) for count in (NODES, *MAPS)))

    @property
    def columns(self) -> np.ndarray:
        """Where the nodes stand among the features of the maps that are left, shape (n,)."""
        place = np.searchsorted(self.maps2, self.nodes // NODES_PER_MAP)
        return NODES_PER_MAP * place + self.nodes % NODES_PER_MAP

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the smaller network's parameters."""
        return parameter_shapes(len(self.maps1), len(self.maps2), len(self.nodes))

    @property
    def _places(self) -> dict[str, Any]:
        """Where the smaller network's parameters stand in those of the full one."""
        return {
            "K1": self.maps1,
            "b1": self.maps1,
            "K2": np.ix_(self.maps2, self.maps1),
            "b2": self.maps2,
            "U": np.s_[:, self.nodes],
            "b": np.s_[:],
        }

    def widen(self, params: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the same function as parameters of the full network: zeros where something was removed."""
        full = {name: np.zeros(shape, params[name].dtype) for name, shape in PARAMETER_SHAPES.items()}
        for name, place in self._places.items():
            full[name][place] = params[name]
        return full

    def take(self, full: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return this network's parameters out of those of the full one: the way back from `widen`."""
        return {name: full[name][place].copy() for name, place in self._places.items()}


def parameter_count(params: Mapping[str, Any]) -> int:
    """Count the numbers in all arrays.

    Examples
    --------
    >>> from sl1lib import reference
    >>> parameter_count(reference.init_params())
    3898
    """
    return sum(int(np.prod(array.shape)) for array in params.values())


def multiply_adds(params: Mapping[str, Any], composed: bool = False) -> int:
    """Count the products of weights with activations for one image; additions of biases and pooling are left out.

    Parameters
    ----------
    params : dict of arrays or Tensors
        Of the full network or a pruned one: only shapes are read.
    composed : bool
        Count as if each convolution and its pooling were one convolution, as reading ``"table"`` allows.

    Examples
    --------
    >>> from sl1lib import reference
    >>> multiply_adds(reference.init_params()), multiply_adds(reference.init_params(), composed=True)
    (203520, 74496)
    """
    side, total = IMAGE_SIZE, int(np.prod(params["U"].shape))
    for name in ("K1", "K2"):
        maps, channels, window, _ = params[name].shape
        side = side - window + 1
        pooled = side // POOL
        places, window = (pooled**2, window + POOL - 1) if composed else (side**2, window)
        total += places * maps * channels * window**2
        side = pooled
    return total
