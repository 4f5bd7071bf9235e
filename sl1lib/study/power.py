"""What a paired test can find at all: the smallest p that pairs can give, and how often an effect is detected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import require_count, require_number
from .statistics import ALPHA


def smallest_p(pairs: int) -> float:
    """Return the smallest two-sided p of a signed-rank or a sign test: one side wins every pair.

    Equation ``eq-claims-smallest``, chapter *The table of claims*.
    """
    require_count("pairs", pairs, least=1)
    return 2.0 / 2.0**pairs


def pairs_needed(comparisons: int, alpha: float = ALPHA) -> int:
    """Return how many pairs let a family of comparisons that are all won in every pair pass Holm's correction.

    Equation ``eq-claims-needed``, chapter *The table of claims*.
    """
    require_count("comparisons", comparisons, least=1)
    require_number("alpha", alpha, above=0)
    pairs = 1
    while comparisons * smallest_p(pairs) >= alpha:
        pairs += 1
    return pairs


def detection_rates(
    pairs: Sequence[int], sizes: Sequence[float], comparisons: Sequence[int], draws: int = 2_000
) -> np.ndarray:
    """Return how often one comparison of a family finds a difference, by the signed-rank test at 5 % over its size.

    The rates have the shape (pairs, sizes, comparisons): how many pairs there are, the true mean difference in units of
    the standard deviation of the differences, which are normal, and how many comparisons the family has. Holm's
    procedure asks that of the smallest p; the others have it a little easier. Without an effect what is found is a
    false alarm of this one comparison; that *any* of the family gives one is more likely, up to as many times as there
    are. For size 0 the rate is exact: every pattern of signs is as likely as every other. All other sizes see the same
    ``draws`` imagined studies.
    """
    require_count("draws", draws, least=1)
    rng, found = np.random.default_rng(0), np.zeros((len(pairs), len(sizes), len(comparisons)))
    levels = ALPHA / np.asarray(comparisons, dtype=float)
    for i, n in enumerate(pairs):
        noise, tail = rng.normal(size=(draws, n)), signed_rank_tail(n)
        for j, size in enumerate(sizes):
            if size == 0:  # each p that is possible, or a smaller one, comes out with a probability of p
                found[i, j] = [tail[tail < level].max(initial=0.0) for level in levels]
                continue
            difference = noise + size
            ranks = np.abs(difference).argsort(axis=1).argsort(axis=1) + 1
            p = tail[np.abs((np.sign(difference) * ranks).sum(axis=1)).astype(int)]
            found[i, j] = (p[:, None] < levels).mean(axis=0)
    return found


def signed_rank_tail(pairs: int) -> np.ndarray:
    """Return for every size of the sum of signed ranks, 0 to n(n+1)/2, how likely one as large is without an effect."""
    require_count("pairs", pairs, least=1)
    share = np.ones(1)  # of the patterns of signs, by the sum of the positive ranks
    for rank in range(1, pairs + 1):
        share = np.convolve(share, [0.5, *[0.0] * (rank - 1), 0.5])
    most = len(share) - 1
    sums = np.abs(2 * np.arange(most + 1) - most)
    return np.array([share[sums >= size].sum() for size in range(most + 1)])
