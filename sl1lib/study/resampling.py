"""What many imagined repetitions tell of a comparison: what pairs, seeds, tuning and many tests do to it.

``draws`` is how often something is drawn, from a fixed seed. Answers of networks, ``right``, are an array of truth
values, one row per network and one column per image.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..errors import require_count, shape_of, unexpected
from .statistics import ALPHA


def pairing(a: ArrayLike, b: ArrayLike) -> tuple[float, float, float]:
    r"""Return the spread of :math:`a - b` in pairs, what it would be without them, and the correlation of the pairs.

    The spreads are standard deviations with ``n − 1``; the correlation is NaN where a side does not vary. Equation
    ``eq-comparison-pair``, chapter *Comparing fairly*.
    """
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1 or len(one) < 2:
        raise unexpected("the shapes of a and b", (one.shape, other.shape), "pairs need two lists of one length, of 2")
    covariance = np.cov(one, other)
    variances = np.diag(covariance)
    scale = float(np.sqrt(variances.prod()))
    correlation = float(covariance[0, 1]) / scale if scale else float("nan")
    return float((one - other).std(ddof=1)), float(np.sqrt(variances.sum())), correlation


def widths_by_count(differences: ArrayLike, counts: Sequence[int], draws: int = 400) -> dict[int, np.ndarray]:
    """Return half the widths that the 95 % interval of a mean would have had with fewer seeds, by count: one a draw."""
    from scipy import stats  # type: ignore[import-untyped]

    require_count("draws", draws, least=1)
    numbers, rng = np.asarray(differences, dtype=np.float64), np.random.default_rng(0)
    found = {}
    for count in counts:
        if not 2 <= count <= len(numbers):
            raise unexpected("a count", count, f"it must be from 2 to {len(numbers)}")
        drawn = np.stack([rng.permutation(numbers)[:count] for _ in range(draws)])
        found[count] = stats.t.ppf(0.975, count - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(count)
    return found


def winners(errors: ArrayLike) -> np.ndarray:
    """Choose the best candidate on one column, and see how it does on the others: the winner's curse.

    ``errors`` has the same candidates measured several times, with several seeds say, (candidates, columns); NaN is a
    failure, which is never best. Returned is for each column the error that made its winner win, and the winner's mean
    error on the other columns.
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


def null_families(comparisons: int = 36, seeds: int = 20, families: int = 2_000) -> np.ndarray:
    """Compare methods that are all alike, many times over, and return the smallest p of each family, by paired t tests.

    All comparisons of a family share one side, as those of SL1 with its rivals do. Uncorrected, something looks
    significant where that p is below 5 %; by Holm's procedure, where it is below 5 % over the number of comparisons.
    """
    from scipy import stats

    for name, count, least in (("comparisons", comparisons, 1), ("seeds", seeds, 2), ("families", families, 1)):
        require_count(name, count, least=least)
    rng = np.random.default_rng(0)
    favoured = rng.normal(size=(families, 1, seeds))
    p = stats.ttest_1samp(favoured - rng.normal(size=(families, comparisons, seeds)), 0, axis=-1).pvalue
    return np.asarray(p.min(axis=1))


def best_of_networks(right: np.ndarray, draws: int = 2_000) -> np.ndarray:
    """Choose the best network on a random half of the images; return its errors on that half and on the other."""
    require_count("draws", draws, least=1)
    _require_answers("right", right)
    wrong, rng = ~right, np.random.default_rng(0)
    rows = []
    for _ in range(draws):
        halves = np.split(rng.permutation(wrong.shape[1]), [wrong.shape[1] // 2])
        here, there = (wrong[:, half].mean(axis=1) for half in halves)
        best = int(here.argmin())
        rows.append((here[best], there[best]))
    return np.array(rows)


def false_alarms(right: np.ndarray) -> tuple[int, int]:
    """Test each two networks of one method against each other with the images as replicates: McNemar's exact test.

    Returns for how many pairs the test says, at 5 %, that they differ, and how many there are. Their method does not.
    """
    from statsmodels.stats.contingency_tables import mcnemar  # type: ignore[import-untyped]

    _require_answers("right", right)
    tables = [
        [[0, int((one & ~other).sum())], [int((other & ~one).sum()), 0]]  # where both err, or neither, nothing differs
        for one, other in itertools.combinations(right, 2)
    ]
    p = [float(mcnemar(table, exact=True).pvalue) for table in tables]
    return sum(each < ALPHA for each in p), len(p)


def interval_by_replicate(
    right_a: np.ndarray, right_b: np.ndarray, draws: int = 2_000
) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of a difference of errors for each choice of what counts as a replicate.

    Those are ``"seeds"``, other trainings and these images; ``"images"``, these trainings and other images; ``"both"``.
    Row ``i`` of both sides has one seed, column ``j`` is one image.
    """
    require_count("draws", draws, least=1)
    _require_answers("right_a", right_a)
    _require_answers("right_b", right_b)
    if right_a.shape != right_b.shape:
        raise unexpected("the shapes", (right_a.shape, right_b.shape), "both must be (seeds, images)")
    difference = right_b.astype(np.float64) - right_a  # of the errors, a minus b, image by image
    rng = np.random.default_rng(0)

    def resampled(values: np.ndarray) -> np.ndarray:
        return values[rng.integers(len(values), size=len(values))].mean(axis=0)

    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)
    draw = {
        "seeds": lambda: resampled(by_seed),
        "images": lambda: resampled(by_image),
        "both": lambda: resampled(resampled(difference)),
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
