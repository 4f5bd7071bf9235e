"""The engine in C: the loops of ``kernels.c`` in the place of products with banded matrices."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import torch

from ..architecture import check_images
from ..fast.network import EVALUATION_BATCH
from ..readings import Reading
from .compiler import kernels
from .crew import share_out
from .trainer import Trainer, Training
from .weights import OFFSETS, ROW

REALS: Final = {torch.float32: "float", torch.float64: "double"}
SHARES: Final = 2  # parts of a batch, whose gradients are added up in their order, whoever computes them
LINE: Final = 64  # bytes of a cache line, and of the widest register


class CompiledEngine(Trainer):
    r"""Train M networks at once on a CPU, an image in each lane of a vector register.

    Parameters
    ----------
    trainings, x, labels, reading, loss, batch_size
        As for `Trainer`, whose methods it has.

    Raises
    ------
    NotCompiledError
        Where the loops cannot be compiled. `make_engine` takes `Engine` there.

    Notes
    -----
    A batch has two halves, and a thread takes the next half of the next model until nothing is left. No thread waits
    for another inside a half, and a sum has the same order whoever was quicker.

    Chapter *The fast path*.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.fast import init_params
    >>> x, labels = torch.zeros(4, 1, 28, 28), torch.arange(4)
    >>> pair = [Training(init_params(), lr, MomentumRamp()) for lr in (1.0, 0.0001)]
    >>> CompiledEngine(pair, x, labels).advance(2).E0.round(3)  # doctest: +SKIP
    array([[2.303, 2.303],
           [2.16 , 2.303]])
    """

    def __init__(self, trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, **settings: Any) -> None:
        super().__init__(trainings, x, labels, **settings)
        self._kernels = Kernels(self._dtype, self._reading, self._loss)
        self._parts = torch.zeros(SHARES, len(trainings), ROW, dtype=self._dtype)
        self._errors = torch.zeros(SHARES, len(trainings), dtype=self._dtype)

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Return images ``(N, 1, 28, 28)`` without gaps between them."""
        check_images(x)
        return x.contiguous()

    def _gradients(self, chosen: Sequence[torch.Tensor], E0: torch.Tensor) -> None:
        tasks: list[Callable[[], None]] = []
        for batch, members in zip(chosen, self._members.values(), strict=True):
            images = self._kernels.images(self._images, batch)
            halves = self._kernels.halves(len(batch))
            for m in members:
                for half, (part, error) in zip(
                    halves, zip(self._parts[:, m], self._errors[:, m], strict=True), strict=True
                ):
                    tasks.append(
                        partial(self._kernels.gradient, self._weights.flat[m], images, self._labels, half, part, error)
                    )
        share_out(tasks, self._threads.choose(self._try, lambda count: True))
        torch.sum(self._parts, 0, out=self._gradient.flat)
        torch.sum(self._errors, 0, out=E0)

    def _try(self, count: int) -> None:
        """Do a piece of work by which numbers of threads are judged: the forward pass of a batch, in two halves."""
        images = self._images[: self._batch_size]
        halves = images.tensor_split(SHARES) if len(images) >= SHARES else [images]
        scores = [torch.empty(len(half), 10, dtype=self._dtype) for half in halves]
        weights = self._weights.flat[0]
        tasks = [
            partial(self._kernels.scores, weights, self._kernels.images(half), out)
            for half, out in zip(halves, scores, strict=True)
        ]
        share_out(tasks, count)

    def _predict(self, images: torch.Tensor, scores: torch.Tensor) -> None:
        parts = images.split(EVALUATION_BATCH), scores.split(EVALUATION_BATCH, 1)
        tasks = [
            partial(self._kernels.scores, self._weights.flat[m], self._kernels.images(part), out[m])
            for part, out in zip(*parts, strict=True)
            for m in range(len(self.trainings))
        ]
        share_out(tasks, self._threads.choose(self._try, lambda count: True))


class _Reading(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("pool_first", "sigmoid", "relu_logits", "squared_error")]


class _Places(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ssize_t) for name in OFFSETS]


class _Images(ctypes.Structure):
    _fields_ = [
        ("pixels", ctypes.c_void_p),
        ("chosen", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("grey", ctypes.c_int64),
    ]


class Kernels:
    """The functions of ``kernels.c`` on tensors of one dtype, for one reading and error function."""

    def __init__(self, dtype: torch.dtype, reading: Reading, loss: str) -> None:
        self._library = kernels(REALS[dtype])
        sizes = (ctypes.c_int64 * 2)()
        self._library.sl1_sizes(sizes)
        self._lanes, self._scratch = sizes
        flags = reading.pool_first, reading.activation == "sigmoid", reading.logits == "relu", loss == "squared_error"
        # The structures stay as long as their addresses are used.
        self._held = _Reading(*flags), _Places(*OFFSETS.values())
        self._given = tuple(ctypes.byref(each) for each in self._held)
        self._mine = threading.local()

    def images(self, pixels: torch.Tensor, chosen: torch.Tensor | None = None) -> _Images:
        """Return the images of a batch, for `gradient` and `scores`, which do not keep them alive."""
        count = len(pixels) if chosen is None else len(chosen)
        return _Images(
            pixels.data_ptr(), None if chosen is None else chosen.data_ptr(), count, pixels.dtype == torch.uint8
        )

    def halves(self, count: int) -> list[range]:
        """Return which images each part of a batch has: whole tiles but at the end."""
        tiles = -(-count // self._lanes)
        middle = min(count, -(-tiles // SHARES) * self._lanes)
        return [range(middle), range(middle, count)]

    def gradient(
        self,
        weights: torch.Tensor,
        images: _Images,
        labels: torch.Tensor,
        part: range,
        gradient: torch.Tensor,
        error: torch.Tensor,
    ) -> None:
        """Write what a part of the batch adds to the gradient and to the error."""
        self._library.sl1_gradient(
            *self._given, _at(weights), ctypes.byref(images), _at(labels), ctypes.c_int64(part.start),
            ctypes.c_int64(part.stop), _at(gradient), _at(error), self._own(),
        )  # fmt: skip

    def scores(self, weights: torch.Tensor, images: _Images, scores: torch.Tensor) -> None:
        """Write the scores of the images."""
        self._library.sl1_scores(*self._given, _at(weights), ctypes.byref(images), _at(scores), self._own())

    def _own(self) -> ctypes.c_void_p:
        """Return this thread's room for what a tile of images needs."""
        if not hasattr(self._mine, "room"):
            room = torch.empty(self._scratch + LINE, dtype=torch.uint8)
            self._mine.room = room[-room.data_ptr() % LINE :]
        return _at(self._mine.room)


def _at(tensor: torch.Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())
