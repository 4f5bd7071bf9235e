"""Who trains, and who answers: the compiled one where it can be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import torch

from ..fast.network import Network, Tensors
from ..readings import Reading
from .banded import Engine
from .compiled import REALS, CompiledEngine, CompiledNetwork
from .compiler import NotCompiledError
from .trainer import Trainer, Training

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_compiled: Final = ContextVar("compiled", default=True)


def make_engine(trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, **settings: Any) -> Trainer:
    """Return `CompiledEngine` on a CPU with a C compiler; `Engine` elsewhere, and where `with_engine` asks for it.

    Parameters
    ----------
    trainings, x, labels, **settings
        As for `Trainer`.
    """
    if trainings and _has_loops(trainings[0].params):
        try:
            return CompiledEngine(trainings, x, labels, **settings)
        except NotCompiledError:
            pass
    return Engine(trainings, x, labels, **settings)


def make_network(params: Tensors, reading: str | Reading = "table", columns: ArrayLike | None = None) -> Network:
    """Return `CompiledNetwork` on a CPU with a C compiler, `fast.Network` everywhere else.

    Parameters
    ----------
    params, reading, columns
        As for `fast.Network`.
    """
    if _has_loops(params):
        try:
            return CompiledNetwork(params, reading, columns)
        except NotCompiledError:
            pass
    return Network(params, reading, columns)


def _has_loops(params: Tensors) -> bool:
    """Return whether there can be loops for parameters on this device, of this dtype, and may be here."""
    U = params.get("U")
    return _compiled.get() and U is not None and U.device.type == "cpu" and U.dtype in REALS


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
