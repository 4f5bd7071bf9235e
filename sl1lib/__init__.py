"""A small convolutional network with a smoothed L1 penalty, twice: to be read, and to be fast.

- `sl1lib.reference` is NumPy that reads like the mathematics of the book;
- `sl1lib.fast` is the same on PyTorch tensors, and `NodePenalty` penalises the weights of a model of yours;
- `train` trains the network of the paper with a `Penalty`, or none, as a `RunConfig` says; `prune` makes it smaller.

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
from typing import TYPE_CHECKING, Any, Final

from ._later import later

if TYPE_CHECKING:  # the same for type checkers and editors
    from . import book as book
    from . import course as course
    from . import data as data
    from . import engine as engine
    from . import fast, reference
    from . import pruning as pruning
    from . import study as study
    from . import training as training
    from ._version import __version__ as __version__
    from .book import ledger as ledger
    from .data import DataError as DataError
    from .data import Dataset as Dataset
    from .data import load_data
    from .fast import NodePenalty
    from .pruning import Pruned as Pruned
    from .pruning import prune
    from .readings import READINGS as READINGS
    from .readings import Reading as Reading
    from .reference import PROFILES as PROFILES
    from .settings import MOMENTUM_READINGS as MOMENTUM_READINGS
    from .settings import LearningRate as LearningRate
    from .settings import MomentumRamp as MomentumRamp
    from .settings import Penalty
    from .training import COMPARED_ON_DIGITS as COMPARED_ON_DIGITS
    from .training import COMPARED_PENALTIES as COMPARED_PENALTIES
    from .training import DEFAULT_PENALTY as DEFAULT_PENALTY
    from .training import CheckpointError as CheckpointError
    from .training import DivergedError as DivergedError
    from .training import History as History
    from .training import Run, RunConfig, compare, train
    from .training import RunFileError as RunFileError
    from .training import method_name as method_name
    from .training import train_many as train_many

# What most people need, and all that tab completion offers; the other names that `_named` knows can be imported, too.
__all__ = ["NodePenalty", "Penalty", "Run", "RunConfig", "compare", "fast", "load_data", "prune", "reference", "train"]

# The parts of the package, and where they are.
_PARTS: Final = {
    **{
        name: f".{name}"
        for name in ("book", "course", "data", "engine", "fast", "pruning", "reference", "study", "training")
    },
    "ledger": ".book.ledger",
}
_named = later(
    __name__,
    {
        "_version": ("__version__",),
        "data": ("DataError", "Dataset", "load_data"),
        "fast": ("NodePenalty",),
        "pruning": ("Pruned", "prune"),
        "readings": ("READINGS", "Reading"),
        "reference": ("PROFILES",),
        "settings": ("MOMENTUM_READINGS", "LearningRate", "MomentumRamp", "Penalty"),
        "training": (
            *("COMPARED_ON_DIGITS", "COMPARED_PENALTIES", "DEFAULT_PENALTY"),
            *("CheckpointError", "DivergedError", "History", "Run", "RunConfig", "RunFileError"),
            *("compare", "method_name", "train", "train_many"),
        ),
    },
)


def __getattr__(name: str) -> Any:
    """Import a public name, or a part of the package, when it is first asked for."""
    return import_module(_PARTS[name], __name__) if name in _PARTS else _named(name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
