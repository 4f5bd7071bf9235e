r"""Claim 7: plain L1 keeps weights near 0 jumping for ever, SL1 lets them rest; but only where it smooths enough.

Where :math:`\eta\lambda/\varepsilon` is above :math:`2(1+\mu)`, the smoothed corner is as good as none (chapter
*Convergence*). So SL1 is tried on both sides of that transition, at several learning rates and momenta.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ... import reference
from ...data import Dataset
from ...settings import Penalty
from .. import Claim, Comparison, Judgement, Study, Verdict, holm, paired_difference
from ..evidence import Evidence
from .conditions import circumstances, evidence_of, made_by, proportion_of
from .full_batch import LastLayer, swing

NAME: Final = "chatter"
INSTANCES: Final = 10
IMAGES: Final = 100
UPDATES: Final = 500
RATES: Final = (0.002, 0.005, 0.01)
MOMENTA: Final = (0.0, 0.2, 0.5)
STRENGTHS: Final = {"node": 0.08, "weight": 0.02}  # of a group of ten weights, and of one
#: Where SL1 is tried, in units of the transition; infinity is no smoothing at all.
SHARES: Final = (0.5, 0.9, 0.97, 1.03, 1.1, 2.0)
SHARP: Final = float("inf")
#: Profile and grouping of each method, and where it is tried. The rule speaks of the first three.
METHODS: Final = {
    "L1": ("abs", "weight", (SHARP,)),
    "group lasso": ("abs", "node", (SHARP,)),
    "SL1": ("huber", "node", SHARES),
    "SL1 quartic": ("quartic", "node", (0.9, 1.1)),
}
PLAIN: Final = ("L1", "group lasso")
DESIGN: Final[dict[str, Any]] = {
    "instances": INSTANCES,
    "images": IMAGES,
    "updates": UPDATES,
    "rates": RATES,
    "momenta": MOMENTA,
    "strengths": STRENGTHS,
    "methods": METHODS,
}


def measure(
    study: Study | None = None,
    results_folder: Path | None = None,
    data: Dataset | None = None,
    progress: bool = True,
    instances: int = INSTANCES,
) -> Evidence:
    r"""Descend from near the lasso's solution with every method, rate and momentum, and see which weights jump.

    Parameters
    ----------
    study, results_folder, data
        Not used: the experiment has its own images, the embedded digits.
    progress : bool
        Show a bar.
    instances : int
        Each has images and a start of its own.

    Returns
    -------
    Evidence
        A row for each descent. ``share`` is :math:`\eta\lambda\operatorname{Lip}(\nabla h)` in units of
        :math:`2(1+\mu)`; ``swing``, ``jumping`` and ``changes`` are those of `full_batch.Swing`.
    """
    return evidence_of(NAME, descents, instances, circumstances(DESIGN), progress)


is_current = made_by(DESIGN)


def descents(
    instance: int, rates: Sequence[float] = RATES, momenta: Sequence[float] = MOMENTA
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one instance, for some rates and momenta.

    Examples
    --------
    >>> rows = list(descents(0, rates=[0.01], momenta=[0.2]))
    >>> [row["method"] for row in rows if row["jumping"] == 0]
    ['SL1', 'SL1', 'SL1', 'SL1 quartic']
    """
    layer = LastLayer.of_images(IMAGES, instance=instance)
    starts = {grouping: layer.near_lasso(strength, grouping) for grouping, strength in STRENGTHS.items()}
    for method, (profile, grouping, shares) in METHODS.items():
        for lr, momentum, share in itertools.product(rates, momenta, shares):
            penalty = _penalty(profile, grouping, lr, momentum, share)
            found = swing(layer, starts[grouping], penalty, lr, momentum, UPDATES)
            yield {
                "instance": instance,
                "method": method,
                "lr": lr,
                "momentum": momentum,
                "share": share,
                "swing": found.largest,
                "jumping": found.jumping,
                "changes": found.changes,
            }


def _penalty(profile: str, grouping: str, lr: float, momentum: float, share: float) -> Penalty:
    """Return the penalty whose width puts it at this share of the transition."""
    strength = STRENGTHS[grouping]
    if profile == "abs":
        return Penalty(strength, profile="abs", grouping=grouping)
    eps = reference.smooth_abs_lipschitz(1.0, profile) * lr * strength / (share * 2 * (1 + momentum))
    return Penalty(strength, eps, profile, grouping)


def judge(claim: Claim, evidence: Evidence) -> Judgement:
    """Decide claim 7 by its rule.

    A descent *jumps* if one weight or more does that the lasso switches off. The instance, not the descent, is what is
    counted: descents of one instance share its images.

    Parameters
    ----------
    claim : Claim
    evidence : Evidence
        As `measure` gave it.

    Returns
    -------
    Judgement
        With the paired differences in swing of plain L1 and of SL1 at 0.9 of the transition.
    """
    plain = {method: _as_predicted(evidence.where(method=method)) for method in PLAIN}
    ours, quartic = (_as_predicted(evidence.where(method=method)) for method in ("SL1", "SL1 quartic"))
    always = all(each.all() for each in plain.values())
    verdict = Verdict.HOLDS if always and ours.all() else Verdict.IN_PART if always else Verdict.FAILS
    n, descents = len(ours), int((evidence["method"] == "SL1").sum())
    reason = (
        f"in {n} instances, plain L1 jumps at every rate and momentum in {plain['L1'].sum()}, the group lasso in "
        f"{plain['group lasso'].sum()}; SL1 jumps above the predicted transition and nowhere below it in {ours.sum()}, "
        f"over {descents} descents from 3 % below it to 3 % above"
    )
    estimates = (
        *(proportion_of(f"instances in which {method} always jumps", each) for method, each in plain.items()),
        proportion_of("instances in which SL1 jumps exactly above the transition", ours),
        proportion_of("instances in which SL1 quartic does, which the rule does not ask for", quartic),
    )
    return Judgement(claim, verdict, _comparisons(evidence), reason, estimates)


def _as_predicted(rows: Evidence) -> np.ndarray:
    """Return for each instance whether all its descents jump exactly where the smoothing is too narrow."""
    right = (rows["jumping"] > 0) == (rows["share"] > 1)
    return np.array([bool(right[rows["instance"] == i].all()) for i in np.unique(rows["instance"])])


def _comparisons(evidence: Evidence) -> tuple[Comparison, ...]:
    """Return SL1's swing at 0.9 of the transition minus the corner's, means of an instance's descents as pairs."""
    calm = _mean_swings(evidence.where(method="SL1", share=0.9))
    effects = [paired_difference(calm, _mean_swings(evidence.where(method=method))) for method in PLAIN]
    corrected = holm([effect.p for effect in effects])
    return tuple(
        Comparison("full batch", "swing in ηλ", {}, method, effect, p, favours=-effect.direction if p < 0.05 else 0)
        for method, effect, p in zip(PLAIN, effects, corrected, strict=True)
    )


def _mean_swings(rows: Evidence) -> np.ndarray:
    return np.array([rows["swing"][rows["instance"] == i].mean() for i in np.unique(rows["instance"])])
