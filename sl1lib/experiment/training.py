"""From a configuration to a run: data, engine, progress, and a safe way out."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch

from .. import fast
from ..data import Dataset, load_data
from ..errors import unexpected
from ..settings import LearningRate
from .config import RunConfig
from .progress import Progress
from .run import History, Run, measure, provenance


class DivergedError(ArithmeticError):
    """The error became NaN or infinite; ``update`` says at which update, counted from 0."""

    def __init__(self, update: int, value: float, config: RunConfig) -> None:
        self.update, self.value = update, value
        super().__init__(
            f"the error is {value} at update {update} ({config.method}, reading {config.reading.name}, "
            f"lr {config.lr:g}); a smaller lr or strength would be right"
        )


def train(config: RunConfig, progress: bool = True, data: Dataset | None = None) -> Run:
    """Train one network.

    Ctrl-C ends the training and returns what is done so far, with ``Run.complete`` False.

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
    images = _Images.prepare(load_data(config.data) if data is None else data, config)
    updates = config.epochs * -(-len(images.x) // config.batch_size)
    engine = fast.Engine(
        fast.init_params(config.seed, _dtype(config), config.device),
        images.x,
        images.labels,
        lr=LearningRate(config.lr, config.lr_end, updates),
        momentum=config.momentum,
        reading=config.reading,
        penalty=config.penalty,
        batch_size=config.batch_size,
        seed=config.seed,
    )
    recorder = _Recorder()
    with Progress(config, len(images.x), shown=progress) as bar:
        complete = _run_epochs(engine, images, config, recorder, bar)
    return Run(
        config=config,
        # Ctrl-C may come in the middle of an update, while the parameters take part in autograd.
        params={name: tensor.detach().cpu().numpy() for name, tensor in engine.params.items()},
        history=recorder.history(),
        held_out="validation" if config.validation else "test",
        data_name=images.name,
        complete=complete,
        provenance=provenance(config.device, images.digest),
    )


def train_many(configs: Iterable[RunConfig], progress: bool = True, data: Dataset | None = None) -> list[Run]:
    """Train several networks, one after the other.

    Parameters
    ----------
    configs : iterable of RunConfig
        Two that share a seed start alike and see the same batches: a paired comparison.
    progress, data
        As in `train`.

    Returns
    -------
    list of Run
        In the order of ``configs``. After Ctrl-C, those begun so far; the last may have ``complete`` False.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C before the first update of the first: there is nothing to keep.

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> pair = [RunConfig(data="digits", n_train=100, epochs=1, penalty=p) for p in (None, Penalty(1e-3, 1e-2))]
    >>> [run.config.method for run in train_many(pair, progress=False)]
    ['none', 'SL1']
    """
    runs: list[Run] = []
    try:
        for config in list(configs):
            runs.append(train(config, progress, data))
            if not runs[-1].complete:
                break
    except KeyboardInterrupt:  # between two trainings
        if not runs:
            raise
    return runs


def _run_epochs(engine: fast.Engine, images: _Images, config: RunConfig, recorder: _Recorder, bar: Progress) -> bool:
    """Make all updates, recording as they come; return False if the user broke off."""
    try:
        for epoch in range(config.epochs):
            started = time.perf_counter()
            for error, cost in engine.epoch(epoch):
                if not math.isfinite(error + cost):
                    raise DivergedError(engine.updates - 1, error + cost, config)
                recorder.update(error, cost)
                bar.update(error, cost)
            seconds = time.perf_counter() - started
            scores = fast.predict(engine.params, images.x_held_out, config.reading)
            held_out_E0, wrong = measure(scores, images.labels_held_out)
            recorder.epoch(held_out_E0, wrong, seconds)
            bar.epoch(wrong)
    except KeyboardInterrupt:
        return False
    return True


@dataclass
class _Recorder:
    """Collects the history while it happens."""

    # A row at a time: Ctrl-C can come anywhere, and must not leave one curve longer than another.
    updates: list[tuple[float, float]] = field(default_factory=list)
    epochs: list[tuple[float, float, float]] = field(default_factory=list)

    def update(self, error: float, cost: float) -> None:
        self.updates.append((error, cost))

    def epoch(self, held_out_E0: float, error: float, seconds: float) -> None:
        self.epochs.append((held_out_E0, error, seconds))

    def history(self) -> History:
        E0, costs = np.array(self.updates, dtype=np.float64).reshape(-1, 2).T.copy()
        return History(E0, costs, *np.array(self.epochs, dtype=np.float64).reshape(-1, 3).T.copy())


@dataclass(frozen=True)
class _Images:
    """The tensors of one training, on its device."""

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
        dtype, device = _dtype(config), _device(config.device)
        return cls(
            fast.images_to_tensor(data.x_train, dtype, device),
            torch.tensor(data.y_train, device=device),
            fast.images_to_tensor(data.x_test, dtype, device),
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
