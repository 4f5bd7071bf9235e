r"""Claim 9: as ε goes to 0, SL1's solution of the last layer goes to the group lasso's.

Both are found by the same solver, each from 0. The solver's own residual, with the curvature at the solution, says how
far apart two computed solutions may be that are the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...data import Dataset
from .. import Claim, Estimate, Judgement, Study, Verdict, paired_difference
from ..evidence import Evidence
from .conditions import circumstances, evidence_of, made_by, proportion_of
from .full_batch import LastLayer, distances_to_group_lasso, tolerance

NAME: Final = "consistency"
INSTANCES: Final = 10
IMAGES: Final = 100
UPDATES: Final = 2500
STRENGTH: Final = 0.08
WIDTHS: Final = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
DESIGN: Final[dict[str, Any]] = {
    "instances": INSTANCES,
    "images": IMAGES,
    "updates": UPDATES,
    "strength": STRENGTH,
    "widths": WIDTHS,
}


def measure(
    study: Study | None = None,
    results_folder: Path | None = None,
    data: Dataset | None = None,
    progress: bool = True,
    instances: int = INSTANCES,
) -> Evidence:
    """Solve the last layer's problem with the group lasso and with SL1 of falling width.

    Parameters
    ----------
    study, results_folder, data
        Not used: the experiment has its own images, the embedded digits.
    progress : bool
        Show a bar.
    instances : int

    Returns
    -------
    Evidence
        A row for each instance and width: ``distance`` of SL1's weights from the group lasso's, ``tolerance`` of the
        solver.
    """
    return evidence_of(NAME, solutions, instances, circumstances(DESIGN), progress)


is_current = made_by(DESIGN)


def solutions(instance: int, widths: Sequence[float] = WIDTHS) -> Iterator[dict[str, Any]]:
    """Yield the rows of one instance, for some widths."""
    layer = LastLayer.of_images(IMAGES, instance=instance)
    bound = tolerance(layer, STRENGTH, UPDATES)
    for eps, distance in zip(widths, distances_to_group_lasso(layer, STRENGTH, widths, updates=UPDATES), strict=True):
        yield {"instance": instance, "eps": eps, "distance": float(distance), "tolerance": bound}


def judge(claim: Claim, evidence: Evidence) -> Judgement:
    """Decide claim 9 by its rule: in every instance, the distance falls with every step of ε and ends within tolerance.

    Parameters
    ----------
    claim : Claim
    evidence : Evidence
        As `measure` gave it.

    Returns
    -------
    Judgement
        *In part*, if that is so in some instances only.
    """
    instances = [evidence.where(instance=i) for i in np.unique(evidence["instance"])]
    falls = np.array([bool((np.diff(rows["distance"]) < 0).all()) for rows in instances])
    arrives = np.array([bool(rows["distance"][-1] <= rows["tolerance"][-1]) for rows in instances])
    right = falls & arrives
    verdict = Verdict.HOLDS if right.all() else Verdict.IN_PART if right.any() else Verdict.FAILS
    slopes = np.array([_slope(rows) for rows in instances])
    found = paired_difference(slopes, np.zeros(len(slopes)))
    reason = (
        f"in {falls.sum()} of {len(right)} instances the distance falls with each of {len(WIDTHS) - 1} steps of ε, in "
        f"{arrives.sum()} it ends within the solver's tolerance; it falls like ε to the power {found.effect:.3f}"
    )
    estimates = (
        proportion_of("instances whose distance falls with every step and ends within tolerance", right),
        Estimate("the power of ε that the distance falls with", found.effect, found.low, found.high, found.n),
    )
    return Judgement(claim, verdict, (), reason, estimates)


def _slope(rows: Evidence) -> float:
    """Return the slope of the distance over ε, both logarithmic, where it is far above the tolerance."""
    clear = rows["distance"] > 100 * rows["tolerance"]
    x, y = np.log(rows["eps"][clear]), np.log(rows["distance"][clear])
    return float(np.polyfit(x, y, 1)[0]) if clear.sum() > 1 else np.nan
