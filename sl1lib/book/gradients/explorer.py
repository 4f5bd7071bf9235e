"""The figure to play with of the chapter *Gradients*."""

from __future__ import annotations

from ...errors import require_choice, require_number
from ..explorer import Explorer

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

    Raises
    ------
    ValueError
        For an unknown profile or a number out of range.

    Examples
    --------
    >>> pull_explorer()
    <pull explorer: two weights, four profiles>
    """
    require_choice("profile", profile, PULL_PROFILES)
    require_number("eps", eps, least=0.05)
    require_number("tau", tau, least=0)
    return Explorer(
        __file__,
        "pull explorer: two weights, four profiles",
        profiles=list(PULL_PROFILES),
        u=list(u),
        eps=eps,
        tau=tau,
        profile=profile,
        grouping="node",
    )
