"""Ledger entries of the chapter *Comparing fairly*: the library's statistics against independent forms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from ...study import equivalence, holm, mean_interval, paired_difference
from ...study.record import updates_until
from ...study.resampling import pairing
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME

chapter = Chapter("findings/comparison")


def random_pairs(count: int, seeds: int, decimals: int = 3) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield paired numbers that share a part, coarsely rounded: with ties and differences of 0, as error rates have."""
    rng = np.random.default_rng(60)
    for _ in range(count):
        shared = rng.normal(size=seeds)
        a, b = (0.01 + 0.002 * (shared + 0.7 * rng.normal(size=seeds)) for _ in range(2))
        yield a.round(decimals), b.round(decimals)


@chapter.equation("eq-comparison-pair", "the variance of paired differences", pairing)
def pair(check: Checks) -> None:
    """Compare the variance of the differences with that of the sides, added up sample by sample."""
    what = "against sums sample by sample"
    for a, b in random_pairs(50, 20, decimals=6):
        paired, unpaired, correlation = pairing(a, b)
        n = len(a)
        variances = [sum((x - math.fsum(side) / n) ** 2 for x in side) / (n - 1) for side in (a.tolist(), b.tolist())]
        total, product = sum(variances), 2 * correlation * math.sqrt(math.prod(variances))
        check(what, SAME, abs(paired**2 - (total - product)) / total)
        check(what, SAME, abs(unpaired**2 - total) / total)


@chapter.equation("eq-comparison-sign-rank", "the signed-rank p", paired_difference, needs=("scipy",))
def sign_rank(check: Checks) -> None:
    """Go through all patterns of signs with plain Python."""
    for a, b in itertools.chain(random_pairs(3, 6), random_pairs(2, 9)):
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
        found = paired_difference(a, b).p
        check("against going through all signs, with ties and zeros", SAME, found, expected)


@chapter.equation("eq-comparison-interval", "the interval of a mean", mean_interval, needs=("scipy",))
def interval(check: Checks) -> None:
    """Bring both ends back: at them, a t test has p = 5 %, its tail integrated by the trapezoidal rule."""
    for a, _ in random_pairs(5, 12, decimals=6):
        mean, low, high = mean_interval(a)
        n, error = len(a), float(a.std(ddof=1)) / math.sqrt(len(a))
        t = np.linspace(0, (high - mean) / error, 200_001)
        constant = math.gamma(n / 2) / (math.sqrt((n - 1) * math.pi) * math.gamma((n - 1) / 2))
        density = constant * (1 + t**2 / (n - 1)) ** (-n / 2)
        inside = float(t[1] * (density[1:] + density[:-1]).sum())  # both halves
        lopsided = abs((high - mean) - (mean - low)) / error
        check("the area between its ends against 95 %", 1e-8, [abs(inside - 0.95), lopsided])

    rng = np.random.default_rng(61)
    intervals = [mean_interval(rng.normal(size=20)) for _ in range(400)]
    missed = sum(not low <= 0 <= high for _, low, high in intervals) / len(intervals)
    check("how often it misses, 400 times, against 5 %", 0.03, abs(missed - 0.05))


@chapter.equation("eq-comparison-updates", "the updates until E₀ is low", updates_until)
def updates(check: Checks) -> None:
    rng = np.random.default_rng(64)
    for _ in range(20):
        curve = 2.3 * 0.97 ** np.arange(100) + 0.05 * rng.normal(size=100)
        for threshold in (0.5, 0.2, 0.01):
            first = next((float(t) for t, value in enumerate(curve.tolist()) if value <= threshold), math.inf)
            check("against going through 20 curves, 3 thresholds", EQUAL, updates_until(curve, threshold) != first)


@chapter.equation("eq-comparison-holm", "Holm's correction", holm, needs=("statsmodels",))
def holm_correction(check: Checks) -> None:
    """Correct by the definition; and reject step by step, the smallest p first, until one is too large."""
    rng = np.random.default_rng(62)
    for _ in range(2):
        p = rng.beta(0.3, 2, size=12).round(3).tolist()
        expected = [
            max(min(1.0, (len(p) - sum(other < smaller for other in p)) * smaller) for smaller in p if smaller <= each)
            for each in p
        ]
        check("against the formula, one p at a time", SAME, holm(p), expected)

    rng = np.random.default_rng(63)
    for _ in range(2):
        p = (rng.random(12) ** 4).tolist()
        rejected, left = set(), sorted(range(12), key=lambda i: p[i])
        while left and p[left[0]] < 0.05 / len(left):
            rejected.add(left.pop(0))
        found = {i for i, each in enumerate(holm(p)) if each < 0.05}
        check("against rejecting step by step, 2 families", EQUAL, found != rejected)


@chapter.equation("eq-comparison-equivalence", "two one-sided tests", equivalence, needs=("scipy",))
def two_one_sided_tests(check: Checks) -> None:
    """Compare "p < 5 %" with "the 90 % interval lies within the margin", and the intervals themselves."""
    for a, b in random_pairs(60, 8, decimals=6):
        _, low, high = mean_interval(a - b, 0.9)
        for margin in (0.0005, 0.001, 0.002):
            found = equivalence(a, b, margin)
            wrong = (found.p < 0.05) != (-margin < low and high < margin)
            apart = abs(low - found.low) > 1e-9 or abs(high - found.high) > 1e-9
            check("against the 90 % interval, 180 cases", EQUAL, [wrong, apart])
