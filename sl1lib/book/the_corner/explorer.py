"""The figure to play with of the chapter *The corner*."""

from __future__ import annotations

from ...errors import require_count
from ..choices import Number, OneOf, Whole
from ..explorer import Explorer, make_explorer

#: How the weight may move: the heavy ball on the subgradient, or on SL1's gradient; or the proximal step.
CORNER_METHODS = ("plain L1", "SL1", "proximal step")

#: How many of the last updates are measured.
CORNER_TAIL = 20


def corner_explorer(start: float = 1.5, updates: int = 60, method: str = "plain L1") -> Explorer:
    r"""Return a figure in which one weight rolls down :math:`\tfrac12 (w-z)^2 + \lambda |w|`.

    Parameters
    ----------
    start : float
        Where the weight begins, between -1.5 and 1.8.
    updates : int
        How many it makes, at least `CORNER_TAIL`.
    method : str
        One of `CORNER_METHODS`.

    Returns
    -------
    Explorer
        To choose: ``method``, ``start``, the learning rate ``lr``, the ``strength``, the width ``eps`` of SL1, the
        ``momentum``, ``z``, and the update ``t`` that is shown. Computed: ``path``, ``minimum`` and ``spread``, how far
        apart the last weights are.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

    Examples
    --------
    >>> corner_explorer()
    <a weight at the corner: 60 updates>
    """
    require_count("updates", updates, least=CORNER_TAIL)
    return make_explorer(
        __file__,
        f"a weight at the corner: {updates} updates",
        ("path", "minimum", "spread"),
        updates=updates,
        tail=CORNER_TAIL,
        start=Number(start, -1.5, 1.8),
        method=OneOf(method, CORNER_METHODS),
        lr=Number(0.2, 0.02, 0.5),
        strength=Number(1, 0, 2),
        eps=Number(0.2, 0.01, 0.5),
        momentum=Number(0, 0, 0.9),
        z=Number(0, -1, 1.5),
        t=Whole(updates, 0, updates),
    )
