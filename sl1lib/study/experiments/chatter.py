r"""Claim 7: plain L1 keeps weights near 0 jumping for ever, SL1 lets them rest; but only where it smooths enough.

Where :math:`\eta\lambda/\varepsilon` is above :math:`2(1+\mu)`, the smoothed corner is as good as none (chapter
*Convergence*). So SL1 is tried on both sides of that transition, at several learning rates and momenta.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ... import reference
from ...settings import Penalty
from ..statistics import paired_difference
from ..table import Table
from ..verdicts import Answer, Number, Ruling, compared
from .experiment import DigitsExperiment, by_instance, share_of_instances
from .full_batch import LastLayer, swing

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
    "instances": 10,
    "images": IMAGES,
    "updates": UPDATES,
    "rates": RATES,
    "momenta": MOMENTA,
    "strengths": STRENGTHS,
    "methods": METHODS,
}


def descents(
    instance: int, rates: Sequence[float] = RATES, momenta: Sequence[float] = MOMENTA
) -> Iterator[dict[str, Any]]:
    r"""Descend from near the lasso's solution with every method, and yield a row for each rate, momentum and share.

    ``share`` is :math:`\eta\lambda\operatorname{Lip}(\nabla h)` in units of :math:`2(1+\mu)`; `full_batch.swing` says
    how far weights jump.
    """
    layer = LastLayer.of_images(IMAGES, instance=instance)
    starts = {grouping: layer.near_lasso(strength, grouping) for grouping, strength in STRENGTHS.items()}
    for method, (profile, grouping, shares) in METHODS.items():
        for lr, momentum, share in itertools.product(rates, momenta, shares):
            penalty = _penalty(profile, grouping, lr, momentum, share)
            about = {"instance": instance, "method": method, "lr": lr, "momentum": momentum, "share": share}
            yield about | swing(layer, starts[grouping], penalty, lr, momentum, UPDATES)


def _penalty(profile: str, grouping: str, lr: float, momentum: float, share: float) -> Penalty:
    """Return the penalty whose width puts it at this share of the transition."""
    strength = STRENGTHS[grouping]
    if profile == "abs":
        return Penalty(strength, profile="abs", grouping=grouping)
    eps = reference.smooth_abs_lipschitz(1.0, profile) * lr * strength / (share * 2 * (1 + momentum))
    return Penalty(strength, eps, profile, grouping)


def corner_chatters(table: Table) -> Ruling:
    """Claim 7: plain L1 jumps at every rate, and SL1 exactly above the predicted transition.

    A descent *jumps* if one weight or more does that the lasso switches off. The instance, not the descent, is what is
    counted: descents of one instance share its images. Beside the answer stand the paired differences in swing of SL1
    at 0.9 of the transition and of plain L1.
    """
    right = {method: _as_predicted(table.where(method=method)) for method in METHODS}
    always = all(right[method].all() for method in PLAIN)
    answer = Answer.HOLDS if always and right["SL1"].all() else Answer.IN_PART if always else Answer.FAILS
    numbers = [share_of_instances(f"jumps.{method}", each) for method, each in right.items()]
    descents = int((table["method"] == "SL1").sum())
    numbers.append(Number("descents.SL1", descents, np.nan, np.nan, len(right["SL1"])))
    calm = _mean_swings(table.where(method="SL1", share=0.9))
    sides = {method: paired_difference(calm, _mean_swings(table.where(method=method))) for method in PLAIN}
    return answer, compared(sides, "full batch", "swing"), numbers


def _as_predicted(rows: Table) -> np.ndarray:
    """Return for each instance whether all its descents jump exactly where the smoothing is too narrow."""
    return np.array([bool(((each["jumping"] > 0) == (each["share"] > 1)).all()) for each in by_instance(rows)])


def _mean_swings(rows: Table) -> np.ndarray:
    return np.array([each["swing"].mean() for each in by_instance(rows)])


CHATTER: Final = DigitsExperiment("chatter", {"corner-chatters": corner_chatters}, DESIGN, descents)
