r"""The smooth function :math:`\varphi_\varepsilon`, its slope and its proximal map (part *Smoothing*).

The formulas are those of ``profiles``, for lengths. Here they are checked, and continued to signed numbers; vectors and
groups are in ``penalty``.
"""

from __future__ import annotations

import numpy as np

from ..errors import require_number
from ..settings import check_profile
from .profiles import find_profile


def smooth_abs(
    r: np.ndarray, eps: float, profile: str = "huber"
) -> np.ndarray:
    r"""Return :math:`\varphi_\varepsilon(|r|)`, a smooth stand-in for :math:`|r|`, element by element.

    Equations ``eq-smooth-huber``, ``eq-smooth-quartic``, ``eq-smooth-pseudo``, ``eq-smooth-log-cosh`` and
    ``eq-smooth-sqrt``, chapter *The smooth function*.

    Parameters
    ----------
    r : ndarray, any shape
        Lengths, or signed scalars.
    eps : float
        The width :math:`\varepsilon > 0` of the smoothing, in the units of ``r``; ``"abs"`` and ``"squared"`` do not
        read it.
    profile : str
        One of `PROFILES`, whose classes have the formulas: `Huber`, `Quartic`, `PseudoHuber`, `LogCosh`, `Abs`,
        `Squared`, `SqrtQuartic`.

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Examples
    --------
    >>> smooth_abs(np.array([0.0, 0.5, 1.0, 2.0]), eps=1.0)
    array([0.5  , 0.625, 1.   , 2.   ])
    """
    check_profile(profile, eps)
    return find_profile(profile).value(np.abs(_as_float(r)), eps)


def smooth_abs_grad(
    r: np.ndarray, eps: float, profile: str = "huber"
) -> np.ndarray:
    r"""Return the slope :math:`\varphi'_\varepsilon(r)`, odd in :math:`r`, element by element.

    ``abs`` has a corner at 0; its slope there is taken as 0, one of its subgradients.

    Parameters
    ----------
    r, eps, profile
        As in `smooth_abs`.

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Notes
    -----
    The slopes belong to ``eq-smooth-huber``, ``eq-smooth-quartic``, ``eq-smooth-pseudo``, ``eq-smooth-log-cosh`` and
    ``eq-smooth-sqrt``, chapter *The smooth function*; at 0 of ``abs``, ``eq-corner-subdifferential-abs``, chapter
    *The corner*.

    Examples
    --------
    >>> smooth_abs_grad(np.array([-2.0, 0.0, 0.5, 2.0]), eps=1.0)
    array([-1. ,  0. ,  0.5,  1. ])
    """
    check_profile(profile, eps)
    r = _as_float(r)
    return np.sign(r) * find_profile(profile).slope(np.abs(r), eps)


def smooth_abs_hess(
    r: np.ndarray, eps: float, profile: str = "huber"
) -> np.ndarray:
    r"""Return the second derivative :math:`\varphi''_\varepsilon(r)`, even in :math:`r`, element by element.

    Huber's jumps at :math:`\varepsilon`; there the inner value :math:`1/\varepsilon` is taken. ``abs`` has no second
    derivative at 0, where the result is NaN.

    Equation ``eq-grad-second``, chapter *Gradients*.

    Parameters
    ----------
    r, eps, profile
        As in `smooth_abs`.

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Examples
    --------
    >>> smooth_abs_hess(np.array([0.0, 1.0, 2.0, 4.0]), eps=2.0, profile="quartic")
    array([0.75  , 0.5625, 0.    , 0.    ])
    """
    check_profile(profile, eps)
    return find_profile(profile).curvature(np.abs(_as_float(r)), eps)


def smooth_abs_prox(
    r: np.ndarray, tau: float, eps: float = 0.0, profile: str = "abs"
) -> np.ndarray:
    r"""Return :math:`\arg\min_{x} \tfrac12 (x - r)^2 + \tau \varphi_\varepsilon(x)`, element by element.

    The minimiser solves :math:`x + \tau \varphi'_\varepsilon(x) = r`. It lies between 0 and :math:`r`.

    Equations ``eq-grad-prox``, ``eq-grad-prox-abs``, ``eq-grad-prox-huber`` and ``eq-grad-prox-quartic``, chapter
    *Gradients*. For ``abs`` also ``eq-corner-soft``, chapter *The corner*.

    Parameters
    ----------
    r : ndarray, any shape
    tau : float
        :math:`\tau \ge 0`: learning rate times strength.
    eps, profile
        As in `smooth_abs`. ``"sqrt_quartic"`` is not convex, has no single minimiser, and is refused.

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Examples
    --------
    >>> smooth_abs_prox(np.array([-3.0, 0.5, 2.0]), tau=1.0)
    array([-2.,  0.,  1.])
    """
    check_profile(profile, eps)
    require_number("tau", tau, least=0)
    r = _as_float(r)
    return np.copysign(find_profile(profile).prox(np.abs(r), tau, eps), r)


def smooth_abs_gap(
    eps: float, profile: str = "huber"
) -> tuple[float, float]:
    r"""Return the bounds of :math:`\varphi_\varepsilon(r) - r` over all :math:`r \ge 0`; none can be improved.

    Equation ``eq-smooth-bounds``, chapter *The smooth function*.

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

    Examples
    --------
    >>> smooth_abs_gap(0.5), smooth_abs_gap(0.5, "quartic")
    ((0.0, 0.25), (0.0, 0.1875))
    """
    check_profile(profile, eps)
    low, high = find_profile(profile).gap(eps)
    return float(low), float(high)


def smooth_abs_lipschitz(eps: float, profile: str = "huber") -> float:
    r"""Return the smallest Lipschitz constant of :math:`\nabla h`, :math:`h(u) = \varphi_\varepsilon(\lVert u \rVert)`.

    The same number holds for one weight and for a group of any size.

    Equation ``eq-smooth-lipschitz``, chapter *The smooth function*.

    Parameters
    ----------
    eps, profile
        As in `smooth_abs`.

    Returns
    -------
    float
        Infinite for ``"abs"``.

    Examples
    --------
    >>> smooth_abs_lipschitz(0.5), smooth_abs_lipschitz(0.5, "quartic")
    (2.0, 3.0)
    """
    check_profile(profile, eps)
    return float(find_profile(profile).lipschitz(eps))


def _as_float(r: np.ndarray) -> np.ndarray:
    return np.asarray(r, dtype=np.float64)
