"""The figure to play with of the chapter *Comparing fairly*."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ...errors import require_choice, unexpected
from ..explorer import Explorer


def pair_explorer(values: Mapping[str, Mapping[str, ArrayLike]], favoured: str = "SL1") -> Explorer:
    """Return a figure in which a reader chooses a quantity, a method and how many seeds, and sees the paired test.

    Parameters
    ----------
    values : mapping of str to mapping of str to array_like
        By quantity, with its unit, and by method: a number for each seed, the same seeds for all.
    favoured : str
        The method that all others are compared with.

    Returns
    -------
    Explorer
        The p is that of `sl1lib.study.paired_difference`, with all signs and not a sample of them.

    Raises
    ------
    ValueError
        If ``favoured`` has no numbers, a number is not finite, or methods have different numbers of seeds.

    Examples
    --------
    >>> pair_explorer({"error (%)": {"SL1": [1.1, 1.2, 1.0], "L2": [1.2, 1.2, 1.1]}})
    <pair explorer: 1 quantity, 2 methods, 3 seeds>
    """
    columns = {
        quantity: {
            method: [float(f"{value:.7g}") for value in np.asarray(row, np.float64)] for method, row in by.items()
        }
        for quantity, by in values.items()
    }
    counts = {len(row) for by in columns.values() for row in by.values()}
    if len(counts) != 1 or min(counts) < 2:
        raise unexpected("the numbers of seeds", sorted(counts), "all methods must have the same, of at least 2")
    for quantity, by in columns.items():
        require_choice("favoured", favoured, by)
        if not np.isfinite(list(by.values())).all():
            raise unexpected(f"a value of {quantity!r}", "no finite number", "leave out what diverged, for all methods")
    methods = list(next(iter(columns.values())))
    others = [name for name in methods if name != favoured]
    quantities = f"{len(columns)} quantit{'y' if len(columns) == 1 else 'ies'}"
    (seeds,) = counts
    return Explorer(
        __file__,
        f"pair explorer: {quantities}, {len(methods)} methods, {seeds} seeds",
        values=columns,
        favoured=favoured,
        methods=others,
        quantity=next(iter(columns)),
        method=others[0],
        count=seeds,
    )
