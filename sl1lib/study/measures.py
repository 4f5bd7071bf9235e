"""What trainings and experiments are compared by: the one list of measures, with their names and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .record import THRESHOLDS


class Unit(StrEnum):
    """In what a measure is counted."""

    SHARE = "points"  # a share of images, which is told in percentage points
    NATS = "nats"
    UPDATES = "updates"  # until something happens, which may be never
    NODES = "nodes"
    STEPS = "ηλ"
    COUNT = ""


@dataclass(frozen=True)
class Measure:
    """A quantity that two sides are compared by."""

    name: str  #: what prose calls it
    short: str  #: what a figure calls it
    unit: Unit  #: in what it is counted
    of_trainings: bool = True  #: whether it is a column of trainings, which claims may name; else of an experiment


MEASURES: Final[Mapping[str, Measure]] = {
    "held_out_error": Measure("held-out error", "error", Unit.SHARE),
    "held_out_E0": Measure("held-out $E_0$", "$E_0$, test", Unit.NATS),
    "train_error": Measure("training error", "training error", Unit.SHARE),
    "train_E0": Measure("training $E_0$", "$E_0$, training", Unit.NATS),
    "gap": Measure("gap", "gap", Unit.SHARE),
    **{f"updates_to_{low}": Measure(f"updates to $E_0 = {low}$", f"to {low}", Unit.UPDATES) for low in THRESHOLDS},
    "nodes_below": Measure("nodes below ε", "nodes below ε", Unit.NODES),
    "failed": Measure("failed trainings", "failed", Unit.COUNT),
    "nodes_removed": Measure("nodes removed", "nodes removed", Unit.NODES, of_trainings=False),
    "error_lost": Measure("error lost", "error lost", Unit.SHARE, of_trainings=False),
    "error_pruned": Measure("error of pruned networks", "error", Unit.SHARE, of_trainings=False),
    "swing": Measure("swing in ηλ", "swing", Unit.STEPS, of_trainings=False),
}
