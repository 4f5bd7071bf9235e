"""The figure to play with of the chapter *Dense layer and entropy*."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import require_number, unexpected
from ..explorer import Explorer


def softmax_explorer(scores: Sequence[float] = (3.0, 2.0, -1.0), label: int = 2) -> Explorer:
    """Return a figure in which a reader moves three scores and sees probabilities, error and gradient.

    Parameters
    ----------
    scores : sequence of 3 floats
        Where the sliders start, between -6 and 6.
    label : int
        The class that is right at the start, 0, 1 or 2.

    Raises
    ------
    ValueError
        For other than three finite scores, or another label.

    Examples
    --------
    >>> softmax_explorer()
    <softmax explorer: 3 scores, temperature, ReLU>
    """
    if len(scores) != 3:
        raise unexpected("the number of scores", len(scores), "the explorer has 3 sliders")
    for score in scores:
        require_number("a score", score)
    if label not in (0, 1, 2):
        raise unexpected("label", label, "it must be 0, 1 or 2")
    return Explorer(
        __file__,
        "softmax explorer: 3 scores, temperature, ReLU",
        scores=[float(score) for score in scores],
        label=int(label),
        relu=False,
        warmth=0,
    )
