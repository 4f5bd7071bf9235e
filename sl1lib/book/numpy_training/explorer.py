"""The figure to play with of the chapter *Training in NumPy*."""

from __future__ import annotations

from ..choices import Number, Whole
from ..explorer import Explorer, make_explorer


def heavy_ball_explorer(updates: int = 30, lr: float = 0.5, momentum: float = 0.2) -> Explorer:
    """Return a figure in which a reader sets learning rate and momentum, and sees one weight go to its minimum or not.

    The error is half the square of the weight, which starts at 1.

    Parameters
    ----------
    updates : int
        How many are made, from 1 to 200.
    lr : float
        The learning rate, between 0.05 and 3.
    momentum : float
        Between 0 and 0.9.

    Returns
    -------
    Explorer
        To choose: these three. Computed: ``path``, the weight at the start and after each update.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

    Examples
    --------
    >>> heavy_ball_explorer()
    <heavy ball explorer: one weight, 30 updates>
    """
    return make_explorer(
        __file__,
        f"heavy ball explorer: one weight, {updates} updates",
        ("path",),
        updates=Whole(updates, 1, 200),
        lr=Number(lr, 0.05, 3),
        momentum=Number(momentum, 0, 0.9),
    )
