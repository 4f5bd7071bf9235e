"""The figure to play with of the chapter *The table of claims*."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...errors import unexpected
from ..choices import Array, Number, OneOf, Whole
from ..explorer import Explorer, make_explorer


def power_explorer(
    pairs: Sequence[int], sizes: Sequence[float], comparisons: Sequence[int], rates: ArrayLike, spread: float
) -> Explorer:
    """Return a figure in which a reader chooses pairs, an effect and a family, and sees how often it is found.

    It opens with the most pairs, the effect in the middle and the family in the middle.

    Parameters
    ----------
    pairs : sequence of int
        Consecutive numbers.
    sizes : sequence of float
        In standard deviations of the differences, increasing by equal steps.
    comparisons : sequence of int
        Sizes of families.
    rates : array_like, shape (pairs, sizes, comparisons)
        `sl1lib.study.power.detection_rates` of these.
    spread : float
        The standard deviation of the differences of this study, in percentage points, at least 0.001.

    Returns
    -------
    Explorer
        To choose: ``pairs``, ``size``, ``family``, and other ``rates`` or another ``spread``. Computed: ``rate`` in %,
        ``smallest`` p, the same ``corrected``, and the pairs ``needed``.

    Raises
    ------
    ValueError
        If pairs are left out, the shapes do not agree, or a rate is not between 0 and 1, now or when it is assigned.

    Examples
    --------
    >>> power_explorer([5, 6], [0.0, 1.0], [1], [[[0.0], [0.0]], [[0.03], [0.6]]], spread=0.05)
    <power explorer: 5 to 6 pairs, 2 sizes, families of 1>
    """
    if not pairs or list(pairs) != list(range(pairs[0], pairs[-1] + 1)):
        raise unexpected("pairs", list(pairs), "they must be consecutive numbers")
    families = ", ".join(map(str, comparisons))
    effects = [float(f"{size:.6g}") for size in sizes]
    return make_explorer(
        __file__,
        f"power explorer: {pairs[0]} to {pairs[-1]} pairs, {len(sizes)} sizes, families of {families}",
        ("rate", "smallest", "corrected", "needed"),
        counts=list(pairs),
        sizes=effects,
        families=list(comparisons),
        rates=Array(np.asarray(rates).round(3), (len(pairs), len(sizes), len(comparisons)), 0, 1),
        spread=Number(float(f"{spread:.3g}"), 0.001),
        pairs=Whole(pairs[-1], pairs[0], pairs[-1]),
        size=OneOf(effects[len(effects) // 2], effects),
        family=OneOf(comparisons[len(comparisons) // 2], comparisons),
    )
