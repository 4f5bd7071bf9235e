"""Which trainings run side by side, and how much memory that takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import torch

from ..architecture import CLASSES, IMAGE_SIZE
from ..data import Dataset
from ..engine import Engine, tile_images
from .config import RunConfig

GROUP_BYTES: Final = 2**30  # trainings side by side take no more memory than this, beside the images
INTERPRETER_BYTES: Final = 250 * 2**20  # about what Python with PyTorch takes before it does anything

_COST_BYTES: Final = 2 * 8  # of an update in a history: E0 and the penalty, in float64


def split_into_groups(configs: Sequence[RunConfig], data: Mapping[str, Dataset]) -> list[list[int]]:
    """Return the positions of configurations that are trained side by side, in the order of the first of each.

    Parameters
    ----------
    configs : sequence of RunConfig
    data : mapping of str to Dataset
        What each ``config.data`` means.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for i, config in enumerate(configs):
        alike.setdefault(tuple(config.shared().items()), []).append(i)
    groups = []
    for members in alike.values():
        config = configs[members[0]]
        most = max(GROUP_BYTES // _bytes_each(config, data), 1)
        groups += [members[first : first + most] for first in range(0, len(members), most)]
    return sorted(groups)


def plan(
    configs: Sequence[RunConfig], groups: Sequence[Sequence[int]], data: Mapping[str, Dataset], processes: int = 1
) -> str:
    """Say in a line what is about to be trained, and the memory that it takes."""
    largest = max(len(group) for group in groups)
    split = f" in {len(groups)} groups, at most {largest} side by side" if len(groups) > 1 else " side by side"
    needed = memory(configs, groups, data, processes) / 2**20
    amount = f"{needed:.0f} MiB" if needed < 1000 else f"{needed / 1024:.1f} GiB"
    return f"{len(configs)} trainings{split}; images and trainings take about {amount}"


def memory(
    configs: Sequence[RunConfig], groups: Iterable[Sequence[int]], data: Mapping[str, Dataset], processes: int = 1
) -> int:
    """Return about how many bytes all of it takes: data sets, the largest group, and the histories of all.

    Each of several processes has the images of its group, and an interpreter with PyTorch. The engine's buffers for a
    batch are left out: a few MiB, however many trainings there are.
    """
    most = max(_group_bytes([configs[i] for i in group], data, processes) for group in groups)
    sets = {id(each): each for each in data.values()}.values()
    arrays = sum(a.nbytes for each in sets for a in (each.x_train, each.y_train, each.x_test, each.y_test))
    return most + arrays + sum(_history_bytes(config, data) for config in configs)


def _group_bytes(configs: Sequence[RunConfig], data: Mapping[str, Dataset], processes: int) -> int:
    """Return the bytes of a group's images and trainings, and of the processes that they are divided among."""
    started = min(processes, len(configs)) if processes > 1 else 0
    images = _image_bytes(configs[0], data)
    return images + started * (images + INTERPRETER_BYTES) + len(configs) * _bytes_each(configs[0], data)


def training_dtype(config: RunConfig) -> torch.dtype:
    """Return the configuration's dtype as PyTorch's."""
    return torch.float64 if config.dtype == "float64" else torch.float32


def _bytes_each(config: RunConfig, data: Mapping[str, Dataset]) -> int:
    """Return the bytes that a training adds to its group."""
    _, held_out = _counts(config, data[config.data])
    dtype = training_dtype(config)
    each = Engine.bytes_per_training(config.batch_size, config.reading, dtype, predicted=held_out)
    return each + _history_bytes(config, data)


def _history_bytes(config: RunConfig, data: Mapping[str, Dataset]) -> int:
    images, _ = _counts(config, data[config.data])
    return config.epochs * -(-images // config.batch_size) * _COST_BYTES


def _image_bytes(config: RunConfig, data: Mapping[str, Dataset]) -> int:
    """Return the bytes of a group's own images: as they are, cut into tiles, and the targets."""
    images, held_out = _counts(config, data[config.data])
    image = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE, dtype=torch.uint8)
    each = image.nbytes + tile_images(image).nbytes
    return (images + held_out) * each + images * CLASSES * training_dtype(config).itemsize


def _counts(config: RunConfig, data: Dataset) -> tuple[int, int]:
    """Return how many images are trained on, and measured on; what is not there is refused later."""
    images = len(data.x_train) - config.validation if config.n_train is None else config.n_train
    return max(images, 1), config.validation or len(data.x_test)
