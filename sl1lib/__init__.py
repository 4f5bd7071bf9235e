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

from . import fast, ledger, pruning, reference
from ._version import __version__
from .data import DataError, Dataset, load_data
from .experiment import (
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
