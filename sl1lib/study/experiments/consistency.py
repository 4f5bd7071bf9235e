r"""Claim 9: as ε goes to 0, SL1's solution of the last layer goes to the group lasso's.

Both are found by the same solver, each from 0. The solver's own residual, with the curvature at the solution, says how
far apart two computed solutions may be that are the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ..statistics import paired_difference
from ..table import Table
from ..verdicts import Answer, Number, Ruling
from .experiment import DigitsExperiment, by_instance, share_of_instances
from .full_batch import LastLayer, distances_to_group_lasso, tolerance

IMAGES: Final = 100
UPDATES: Final = 2500
STRENGTH: Final = 0.08
WIDTHS: Final = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
DESIGN: Final[dict[str, Any]] = {
    "instances": 10,
    "images": IMAGES,
    "updates": UPDATES,
    "strength": STRENGTH,
    "widths": WIDTHS,
}


def solutions(instance: int, widths: Sequence[float] = WIDTHS) -> Iterator[dict[str, Any]]:
    """Solve the last layer's problem with the group lasso and with SL1 of each width, and yield a row per width.

    ``distance`` is that of SL1's weights from the group lasso's, ``tolerance`` the solver's.
    """
    layer = LastLayer.of_images(IMAGES, instance=instance)
    bound = tolerance(layer, STRENGTH, UPDATES)
    for eps, distance in zip(widths, distances_to_group_lasso(layer, STRENGTH, widths, updates=UPDATES), strict=True):
        yield {"instance": instance, "eps": eps, "distance": float(distance), "tolerance": bound}


def solution_tends(table: Table) -> Ruling:
    """Claim 9: in every instance, the distance falls with every step of ε and ends within the solver's tolerance."""
    instances = by_instance(table)
    falls = np.array([bool((np.diff(rows["distance"]) < 0).all()) for rows in instances])
    arrives = np.array([bool(rows["distance"][-1] <= rows["tolerance"][-1]) for rows in instances])
    right = falls & arrives
    slopes = np.array([_slope(rows) for rows in instances])
    found = paired_difference(slopes, np.zeros(len(slopes)))
    numbers = [
        share_of_instances("tends", right),
        Number("power", found.effect, found.low, found.high, found.n),
        share_of_instances("falls", falls),
        share_of_instances("arrives", arrives),
    ]
    return Answer.HOLDS if right.all() else Answer.IN_PART if right.any() else Answer.FAILS, (), numbers


def _slope(rows: Table) -> float:
    """Return the slope of the distance over ε, both logarithmic, where it is far above the tolerance."""
    clear = rows["distance"] > 100 * rows["tolerance"]
    x, y = np.log(rows["eps"][clear]), np.log(rows["distance"][clear])
    return float(np.polyfit(x, y, 1)[0]) if clear.sum() > 1 else np.nan


CONSISTENCY: Final = DigitsExperiment("consistency", {"solution-tends": solution_tends}, DESIGN, solutions)
