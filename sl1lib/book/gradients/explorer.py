"""The figure to play with of the chapter *Gradients*."""

from __future__ import annotations

from ..choices import Array, Number, OneOf
from ..explorer import Explorer, make_explorer

#: Profiles that the explorer offers.
PULL_PROFILES = ("huber", "quartic", "pseudo_huber", "abs")


def pull_explorer(
    u: tuple[float, float] = (0.7, 0.4), eps: float = 0.5, tau: float = 0.6, profile: str = "huber"
) -> Explorer:
    r"""Return a figure in which a reader moves two weights and sees the gradient of h and its proximal map.

    Parameters
    ----------
    u : tuple of two float
        Where the weights start, each between −2 and 2.
    eps : float
        :math:`\varepsilon`, between 0.05 and 1.5.
    tau : float
        :math:`\tau`, between 0 and 2.
    profile : str
        One of `PULL_PROFILES`.

    Returns
    -------
    Explorer
        To choose: these four, and ``grouping``, ``"node"`` or ``"weight"``. Computed: ``value`` of h, its ``gradient``,
        and ``prox``.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

    Examples
    --------
    >>> pull_explorer()
    <pull explorer: two weights, four profiles>
    """
    return make_explorer(
        __file__,
        "pull explorer: two weights, four profiles",
        ("value", "gradient", "prox"),
        profiles=PULL_PROFILES,
        u=Array(u, (2,), -2, 2),
        eps=Number(eps, 0.05, 1.5),
        tau=Number(tau, 0, 2),
        profile=OneOf(profile, PULL_PROFILES),
        grouping=OneOf("node", ("node", "weight")),
    )
