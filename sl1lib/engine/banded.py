"""The engine of banded products: convolutions as products of matrices, and their gradients derived by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from ..architecture import CLASSES, check_images
from ..fast.network import EVALUATION_BATCH
from ..readings import Reading, find_reading
from .bands import tile_images
from .passes import Batch, Matrices, ModelViews
from .trainer import Trainer, Training
from .weights import ROW, padded_rows


class Engine(Trainer):
    r"""Train M networks at once, by hand-derived gradients and products with banded matrices.

    Parameters
    ----------
    trainings, x, labels, reading, loss, batch_size
        As for `Trainer`, whose methods it has.

    Notes
    -----
    Where a number of threads would change a bit, one is used.

    Chapter *The fast path* derives every step.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.fast import init_params
    >>> x, labels = torch.zeros(4, 1, 28, 28), torch.arange(4)
    >>> pair = [Training(init_params(), lr, MomentumRamp()) for lr in (1.0, 0.0001)]
    >>> Engine(pair, x, labels).advance(2).E0.round(3)
    array([[2.303, 2.303],
           [2.16 , 2.303]])
    """

    def __init__(self, trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, **settings: Any) -> None:
        super().__init__(trainings, x, labels, **settings)
        models, like = len(trainings), self._weights.flat
        scale = 1 / 255 if x.dtype == torch.uint8 else 1.0
        self._matrices = Matrices(models, self._reading, scale, like.dtype, like.device)
        self._views = [ModelViews.of(m, self._matrices, self._weights, self._gradient) for m in range(models)]
        self._errors = padded_rows(models, CLASSES, self._batch_size, like=like)
        self._batches: dict[int, Batch] = {}

    @staticmethod
    def bytes_per_training(
        batch_size: int = 50,
        reading: str | Reading = "table",
        dtype: torch.dtype = torch.float32,
        predicted: int = 10_000,
    ) -> int:
        """Return the memory that each training adds, all of an update's temporary arrays and `predict`'s included.

        `predict` is taken to score ``predicted`` images at once. The images and the buffers of a batch are there once
        for all trainings, and not counted.

        Examples
        --------
        >>> Engine.bytes_per_training() < 2**20
        True
        """
        matrices = Matrices(1, find_reading(reading), 1.0, dtype, torch.device("cpu"))
        numbers = 2 * matrices.numbers + 5 * ROW + CLASSES * (batch_size + predicted)
        return numbers * dtype.itemsize

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Return the tiles of images ``(N, 1, 28, 28)``."""
        check_images(x)
        return tile_images(x)

    def _predict(self, images: torch.Tensor, scores: torch.Tensor) -> None:
        self._matrices.write(self._weights)
        for first in range(0, len(images), EVALUATION_BATCH):
            part = images[first : first + EVALUATION_BATCH]
            batch = self._batch(len(part))
            batch.show(part)
            for model, out in zip(self._views, scores[:, first : first + EVALUATION_BATCH], strict=True):
                out.copy_(batch.forward(model).T)

    def _gradients(self, chosen: Sequence[torch.Tensor], E0: torch.Tensor) -> None:
        self._matrices.write(self._weights)
        batch = self._batch(len(chosen[0]))
        errors = self._errors[..., : len(chosen[0])]
        for images, members in zip(chosen, self._members.values(), strict=True):
            batch.load(self._images, self._labels, images)
            for m in members:
                batch.errors(batch.forward(self._views[m]), errors[m])
                batch.backward(self._views[m])
        self._matrices.fold(self._gradient)
        torch.sum(errors, (1, 2), out=E0)

    def _batch(self, size: int) -> Batch:
        """Return the buffers for ``size`` images, with as many threads as are quickest now."""
        if size not in self._batches:
            self._batches[size] = Batch(size, self._reading, self._matrices, self._loss)
        batch = self._batches[size]
        if self._device.type == "cpu":
            batch.threads = self._threads.choose(partial(batch.begin, self._views[0]), batch.keeps_bits)
        return batch
