"""The figure to play with of the chapter *The smooth function*."""

from __future__ import annotations

from ..choices import Number, OneOf
from ..explorer import Explorer, make_explorer


def profile_explorer(profile: str = "huber", eps: float = 1.0, w: float = 0.5) -> Explorer:
    r"""Return a figure of :math:`\varphi`, its slope and its distance from :math:`|w|`, for each profile and any width.

    Parameters
    ----------
    profile : str
        The name of a profile, or ``"mistake"``, a classical one.
    eps : float
        :math:`\varepsilon`, between 0.05 and 1.5.
    w : float
        The weight, between -2 and 2.

    Returns
    -------
    Explorer
        To choose: these three. Computed: ``point`` and ``curves``, dicts of φ, slope and distance at the weight and on
        a grid.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

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
    return make_explorer(
        __file__,
        "profile explorer: 7 profiles and a mistake",
        ("curves", "point"),
        notes=notes,
        profile=OneOf(profile, notes),
        eps=Number(eps, 0.05, 1.5),
        w=Number(w, -2, 2),
    )
