"""What a cohort of trainings has found so far, update by update and epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..engine import Costs
from ..errors import unexpected
from .run import History


@dataclass
class Recorder:
    """Collects the histories of trainings that run side by side, while they happen.

    ``updates`` says what was found before each, in as many parts as it came in; ``epochs``, of each training: held-out
    E0, held-out error, seconds; ``seconds``, how long the updates of the present epoch have taken.
    """

    trainings: int
    updates: list[Costs] = field(default_factory=list)
    epochs: list[list[tuple[float, float, float]]] = field(default_factory=list)
    seconds: float = 0.0

    def measured(self, errors: list[tuple[float, float]]) -> None:
        """Note an epoch's held-out E0 and error of each training, and begin the next epoch."""
        self.epochs.append([(*each, self.seconds / self.trainings) for each in errors])
        self.seconds = 0.0

    def ended(self, epochs: int) -> bool:
        """Say whether nothing is left to do of ``epochs`` epochs."""
        return len(self.epochs) == epochs or self.all_diverged()

    def all_diverged(self) -> bool:
        """Say whether no training has a finite error any more."""
        return bool(self.updates) and len(self.updates[-1].first_bad()) == self.trainings

    def first_bad(self, training: int) -> tuple[int, float] | None:
        """Return at which update a training's error was not finite any more, and what it was."""
        costs = self.costs()
        row = costs.first_bad().get(training)
        return None if row is None else (row, float(costs.E0[row, training] + costs.penalty[row, training]))

    def history(self, training: int) -> History:
        """Return the history of one training."""
        rows = np.array([epoch[training] for epoch in self.epochs], dtype=np.float64).reshape(-1, 3)
        costs = self.costs()
        return History(costs.E0[:, training].copy(), costs.penalty[:, training].copy(), *rows.T.copy())

    def costs(self) -> Costs:
        """Return what all updates found, in one piece."""
        if len(self.updates) != 1:
            empty = np.empty((0, self.trainings))
            E0 = np.concatenate([empty, *(costs.E0 for costs in self.updates)])
            self.updates = [Costs(E0, np.concatenate([empty, *(costs.penalty for costs in self.updates)]))]
        return self.updates[0]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays; `from_arrays` reads them back."""
        costs = self.costs()
        epochs = np.array(self.epochs, dtype=np.float64).reshape(-1, self.trainings, 3)
        return {"E0": costs.E0, "penalty": costs.penalty, "epochs": epochs, "seconds": np.array(self.seconds)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], trainings: int) -> Recorder:
        """Resume where another recorder was; raise if an array is missing or does not fit ``trainings``."""
        E0, penalty, epochs = (arrays[name] for name in ("E0", "penalty", "epochs"))
        shapes = (E0.shape, penalty.shape, epochs.shape)
        if shapes != ((len(E0), trainings), E0.shape, (len(epochs), trainings, 3)):
            right = f"they must be (updates, {trainings}) twice and (epochs, {trainings}, 3)"
            raise unexpected("the shapes of E0, penalty, epochs", shapes, right)
        rows = [[(row[0], row[1], row[2]) for row in epoch] for epoch in epochs.tolist()]
        return cls(trainings, [Costs(E0, penalty)], rows, float(arrays["seconds"]))
