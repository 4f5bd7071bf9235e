"""The parameters of all models in one array: one row per model, the six arrays of the network side by side in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import torch

from ..architecture import CLASSES, KERNEL_SIZE, MAPS, NODES_PER_MAP, PARAMETER_SHAPES, check_parameters

GRID: Final = 4  # each map of the last layer has 4×4 nodes

ALIGNMENT: Final = 16  # numbers: each array starts on a cache line, in every row
REGISTERS: Final = 64  # numbers of four of the widest vector registers: what a sum of many columns takes at a time


def padded_rows(models: int, *shape: int, like: torch.Tensor) -> torch.Tensor:
    """Return zeros ``(models, *shape)``, each model's on cache lines and in vector registers of its own.

    A product may round otherwise where its matrix begins in the middle of a cache line, and a sum of columns adds the
    last few, which do not fill its registers, in another order. So a model's numbers begin a row whose length is a
    multiple of `REGISTERS`: what they are does not depend on how many rows there are, and which.

    Examples
    --------
    >>> rows = padded_rows(3, 6, 25, like=torch.zeros(()))
    >>> rows.shape, rows.stride()
    (torch.Size([3, 6, 25]), (192, 25, 1))
    """
    numbers = math.prod(shape)
    row = -(-numbers // REGISTERS) * REGISTERS
    return like.new_zeros(models, row)[:, :numbers].unflatten(1, shape)


class Layout:
    """Where the six arrays stand in a row, for networks with these numbers of maps: ``shapes``, ``offsets``, ``row``.

    Inside the engine the output comes last: a kernel is (row, column, channel, map), the last layer's weights are
    (row, column, map, class). Then the numbers that one product writes or reads together lie together.

    Examples
    --------
    >>> Layout(3, 6).shapes["K2"], Layout().row
    ((5, 5, 3, 6), 3968)
    """

    def __init__(self, maps1: int = MAPS[0], maps2: int = MAPS[1]) -> None:
        self.maps = maps1, maps2
        self.shapes: dict[str, tuple[int, ...]] = {
            "K1": (KERNEL_SIZE, KERNEL_SIZE, 1, maps1),
            "b1": (maps1,),
            "K2": (KERNEL_SIZE, KERNEL_SIZE, maps1, maps2),
            "b2": (maps2,),
            "U": (GRID, GRID, maps2, CLASSES),
            "b": (CLASSES,),
        }
        self.offsets, end = dict[str, int](), 0
        for name, shape in self.shapes.items():
            self.offsets[name] = end
            end += -(-math.prod(shape) // ALIGNMENT) * ALIGNMENT
        self.row = -(-end // REGISTERS) * REGISTERS

    def view(self, rows: torch.Tensor, name: str) -> torch.Tensor:
        """Return an array's places in rows ``(M, row)``."""
        shape = torch.Size(self.shapes[name])
        return rows[:, self.offsets[name] : self.offsets[name] + shape.numel()].view(-1, *shape)


FULL: Final = Layout()
ROW: Final = FULL.row


class Weights:
    """Numbers for every parameter of ``models`` networks: the parameters themselves, their velocity or gradient.

    One operation on ``flat`` acts on all parameters of all models; unused places between arrays are 0. The others are
    views of their places in it, with the model as first axis: ``K1`` … ``b`` as the ``layout`` has them, ``kernels`` as
    matrices (place, channel·map), ``biases`` with an axis of size 1 for columns.

    Examples
    --------
    >>> weights = Weights(2, torch.float32, torch.device("cpu"))
    >>> weights.K2.shape, weights.U.shape
    (torch.Size([2, 5, 5, 6, 12]), torch.Size([2, 4, 4, 12, 10]))
    """

    def __init__(self, models: int, dtype: torch.dtype, device: torch.device, layout: Layout = FULL) -> None:
        self._layout = layout
        self.flat = torch.zeros(models, layout.row, dtype=dtype, device=device)
        self.K1, self.b1, self.K2, self.b2, self.U, self.b = (self._view(name) for name in layout.shapes)
        self.kernels = [K.flatten(1, 2).flatten(2) for K in (self.K1, self.K2)]
        self.biases = [b[:, None] for b in (self.b1, self.b2)]

    def _view(self, name: str) -> torch.Tensor:
        return self._layout.view(self.flat, name)

    def read(self) -> dict[str, torch.Tensor]:
        """Return copies of the six arrays in the library's shapes, the model as first axis: ``K1 (M,6,1,5,5)``."""
        found = {}
        for name, shape in PARAMETER_SHAPES.items():
            view = self._view(name)
            if view.dim() == 5:  # (model, row, column, in, out) back to (model, out, in, row, column)
                view = view.permute(0, 4, 3, 1, 2)
            found[name] = view.reshape(-1, *shape).clone()
        return found

    def write(self, params: Mapping[str, torch.Tensor]) -> None:
        """Take over six arrays in the shapes that `read` returns."""
        for name in PARAMETER_SHAPES:
            view = self._view(name)
            if view.dim() == 5:
                _, rows, columns, inputs, outputs = view.shape
                view.copy_(params[name].reshape(-1, outputs, inputs, rows, columns).permute(0, 3, 4, 2, 1))
            else:
                view.copy_(params[name])


def places_of(maps1: torch.Tensor, maps2: torch.Tensor) -> torch.Tensor:
    """Return where in a full row each number of a network stands that has only these of the maps.

    Between its arrays that is a place where the full row has always 0.
    """
    whole = Weights(1, torch.int64, torch.device("cpu"))
    whole.flat.copy_(torch.arange(ROW))
    full = {name: tensor[0] for name, tensor in whole.read().items()}
    nodes = (NODES_PER_MAP * maps2[:, None] + torch.arange(NODES_PER_MAP)).flatten()
    smaller = Weights(1, torch.int64, torch.device("cpu"), Layout(len(maps1), len(maps2)))
    smaller.flat.fill_(math.prod(FULL.shapes["K1"]))  # K1 begins the row, and does not fill its last cache line
    smaller.write(
        full
        | {name: full[name][maps1] for name in ("K1", "b1")}
        | {"K2": full["K2"][maps2][:, maps1], "b2": full["b2"][maps2], "U": full["U"][:, nodes]}
    )
    return smaller.flat[0]


def stack(params: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Check the parameters of each model and put them side by side, the model as first axis."""
    for each in params:
        check_parameters(dict(each))
    return {name: torch.stack([each[name].detach() for each in params]) for name in PARAMETER_SHAPES}
