"""The figure to play with of the chapter *The corner*."""

from __future__ import annotations

from ..explorer import Explorer

#: Where the weight of `corner_explorer` starts, how many updates it makes, and how many of the last are measured.
CORNER_START, CORNER_UPDATES, CORNER_TAIL = 1.5, 60, 20


def corner_explorer() -> Explorer:
    r"""Return a figure in which one weight rolls down :math:`\tfrac12 (w-z)^2 + \lambda |w|`.

    Returns
    -------
    Explorer
        With sliders for the learning rate, the strength, the momentum, :math:`z`, and the update that is shown; the
        method is the heavy ball on the subgradient, or the proximal step.

    Examples
    --------
    >>> corner_explorer()
    <a weight at the corner: 60 updates>
    """
    return Explorer(
        __file__,
        f"a weight at the corner: {CORNER_UPDATES} updates",
        start=CORNER_START,
        updates=CORNER_UPDATES,
        tail=CORNER_TAIL,
        method="plain L1",
        lr=0.2,
        strength=1,
        momentum=0,
        z=0,
        t=CORNER_UPDATES,
    )
