"""Where a cohort of trainings is: what a checkpoint keeps of it, and what its runs are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..architecture import PARAMETER_SHAPES
from ..data import Dataset
from ..errors import unexpected
from .archive import side_by_side, under
from .checkpoint import Checkpoint, CheckpointError
from .config import RunConfig
from .recorder import Recorder
from .run import DivergedError, Run


@dataclass(frozen=True)
class Snapshot:
    """A cohort of trainings between two updates."""

    recorder: Recorder
    state: Mapping[str, np.ndarray]  # as `Engine.state` returns it
    data_name: str
    provenance: dict[str, str]

    def results(self, configs: Sequence[RunConfig]) -> list[Run | DivergedError]:
        """Return the run of each training, or what is to be raised where its error did not stay finite."""
        return [self._result(m, config) for m, config in enumerate(configs)]

    def _result(self, training: int, config: RunConfig) -> Run | DivergedError:
        if (bad := self.recorder.first_bad(training)) is not None:
            return DivergedError(*bad, config)
        return Run(
            config=config,
            params={name: self.state[f"weights/{name}"][training].copy() for name in PARAMETER_SHAPES},
            history=self.recorder.history(training),
            held_out="validation" if config.validation else "test",
            data_name=self.data_name,
            complete=bool(len(self.recorder.epochs) == config.epochs),  # NumPy integers are accepted as epochs
            provenance=dict(self.provenance),
        )

    def check(self, configs: Sequence[RunConfig]) -> None:
        """Raise ``ValueError`` or ``KeyError`` unless the parts fit each other and the configurations."""
        made, epochs = len(self.recorder.costs().E0), len(self.recorder.epochs)
        if int(self.state["updates"]) != made:
            raise unexpected("the number of updates", int(self.state["updates"]), f"its history has {made}")
        if epochs > configs[0].epochs:
            raise unexpected("the number of epochs", epochs, f"it must be {configs[0].epochs} at most")
        for name, shape in PARAMETER_SHAPES.items():
            for array in (self.state[f"weights/{name}"], self.state[f"velocity/{name}"]):
                if (array.shape, array.dtype) != ((len(configs), *shape), configs[0].dtype):
                    right = f"it must be {(len(configs), *shape)}, {configs[0].dtype}"
                    raise unexpected(f"{name} of the state", (array.shape, str(array.dtype)), right)


@dataclass(frozen=True)
class Keeper:
    """Keeps the snapshots of one cohort in a checkpoint, or nowhere."""

    kept: Checkpoint | None
    cohort: int  # of ``cohorts``, from 0
    cohorts: int

    @property
    def part(self) -> str:
        """Which of several cohorts it is, for the bar."""
        return f"{self.cohort + 1}/{self.cohorts}" if self.cohorts > 1 else ""

    @property
    def last(self) -> bool:
        """Say whether no cohort follows."""
        return self.cohort == self.cohorts - 1

    def __str__(self) -> str:
        names = [] if self.kept is None else [str(self.kept.folder)]
        return ", ".join([*names, *([f"cohort {self.part}"] if self.part else [])])

    def load(self, configs: Sequence[RunConfig], data: Dataset) -> Snapshot | None:
        """Return what was last saved of these configurations, trained on the same data, or None if nothing was."""
        found = self.kept.load(self.cohort) if self.kept is not None else None
        if self.kept is None or found is None:
            return None
        about, arrays = found
        with self.kept.reading(self.cohort):
            recorder = Recorder.from_arrays(under("history", arrays), len(configs))
            snapshot = Snapshot(recorder, under("engine", arrays), about["data_name"], about["provenance"])
            snapshot.check(configs)
            there = snapshot.provenance["data_sha256"]
        if there != data.digest:
            digests = f"its SHA-256 is {there[:12]}… there and {data.digest[:12]}… here ({data.name})"
            right = "use the same data to resume it, or name another folder"
            raise CheckpointError(self.kept.folder, f"belongs to a training on other data: {digests}", right)
        return snapshot

    def due(self) -> bool:
        """Say whether it is time to save."""
        return self.kept is not None and self.kept.due()

    def save(self, snapshot: Snapshot) -> None:
        """Keep where the cohort is."""
        if self.kept is None:
            return
        arrays = side_by_side(history=snapshot.recorder.to_arrays(), engine=snapshot.state)
        about = {"data_name": snapshot.data_name, "provenance": snapshot.provenance}
        self.kept.save(self.cohort, about, arrays)


def merged(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return the provenance of what was begun under one and resumed under another.

    Examples
    --------
    >>> merged({"torch": "2.4", "threads": "2"}, {"torch": "2.4", "threads": "1"})
    {'torch': '2.4', 'threads': '2, then 1'}
    """
    together = {}
    for name, value in now.items():
        old = before.get(name, value)
        together[name] = old if old == value or old.endswith(f", then {value}") else f"{old}, then {value}"
    return together
