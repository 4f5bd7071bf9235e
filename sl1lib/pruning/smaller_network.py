"""The smaller network: which parts of the full one it has, its arrays, what it computes, and what that takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import fast
from ..architecture import CLASSES, IMAGE_SIZE, KERNEL_SIZE, MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES, POOL
from ..architecture import check_images as check_network_images
from ..errors import shape_of, unexpected
from ..fast.network import Tensors
from ..readings import Reading, find_reading

EVALUATION_BATCH = 500  # images at once: their activations fit into the cache


@dataclass(frozen=True, eq=False)
class Parts:
    """What a pruned network has of the full one, by the numbers that they have there, ascending.

    Parameters
    ----------
    nodes : ndarray of int64, shape (n,)
        Feature nodes, of 0 … 191.
    maps1, maps2 : ndarray of int64
        Maps of layer 1, of 0 … 5, and of layer 2, of 0 … 11: those that have a node left.

    Raises
    ------
    ValueError
        If numbers are out of range or not ascending, nothing is left, or nodes and maps do not belong together.

    Examples
    --------
    >>> Parts(np.array([0, 1, 35]), np.array([2]), np.array([0, 2])).columns
    array([ 0,  1, 19])
    """

    nodes: np.ndarray
    maps1: np.ndarray
    maps2: np.ndarray

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
        kernel = (KERNEL_SIZE, KERNEL_SIZE)
        maps1, maps2 = len(self.maps1), len(self.maps2)
        return {
            "K1": (maps1, 1, *kernel),
            "b1": (maps1,),
            "K2": (maps2, maps1, *kernel),
            "b2": (maps2,),
            "U": (CLASSES, len(self.nodes)),
            "b": (CLASSES,),
        }

    def check(self, params: Mapping[str, Any]) -> None:
        """Raise ``ValueError`` unless ``params`` are the smaller network's, in its shapes."""
        if set(params) != set(self.shapes):
            raise unexpected("the names of params", sorted(params), f"they must be {sorted(self.shapes)}")
        for name, shape in self.shapes.items():
            if shape_of(f"params[{name!r}]", params[name]) != shape:
                found = tuple(params[name].shape)
                raise unexpected(f"the shape of params[{name!r}]", found, f"with these parts it must be {shape}")

    def widen(self, params: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the same function as parameters of the full network: zeros where something was removed."""
        places: dict[str, Any] = {
            "K1": self.maps1,
            "b1": self.maps1,
            "K2": np.ix_(self.maps2, self.maps1),
            "b2": self.maps2,
            "U": np.s_[:, self.nodes],
            "b": np.s_[:],
        }
        full = {name: np.zeros(shape, params[name].dtype) for name, shape in PARAMETER_SHAPES.items()}
        for name, place in places.items():
            full[name][place] = params[name]
        return full

    def take(self, full: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return this network's parameters out of those of the full one: the way back from `widen`."""
        return {
            "K1": full["K1"][self.maps1],
            "b1": full["b1"][self.maps1],
            "K2": full["K2"][np.ix_(self.maps2, self.maps1)],
            "b2": full["b2"][self.maps2],
            "U": full["U"][:, self.nodes],
            "b": full["b"].copy(),
        }


class Network:
    """A network of any number of maps and nodes, ready to answer: what can be prepared is prepared once.

    Where pooling follows the convolution at once, the two are one convolution with a composed kernel.

    Parameters
    ----------
    params : dict of Tensor
        In the shapes of ``parts``.
    reading : str or Reading
    parts : Parts, optional
        None: the full network.

    Examples
    --------
    >>> full = Network(fast.init_params(), "table")
    >>> full(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, params: Tensors, reading: str | Reading, parts: Parts | None = None) -> None:
        parts = Parts.everything() if parts is None else parts
        parts.check(params)
        self._reading = find_reading(reading)
        self._activate = fast.relu if self._reading.activation == "relu" else fast.sigmoid
        kernels = params["K1"], params["K2"]
        if self._reading.pool_first:
            kernels = tuple(fast.composed_kernel(K, POOL) for K in kernels)  # type: ignore[assignment]
        self._layers = list(zip(kernels, (params["b1"], params["b2"]), strict=True))
        self._U, self._b = params["U"], params["b"]
        columns = torch.from_numpy(parts.columns).to(self._U.device)
        self._columns = None if len(columns) == NODES_PER_MAP * len(parts.maps2) else columns

    def stages(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what each convolutional layer hands on: (N, maps1, 12, 12) and (N, maps2, 4, 4)."""
        check_network_images(x)
        stage1, stage2 = [x := self._stage(x, kernel, bias) for kernel, bias in self._layers]
        return stage1, stage2

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of the ten classes for images ``(N, 1, 28, 28)``, before softmax."""
        features = self.stages(x)[1].flatten(start_dim=1)
        if self._columns is not None:
            features = features.index_select(1, self._columns)
        scores = fast.dense(features, self._U, self._b)
        return fast.relu(scores) if self._reading.logits == "relu" else scores

    def _stage(self, x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        if self._reading.pool_first:
            return self._activate(F.conv2d(x, kernel, bias, stride=POOL))
        return fast.avg_pool2d(self._activate(F.conv2d(x, kernel, bias)), POOL)

    @torch.no_grad()
    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores for any number of images, without gradients, some hundred at a time.

        Parameters
        ----------
        x : Tensor, shape (N, 1, 28, 28)
            Grey levels as uint8, or numbers in [0, 1] in the parameters' dtype.
        """
        return torch.cat([self(self._numbers(part)) for part in x.split(EVALUATION_BATCH)])

    @torch.no_grad()
    def means(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the means over images and places of layer 1's maps, and over images of all features of layer 2.

        Parameters
        ----------
        x : Tensor, shape (N, 1, 28, 28)
            As for `predict`.

        Returns
        -------
        Tensor, shape (maps1,), and Tensor, shape (16·maps2,)
            In the parameters' dtype; summed in float64.
        """
        of_maps = self._b.new_zeros(len(self._layers[0][1]), dtype=torch.float64)
        of_features = self._b.new_zeros(NODES_PER_MAP * len(self._layers[1][1]), dtype=torch.float64)
        for part in x.split(EVALUATION_BATCH):
            stage1, stage2 = self.stages(self._numbers(part))
            of_maps += stage1.mean(dim=(2, 3)).sum(dim=0, dtype=torch.float64)
            of_features += stage2.flatten(start_dim=1).sum(dim=0, dtype=torch.float64)
        return (of_maps / len(x)).to(self._U.dtype), (of_features / len(x)).to(self._U.dtype)

    def _numbers(self, x: torch.Tensor) -> torch.Tensor:
        return x.to(self._U.dtype) / 255 if x.dtype == torch.uint8 else x


def parameter_count(params: Mapping[str, Any]) -> int:
    """Count the numbers in all arrays.

    Examples
    --------
    >>> parameter_count(fast.init_params())
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

    Returns
    -------
    int

    Examples
    --------
    >>> multiply_adds(fast.init_params()), multiply_adds(fast.init_params(), composed=True)
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
