"""Training: a configuration, the run it gives, and many of them."""

from typing import TYPE_CHECKING

from .._later import later
from .config import COMPARED_ON_DIGITS, COMPARED_PENALTIES, DEFAULT_PENALTY, RunConfig, method_name

if TYPE_CHECKING:  # the same for type checkers and editors
    from .checkpoint import CheckpointError
    from .comparison import compare
    from .run import DivergedError, History, Run, RunFileError
    from .training import train, train_many

__getattr__ = later(
    __name__,
    {
        "checkpoint": ("CheckpointError",),
        "comparison": ("compare",),
        "run": ("DivergedError", "History", "Run", "RunFileError"),
        "training": ("train", "train_many"),
    },
)

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
