"""What the tests of studies share: a small declaration, records without training, an executor without workers."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

import numpy as np

from sl1lib import Penalty
from sl1lib.study import Record, Stage, Study
from sl1lib.study.record import CURVE_POINTS, NUMBERS
from sl1lib.study.worker import Batch

METHODS = {"none": None, "L2": Penalty(1e-3, profile="squared"), "SL1": Penalty(3e-3, 0.05)}
CIRCUMSTANCES = {"data_sha256": "0" * 64, "processor": "imagined", "threads": "1"}


def small_study(**changes: Any) -> Study:
    """A tuning stage with 3 methods, 2 rates, 2 strengths, 2 seeds, and finals with 3 seeds."""
    tuning = Stage(
        "tuning",
        "Which?",
        ["none", "L2", "SL1"],
        seeds=[100, 101],
        fields={"validation": 200},
        grid={"lr": (0.1, 0.3)},
        scale={"strength": (0.1, 1.0)},
        instead={"none": {"lr": (0.1, 0.15, 0.2, 0.3)}},
        select=("lr", "strength"),
    )
    finals = Stage("finals", "How good?", ["none", "L2", "SL1"], [0, 1, 2], tuned_by="tuning", keep_params=True)
    base = {"data": "digits", "epochs": 1, "batch_size": 100}
    return Study(
        **{"name": "small", "question": "?", "methods": METHODS, "stages": (tuning, finals), "base": base} | changes
    )


def imagined(config, error: float | None = None, params: bool = False, **numbers: float) -> Record:
    """A record of a training that never was: its error follows from its rate and seed."""
    if error is None:
        error = 0.1 + abs(config.lr - 0.2) + 0.001 * (config.seed % 10)
    values = (
        dict.fromkeys(NUMBERS, 1.0) | {"diverged_at": np.nan, "held_out_error": error, "held_out_E0": error} | numbers
    )
    arrays = {"curve": np.full(CURVE_POINTS, error, np.float32), "node_norms": np.ones(192, np.float32)}
    if params:
        arrays["params"] = np.full(3898, error, np.float32)
    return Record(config, values, arrays, fingerprint=f"{error:.12f}")


def imagine_batch(configs, keep_params: bool = False) -> Batch:
    """What `train_batch` returns, at once."""
    return Batch([imagined(config, params=keep_params) for config in configs], dict(CIRCUMSTANCES))


class Serial(Executor):
    """Does everything at once, in this thread, and counts."""

    def __init__(self) -> None:
        self.batches = []

    def submit(self, function, /, *arguments, **named):
        self.batches.append(arguments[0])
        future = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future
