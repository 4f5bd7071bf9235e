"""What many imagined repetitions tell of a comparison: what pairs, seeds, tuning and many tests do to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..errors import require_count, shape_of, unexpected
from .statistics import ALPHA


def pairing(a: ArrayLike, b: ArrayLike) -> tuple[float, float, float]:
    r"""Return the spread of :math:`a - b` in pairs, what it would be without them, and the correlation of the pairs.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        Entry ``i`` of both has one seed.

    Returns
    -------
    paired, unpaired, correlation : float
        Standard deviations with ``n − 1``; the correlation is NaN where a side does not vary.

    Notes
    -----
    Equation ``eq-comparison-pair``, chapter *Comparing fairly*.

    Examples
    --------
    >>> [round(x, 3) for x in pairing([1.0, 2.0, 3.0], [1.0, 2.1, 2.9])]
    [0.1, 1.382, 0.996]
    """
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1 or len(one) < 2:
        raise unexpected("the shapes of a and b", (one.shape, other.shape), "pairs need two lists of one length, of 2")
    covariance = np.cov(one, other)
    variances = covariance[0, 0], covariance[1, 1]
    scale = float(np.sqrt(variances[0] * variances[1]))
    correlation = float(covariance[0, 1]) / scale if scale else float("nan")
    return float((one - other).std(ddof=1)), float(np.sqrt(sum(variances))), correlation


def widths_by_count(
    differences: ArrayLike, counts: Sequence[int], draws: int = 400, seed: int = 0
) -> dict[int, np.ndarray]:
    """Ask how wide the interval of a mean would have been with fewer seeds.

    Parameters
    ----------
    differences : array_like, shape (n,)
    counts : sequence of int
        How many of them to draw, without replacement; from 2 to n.
    draws : int
        How often.
    seed : int
        Of the draws.

    Returns
    -------
    dict of int to ndarray, shape (draws,)
        Half the width of the 95 % interval, for each count.

    Examples
    --------
    >>> half = widths_by_count([1.0, 2.0, 3.0, 5.0], [2, 4], draws=50)
    >>> bool(np.median(half[2]) > np.median(half[4])), round(float(half[4][0]), 2)
    (True, 2.72)
    """
    from scipy import stats  # type: ignore[import-untyped]

    require_count("draws", draws, least=1)
    numbers, rng = np.asarray(differences, dtype=np.float64), np.random.default_rng(seed)
    found = {}
    for count in counts:
        if not 2 <= count <= len(numbers):
            raise unexpected("a count", count, f"it must be from 2 to {len(numbers)}")
        drawn = np.stack([rng.permutation(numbers)[:count] for _ in range(draws)])
        found[count] = stats.t.ppf(0.975, count - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(count)
    return found


def winners(errors: ArrayLike) -> np.ndarray:
    """Choose the best candidate on one column, and see how it does on the others: the winner's curse.

    Parameters
    ----------
    errors : array_like, shape (candidates, columns)
        The same candidates measured several times, with several seeds say; NaN is a failure, which is never best.

    Returns
    -------
    ndarray, shape (columns, 2)
        For each column, the error that made its winner win, and the winner's mean error on the other columns.

    Examples
    --------
    >>> winners([[1.0, 3.0], [2.0, 2.0], [4.0, 1.0]]).tolist()
    [[1.0, 3.0], [1.0, 4.0]]
    """
    table = np.asarray(errors, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise unexpected("the shape of errors", table.shape, "it must be (candidates, 2 columns or more)")
    if (failed := np.isnan(table).all(axis=0)).any():
        right = "in each column a candidate must have succeeded"
        raise unexpected("the columns of errors with NaN for every candidate", np.flatnonzero(failed).tolist(), right)
    best = np.nan_to_num(table, nan=np.inf).argmin(axis=0)
    return np.array(
        [[table[row, column], np.delete(table[row], column).mean()] for column, row in enumerate(best.tolist())]
    )


def null_families(comparisons: int = 36, seeds: int = 20, families: int = 2_000, seed: int = 0) -> np.ndarray:
    """Compare methods that are all alike, many times over, and return the smallest p of each family.

    Parameters
    ----------
    comparisons : int
        In a family. All share one side, as comparisons of SL1 with its rivals do.
    seeds : int
        Pairs in a comparison, at least 2.
    families : int
        How many to make.
    seed : int
        Of the imagined results.

    Returns
    -------
    ndarray, shape (families,)
        Of paired t tests. Uncorrected, something looks significant where it is below 5 %; by Holm's procedure, where
        it is below 5 % divided by the number of comparisons.

    Examples
    --------
    >>> smallest = null_families(families=200)
    >>> bool((smallest < 0.05).mean() > 0.5), bool((36 * smallest < 0.05).mean() < 0.1)
    (True, True)
    """
    from scipy import stats

    for name, count, least in (("comparisons", comparisons, 1), ("seeds", seeds, 2), ("families", families, 1)):
        require_count(name, count, least=least)
    rng = np.random.default_rng(seed)
    favoured = rng.normal(size=(families, 1, seeds))
    p = stats.ttest_1samp(favoured - rng.normal(size=(families, comparisons, seeds)), 0, axis=-1).pvalue
    return np.asarray(p.min(axis=1))


def best_of_networks(right: np.ndarray, draws: int = 2_000, seed: int = 0) -> np.ndarray:
    """Choose the best of some networks on a random half of the images; measure it on that half and on the other.

    Parameters
    ----------
    right : ndarray of bool, shape (networks, images)
    draws : int
        Random halves.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray, shape (draws, 2)
        The winner's error on the half that chose it, and on the other half.

    Examples
    --------
    >>> alike = np.random.default_rng(0).random((20, 400)) > 0.1
    >>> chosen, honest = best_of_networks(alike, draws=200).mean(axis=0)
    >>> bool(chosen < honest - 0.01)
    True
    """
    require_count("draws", draws, least=1)
    _require_answers("right", right)
    wrong, rng = ~right, np.random.default_rng(seed)
    half = wrong.shape[1] // 2
    rows = []
    for _ in range(draws):
        order = rng.permutation(wrong.shape[1])
        here, there = wrong[:, order[:half]].mean(axis=1), wrong[:, order[half:]].mean(axis=1)
        best = int(here.argmin())
        rows.append((here[best], there[best]))
    return np.array(rows)


def false_alarms(right: np.ndarray) -> tuple[int, int]:
    """Test each two networks of one method against each other with the images as replicates: McNemar's exact test.

    Parameters
    ----------
    right : ndarray of bool, shape (seeds, images)

    Returns
    -------
    alarms, pairs : int
        For how many of the pairs the test says, at 5 %, that they differ. Their method does not.

    Examples
    --------
    >>> false_alarms(np.random.default_rng(0).random((5, 100)) > 0.1)
    (0, 10)
    """
    from scipy import stats

    _require_answers("right", right)
    p = []
    for one, other in itertools.combinations(right, 2):
        only, others = int((one & ~other).sum()), int((other & ~one).sum())
        p.append(float(stats.binomtest(only, only + others).pvalue) if only + others else 1.0)
    return sum(each < ALPHA for each in p), len(p)


def interval_by_replicate(
    right_a: np.ndarray, right_b: np.ndarray, draws: int = 2_000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of a difference of errors for each choice of what counts as a replicate.

    Parameters
    ----------
    right_a, right_b : ndarray of bool, shape (seeds, images)
        Which answers are right; row ``i`` of both has one seed, column ``j`` is one image.
    draws : int
        Resamples.
    seed : int
        Of the resamples.

    Returns
    -------
    dict of str to (low, high)
        ``"seeds"``: other trainings, these images; ``"images"``: these trainings, other images; ``"both"``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.random((2, 5, 200)) > 0.1
    >>> list(interval_by_replicate(a, b, draws=100))
    ['seeds', 'images', 'both']
    """
    require_count("draws", draws, least=1)
    _require_answers("right_a", right_a)
    _require_answers("right_b", right_b)
    if right_a.shape != right_b.shape:
        raise unexpected("the shapes", (right_a.shape, right_b.shape), "both must be (seeds, images)")
    difference = right_b.astype(np.float64) - right_a  # of the errors, a minus b, image by image
    (seeds, images), rng = difference.shape, np.random.default_rng(seed)
    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)

    def both() -> float:
        rows = difference[rng.integers(seeds, size=seeds)].mean(axis=0)
        return float(rows[rng.integers(images, size=images)].mean())

    draw: Mapping[str, Callable[[], float]] = {
        "seeds": lambda: float(by_seed[rng.integers(seeds, size=seeds)].mean()),
        "images": lambda: float(by_image[rng.integers(images, size=images)].mean()),
        "both": both,
    }
    found = {}
    for name, one in draw.items():
        low, high = np.quantile([one() for _ in range(draws)], [0.025, 0.975])
        found[name] = (float(low), float(high))
    return found


def _require_answers(what: str, right: np.ndarray) -> None:
    """Raise unless ``right`` has truth values for networks and images; of numbers, ``~`` is no negation."""
    if len(shape_of(what, right)) != 2 or right.dtype.kind != "b":
        raise unexpected(what, f"{right.dtype} {right.shape}", "it must be bool (networks, images)")
