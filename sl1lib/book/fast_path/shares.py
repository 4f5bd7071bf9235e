"""Trainings divided among processes, and held open for a stop-watch: `train_many` starts them and ends them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import torch

from ...engine import Engine, Training
from ...fast.network import Tensors
from ...training.processes import Processes


class Shares:
    """An engine in each of several processes, with one thread, and a share of the trainings for each.

    ``settings`` are ``reading``, ``batch_size`` and ``loss``, as for `Engine`.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.fast import init_params
    >>> pair = [Training(init_params(), rate, MomentumRamp()) for rate in (0.1, 0.2)]
    >>> with Shares(pair, torch.zeros(4, 1, 28, 28), torch.arange(4), processes=2) as shares:
    ...     shares.advance(1)
    ...     shares.params(1)["U"].shape
    torch.Size([10, 192])
    """

    def __init__(
        self, trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, processes: int, **settings: Any
    ) -> None:
        ends = [len(trainings) * i // processes for i in range(processes + 1)]
        self._shares = list(itertools.pairwise(ends))
        self._processes = [Processes(1) for _ in self._shares]
        _all(
            process.submit(_begin, trainings[first:end], x, labels, settings)
            for process, (first, end) in zip(self._processes, self._shares, strict=True)
        )

    def advance(self, updates: int) -> None:
        """Make so many updates of every training."""
        _all(process.submit(_advance, updates) for process in self._processes)

    def params(self, training: int) -> Tensors:
        """Return one training's parameters."""
        place = next(i for i, (_, end) in enumerate(self._shares) if training < end)
        return self._processes[place].submit(_params, training - self._shares[place][0]).result()

    def __enter__(self) -> Shares:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            process.shutdown()


def _all(futures: Any) -> None:
    """Wait for all, which work at the same time."""
    begun: list[Future[None]] = list(futures)
    for future in begun:
        future.result()


_engine: list[Engine] = []  # in each process, its own


def _begin(trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, settings: dict[str, Any]) -> None:
    _engine[:] = [Engine(trainings, x, labels, **settings)]


def _advance(updates: int) -> None:
    _engine[0].advance(updates)


def _params(training: int) -> Tensors:
    return _engine[0].params(training)
