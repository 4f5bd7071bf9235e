"""Ledger entries of the chapter *Comparing fairly*: the library's statistics against independent forms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from ...study import equivalence, holm, mean_interval, paired_difference
from ...study.record import updates_until
from ...study.resampling import pairing
from ..entry import Check, Entry
from ..measure import SAME


def _pairs(count: int, seeds: int, decimals: int = 3) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield paired numbers that share a part, coarsely rounded: with ties and differences of 0, as error rates have."""
    rng = np.random.default_rng(60)
    for _ in range(count):
        shared = rng.normal(size=seeds)
        a, b = (0.01 + 0.002 * (shared + 0.7 * rng.normal(size=seeds)) for _ in range(2))
        yield a.round(decimals), b.round(decimals)


def _pair() -> float:
    """Compare the variance of the differences with that of the sides, added up sample by sample."""
    worst = 0.0
    for a, b in _pairs(50, 20, decimals=6):
        paired, unpaired, correlation = pairing(a, b)
        n = len(a)
        variances = [sum((x - math.fsum(side) / n) ** 2 for x in side) / (n - 1) for side in (a.tolist(), b.tolist())]
        product = 2 * correlation * math.sqrt(variances[0] * variances[1])
        worst = max(
            worst,
            abs(paired**2 - (sum(variances) - product)) / sum(variances),
            abs(unpaired**2 - sum(variances)) / sum(variances),
        )
    return worst


def _sign_rank() -> float:
    """Go through all patterns of signs with plain Python."""
    worst = 0.0
    for a, b in itertools.chain(_pairs(3, 6), _pairs(2, 9)):
        differences = [round(x - y, 12) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
        if not any(differences):
            continue
        sizes = sorted(abs(d) for d in differences)
        ranks = [sizes.index(abs(d)) + (sizes.count(abs(d)) + 1) / 2 for d in differences]
        observed = abs(sum(math.copysign(r, d) for r, d in zip(ranks, differences, strict=True) if d))
        parts = [r for r, d in zip(ranks, differences, strict=True) if d]
        totals = [
            abs(sum(s * r for s, r in zip(signs, parts, strict=True)))
            for signs in itertools.product((-1, 1), repeat=len(parts))
        ]
        expected = sum(total >= observed - 1e-9 for total in totals) / len(totals)
        worst = max(worst, abs(paired_difference(a, b).p - expected))
    return worst


def _interval() -> float:
    """Bring both ends back: at them, a t test has p = 5 %, its tail integrated by the trapezoidal rule."""
    worst = 0.0
    for a, _ in _pairs(5, 12, decimals=6):
        mean, low, high = mean_interval(a)
        n, error = len(a), float(a.std(ddof=1)) / math.sqrt(len(a))
        t = np.linspace(0, (high - mean) / error, 200_001)
        constant = math.gamma(n / 2) / (math.sqrt((n - 1) * math.pi) * math.gamma((n - 1) / 2))
        inside = 2 * np.trapezoid(constant * (1 + t**2 / (n - 1)) ** (-n / 2), t)
        worst = max(worst, abs(float(inside) - 0.95), abs((high - mean) - (mean - low)) / error)
    return worst


def _coverage() -> float:
    """Count in how many of 400 imagined experiments the interval misses the true mean; distance from 5 %."""
    rng = np.random.default_rng(61)
    intervals = [mean_interval(rng.normal(size=20)) for _ in range(400)]
    return abs(sum(not low <= 0 <= high for _, low, high in intervals) / 400 - 0.05)


def _holm() -> float:
    """Correct by the definition, one p value at a time."""
    rng, worst = np.random.default_rng(62), 0.0
    for _ in range(2):
        p = rng.beta(0.3, 2, size=12).round(3).tolist()
        expected = [
            max(min(1.0, (len(p) - sum(other < smaller for other in p)) * smaller) for smaller in p if smaller <= each)
            for each in p
        ]
        worst = max(worst, *(abs(x - y) for x, y in zip(holm(p), expected, strict=True)))
    return worst


def _holm_rejections() -> float:
    """Reject step by step, the smallest first, until one is too large; count families that differ."""
    rng, wrong = np.random.default_rng(63), 0
    for _ in range(2):
        p = (rng.random(12) ** 4).tolist()
        rejected, left = set(), sorted(range(12), key=lambda i: p[i])
        while left and p[left[0]] < 0.05 / len(left):
            rejected.add(left.pop(0))
        wrong += {i for i, each in enumerate(holm(p)) if each < 0.05} != rejected
    return float(wrong)


def _equivalence() -> float:
    """Count where "p < 5 %" and "the 90 % interval lies within the margin" disagree, and intervals that differ."""
    wrong = 0
    for a, b in _pairs(60, 8, decimals=6):
        for margin in (0.0005, 0.001, 0.002):
            found = equivalence(a, b, margin)
            _, low, high = mean_interval(a - b, 0.9)
            wrong += abs(low - found.low) > 1e-9 or abs(high - found.high) > 1e-9
            wrong += (found.p < 0.05) != (-margin < low and high < margin)
    return float(wrong)


def _updates() -> float:
    rng, wrong = np.random.default_rng(64), 0
    for _ in range(20):
        curve = 2.3 * 0.97 ** np.arange(100) + 0.05 * rng.normal(size=100)
        for threshold in (0.5, 0.2, 0.01):
            first = next((float(t) for t, value in enumerate(curve.tolist()) if value <= threshold), math.inf)
            wrong += updates_until(curve, threshold) != first
    return float(wrong)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    study, here = "study", "study.resampling"
    for label, title, function, checks in (
        (
            "pair",
            "the variance of paired differences",
            f"{here}.pairing",
            (Check("against sums sample by sample", SAME, _pair),),
        ),
        (
            "sign-rank",
            "the signed-rank p",
            f"{study}.paired_difference",
            (Check("against going through all signs, with ties and zeros", SAME, _sign_rank),),
        ),
        (
            "interval",
            "the interval of a mean",
            f"{study}.mean_interval",
            (
                Check("the area between its ends against 95 %", 1e-8, _interval),
                Check("how often it misses, 400 times, against 5 %", 0.03, _coverage),
            ),
        ),
        (
            "updates",
            "the updates until E₀ is low",
            f"{study}.record.updates_until",
            (Check("against going through the curve: wrong", 0.0, _updates),),
        ),
        (
            "holm",
            "Holm's correction",
            f"{study}.holm",
            (
                Check("against the formula, one p at a time", SAME, _holm),
                Check("against rejecting step by step: families that differ", 0.0, _holm_rejections),
            ),
        ),
        (
            "equivalence",
            "two one-sided tests",
            f"{study}.equivalence",
            (Check("against the 90 % interval, 180 cases: wrong", 0.0, _equivalence),),
        ),
    ):
        yield Entry(
            f"eq-comparison-{label}",
            title,
            "findings/comparison",
            (function,),
            checks,
            needs=("scipy", "statsmodels"),
        )
