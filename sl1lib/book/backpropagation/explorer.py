"""The figure to play with of the chapter *Backpropagation*."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import unexpected
from ..explorer import Explorer

#: What the small network of the chapter starts with: kernel, bias, weight, bias.
SMALL_NETWORK: dict[str, float] = {"K": 2.0, "β": -3.0, "U": 3.0, "b": 0.0}


def backpropagation_stepper(pixels: Sequence[float] = (1, 2, 3, 2), target: float = 1.0) -> Explorer:
    """Return a figure that steps backwards through a network of one kernel, one node and one score.

    The four pixels are a 2×2 image. Its four convolved values ``K X + β`` are pooled into one and activated, in the
    order of either reading; ``S = U A + b`` is compared with a target by half a square.

    Parameters
    ----------
    pixels : sequence of 4 floats
    target : float

    Raises
    ------
    ValueError
        For another number of pixels.

    Examples
    --------
    >>> backpropagation_stepper()
    <backpropagation stepper: 4 pixels, 1 kernel, 1 node>
    """
    if len(pixels) != 4:
        raise unexpected("the number of pixels", len(pixels), "the image is 2×2, so it must be 4")
    return Explorer(
        __file__,
        "backpropagation stepper: 4 pixels, 1 kernel, 1 node",
        pixels=[float(x) for x in pixels],
        target=float(target),
        params=SMALL_NETWORK,
        reading="table",
        wrong=False,
        shown=0,
    )
