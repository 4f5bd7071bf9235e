r"""The smooth function :math:`\varphi_\varepsilon`, its slope and its proximal map (part *Smoothing*).

Every candidate for the paper's lost :math:`h(u, \varepsilon)` is a *radial profile*: a function of the length
:math:`r = \lVert u \rVert` alone that follows :math:`r` far from 0 and is flat at 0. Scalars come first; vectors and
groups are in ``penalty``.
"""

from __future__ import annotations

import numpy as np

from ..errors import require_number, unexpected
from ..settings import check_profile


def smooth_abs(
    r: np.ndarray, eps: float, profile: str = "huber"
) -> np.ndarray:
    r"""Return :math:`\varphi_\varepsilon(r)`, a smooth stand-in for :math:`|r|`, element by element.

    ==============  ==================================================================================
    profile         :math:`\varphi_\varepsilon(r)` for :math:`r \ge 0` (even in :math:`r`)
    ==============  ==================================================================================
    huber           :math:`r` if :math:`r > \varepsilon`, else :math:`r^2/(2\varepsilon) + \varepsilon/2`
    quartic         :math:`r` if :math:`r \ge \varepsilon`, else
                    :math:`-r^4/(8\varepsilon^3) + 3r^2/(4\varepsilon) + 3\varepsilon/8`
    pseudo_huber    :math:`\sqrt{r^2 + \varepsilon^2}`
    log_cosh        :math:`\varepsilon \ln \cosh(r/\varepsilon)`
    abs             :math:`r`, no smoothing
    squared         :math:`r^2/2`, the L2 penalty
    sqrt_quartic    the square root of ``quartic``: smoothed L1/2
    ==============  ==================================================================================

    Parameters
    ----------
    r : ndarray, any shape
        Lengths :math:`r \ge 0`, or signed scalars, for which :math:`\varphi_\varepsilon(|r|)` is returned.
    eps : float
        The width :math:`\varepsilon > 0` of the smoothing, in the units of ``r``.
    profile : str

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Raises
    ------
    ValueError
        For an unknown profile or ``eps`` not greater than 0.

    Notes
    -----
    Equations ``eq-smooth-huber``, ``eq-smooth-quartic``, ``eq-smooth-pseudo``, ``eq-smooth-log-cosh`` and
    ``eq-smooth-sqrt``, chapter *The smooth function*.

    Examples
    --------
    >>> smooth_abs(np.array([0.0, 0.5, 1.0, 2.0]), eps=1.0)
    array([0.5  , 0.625, 1.   , 2.   ])
    """
    check_profile(profile, eps)
    r = np.abs(np.asarray(r, dtype=np.float64))
    match profile:
        case "huber":
            return np.where(r > eps, r, r**2 / (2 * eps) + eps / 2)
        case "quartic":
            # dimensionless, so that no power of it underflows or overflows
            t = np.minimum(r / eps, 1)
            return np.where(r >= eps, r, eps * (-(t**4) + 6 * t**2 + 3) / 8)
        case "pseudo_huber":
            return np.hypot(r, eps)
        case "log_cosh":
            # ln cosh t = t + ln(1 + e^{-2t}) - ln 2 has no exponent that can overflow
            return r + eps * (np.log1p(np.exp(-2 * r / eps)) - np.log(2))
        case "abs":
            return r
        case "squared":
            return r**2 / 2
        case _:  # sqrt_quartic
            return np.sqrt(smooth_abs(r, eps, "quartic"))


