"""What a study keeps of a training: a few numbers, two short curves, the lengths of the nodes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from ..architecture import PARAMETER_SHAPES
from ..training.config import RunConfig

if TYPE_CHECKING:
    from ..training.run import Run

CURVE_POINTS: Final = 200
THRESHOLDS: Final = (0.5, 0.2, 0.1)  # of the smoothed E0: how many updates until it is first as low
NUMBERS: Final = (
    "diverged_at",
    "updates",
    "held_out_E0",
    "held_out_error",
    "train_E0",
    "train_error",
    "nodes_below",
    "seconds",
    *(f"updates_to_{threshold}" for threshold in THRESHOLDS),
)
ARRAYS: Final = ("curve", "held_out_E0_epochs", "held_out_error_epochs", "node_norms", "params")


@lru_cache(maxsize=2**14)  # a store's trainings are asked for their keys again and again
def config_key(config: RunConfig) -> str:
    """Return what a training is known by: the first 16 hexadecimal digits of its configuration's SHA-256."""
    numbers = json.loads(json.dumps(config.to_dict()), parse_int=float)  # 1 and 1.0 are one learning rate
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Record:
    """One training's results."""

    config: RunConfig  #: what was trained, and how
    #: For each of `NUMBERS`. ``diverged_at`` is the update at which the error was no number any more, or NaN; the
    #: others are NaN then. ``updates_to_…`` is infinite where the error never was as low.
    numbers: Mapping[str, float]
    #: Of `ARRAYS`, those that there are, in float32. ``curve`` has :math:`E_0`, exponentially smoothed, at
    #: `curve_updates`.
    arrays: Mapping[str, np.ndarray]
    fingerprint: str = ""  #: a hash of the final parameters: equal for equal bits; empty for one that diverged

    @property
    def key(self) -> str:
        """The key of the cell that this is the result of."""
        return config_key(self.config)

    @property
    def diverged(self) -> bool:
        """Whether the training broke down: a result, and not a mishap."""
        return bool(np.isfinite(self.numbers["diverged_at"]))

    @property
    def held_out_error(self) -> float:
        """The share of wrong answers at the end, in [0, 1]; NaN if the training diverged."""
        return float(self.numbers["held_out_error"])

    @property
    def params(self) -> dict[str, np.ndarray]:
        """The final parameters, as float32; ``ValueError`` if they were not kept."""
        if "params" not in self.arrays:
            raise ValueError(f"the parameters of training {self.key} were not kept: its stage has keep_params = false")
        ends = np.cumsum([np.prod(shape) for shape in PARAMETER_SHAPES.values()])[:-1]
        parts = np.split(self.arrays["params"], ends)
        return {name: part.reshape(shape) for (name, shape), part in zip(PARAMETER_SHAPES.items(), parts, strict=True)}

    @classmethod
    def of_run(cls, run: Run, train_E0: float, train_error: float, keep_params: bool) -> Record:
        """Return the record of a finished run and what was measured on training images at its end."""
        history, smooth = run.history, run.history.smoothed()
        numbers = {
            "diverged_at": np.nan,
            "updates": len(history.E0),
            "held_out_E0": history.held_out_E0[-1],
            "held_out_error": history.held_out_error[-1],
            "train_E0": train_E0,
            "train_error": train_error,
            "nodes_below": run.nodes_below(),
            "seconds": history.seconds.sum(),
        }
        numbers |= {f"updates_to_{threshold}": updates_until(smooth, threshold) for threshold in THRESHOLDS}
        flat = np.concatenate([run.params[name].ravel() for name in PARAMETER_SHAPES])
        arrays = {
            "curve": smooth[curve_updates(len(smooth))],
            "held_out_E0_epochs": history.held_out_E0,
            "held_out_error_epochs": history.held_out_error,
            "node_norms": run.node_norms,
        }
        if keep_params:
            arrays["params"] = flat
        arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
        return cls(run.config, numbers, arrays, hashlib.sha256(flat.tobytes()).hexdigest()[:16])

    @classmethod
    def of_divergence(cls, config: RunConfig, update: int) -> Record:
        """Return the record of a training whose error was no number any more at this update."""
        numbers = dict.fromkeys(NUMBERS, np.nan) | {"diverged_at": update, "updates": update}
        return cls(config, numbers | {f"updates_to_{threshold}": np.inf for threshold in THRESHOLDS}, {})


def curve_updates(updates: int) -> np.ndarray:
    """Return at which updates, counted from 0, a curve is kept.

    All of 200; of more, the first, the last, and some evenly between them on a logarithmic scale.

    Parameters
    ----------
    updates : int
        How many the training made.

    Returns
    -------
    ndarray of int64
        At most 200.

    Examples
    --------
    >>> curve_updates(5)
    array([0, 1, 2, 3, 4])
    >>> len(curve_updates(12_000)) <= 200, int(curve_updates(12_000)[-1])
    (True, 11999)
    """
    if updates <= CURVE_POINTS:
        return np.arange(updates)
    return np.unique(np.geomspace(1, updates, CURVE_POINTS).round().astype(np.int64) - 1)


def updates_until(curve: np.ndarray, threshold: float) -> float:
    """Return after how many updates a curve is first at ``threshold`` or below; infinity if never."""
    low = np.flatnonzero(curve <= threshold)
    return float(low[0]) if len(low) else np.inf
