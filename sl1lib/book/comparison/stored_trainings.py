"""What the chapter *Comparing fairly* reads off stored trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ... import fast, reference
from ...data import Dataset
from ...engine import images_to_tensor
from ...errors import unexpected
from ...study import Effect, Repeat, Results, Table, audit, paired_difference
from ...study.resampling import winners
from ...training import RunConfig


def tuning_winners(tuning: Table) -> np.ndarray:
    """Return `winners` of each method of a tuning stage: chosen on one seed, measured on the others.

    An array of shape (methods × seeds, 2), of a stage that has one winner for each method.
    """
    found = []
    for _, rows in tuning.groups("method"):
        candidates = [each["held_out_error"] for _, each in rows.groups("lr", "strength")]
        found.append(winners(np.stack(candidates)))
    return np.concatenate(found)


def right_answers(stage: Table, data: Dataset) -> dict[str, np.ndarray]:
    """Return by method which test images each stored network of a stage classifies rightly, bool (seeds, images).

    The stage must have kept its parameters, and have been trained on the data.

    Raises
    ------
    ValueError
        If a network's error is not the one that was stored: the data or the code are others.
    """
    x = images_to_tensor(data.x_test)
    found: dict[str, list[np.ndarray]] = {}
    for record, method in zip(stage.records, stage["method"].tolist(), strict=True):
        params = {name: torch.tensor(array) for name, array in record.params.items()}
        with torch.no_grad():
            answers = fast.forward(params, x, record.config.reading).argmax(dim=1).numpy()
        right = answers == data.y_test
        error = 1 - float(right.mean())
        if abs(error - record.held_out_error) > 1.5 / len(right):  # rounding may turn an image
            what = f"the error of {method}, seed {record.config.seed}, on {data.name}"
            raise unexpected(what, error, f"the study stored {record.held_out_error}")
        found.setdefault(method, []).append(right)
    return {method: np.stack(rows) for method, rows in found.items()}


def penalty_parts(stage: Table) -> dict[str, tuple[float, float]]:
    r"""Return each method's median :math:`E_0` on training images and its median :math:`\lambda \sum h`, at the end.

    The stage must have kept its parameters.
    """
    found = {}
    for (method,), rows in stage.groups("method"):
        parts = []
        for record in rows.records:
            if not record.diverged:
                penalty, U = record.config.penalty, record.params["U"].astype(np.float64)
                parts.append((record.numbers["train_E0"], reference.penalty(U, penalty) if penalty else 0.0))
        error, total = np.median(parts, axis=0).tolist()
        found[method] = (error, total)
    return found


def effects(stage: Table, measure: str, favoured: str = "SL1", vary: str = "method") -> dict[str, Effect]:
    """Return the paired differences, the favoured side minus each other one that has pairs, by `Table.pairs`."""
    found = {}
    for (name,), _ in stage.groups(vary):
        if name != favoured:
            a, b = stage.pairs(measure, vary, favoured, name)
            if (np.isfinite(a) & np.isfinite(b)).sum() > 1:
                found[name] = paired_difference(a, b)
    return found


def scaled(found: Mapping[str, Effect], scale: float) -> dict[str, Effect]:
    """Return effects in another unit: from shares to points, say.

    Examples
    --------
    >>> scaled({"L2": Effect(0.01, -0.01, 0.02, 0.3, 20)}, 100)["L2"].high
    2.0
    """
    return {
        name: replace(effect, effect=scale * effect.effect, low=scale * effect.low, high=scale * effect.high)
        for name, effect in found.items()
    }


def by_group(stage: Table, measure: str, vary: str = "method", scale: float = 1.0) -> dict[str, np.ndarray]:
    """Return the numbers of all seeds, by the values of a column.

    Examples
    --------
    >>> by_group(Table({"method": np.array(["none", "L2", "none"]), "gap": np.array([1.0, 2.0, 3.0])}), "gap")
    {'none': array([1., 3.]), 'L2': array([2.])}
    """
    return {str(value): scale * rows[measure] for (value,), rows in stage.groups(vary)}


def chatter_width(config: RunConfig) -> float:
    r"""Return the width below which a weight near 0 chatters at the first learning rate of a training.

    It is :math:`\eta\lambda\,\varepsilon\operatorname{Lip}(\varphi'_\varepsilon) / (2 (1 + \mu))`, of equation
    ``eq-descent-chatter``, chapter *Convergence*.

    Raises
    ------
    ValueError
        Without penalty, or for one without a width.

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> chatter_width(RunConfig(penalty=Penalty(0.002), lr=0.3))
    0.00025
    """
    penalty = config.penalty
    if penalty is None or not reference.find_profile(penalty.profile).has_width:
        raise unexpected("penalty", penalty, "only a smoothed one has a width")
    steepest = reference.smooth_abs_lipschitz(1.0, penalty.profile)
    return config.lr * penalty.strength * steepest / (2 * (1 + config.momentum.end))


def train_again(results: Results, sample: int, stages: Sequence[str], **where: Any) -> list[Repeat]:
    """Train a slice of a study again, in this process, and compare: `sl1lib.study.audit` of whole batches.

    ``where`` has values of the configuration that what is drawn must have.
    """
    threads = torch.get_num_threads()
    try:
        # One thread, as each process of a study has.
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as one:
            return audit(results, sample, stages=stages, where=where, whole=True, executor=one, progress=False)
    finally:
        torch.set_num_threads(threads)
