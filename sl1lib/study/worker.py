"""What a worker does: train a batch side by side, and hand back records instead of runs."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch

from ..clock import processor_name
from ..data import load_data
from ..engine import Training, make_engine
from ..engine.choice import with_engine
from ..settings import MomentumRamp
from ..training.classifier import measure
from ..training.config import RunConfig
from ..training.images import Images
from ..training.run import DivergedError, Run, provenance
from ..training.training import train, train_many
from .record import Record

MEASURED: Final = 10_000  # training images, at most, that the final network is measured on

# What decides a training's numbers, within the package, in Python and in C.
_SOURCES: Final = ("architecture.py", "readings.py", "settings.py", "data", "fast", "engine", "training")


@dataclass(frozen=True)
class Batch:
    """The records of trainings that ran side by side, and under which circumstances they came about."""

    records: list[Record]
    provenance: dict[str, Any]


def train_batch(configs: Sequence[RunConfig], keep_params: bool = False, engine: str = "") -> Batch:
    """Train configurations that can run side by side, and keep what a study keeps, in their order.

    ``engine`` is as for `with_engine`. After Ctrl-C, what is not finished is not kept.
    """
    clock = Clock()
    # Gradients through saturated sigmoids are below the smallest normal number; as 0 they cost a sixth of the time.
    torch.set_flush_denormal(True)
    try:
        with with_engine(engine):
            results = _results(configs)
            runs = [result for result in results if isinstance(result, Run)]
            scores = iter(_measure_on_training_images(runs))
    finally:
        torch.set_flush_denormal(False)
    records = [
        Record.of_run(result, *next(scores), keep_params)
        if isinstance(result, Run)
        else Record.of_divergence(result.config, result.update)
        for result in results
    ]
    facts = provenance(configs[0].device, load_data(configs[0].data).digest)
    about = {
        "processor": processor_name(),
        "instructions": _instructions(),
        "cores": os.cpu_count(),
        "engine": next((run.provenance["engine"] for run in runs), engine),
        "source_sha256": source_digest(),
    }
    return Batch(records, facts | about | clock.facts())


class Clock:
    """When something began, and how long it has taken since."""

    def __init__(self) -> None:
        self.began, self._started = datetime.now(UTC), time.perf_counter()

    def facts(self) -> dict[str, Any]:
        """Return both as they stand in provenances."""
        seconds = round(time.perf_counter() - self._started, 2)
        return {"began": self.began.isoformat(timespec="seconds"), "seconds": seconds}


def _results(configs: Sequence[RunConfig]) -> list[Run | DivergedError]:
    """Return for each configuration its finished run, or how it diverged."""
    try:
        runs = train_many(configs, progress=False)
    except DivergedError as error:
        if not all(run.complete for run in error.runs):
            raise KeyboardInterrupt from error
        found = {run.config: run for run in error.runs} | {error.config: error}
        return [found[config] if config in found else _alone(config) for config in configs]
    if len(runs) < len(configs) or not all(run.complete for run in runs):
        raise KeyboardInterrupt
    return list(runs)


def _alone(config: RunConfig) -> Run | DivergedError:
    """Return how a training diverged. Of several only the first one's error is known: another is repeated by itself."""
    try:
        return train(config, progress=False)
    except DivergedError as error:
        return error


@torch.no_grad()
def _measure_on_training_images(runs: Sequence[Run]) -> list[tuple[float, float]]:
    """Return entropy error and share of wrong answers on images that all of these runs were trained on."""
    if not runs:
        return []
    config = runs[0].config
    images = Images.prepare(load_data(config.data), config)
    x, labels = images.x[:MEASURED], images.labels[:MEASURED]
    ends = [Training(run.tensors(), lr=1.0, momentum=MomentumRamp()) for run in runs]
    engine = make_engine(ends, x, labels, reading=config.reading)
    return [measure(scores, labels) for scores in engine.predict(x)]


def _instructions() -> str:
    """Return which of the processor's instructions PyTorch and MKL use: many processors share one name."""
    wished = (os.environ.get(name) for name in ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS"))
    return " ".join([torch.backends.cpu.get_cpu_capability(), *filter(None, wished)])


@cache
def source_digest() -> str:
    """Return a SHA-256 of the library's source, as far as it decides what a training gives."""
    package = Path(__file__).resolve().parents[1]
    places = [package / name for name in _SOURCES]
    files = (path for place in places for path in (place.rglob("*") if place.is_dir() else [place]))
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.suffix in (".py", ".c")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
