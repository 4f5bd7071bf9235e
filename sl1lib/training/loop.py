"""The training of one group of configurations: engine, bar, measuring, checkpoints, and a safe way out."""

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
from ..engine import Engine, ParallelEngine, Training, tile_images
from ..engine.parallel import PIECE
from ..settings import LearningRate
from .classifier import measure
from .cohorts import training_dtype
from .config import RunConfig
from .images import Images
from .progress import Progress
from .recorder import Recorder
from .run import DivergedError, Run, provenance
from .snapshot import Keeper, Snapshot, merged

AnyEngine: TypeAlias = Engine | ParallelEngine

# Updates between two looks at the bar, at the errors, at the clock and for Ctrl-C. Several processes make a PIECE.
CHUNK: Final = 20


def train_group(
    configs: Sequence[RunConfig], data: Dataset, keeper: Keeper, progress: bool, processes: int = 1
) -> list[Run | DivergedError]:
    """Train configurations of one group side by side, from where the keeper has them, in one or several processes."""
    config, before = configs[0], keeper.load(configs, data)
    if before is not None and before.recorder.ended(config.epochs):
        if progress and keeper.last:
            tell(f"{keeper}: nothing is left to train")
        return before.results(configs)
    images = Images.prepare(data, config)
    recorder, facts = Recorder(len(configs)), provenance(config.device, data.digest)
    with _engine(configs, images, processes) as engine:
        facts["processes"] = str(engine.processes)
        if before is not None:
            engine.load_state(before.state)
            recorder, facts = before.recorder, merged(before.provenance, facts)
            if progress:
                tell(f"{keeper}: going on after update {engine.updates:,}")

        def snapshot() -> Snapshot:
            return Snapshot(recorder, engine.state(), images.name, facts)

        with (
            Progress(config, len(images.x), progress, len(configs), keeper.part, engine.updates) as bar,
            _deferred_ctrl_c() as pressed,
        ):
            for _ in _run_epochs(engine, images, config.epochs, recorder, bar, pressed):
                if keeper.due():
                    keeper.save(snapshot())
            end = snapshot()
            keeper.save(end)
    return end.results(configs)


def _engine(configs: Sequence[RunConfig], images: Images, processes: int) -> AnyEngine:
    """Return an engine at the start of these trainings."""
    config = configs[0]
    updates = config.epochs * -(-len(images.x) // config.batch_size)
    trainings = [
        Training(
            fast.init_params(each.seed, training_dtype(each), each.device),
            lr=LearningRate(each.lr, each.lr_end, updates),
            momentum=each.momentum,
            penalty=each.penalty,
            seed=each.seed,
        )
        for each in configs
    ]
    if processes > 1 and len(configs) > 1 and images.x.device.type == "cpu":
        return ParallelEngine(
            trainings, images.x, images.labels,
            reading=config.reading, loss=config.loss, batch_size=config.batch_size, processes=processes,
        )  # fmt: skip
    return Engine(
        trainings, images.x, images.labels,
        reading=config.reading, loss=config.loss, batch_size=config.batch_size,
    )  # fmt: skip


def _run_epochs(
    engine: AnyEngine,
    images: Images,
    epochs: int,
    recorder: Recorder,
    bar: Progress,
    pressed: Callable[[], bool],
) -> Iterator[None]:
    """Make the updates that are left, recording as they come; yield where the engine may be looked at.

    It ends early if the user broke off, or nothing is left to train.
    """
    held_out = tile_images(images.x_held_out)
    while len(recorder.epochs) < epochs:
        end = (len(recorder.epochs) + 1) * engine.updates_per_epoch
        while engine.updates < end:
            chunk = PIECE if engine.processes > 1 else CHUNK
            _make_updates(engine, min(chunk, end - engine.updates), recorder, bar, pressed)
            if pressed() or recorder.all_diverged():
                return
            yield
        scores = engine.predict(held_out, tiled=True)
        recorder.measured([measure(each, images.labels_held_out) for each in scores])
        bar.epoch(float(np.mean([error for _, error, _ in recorder.epochs[-1]])))
        if pressed():
            return


def _make_updates(
    engine: AnyEngine, count: int, recorder: Recorder, bar: Progress, pressed: Callable[[], bool]
) -> None:
    """Make ``count`` updates, or fewer after Ctrl-C; record and show them."""
    started = time.perf_counter()
    costs = engine.advance(count, stop=pressed)
    recorder.seconds += time.perf_counter() - started
    recorder.updates.append(costs)
    for error, cost in zip(costs.E0.mean(axis=1), costs.penalty.mean(axis=1), strict=True):
        bar.update(error, cost)


@contextmanager
def _deferred_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait until it can do no harm: yield a function that says whether it was pressed.

    A second Ctrl-C does not wait. Where signals are handled by somebody else, or in another thread, nothing changes.
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
        yield lambda: times > 0
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
