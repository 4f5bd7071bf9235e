"""Experiments: a configuration, the run it gives, and many of them."""

from .config import DEFAULT_PENALTY, RunConfig, method_name
from .run import History, Run, RunFileError
from .training import DivergedError, train, train_many

__all__ = [
    "DEFAULT_PENALTY",
    "DivergedError",
    "History",
    "Run",
    "RunConfig",
    "RunFileError",
    "method_name",
    "train",
    "train_many",
]
