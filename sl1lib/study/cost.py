"""How long a study will take: images times what an image costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..data import load_data
from ..training.config import RunConfig

BATCH: Final = 8  # trainings side by side: more share little more, and an interruption loses more
# Seconds of one core for 60,000 images, eight trainings side by side in a process with one thread: trained with batches
# of 50, and measured, by the loops in C. Taken on one machine; on another they are off by a common factor, and without
# a compiler by more than two.
TRAINING_SECONDS: Final[Mapping[str, float]] = {"relu": 0.39, "sigmoid": 1.05}
MEASURING_SECONDS: Final[Mapping[str, float]] = {"relu": 0.11, "sigmoid": 0.35}
SMALL_BATCH: Final = 20.0  # an update costs as much as so many images more
_EPOCH: Final = 60_000
_SIZES: Final[Mapping[str, tuple[int, int]]] = {"mnist": (60_000, 10_000), "digits": (1_415, 382)}  # training, test


def model_epochs(config: RunConfig) -> float:
    """Return how often a training goes through 60,000 images."""
    return config.epochs * _sizes(config)[0] / _EPOCH


def core_seconds(config: RunConfig) -> float:
    """Return about how many seconds a core takes for a training and its measuring."""
    images, held_out = _sizes(config)
    kind = config.reading.activation
    small = (1 + SMALL_BATCH / config.batch_size) / (1 + SMALL_BATCH / 50)
    measured = config.epochs * held_out + min(images, held_out)
    return model_epochs(config) * TRAINING_SECONDS[kind] * small + measured / _EPOCH * MEASURING_SECONDS[kind]


def held_out_images(config: RunConfig) -> int:
    """Return how many images a configuration is measured on."""
    return _sizes(config)[1]


def _sizes(config: RunConfig) -> tuple[int, int]:
    """Return how many images a configuration trains on, and measures on."""
    if config.data in _SIZES:
        images, held_out = _SIZES[config.data]
    else:
        data = load_data(config.data)
        images, held_out = len(data.x_train), len(data.x_test)
    images -= config.validation
    return images if config.n_train is None else config.n_train, config.validation or held_out
