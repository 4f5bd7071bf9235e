"""Ledger entries of the chapter *The table of claims*: what pairs can show at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...study import holm, paired_difference, paired_times
from ...study.power import pairs_needed, smallest_p
from ..entry import Check, Entry
from ..measure import SAME


def _smallest() -> float:
    """Let one side win every pair, by differences of all sizes, and test."""
    worst = 0.0
    for pairs in (2, 5, 9, 12):
        ahead = -np.arange(1.0, pairs + 1)
        for test in (paired_difference, paired_times):
            worst = max(worst, abs(test(ahead, 0 * ahead).p - smallest_p(pairs)))
    return worst


def _needed() -> float:
    """Correct families won in every pair, with the pairs that are needed and with one less; count surprises."""
    wrong = 0
    for comparisons in (1, 2, 5, 12, 18, 36):
        needed = pairs_needed(comparisons)
        for pairs, passes in ((needed, True), (needed - 1, False)):
            corrected = holm([smallest_p(pairs)] * comparisons)
            wrong += sum((p < 0.05) != passes for p in corrected)
    return float(wrong)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    for label, title, function, checks in (
        (
            "smallest",
            "the smallest p of n pairs",
            "smallest_p",
            (Check("against both tests on clean sweeps of 2 to 12 pairs", SAME, _smallest),),
        ),
        (
            "needed",
            "the pairs that a family needs",
            "pairs_needed",
            (Check("against correcting families of clean sweeps: wrong", 0.0, _needed),),
        ),
    ):
        yield Entry(
            f"eq-claims-{label}",
            title,
            "findings/claims",
            (f"study.power.{function}",),
            checks,
            needs=("scipy", "statsmodels"),
        )
