"""Ledger entries of the chapter *The table of claims*: what pairs can show at all."""

from __future__ import annotations

import numpy as np

from ...study import holm, paired_difference, paired_times
from ...study.power import pairs_needed, smallest_p
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME

chapter = Chapter("findings/claims")


@chapter.equation("eq-claims-smallest", "the smallest p of n pairs", smallest_p, needs=("scipy",))
def smallest(check: Checks) -> None:
    """Let one side win every pair, by differences of all sizes, and test."""
    for pairs in (2, 5, 9, 12):
        ahead = -np.arange(1.0, pairs + 1)
        for test in (paired_difference, paired_times):
            found = test(ahead, 0 * ahead).p
            check("against both tests on clean sweeps of 2 to 12 pairs", SAME, found, smallest_p(pairs))


@chapter.equation("eq-claims-needed", "the pairs that a family needs", pairs_needed, needs=("statsmodels",))
def needed(check: Checks) -> None:
    """Correct families won in every pair: the pairs that are needed pass, and one pair less does not."""
    for comparisons in (1, 2, 5, 12, 18, 36):
        enough = pairs_needed(comparisons)
        for pairs, passes in ((enough, True), (enough - 1, False)):
            corrected = holm([smallest_p(pairs)] * comparisons)
            wrong = [(p < 0.05) != passes for p in corrected]
            check("against correcting families of clean sweeps", EQUAL, wrong)