def smooth_abs_grad(
    r: np.ndarray, eps: float, profile: str = "huber"
) -> np.ndarray:
    r"""Return the slope :math:`\varphi'_\varepsilon(r)`, odd in :math:`r`, element by element.

    ``abs`` has a corner at 0; its slope there is taken as 0, one of its subgradients.

    Parameters
    ----------
    r : ndarray, any shape
    eps : float
    profile : str

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Raises
    ------
    ValueError
        As `smooth_abs`.

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
    r = np.asarray(r, dtype=np.float64)
    match profile:
        case "huber":
            return r / np.maximum(np.abs(r), eps)
        case "quartic":
            # at ±1, and so beyond, the cap's slope is ±1
            t = np.clip(r / eps, -1, 1)
            return (3 * t - t**3) / 2
        case "pseudo_huber":
            return r / np.hypot(r, eps)
        case "log_cosh":
            return np.tanh(r / eps)
        case "abs":
            return np.sign(r)
        case "squared":
            return r
        case _:  # sqrt_quartic, by the chain rule
            return smooth_abs_grad(r, eps, "quartic") / (
                2 * np.sqrt(smooth_abs(r, eps, "quartic"))
            )


def smooth_abs_hess(
    r: np.ndarray, eps: float, profile: str = "huber"
) -> np.ndarray:
    r"""Return the second derivative :math:`\varphi''_\varepsilon(r)`, even in :math:`r`, element by element.

    Huber's jumps at :math:`\varepsilon`; there the inner value :math:`1/\varepsilon` is taken. ``abs`` has no second
    derivative at 0, where the result is NaN.

    Parameters
    ----------
    r : ndarray, any shape
    eps : float
    profile : str

    Returns
    -------
    ndarray of float64, the shape of ``r``

    Raises
    ------
    ValueError
        As `smooth_abs`.

    Notes
    -----
    Equation ``eq-grad-second``, chapter *Gradients*.

    Examples
    --------
    >>> smooth_abs_hess(np.array([0.0, 1.0, 2.0, 4.0]), eps=2.0, profile="quartic")
    array([0.75  , 0.5625, 0.    , 0.    ])
    """
    check_profile(profile, eps)
    r = np.abs(np.asarray(r, dtype=np.float64))
    match profile:
        case "huber":
            return np.where(r <= eps, 1 / eps, 0.0)
        case "quartic":
            t = np.minimum(r / eps, 1)
            return 3 * (1 - t**2) / (2 * eps)
        case "pseudo_huber":
            return (eps / np.hypot(r, eps)) ** 3 / eps
        case "log_cosh":
            return (1 - np.tanh(r / eps) ** 2) / eps
        case "abs":
            return np.where(r > 0, 0.0, np.nan)
        case "squared":
            return np.ones_like(r)
        case _:  # sqrt_quartic: (√q)'' = q''/(2√q) − q'²/(4 q√q)
            q = smooth_abs(r, eps, "quartic")
            slope = smooth_abs_grad(r, eps, "quartic")
            bend = smooth_abs_hess(r, eps, "quartic")
            return (2 * bend - slope**2 / q) / (4 * np.sqrt(q))


def smooth_abs_prox(
    r: np.ndarray, tau: float, eps: float = 0.0, profile: str = "abs"
) -> np.ndarray:
    r"""Return :math:`\arg\min_{x} \tfrac12 (x - r)^2 + \tau \varphi_\varepsilon(x)`, element by element.

    The minimiser solves :math:`x + \tau \varphi'_\varepsilon(x) = r`. It lies between 0 and :math:`r`.

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

    Raises
    ------
    ValueError
        As `smooth_abs`, and for a negative ``tau``.

    Notes
    -----
    Equations ``eq-grad-prox``, ``eq-grad-prox-abs``, ``eq-grad-prox-huber`` and ``eq-grad-prox-quartic``, chapter
    *Gradients*. For ``abs`` also ``eq-corner-soft``, chapter *The corner*.

    Examples
    --------
    >>> smooth_abs_prox(np.array([-3.0, 0.5, 2.0]), tau=1.0)
    array([-2.,  0.,  1.])
    """
    check_profile(profile, eps)
    require_number("tau", tau, least=0)
    signed = np.asarray(r, dtype=np.float64)
    r = np.abs(signed)
    match profile:
        case "abs":
            x = np.maximum(r - tau, 0)
        case "squared":
            x = r / (1 + tau)
        case "huber":
            x = np.where(r <= eps + tau, r * eps / (eps + tau), r - tau)
        case "quartic":
            x = np.where(
                r <= eps + tau, _quartic_cap_prox(r, tau, eps), r - tau
            )
        case "pseudo_huber" | "log_cosh":
            x = _bisect_prox(r, tau, eps, profile)
        case _:
            raise unexpected(
                "profile",
                profile,
                "it is not convex and has no single proximal map",
            )
    return np.copysign(x, signed)


def _quartic_cap_prox(r: np.ndarray, tau: float, eps: float) -> np.ndarray:
    """Solve ``t + s (3t - t³)/2 = r/eps`` with ``s = tau/eps`` for its root in [0, 1].

    With ``t = m sin θ`` and ``m² = 4(2+3s)/(3s)`` the cubic turns into ``sin 3θ = 8 r / (eps s m³)``.
    """
    s = tau / eps
    if 1 + s == 1:  # too weak a pull to change r by a rounding error
        return r
    m = 2 * np.sqrt((2 + 3 * s) / (3 * s))
    sin_3theta = np.minimum(8 * r / (eps * s * m**3), 1)
    return eps * m * np.sin(np.arcsin(sin_3theta) / 3)


def _bisect_prox(
    r: np.ndarray, tau: float, eps: float, profile: str
) -> np.ndarray:
    """Halve [0, r] until it has the width of a rounding error: ``x + τφ'(x) - r`` increases in ``x``."""
    low, high = np.zeros_like(r), r.copy()
    for _ in range(60):
        middle = (low + high) / 2
        too_big = middle + tau * smooth_abs_grad(middle, eps, profile) > r
        low, high = (
            np.where(too_big, low, middle),
            np.where(too_big, middle, high),
        )
    return (low + high) / 2
