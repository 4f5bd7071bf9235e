"""The figure to play with of the chapter *Training in NumPy*."""

from __future__ import annotations

from ...errors import require_count
from ..explorer import Explorer


def heavy_ball_explorer(updates: int = 30) -> Explorer:
    """Return a figure in which a reader sets learning rate and momentum, and sees one weight go to its minimum or not.

    The error is half the square of the weight, which starts at 1.

    Parameters
    ----------
    updates : int
        How many are made, at least 1.

    Examples
    --------
    >>> heavy_ball_explorer()
    <heavy ball explorer: one weight, 30 updates>
    """
    require_count("updates", updates, least=1)
    plain = f"heavy ball explorer: one weight, {updates} updates"
    return Explorer(__file__, plain, updates=updates, lr=0.5, momentum=0.2)
