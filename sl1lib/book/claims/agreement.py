"""How closely rows that are computed again agree with those that are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import unexpected
from ...study import Table


def agreement(
    fresh: Sequence[Mapping[str, Any]], stored: Table, keys: Sequence[str], numbers: Sequence[str]
) -> tuple[int, float]:
    """Compare rows that were computed again with the stored rows that have the same keys, to the last bit.

    Returns how many were compared, and the largest deviation of one of the ``numbers``, relative to the stored one;
    infinite if that is 0 or NaN and the fresh one is not. A fresh row without a stored counterpart is left out: a
    course that was cut short keeps other points.

    Raises
    ------
    ValueError
        If the keys name more than one stored row, or no row has a counterpart.

    Examples
    --------
    >>> stored = Table({"seed": np.array([0, 1]), "swing": np.array([0.5, 2.0])}, name="swings")
    >>> agreement([{"seed": 1, "swing": 2.5}, {"seed": 2, "swing": 9.0}], stored, ["seed"], ["swing"])
    (1, 0.25)
    """
    pairs, rows = [], 0
    for row in fresh:
        key = {name: row[name] for name in keys}
        there = stored.where(**key)
        if len(there) > 1:
            raise unexpected(
                f"the number of rows of {stored.name!r} with {key}", len(there), "keys must tell rows apart"
            )
        rows += len(there)
        pairs += [(row[name], there[name][0]) for name in numbers if len(there)]
    if not pairs:
        raise unexpected(f"the number of rows of {stored.name!r} that were computed again", rows, "there must be some")
    new, old = np.array(pairs, dtype=np.float64).T
    same = (new == old) | (np.isnan(new) & np.isnan(old))
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.where(same, 0.0, np.abs(new - old) / np.abs(old))
    return rows, float(np.where(np.isnan(deviation), np.inf, deviation).max())
