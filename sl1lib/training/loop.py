"""The training of one cohort of configurations: engine, bar, measuring, checkpoints, and a safe end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import numpy as np

from .. import fast
from .._output import tell
from ..data import Dataset
from ..engine import Trainer, Training, make_engine
from ..fast.network import Tensors
from ..settings import LearningRate
from .classifier import measure
from .cohorts import training_dtype
from .config import RunConfig
from .images import Images
from .processes import asked_to_stop
from .progress import Progress
from .recorder import Recorder
from .run import DivergedError, Run, provenance
from .snapshot import Keeper, Snapshot, merged

# Updates between two looks at the bar, at the errors, at the clock and for Ctrl-C.
CHUNK: Final = 20

Start: TypeAlias = tuple[Tensors, Tensors | None]  # parameters, and which of them are removed, as `Training` has it


def train_cohort(
    configs: Sequence[RunConfig], data: Dataset, keeper: Keeper, progress: bool, processes: int = 1, drawn: Any = None
) -> list[Run | DivergedError]:
    """Train the configurations of one cohort side by side, from where the keeper has them.

    The provenance says how many processes train cohorts at the same time. ``drawn`` is as for `Progress`.
    """
    config, before = configs[0], keeper.load(configs, data)
    if before is not None and before.recorder.ended(config.epochs):
        if progress and keeper.last:
            tell(f"{keeper}: nothing is left to train")
        return before.results(configs)
    images = Images.prepare(data, config)
    recorder, facts = Recorder(len(configs)), provenance(config.device, data.digest)
    engine = engine_of(configs, images)
    facts |= {"processes": str(processes), "engine": type(engine).__name__}
    if before is not None:
        engine.load_state(before.state)
        recorder, facts = before.recorder, merged(before.provenance, facts)
        if progress:
            tell(f"{keeper}: resumed after update {engine.updates:,}")

    def snapshot() -> Snapshot:
        return Snapshot(recorder, engine.state(), images.name, facts)

    with (
        Progress(config, len(images.x), progress, len(configs), keeper.part, engine.updates, drawn) as bar,
        deferred_ctrl_c() as pressed,
    ):
        for _ in _run_epochs(engine, images, config.epochs, recorder, bar, pressed):
            if keeper.due():
                keeper.save(snapshot())
        end = snapshot()
        keeper.save(end)
    return end.results(configs)


def engine_of(configs: Sequence[RunConfig], images: Images, starts: Sequence[Start] | None = None) -> Trainer:
    """Return an engine at the start of a cohort's trainings: a random one, or each one's given parameters."""
    config = configs[0]
    updates = config.updates(len(images.x))
    if starts is None:
        starts = [(fast.init_params(each.seed, training_dtype(each), each.device), None) for each in configs]
    trainings = [
        Training(
            params,
            lr=LearningRate(each.lr, each.lr_end, updates),
            momentum=each.momentum,
            penalty=each.penalty,
            seed=each.seed,
            removed=removed,
        )
        for each, (params, removed) in zip(configs, starts, strict=True)
    ]
    return make_engine(
        trainings, images.x, images.labels,
        reading=config.reading, loss=config.loss, batch_size=config.batch_size,
    )  # fmt: skip


def _run_epochs(
    engine: Trainer,
    images: Images,
    epochs: int,
    recorder: Recorder,
    bar: Progress,
    pressed: Callable[[], bool],
) -> Iterator[None]:
    """Make the updates that are left, recording as they come; yield where its state is consistent.

    It ends early if it was interrupted, or nothing is left to train.
    """
    held_out = engine.prepare(images.x_held_out)
    while len(recorder.epochs) < epochs:
        end = (len(recorder.epochs) + 1) * engine.updates_per_epoch
        while engine.updates < end:
            _make_updates(engine, min(CHUNK, end - engine.updates), recorder, bar, pressed)
            if pressed() or recorder.all_diverged():
                return
            yield
        scores = engine.predict(held_out, prepared=True)
        recorder.measured([measure(each, images.labels_held_out) for each in scores])
        bar.epoch(float(np.mean([error for _, error, _ in recorder.epochs[-1]])))
        if pressed():
            return


def _make_updates(engine: Trainer, count: int, recorder: Recorder, bar: Progress, pressed: Callable[[], bool]) -> None:
    """Make ``count`` updates, or fewer after Ctrl-C; record and show them."""
    started = time.perf_counter()
    costs = engine.advance(count, stop=pressed)
    recorder.seconds += time.perf_counter() - started
    recorder.updates.append(costs)
    for error, cost in zip(costs.E0.mean(axis=1), costs.penalty.mean(axis=1), strict=True):
        bar.update(error, cost)


@contextmanager
def deferred_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait until it can do no harm: yield a function that says whether to stop.

    In a process that trains on behalf of another, that one decides. A second Ctrl-C does not wait. Where signals are
    handled by somebody else, or in another thread, nothing changes.
    """
    times = 0

    def handler(number: int, frame: Any) -> None:
        nonlocal times
        times += 1
        if times > 1:
            signal.default_int_handler(number, frame)

    main = threading.current_thread() is threading.main_thread()
    ours = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, handler)
    try:
        yield lambda: times > 0 or asked_to_stop()
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
