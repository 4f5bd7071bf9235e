"""What a study asks of its numbers: paired differences, equivalence, times with censoring, corrections.

The tests are SciPy's and statsmodels'; here is only which of them answers which question. Everything is two-sided, and
random numbers are drawn from a fixed seed. Pairs are two lists of one length, of which entry ``i`` has one seed and NaN
is a missing number; ``ValueError`` says where there are fewer than two that are complete.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from ..errors import require_number, unexpected

RESAMPLES: Final = 9_999
DECIMALS: Final = 12  # error rates are counts divided by one number: rounding must not make equal differences unequal
CONFIDENCE: Final = 0.95  # of every interval of an effect
ALPHA: Final = 0.05  # a test is significant below it


@dataclass(frozen=True)
class Effect:
    """How two sides of paired numbers differ."""

    effect: float  #: of the first minus the second; below 0, the first is smaller
    low: float  #: the lower end of an interval for it
    high: float  #: the upper end
    p: float  #: two-sided, against no difference
    n: int  #: pairs that were used
    dropped: int = 0  #: pairs that could not be used, since one of their numbers is missing
    #: Which side the *test* finds smaller: −1 the first, 1 the second, 0 neither. A mean that one pair dominates can
    #: lie on the other side of 0 than most pairs do, and the middle of many ties is 0: p belongs to this sign.
    direction: int = 0


def paired_difference(a: ArrayLike, b: ArrayLike) -> Effect:
    r"""Compare paired numbers: mean difference, Student's interval, Wilcoxon's signed-rank test.

    Parameters
    ----------
    a, b : array_like, shape (n,)

    Returns
    -------
    Effect
        ``effect`` is the mean of :math:`a - b`, its 95 % interval Student's, which stays honest where pairs are few and
        resampling them is not. ``p`` comes from random changes of sign (all of them, where there are few pairs): ties
        and differences of 0, which error rates have, need no approximation.

    Notes
    -----
    Equations ``eq-comparison-sign-rank`` and ``eq-comparison-interval``, chapter *Comparing fairly*.

    Examples
    --------
    >>> found = paired_difference([1.1, 1.3, 1.2, 1.5, 1.4, 1.2], [2.0, 2.1, 2.3, 2.4, 2.2, 2.3])
    >>> round(found.effect, 3), found.p, found.n
    (-0.933, 0.03125, 6)
    """
    difference, dropped = _differences(a, b)
    mean, low, high = mean_interval(difference)
    p, direction = _signed_rank_test(difference)
    return Effect(mean, low, high, p, len(difference), dropped, direction)


def mean_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Return the mean of independent numbers and Student's interval for it, at 95 %; NaN is a missing number.

    Examples
    --------
    >>> [round(x, 2) for x in mean_interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    from scipy import stats  # type: ignore[import-untyped]

    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) < 2:
        raise unexpected("the number of values", len(numbers), "an interval needs at least 2")
    mean = float(numbers.mean())
    if np.ptp(numbers) == 0:
        return mean, mean, mean
    interval = stats.ttest_1samp(numbers, 0).confidence_interval(confidence)
    return mean, float(interval.low), float(interval.high)


def _signed_rank_test(difference: np.ndarray) -> tuple[float, int]:
    """Return p, and the sign of the sum of signed ranks."""
    from scipy import stats

    if not difference.any():
        return 1.0, 0
    # Wilcoxon's statistic, with Pratt's zeros. SciPy's own function draws the same signs a hundred times slower.
    ranks = np.sign(difference) * stats.rankdata(np.abs(difference))
    rng = np.random.default_rng(0)
    found = stats.permutation_test(
        (ranks,), np.sum, permutation_type="samples", vectorized=True, n_resamples=RESAMPLES, rng=rng
    )
    return float(found.pvalue), int(np.sign(ranks.sum()))


def paired_times(a: ArrayLike, b: ArrayLike) -> Effect:
    r"""Compare paired times until something happens, some of which are only known to be longer than was watched.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        Infinity where it never happened: both sides were watched equally long, so that it is the longest time of all.

    Returns
    -------
    Effect
        ``effect`` is the median of :math:`a - b`, infinite where most pairs have it happen on one side only; its
        interval is made of order statistics, and infinite where so few pairs bound nothing at 95 %. ``p`` is the sign
        test's: it asks only on which side it happened first, which censoring leaves known. Pairs where it happened on
        neither side count as ties, as do equal times; ties say nothing for either side.

    Examples
    --------
    >>> found = paired_times([3, 4, 5, 4, 3, 5], [6, 8, np.inf, 9, 7, np.inf])
    >>> found.effect, found.p
    (-4.5, 0.03125)
    """
    from scipy import stats

    difference, dropped = _differences(a, b)
    sooner, later = int((difference < 0).sum()), int((difference > 0).sum())
    p = float(stats.binomtest(sooner, sooner + later).pvalue) if sooner + later else 1.0
    bounds = np.array(stats.quantile_test(difference, p=0.5).confidence_interval(CONFIDENCE))
    low, high = np.where(np.isnan(bounds), [-np.inf, np.inf], bounds).tolist()
    with np.errstate(invalid="ignore"):  # the middle of two infinities
        median = float(np.median(difference))
    effect, direction = 0.0 if np.isnan(median) else median, int(np.sign(later - sooner))
    return Effect(effect, low, high, p, len(difference), dropped, direction)


@dataclass(frozen=True)
class Equivalence:
    """Whether paired numbers can be called equal up to a margin."""

    low: float  #: the lower end of the mean difference's interval that belongs to the test: 90 % for a test at 5 %
    high: float  #: the upper end
    p: float  #: against the difference being as large as the margin, or larger


def equivalence(a: ArrayLike, b: ArrayLike, margin: float) -> Equivalence:
    """Ask whether the mean difference of paired numbers lies within ``±margin``: two one-sided t tests at 5 %.

    Parameters
    ----------
    a, b : array_like, shape (n,)
    margin : float
        Above 0, else a ``ValueError``; fixed before the numbers are seen.

    Examples
    --------
    >>> a = [0.0110, 0.0112, 0.0109, 0.0111, 0.0113]
    >>> equivalence(a, [0.0111, 0.0111, 0.0110, 0.0111, 0.0112], margin=0.001).p < 0.001
    True
    """
    from scipy import stats

    require_number("margin", margin, above=0)
    difference, _ = _differences(a, b)
    mean, low, high = mean_interval(difference, 1 - 2 * ALPHA)
    if low == high:
        p = 0.0 if abs(mean) < margin else 1.0
    else:
        above = stats.ttest_1samp(difference, -margin, alternative="greater")
        below = stats.ttest_1samp(difference, margin, alternative="less")
        p = float(max(above.pvalue, below.pvalue))
    return Equivalence(low, high, p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p values of a family of tests by Holm's procedure.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of float
        In the same order. A test is significant in the family where its corrected value is.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]

    if not len(p_values):
        return []
    gc.freeze()  # statsmodels collects garbage in every correction; what is there now needs no other look
    try:
        return [float(p) for p in multipletests(p_values, method="holm")[1]]
    finally:
        gc.unfreeze()


def proportion(count: int, n: int) -> tuple[float, float, float]:
    """Return a rate and its exact 95 % interval, Clopper and Pearson's.

    Examples
    --------
    >>> [round(x, 3) for x in proportion(0, 20)]
    [0.0, 0.0, 0.168]
    """
    from scipy import stats

    interval = stats.binomtest(count, n).proportion_ci(CONFIDENCE, method="exact")
    return count / n, float(interval.low), float(interval.high)


def mean_and_sd(values: ArrayLike) -> tuple[float, float]:
    """Return mean and standard deviation, with ``n − 1``, of the numbers that are there; NaN where they are too few."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    n = len(numbers)
    return float(numbers.mean()) if n else np.nan, float(numbers.std(ddof=1)) if n > 1 else np.nan


def _differences(a: Any, b: Any) -> tuple[np.ndarray, int]:
    """Return the differences of complete pairs, and how many are not; what never happened on both sides is a tie."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise unexpected("the shapes of a and b", (a.shape, b.shape), "pairs need two lists of one length")
    there = ~(np.isnan(a) | np.isnan(b))
    if there.sum() < 2:
        raise unexpected("the number of complete pairs", int(there.sum()), "it must be at least 2")
    a, b = a[there], b[there]
    difference = np.zeros_like(a)
    np.subtract(a, b, out=difference, where=a != b)
    return difference.round(DECIMALS), int((~there).sum())
