r"""What is known of each profile: its distance from :math:`r`, and the Lipschitz constant of its gradient.

Numbers, not arrays: there is nothing for the fast path to mirror.
"""

from __future__ import annotations

import math

from ..errors import unexpected
from ..settings import check_profile


def smooth_abs_gap(
    eps: float, profile: str = "huber"
) -> tuple[float, float]:
    r"""Return the bounds of :math:`\varphi_\varepsilon(r) - r` over all :math:`r \ge 0`; none can be improved.

    Parameters
    ----------
    eps, profile
        As in `smooth_abs`.

    Returns
    -------
    low, high : float
        In the units of ``eps``.

    Raises
    ------
    ValueError
        As `smooth_abs`, and for ``"squared"`` and ``"sqrt_quartic"``, which do not follow :math:`r`.

    Notes
    -----
    Equation ``eq-smooth-bounds``, chapter *The smooth function*.

    Examples
    --------
    >>> smooth_abs_gap(0.5), smooth_abs_gap(0.5, "quartic")
    ((0.0, 0.25), (0.0, 0.1875))
    """
    check_profile(profile, eps)
    match profile:
        case "huber":
            return 0.0, eps / 2
        case "quartic":
            return 0.0, 3 * eps / 8
        case "pseudo_huber":
            return 0.0, float(eps)
        case "log_cosh":
            return -eps * math.log(2), 0.0
        case "abs":
            return 0.0, 0.0
        case _:
            raise unexpected("profile", profile, "it does not follow r")


def smooth_abs_lipschitz(eps: float, profile: str = "huber") -> float:
    r"""Return the smallest Lipschitz constant of :math:`\nabla h`, :math:`h(u) = \varphi_\varepsilon(\lVert u \rVert)`.

    The same number holds for one weight and for a group of any size.

    Parameters
    ----------
    eps, profile
        As in `smooth_abs`.

    Returns
    -------
    float
        Infinite for ``"abs"``.

    Raises
    ------
    ValueError
        As `smooth_abs`.

    Notes
    -----
    Equation ``eq-smooth-lipschitz``, chapter *The smooth function*.

    Examples
    --------
    >>> smooth_abs_lipschitz(0.5), smooth_abs_lipschitz(0.5, "quartic")
    (2.0, 3.0)
    """
    check_profile(profile, eps)
    match profile:
        case "quartic":
            return 3 / (2 * eps)
        case "abs":
            return math.inf
        case "squared":
            return 1.0
        case "sqrt_quartic":
            return math.sqrt(6) / 2 * eps**-1.5
        case _:  # huber, pseudo_huber, log_cosh
            return 1 / eps
