"""Which trainings run side by side, and how much memory that takes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch

from ..architecture import CLASSES, IMAGE_SIZE
from ..data import Dataset
from ..engine import Engine, tile_images
from .config import RunConfig

COHORT_BYTES: Final = 2**30  # trainings side by side take no more memory than this, beside the images
INTERPRETER_BYTES: Final = 250 * 2**20  # about what Python with PyTorch takes before it does anything

_COST_BYTES: Final = 2 * 8  # of an update in a history: E0 and the penalty, in float64


def split_into_cohorts(
    configs: Sequence[RunConfig], data: Mapping[str, Dataset], processes: int = 1
) -> list[list[int]]:
    """Return the positions of configurations that are trained side by side, in the order of the first of each.

    Of trainings on the CPU that could be one cohort, each process gets a share.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for i, config in enumerate(configs):
        alike.setdefault(tuple(config.shared().items()), []).append(i)
    cohorts = []
    for members in alike.values():
        config = configs[members[0]]
        most = max(COHORT_BYTES // _bytes_each(config, data), 1)
        shares = min(processes if config.device == "cpu" else 1, len(members))
        count = max(-(-len(members) // most), shares)
        ends = [-(-len(members) * i // count) for i in range(count + 1)]
        cohorts += [members[first:end] for first, end in itertools.pairwise(ends)]
    return sorted(cohorts)


def plan(
    configs: Sequence[RunConfig], cohorts: Sequence[Sequence[int]], data: Mapping[str, Dataset], processes: int = 1
) -> str:
    """Say in a line what is about to be trained, and the memory that it takes."""
    largest = max(map(len, cohorts))
    split = f" in {len(cohorts)} cohorts, at most {largest} side by side" if len(cohorts) > 1 else " side by side"
    needed = memory(configs, cohorts, data, processes) / 2**20
    amount = f"{needed:.0f} MiB" if needed < 1000 else f"{needed / 1024:.1f} GiB"
    return f"{len(configs)} trainings{split}; images and trainings take about {amount}"


def memory(
    configs: Sequence[RunConfig], cohorts: Sequence[Sequence[int]], data: Mapping[str, Dataset], processes: int = 1
) -> int:
    """Return about how many bytes all of it takes: data sets, the largest cohorts, and the histories of all.

    Each of several processes has a data set, and an interpreter with PyTorch. The engine's buffers for a batch are left
    out: a few MiB, however many trainings there are.
    """
    each = sorted(_cohort_bytes([configs[i] for i in cohort], data) for cohort in cohorts)
    started = min(processes, len(cohorts))
    most = sum(each[-started:])
    if started > 1:
        most += started * (INTERPRETER_BYTES + max(_set_bytes(data[config.data]) for config in configs))
    sets = {id(each): each for each in data.values()}.values()
    return most + sum(map(_set_bytes, sets)) + sum(_history_bytes(config, data) for config in configs)


def _cohort_bytes(configs: Sequence[RunConfig], data: Mapping[str, Dataset]) -> int:
    """Return the bytes of a cohort's own images and trainings."""
    return _image_bytes(configs[0], data) + len(configs) * _bytes_each(configs[0], data)


def _set_bytes(data: Dataset) -> int:
    return sum(array.nbytes for array in (data.x_train, data.y_train, data.x_test, data.y_test))


def image_count(configs: Sequence[RunConfig], data: Mapping[str, Dataset]) -> int:
    """Return how many images all trainings together go through."""
    return sum(config.epochs * _counts(config, data[config.data])[0] for config in configs)


def training_dtype(config: RunConfig) -> torch.dtype:
    """Return the configuration's dtype as PyTorch's."""
    dtype: torch.dtype = getattr(torch, config.dtype)
    return dtype


def _bytes_each(config: RunConfig, data: Mapping[str, Dataset]) -> int:
    """Return the bytes that a training adds to its cohort."""
    _, held_out = _counts(config, data[config.data])
    dtype = training_dtype(config)
    each = Engine.bytes_per_training(config.batch_size, config.reading, dtype, predicted=held_out)
    return each + _history_bytes(config, data)


def _history_bytes(config: RunConfig, data: Mapping[str, Dataset]) -> int:
    images, _ = _counts(config, data[config.data])
    return config.updates(images) * _COST_BYTES


def _image_bytes(config: RunConfig, data: Mapping[str, Dataset]) -> int:
    """Return the bytes of a cohort's own images: as they are, cut into tiles, and the targets."""
    images, held_out = _counts(config, data[config.data])
    image = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE, dtype=torch.uint8)
    each = image.nbytes + tile_images(image).nbytes
    return (images + held_out) * each + images * CLASSES * training_dtype(config).itemsize


def _counts(config: RunConfig, data: Dataset) -> tuple[int, int]:
    """Return how many images are trained on, and measured on; what is not there is refused later."""
    images = len(data.x_train) - config.validation if config.n_train is None else config.n_train
    return max(images, 1), config.validation or len(data.x_test)
