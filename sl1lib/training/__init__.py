"""Training: a configuration, the run it gives, and many of them."""

from .checkpoint import CheckpointError
from .comparison import compare
from .config import COMPARED_ON_DIGITS, COMPARED_PENALTIES, DEFAULT_PENALTY, RunConfig, method_name
from .run import DivergedError, History, Run, RunFileError
from .training import train, train_many

__all__ = [
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
]
