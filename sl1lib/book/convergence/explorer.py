"""The figure to play with of the chapter *Convergence*."""

from __future__ import annotations

from ..choices import Array
from ..explorer import Explorer, make_explorer

#: Places on the map that the explorer offers: η·curvature and momentum.
STABILITY_EXAMPLES = {
    "one step": (1.0, 0.0),
    "too large": (2.2, 0.0),
    "saved by momentum": (2.2, 0.2),
    "on the bound": (2.4, 0.2),
    "slow spiral": (0.3, 0.9),
}


def stability_explorer(step: float = 2.2, momentum: float = 0.2) -> Explorer:
    r"""Return a map of where the heavy ball converges on a parabola, with the course of the weight at the chosen place.

    Parameters
    ----------
    step : float
        :math:`\eta\kappa` at the start, between 0 and 4.4.
    momentum : float
        :math:`\mu` at the start, between 0 and 0.99.

    Returns
    -------
    Explorer
        To choose: ``place``, the pair of both. Computed: ``contraction``, by what an update multiplies in the long run,
        and ``iterates``, 40 updates of a weight that starts at 1.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

    Examples
    --------
    >>> stability_explorer()
    <stability explorer: η·curvature from 0 to 4.4, momentum from 0 to 0.99>
    """
    return make_explorer(
        __file__,
        "stability explorer: η·curvature from 0 to 4.4, momentum from 0 to 0.99",
        ("contraction", "iterates"),
        examples=STABILITY_EXAMPLES,
        place=Array([step, momentum], (2,), 0, (4.4, 0.99)),
    )
