"""Which engine trains: the compiled one where it can be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import torch

from .banded import Engine
from .compiled import REALS, CompiledEngine
from .compiler import NotCompiledError
from .trainer import Trainer, Training

_compiled: Final = ContextVar("compiled", default=True)


def make_engine(trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, **settings: Any) -> Trainer:
    """Return `CompiledEngine` on a CPU with a C compiler; `Engine` elsewhere, and where `with_engine` asks for it.

    Parameters
    ----------
    trainings, x, labels, **settings
        As for `Trainer`.
    """
    like = trainings[0].params["U"] if trainings else torch.empty(0)
    if _compiled.get() and like.device.type == "cpu" and like.dtype in REALS:
        try:
            return CompiledEngine(trainings, x, labels, **settings)
        except NotCompiledError:
            pass
    return Engine(trainings, x, labels, **settings)


@contextmanager
def with_engine(name: str) -> Iterator[None]:
    """Let trainings of the block be made by the engine of this name, as far as it can be had; empty: by the quickest.

    Engines add up in different orders. A training that is to come out as it did before is made by the same one: where
    its error leaps in its first updates, rounding alone changes all that follows.
    """
    before = _compiled.set(name != Engine.__name__)
    try:
        yield
    finally:
        _compiled.reset(before)
