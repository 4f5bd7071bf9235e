"""The figure to play with of the chapter *The smooth function*."""

from __future__ import annotations

from ..explorer import Explorer


def profile_explorer() -> Explorer:
    r"""Return a figure of :math:`\varphi`, its slope and its distance from :math:`|w|`, for each profile and any width.

    Returns
    -------
    Explorer
        With a button for each profile, one for a classical mistake, and sliders for :math:`\varepsilon` and the weight.

    Examples
    --------
    >>> profile_explorer()
    <profile explorer: 7 profiles and a mistake>
    """
    notes = {
        "huber": "Dotted: the edges of the cap, where the slope has a kink.",
        "quartic": "Dotted: the edges of the cap, where the slope has no kink.",
        "pseudo_huber": "It lies above |w| everywhere, and has no edge.",
        "log_cosh": "It lies below |w| and is 0 at 0.",
        "abs": "No smoothing: the slope jumps at 0.",
        "squared": "L2: it does not follow |w|, and has no width.",
        "sqrt_quartic": "It follows the square root of |w|; outside the cap its slope fades.",
        "mistake": "A parabola twice too steep: value and slope jump at the edge.",
    }
    plain = "profile explorer: 7 profiles and a mistake"
    return Explorer(__file__, plain, profile="huber", eps=1, w=0.5, notes=notes)
