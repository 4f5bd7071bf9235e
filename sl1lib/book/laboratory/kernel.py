"""The laboratory in a kernel: the engine hears the commands of ``backend.js``, and tells snapshots.

Updates are made beside the notebook: the kernel stays free for cells, and an interrupted cell interrupts no training.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from ... import fast
from ...architecture import PARAMETER_SHAPES
from ...data import Dataset
from ...engine import Trainer, Training, make_engine
from ...settings import MomentumRamp, Penalty
from ...training import Run, RunConfig
from ...training.classifier import measure
from ...training.images import Images
from ...training.recorder import Recorder
from ...training.run import provenance
from ..beside import Beside
from ..live import LiveExplorer
from .explorer import check_run

SETTINGS: Final = ("profile", "grouping", "step", "strength", "eps", "lr", "momentum")
SHOWN: Final = 500  # test images that a reader can pick
_SLICE: Final = 0.05  # seconds of updates until commands are heard
_CHUNK: Final = 4  # updates in one call of the engine
_REST: Final = 0.12  # seconds from one snapshot to the next
_PATIENCE: Final = 4  # an error on the test images is measured again after so many times as long as it took

Tell = Callable[[dict[str, Any], list[bytes]], None]
Params = Mapping[str, np.ndarray]


class KernelTrainer:
    """Trains from ``start`` on images that ``load`` returns when they are needed first; ``tell`` gets what it tells."""

    def __init__(
        self, start: Params, config: RunConfig, load: Callable[[], Dataset], settings: Mapping[str, Any], tell: Tell
    ) -> None:
        self._start, self._config, self._load, self._tell = start, config, load, tell
        self.beside = Beside("laboratory", self._take, lambda: self._running)
        self._lock = threading.RLock()
        self._settings = dict(settings)
        self._engine: Trainer | None = None
        self._watched, self._until, self._plan = 0, 0, list[dict[str, Any]]()

    def do(self, command: dict[str, Any]) -> None:
        """Take a command, which is obeyed in its turn."""
        self.beside.do(dict(command))

    def run(self) -> Run:
        """Return what is trained so far."""
        with self._lock:
            self._prepare()
            assert self._engine is not None
            epochs = -(-self._engine.updates // self._engine.updates_per_epoch)
            config = self._config.replace(
                penalty=self._penalty(),
                lr=self._settings["lr"],
                lr_end=1.0,
                momentum=self._settings["momentum"],
                seed=self._seed,
                epochs=max(1, epochs),
            )
            return Run(
                config=config,
                params={name: array.copy() for name, array in self._params().items()},
                history=self._recorder.history(0),
                data_name=self._images.name,
                complete=len(self._recorder.epochs) == epochs > 0,
                provenance=provenance("cpu", self._data.digest)
                | {"laboratory": "settings are those of the last update"},
            )

    def _take(self, command: dict[str, Any] | None) -> None:
        """Obey a command, or go on with the updates."""
        command = command or {"type": "slice"}
        try:
            with self._lock:
                if command["type"] != "settings":
                    self._prepare()
                self._obey(**command)
        except Exception as error:  # a thread has nobody else to tell
            self._until, self._plan = 0, []
            self._tell({"trouble": f"{type(error).__name__}: {error}"}, [])

    @property
    def _running(self) -> bool:
        return self._engine is not None and self._until > self._engine.updates

    def _prepare(self) -> None:
        """Load the images, and begin at the start, when that is needed first."""
        if self._engine is None:
            self._data = self._load()
            self._images = Images.prepare(self._data, self._config)
            self._begin(self._start, self._config.seed)

    def _begin(self, params: Params, seed: int) -> None:
        self._seed, self._recorder = seed, Recorder(1)
        self._whole: tuple[dict[str, Any], dict[str, Any]] | None = None
        self._engine = self._new_engine(params)
        self._losses, self._errors, self._trail = list[list[Any]](), list[list[Any]](), list[list[Any]]()
        self._changes = list[list[Any]]()
        self._until, self._told, self._measured, self._reported = 0, [0, 0, 0, 0], (0.0, 0.0), 0.0
        self._mark()
        self._measure()

    def _new_engine(self, params: Params, removed: np.ndarray | None = None) -> Trainer:
        tensors = {name: torch.tensor(params[name], dtype=torch.float32) for name in PARAMETER_SHAPES}
        masks = None
        if removed is not None:
            masks = {name: torch.zeros_like(tensor, dtype=torch.bool) for name, tensor in tensors.items()}
            masks["U"][:, removed] = True
        training = Training(tensors, 0.1, MomentumRamp(), seed=self._seed, removed=masks)
        engine = make_engine([training], self._images.x, self._images.labels, batch_size=self._config.batch_size)
        self._tune(engine)
        return engine

    def _penalty(self) -> Penalty:
        return Penalty(**{name: self._settings[name] for name in ("strength", "eps", "profile", "grouping", "step")})

    def _tune(self, engine: Trainer) -> None:
        momentum = MomentumRamp(self._settings["momentum"], self._settings["momentum"], updates=0)
        (training,) = engine.trainings
        engine.change([replace(training, lr=self._settings["lr"], momentum=momentum, penalty=self._penalty())])

    def _params(self) -> dict[str, np.ndarray]:
        assert self._engine is not None
        return {name: tensor.numpy() for name, tensor in self._engine.params().items()}

    def _obey(self, type: str, **values: Any) -> None:
        commands: dict[str, Callable[..., None]] = {
            "hello": self._hello,
            "settings": self._set,
            "reset": self._reset,
            "start": self._train,
            "epoch": self._epoch,
            "update": partial(self._train, 1),
            "pause": self._pause,
            "watch": self._watch,
            "remove": self._remove,
            "restore": self._restore,
            "slice": self._slice,
        }
        commands[type](**values)

    def _hello(self) -> None:
        images, labels = self._images.x_held_out[:SHOWN], self._images.labels_held_out[:SHOWN]
        assert self._engine is not None
        about = {"name": self._images.name, "perEpoch": self._engine.updates_per_epoch}
        self._tell({"about": about}, [images.numpy().tobytes(), labels.numpy().astype(np.uint8).tobytes()])
        self._report(fresh=True)

    def _set(self, **values: Any) -> None:
        before = dict(self._settings)
        self._settings |= {name: values[name] for name in SETTINGS if name in values}
        changed = {name: value for name, value in self._settings.items() if value != before[name]}
        if self._engine is None or not changed:
            return
        try:
            self._tune(self._engine)
        except ValueError:
            self._settings = before
            raise
        self._changes.append([self._engine.updates, changed])
        if not self._running:
            self._report()

    def _reset(self, seed: int = 0, stored: bool = False, plan: Any = (), params: Params | None = None) -> None:
        self._start = params or self._start
        drawn = {name: tensor.numpy() for name, tensor in fast.init_params(seed).items()}
        self._begin(self._start if stored or params else drawn, seed)
        self._report(fresh=True)
        self._plan = list(plan)
        self._follow()

    def _train(self, updates: int | None = None) -> None:
        assert self._engine is not None
        self._until = self._engine.updates + (2**62 if updates is None else updates)

    def _epoch(self) -> None:
        assert self._engine is not None
        every = self._engine.updates_per_epoch
        self._until = (self._engine.updates // every + 1) * every

    def _pause(self) -> None:
        self._until, self._plan = 0, []
        self._report()

    def _watch(self, node: int) -> None:
        self._watched, self._trail, self._told[-1] = node, [], 0
        self._mark()
        self._report()

    def _remove(self, threshold: float, fold: bool) -> None:
        if self._whole is not None:
            return
        assert self._engine is not None
        before = self._params()
        lengths = np.linalg.norm(before["U"], axis=0)
        removed = lengths < threshold
        removed[lengths.argmax()] = False
        network = fast.Network({name: torch.tensor(array) for name, array in before.items()})
        with torch.no_grad():
            means = network.means(self._images.x)[1].numpy()
        kept = before | {"U": np.where(removed, 0, before["U"])}
        folded = kept | {"b": before["b"] + before["U"][:, removed] @ means[removed]}
        errors = [self._error(params) for params in (before, folded, kept)]
        names = ("errorBefore", "errorFolded", "errorForgotten")
        about = {"at": self._engine.updates, "nodes": np.flatnonzero(removed).tolist(), "fold": fold}
        about |= dict(zip(names, errors, strict=True))
        self._whole = before, about
        self._replace(folded if fold else kept, removed)

    def _restore(self) -> None:
        if self._whole is not None:
            before, self._whole = self._whole[0], None
            self._replace(before)

    def _replace(self, params: Params, removed: np.ndarray | None = None) -> None:
        """Go on with other weights, from rest."""
        assert self._engine is not None
        updates, self._engine = self._engine.updates, self._new_engine(params, removed)
        self._engine.updates = updates
        self._mark()
        self._measure()
        self._report()

    # The work.

    def _slice(self) -> None:
        assert self._engine is not None
        engine, end = self._engine, time.monotonic() + _SLICE
        while engine.updates < self._until and time.monotonic() < end:
            left = engine.updates_per_epoch - engine.updates % engine.updates_per_epoch
            begun, first = time.monotonic(), engine.updates
            costs = engine.advance(min(_CHUNK, left, self._until - first))
            self._recorder.updates.append(costs)
            self._recorder.seconds += time.monotonic() - begun
            for row, pair in enumerate(zip(costs.E0[:, 0], costs.penalty[:, 0], strict=True)):
                self._losses.append([first + row, *map(_finite, pair)])
            self._mark()
            if costs.first_bad():
                self._until = 0  # it has run away
            elif engine.updates % engine.updates_per_epoch == 0:
                self._recorder.measured([self._measure()])
        now = time.monotonic()
        if not self._running:
            self._measure()
            self._report()
            self._follow()
        elif now - self._reported > _REST:
            if now - self._measured[0] > _PATIENCE * self._measured[1]:
                self._measure()
            self._report()

    def _follow(self) -> None:
        """Take the next command of a plan, when the one before has ended."""
        if self._plan:
            self.do(self._plan.pop(0))

    def _mark(self) -> None:
        assert self._engine is not None
        weights = self._engine.params()["U"][:, self._watched].tolist()
        self._trail.append([self._engine.updates, *map(_finite, weights)])

    def _error(self, params: Params) -> float:
        network = fast.Network({name: torch.tensor(array) for name, array in params.items()})
        return measure(network.predict(self._images.x_held_out), self._images.labels_held_out)[1]

    def _measure(self) -> tuple[float, float]:
        """Measure on the test images; return E0 and error."""
        assert self._engine is not None
        begun = time.monotonic()
        found = measure(self._engine.predict(self._images.x_held_out)[0], self._images.labels_held_out)
        if not self._errors or self._errors[-1] != [self._engine.updates, found[1]]:
            self._errors.append([self._engine.updates, found[1]])
        self._measured = (time.monotonic(), time.monotonic() - begun)
        return found

    def _report(self, fresh: bool = False) -> None:
        """Tell what there is, and what is new since the last time."""
        assert self._engine is not None
        curves = (self._losses, self._errors, self._changes, self._trail)
        new = (curve[0 if fresh else told :] for curve, told in zip(curves, self._told, strict=True))
        losses, errors, changes, trail = new
        self._told, self._reported = [len(curve) for curve in curves], time.monotonic()
        snapshot = {
            "fresh": fresh,
            "step": self._engine.updates,
            "running": self._running,
            "losses": losses,
            "errors": errors,
            "changes": changes,
            "watched": self._watched,
            "trail": trail[-2000:],
            "removed": self._whole[1] if self._whole else None,
        }
        weights = np.concatenate([array.ravel() for array in self._params().values()]).astype("<f8")
        self._tell(snapshot, [weights.tobytes()])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class Laboratory(LiveExplorer):
    """The laboratory as a widget, which `laboratory` returns: its training goes on in the kernel.

    The settings are traits, and hold from the next update on. `run` is what is trained so far.
    """

    def __init__(self, start: Params, config: RunConfig, load: Callable[[], Dataset], **state: Any) -> None:
        super().__init__(**state)
        settings = {name: getattr(self, name) for name in SETTINGS}
        self._trainer = KernelTrainer(start, config, load, settings, self.send)
        self.on_msg(lambda _, command, buffers: self._trainer.do(command))
        self.observe(lambda _: self._do("settings", **{name: getattr(self, name) for name in SETTINGS}), list(SETTINGS))

    def _do(self, kind: str, **values: Any) -> None:
        self._trainer.do({"type": kind, **values})

    def start(self, updates: int | None = None) -> None:
        """Train: so many updates, or until `pause`."""
        self._do("start", updates=updates)

    def epoch(self) -> None:
        """Train to the end of the epoch."""
        self._do("epoch")

    def pause(self) -> None:
        """Stop training, after the update that is being made."""
        self._do("pause")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the training has come to its end; Ctrl-C pauses it.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        bool
            Whether it has.
        """
        try:
            return self._trainer.beside.wait(timeout)
        except KeyboardInterrupt:
            self.pause()
            self._trainer.beside.wait(10)
            raise

    def load(self, run: Run) -> None:
        """Begin again with the weights of a run.

        Raises
        ------
        ValueError
            For something else, or a network of another reading.
        """
        check_run(run)
        self._do("reset", params=run.params, seed=run.config.seed)

    def remove(self, threshold: float | None = None, fold: bool = True) -> None:
        """Take out the nodes that are shorter than a threshold, by default ε; their means into the biases, or not."""
        self._do("remove", threshold=self.eps if threshold is None else threshold, fold=fold)

    def restore(self) -> None:
        """Put back what `remove` took."""
        self._do("restore")

    @property
    def run(self) -> Run:
        """What is trained so far, to save, to prune, to look into; its configuration has the present settings."""
        return self._trainer.run()

    def close(self) -> None:
        """End the training, and the widget in the page."""
        self._trainer.beside.end()
        super().close()
