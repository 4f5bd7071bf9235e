"""Which engine trains: the compiled one where it can be had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .banded import Engine
from .compiled import REALS, CompiledEngine
from .compiler import NotCompiledError
from .trainer import Trainer, Training


def make_engine(trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, **settings: Any) -> Trainer:
    """Return `CompiledEngine` on a CPU with a C compiler, `Engine` everywhere else.

    Parameters
    ----------
    trainings, x, labels, **settings
        As for `Trainer`.
    """
    like = trainings[0].params["U"] if trainings else torch.empty(0)
    if like.device.type == "cpu" and like.dtype in REALS:
        try:
            return CompiledEngine(trainings, x, labels, **settings)
        except NotCompiledError:
            pass
    return Engine(trainings, x, labels, **settings)
