"""From configurations to runs: data, engine, progress, and a safe way out."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from .. import fast
from ..data import Dataset, load_data
from ..errors import unexpected
from ..settings import LearningRate
from .config import RunConfig
from .progress import Progress
from .run import History, Run, measure, provenance

CHUNK: Final = 20  # updates between two looks at the bar, at the errors and for Ctrl-C
GROUP_BYTES: Final = 2**30  # trainings side by side take no more memory than this, beside the images


class DivergedError(ArithmeticError):
    """The error became NaN or infinite; ``update`` says at which update, counted from 0.

    From `train_many`, ``runs`` holds the runs of the trainings that did not diverge.
    """

    def __init__(self, update: int, value: float, config: RunConfig) -> None:
        self.update, self.value, self.config = update, value, config
        self.runs: list[Run] = []
        super().__init__(
            f"the error is {value} at update {update} ({config.method}, reading {config.reading.name}, "
            f"lr {config.lr:g}); a smaller lr or strength would be right"
        )


def train(config: RunConfig, progress: bool = True, data: Dataset | None = None) -> Run:
    """Train one network.

    Ctrl-C ends the training after the update it came in, and returns what is done so far, with ``Run.complete`` False.

    Parameters
    ----------
    config : RunConfig
    progress : bool
        Show a bar with error, images per second and time left, in a terminal or a notebook.
    data : Dataset, optional
        Use this data set instead of loading ``config.data``.

    Returns
    -------
    Run
        One seed gives one run: on one machine with one number of threads, bit for bit.

    Raises
    ------
    DataError
        If the data cannot be had.
    DivergedError
        If the error becomes NaN or infinite, naming the update.
    ValueError
        If the device is not there, or the data set has too few images.

    Examples
    --------
    >>> run = train(RunConfig(data="digits", epochs=2, lr=0.1), progress=False)
    >>> run.test_error < 0.5, run.params["U"].shape
    (True, (10, 192))
    """
    (run,) = _train_group([_checked(config)], progress, data)
    if isinstance(run, DivergedError):
        raise run
    return run


def train_many(configs: Iterable[RunConfig], progress: bool = True, data: Dataset | None = None) -> list[Run]:
    """Train several networks, side by side where they allow it.

    Configurations that differ only in penalty, learning rate, momentum or seed make their updates together, which takes
    less time than one after the other and gives the same numbers. Other differences make groups, and so do more
    trainings than fit into 1 GiB beside their images; the groups follow one another.

    Parameters
    ----------
    configs : iterable of RunConfig
        Two that share a seed start alike and see the same batches: a paired comparison.
    progress, data
        As in `train`.

    Returns
    -------
    list of Run
        In the order of ``configs``. After Ctrl-C, those begun so far; ``complete`` is False for those not finished.
        ``history.seconds`` is each training's share of what its group took.

    Raises
    ------
    DivergedError
        For the first training whose error became NaN or infinite, when its group is done; the exception's ``runs`` are
        those of the others.
    KeyboardInterrupt
        After Ctrl-C before anything is trained: there is nothing to keep.

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> pair = [RunConfig(data="digits", n_train=100, epochs=1, penalty=p) for p in (None, Penalty(1e-3, 1e-2))]
    >>> [run.config.method for run in train_many(pair, progress=False)]
    ['none', 'SL1']
    """
    if isinstance(configs, RunConfig):
        raise unexpected("configs", configs, "it must be several, a list of RunConfig; train takes a single one")
    configs = [_checked(config) for config in configs]
    done: dict[int, Run] = {}
    try:
        for group in _groups(configs):
            results = _train_group([configs[i] for i in group], progress, data)
            done |= {i: run for i, run in zip(group, results, strict=True) if isinstance(run, Run)}
            for result in results:
                if isinstance(result, DivergedError):
                    result.runs = [done[i] for i in sorted(done)]
                    raise result
            if not all(done[i].complete for i in group):
                break
    except KeyboardInterrupt:  # between two groups
        if not done:
            raise
    return [done[i] for i in sorted(done)]


def _checked(config: RunConfig) -> RunConfig:
    if not isinstance(config, RunConfig):
        raise unexpected("config", config, "it must be a RunConfig(data=..., penalty=..., ...)")
    return config


def _groups(configs: Sequence[RunConfig]) -> list[list[int]]:
    """Return the positions of configurations that can be trained side by side, in the order of the first of each."""
    groups: dict[Any, list[int]] = {}
    for i, config in enumerate(configs):
        shared = ("data", "reading", "epochs", "batch_size", "n_train", "validation", "dtype", "device")
        subset = config.seed if config.n_train is not None else None  # the seed draws the images
        groups.setdefault((subset, *(getattr(config, name) for name in shared)), []).append(i)
    parts = []
    for members in groups.values():
        config = configs[members[0]]
        each = fast.Engine.bytes_per_training(config.batch_size, config.reading, _dtype(config))
        most = max(GROUP_BYTES // each, 1)
        parts += [members[first : first + most] for first in range(0, len(members), most)]
    return sorted(parts)


def _train_group(configs: Sequence[RunConfig], progress: bool, data: Dataset | None) -> list[Run | DivergedError]:
    """Train configurations of one group side by side."""
    config = configs[0]
    if data is not None and not isinstance(data, Dataset):
        raise unexpected("data", data, "it must be a Dataset, as load_data returns")
    images = _Images.prepare(load_data(config.data) if data is None else data, config)
    updates = config.epochs * -(-len(images.x) // config.batch_size)
    engine = fast.Engine(
        [
            fast.Training(
                fast.init_params(each.seed, _dtype(each), each.device),
                lr=LearningRate(each.lr, each.lr_end, updates),
                momentum=each.momentum,
                penalty=each.penalty,
                seed=each.seed,
            )
            for each in configs
        ],
        images.x,
        images.labels,
        reading=config.reading,
        batch_size=config.batch_size,
    )
    recorder = _Recorder(len(configs))
    with Progress(config, len(images.x), shown=progress, trainings=len(configs)) as bar, _deferred_ctrl_c() as pressed:
        complete = _run_epochs(engine, images, config.epochs, recorder, bar, pressed)
    return [
        recorder.diverged(m, each)
        or Run(
            config=each,
            params={name: tensor.cpu().numpy() for name, tensor in engine.params(m).items()},
            history=recorder.history(m),
            held_out="validation" if each.validation else "test",
            data_name=images.name,
            complete=complete,
            provenance=provenance(each.device, images.digest),
        )
        for m, each in enumerate(configs)
    ]


def _run_epochs(
    engine: fast.Engine,
    images: _Images,
    epochs: int,
    recorder: _Recorder,
    bar: Progress,
    pressed: Callable[[], bool],
) -> bool:
    """Make all updates, recording as they come; return False if the user broke off, or nothing is left to train."""
    held_out = fast.tile_images(images.x_held_out)
    for _ in range(epochs):
        seconds, left = 0.0, engine.updates_per_epoch
        while left:
            started = time.perf_counter()
            costs = engine.advance(min(CHUNK, left), stop=pressed)
            seconds += time.perf_counter() - started
            left -= len(costs.E0)
            recorder.updates.append(costs)
            for error, cost in zip(costs.E0.mean(axis=1), costs.penalty.mean(axis=1), strict=True):
                bar.update(error, cost)
            if pressed() or recorder.all_diverged():
                return False
        scores = engine.predict(held_out, tiled=True)
        measured = [measure(each, images.labels_held_out) for each in scores]
        recorder.epochs.append([(*each, seconds / len(measured)) for each in measured])
        bar.epoch(float(np.mean([error for _, error in measured])))
        if pressed():
            return len(recorder.epochs) == epochs
    return True


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


@dataclass
class _Recorder:
    """Collects the histories of a group while they happen."""

    trainings: int
    updates: list[fast.Costs] = field(default_factory=list)
    epochs: list[list[tuple[float, float, float]]] = field(default_factory=list)

    def all_diverged(self) -> bool:
        """Say whether no training has a finite error any more."""
        return len(self.updates[-1].first_bad()) == self.trainings

    def diverged(self, training: int, config: RunConfig) -> DivergedError | None:
        """Return what is to be raised for a training whose error did not stay finite."""
        E0, penalty = self._curves(training)
        bad = np.flatnonzero(~np.isfinite(E0 + penalty))
        return DivergedError(int(bad[0]), float((E0 + penalty)[bad[0]]), config) if len(bad) else None

    def history(self, training: int) -> History:
        """Return the history of one training."""
        rows = [epoch[training] for epoch in self.epochs]
        return History(*self._curves(training), *np.array(rows, dtype=np.float64).reshape(-1, 3).T.copy())

    def _curves(self, training: int) -> tuple[np.ndarray, np.ndarray]:
        E0 = [np.empty(0), *(costs.E0[:, training] for costs in self.updates)]
        penalty = [np.empty(0), *(costs.penalty[:, training] for costs in self.updates)]
        return np.concatenate(E0), np.concatenate(penalty)


@dataclass(frozen=True)
class _Images:
    """Images as grey levels and their labels, on the device of a group."""

    x: torch.Tensor
    labels: torch.Tensor
    x_held_out: torch.Tensor
    labels_held_out: torch.Tensor
    name: str
    digest: str

    @classmethod
    def prepare(cls, data: Dataset, config: RunConfig) -> _Images:
        digest = data.digest
        # The validation images are the same for every seed of a study; the subset is drawn by the seed.
        data = data.split(config.validation) if config.validation else data
        data = data.subset(config.n_train, config.seed) if config.n_train is not None else data
        device = _device(config.device)
        return cls(
            torch.tensor(data.x_train, device=device).unsqueeze(1),
            torch.tensor(data.y_train, device=device),
            torch.tensor(data.x_test, device=device).unsqueeze(1),
            torch.tensor(data.y_test, device=device),
            data.name,
            digest,
        )


def _dtype(config: RunConfig) -> torch.dtype:
    return torch.float64 if config.dtype == "float64" else torch.float32


def _device(name: str) -> torch.device:
    """Return the device if it can hold a number and give it back."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:  # PyTorch raises either, by device and build
        there = "'cpu', 'cuda'" if torch.cuda.is_available() else "'cpu'"
        raise unexpected("device", name, f"this machine has {there}") from error
    return device
