"""The figure to play with of the chapter *The corner*."""

from __future__ import annotations

from ..explorer import Widget, fill

#: Where the weight of `corner_explorer` starts, how many updates it makes, and how many of the last are measured.
CORNER_START, CORNER_UPDATES, CORNER_TAIL = 1.5, 60, 20


def corner_explorer() -> Widget:
    r"""Return a figure in which one weight rolls down :math:`\tfrac12 (w-z)^2 + \lambda |w|`.

    Returns
    -------
    Widget
        With sliders for the learning rate, the strength, the momentum, :math:`z`, and the update that is shown; the
        method is the heavy ball on the subgradient, or the proximal step.

    Examples
    --------
    >>> corner_explorer()
    <a weight at the corner: 60 updates>
    """
    sliders = {
        "lr": {"label": "learning rate η", "least": 0.02, "most": 0.5, "step": 0.02, "value": 0.2},
        "strength": {"label": "strength λ", "least": 0, "most": 2, "step": 0.1, "value": 1},
        "momentum": {"label": "momentum μ", "least": 0, "most": 0.9, "step": 0.1, "value": 0},
        "z": {"label": "data want z", "least": -1, "most": 1.5, "step": 0.1, "value": 0},
        "t": {"label": "update t", "least": 0, "most": CORNER_UPDATES, "step": 1, "value": CORNER_UPDATES},
    }
    html = fill(__package__, "corner", start=CORNER_START, updates=CORNER_UPDATES, tail=CORNER_TAIL, sliders=sliders)
    return Widget(html, f"<a weight at the corner: {CORNER_UPDATES} updates>")
