"""A small convolutional network with a smoothed L1 penalty, twice: to be read, and to be fast.

- `sl1lib.reference` is NumPy that reads like the mathematics of the book;
- `sl1lib.fast` is the same on PyTorch tensors;
- `sl1lib.train` trains the network of the paper with either penalty, or none.

Examples
--------
>>> import sl1lib
>>> config = sl1lib.RunConfig(data="digits", penalty=sl1lib.Penalty(strength=1e-3, eps=1e-2), epochs=1)
>>> run = sl1lib.train(config, progress=False)
>>> run.history.E.shape
(29,)
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ._version import __version__

if TYPE_CHECKING:  # what `_HOMES` says, for type checkers and editors
    from . import fast, ledger, pruning, reference
    from .data import DataError, Dataset, load_data
    from .experiment import (
        COMPARED_ON_DIGITS,
        COMPARED_PENALTIES,
        DEFAULT_PENALTY,
        CheckpointError,
        DivergedError,
        History,
        Run,
        RunConfig,
        RunFileError,
        compare,
        method_name,
        train,
        train_many,
    )
    from .pruning import Pruned, prune
    from .readings import READINGS, Reading
    from .settings import MOMENTUM_READINGS, LearningRate, MomentumRamp, Penalty

__all__ = [
    "COMPARED_ON_DIGITS",
    "COMPARED_PENALTIES",
    "DEFAULT_PENALTY",
    "MOMENTUM_READINGS",
    "READINGS",
    "CheckpointError",
    "DataError",
    "Dataset",
    "DivergedError",
    "History",
    "LearningRate",
    "MomentumRamp",
    "Penalty",
    "Pruned",
    "Reading",
    "Run",
    "RunConfig",
    "RunFileError",
    "__version__",
    "compare",
    "fast",
    "ledger",
    "load_data",
    "method_name",
    "prune",
    "pruning",
    "reference",
    "train",
    "train_many",
]

# Where each name comes from. It is imported when it is first asked for: PyTorch takes seconds, and whoever wants the
# NumPy half, or the data, can do without it.
_HOMES: Final = MappingProxyType(
    {
        "data": (
            "DataError",
            "Dataset",
            "load_data",
        ),
        "experiment": (
            "COMPARED_ON_DIGITS",
            "COMPARED_PENALTIES",
            "DEFAULT_PENALTY",
            "CheckpointError",
            "DivergedError",
            "History",
            "Run",
            "RunConfig",
            "RunFileError",
            "compare",
            "method_name",
            "train",
            "train_many",
        ),
        "pruning": (
            "Pruned",
            "prune",
        ),
        "readings": (
            "READINGS",
            "Reading",
        ),
        "settings": (
            "MOMENTUM_READINGS",
            "LearningRate",
            "MomentumRamp",
            "Penalty",
        ),
    }
)
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name, or a part of the package, when it is first asked for."""
    if name in _HOME_OF:
        value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    elif name in __all__:
        value = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})
