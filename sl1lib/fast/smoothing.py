r"""The smooth function :math:`\varphi_\varepsilon`, its slope and its proximal map, on tensors.

Mirrors ``sl1lib.reference.smoothing``, where the formulas stand in a table. All of it is differentiable, twice where
the profile is; the branches that ``where`` does not take are kept free of NaN, which would leak into gradients. Caps
are computed in units of the width, :math:`\varphi_\varepsilon(r) = \varepsilon\, \varphi_1(r/\varepsilon)`: a dtype may
hold a width, and not its square.
"""

from __future__ import annotations

import math
from typing import Final

import torch

from ..errors import require_number, unexpected
from ..settings import check_profile

_FAR: Final = 50.0  # widths; there, log cosh is its asymptote to the last digit of a float64


def smooth_abs(r: torch.Tensor, eps: float, profile: str = "huber") -> torch.Tensor:
    r"""Return :math:`\varphi_\varepsilon(r)`, a smooth stand-in for :math:`|r|`, element by element.

    Parameters
    ----------
    r : Tensor, any shape
        Lengths, or signed scalars.
    eps : float
        The width :math:`\varepsilon > 0` of the smoothing, in the units of ``r``.
    profile : str
        ``"huber"``, ``"quartic"``, ``"pseudo_huber"``, ``"log_cosh"``, ``"abs"``, ``"squared"`` or ``"sqrt_quartic"``.

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

    Raises
    ------
    ValueError
        For an unknown profile or ``eps`` not greater than 0.

    See Also
    --------
    sl1lib.reference.smooth_abs : the same in NumPy, with the table of formulas.

    Notes
    -----
    Equations ``eq-smooth-huber``, ``eq-smooth-quartic``, ``eq-smooth-pseudo``, ``eq-smooth-log-cosh`` and
    ``eq-smooth-sqrt``, chapter *The smooth function*.

    Examples
    --------
    >>> smooth_abs(torch.tensor([0.0, 0.5, 1.0, 2.0]), eps=1.0)
    tensor([0.5000, 0.6250, 1.0000, 2.0000])
    """
    check_profile(profile, eps)
    match profile:
        case "huber":
            return torch.where(r.abs() > eps, r.abs(), huber_cap(in_widths(r, eps) ** 2, eps))
        case "quartic":
            return torch.where(r.abs() >= eps, r.abs(), quartic_cap(in_widths(r, eps) ** 2, eps))
        case "pseudo_huber":
            return torch.hypot(r, _like(r, eps))
        case "log_cosh":
            t = (r / width(r, eps)).clamp(-_FAR, _FAR)
            near = eps * (torch.logaddexp(t, -t) - math.log(2))
            return torch.where(r.abs() > _FAR * eps, r.abs() - eps * math.log(2), near)
        case "abs":
            return r.abs()
        case "squared":
            return r**2 / 2
        case _:  # sqrt_quartic
            return torch.sqrt(smooth_abs(r, eps, "quartic"))


def smooth_abs_grad(r: torch.Tensor, eps: float, profile: str = "huber") -> torch.Tensor:
    r"""Return the slope :math:`\varphi'_\varepsilon(r)`, odd in :math:`r`, element by element.

    Parameters
    ----------
    r : Tensor, any shape
    eps : float
    profile : str

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

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
    >>> smooth_abs_grad(torch.tensor([-2.0, 0.0, 0.5, 2.0]), eps=1.0)
    tensor([-1.0000,  0.0000,  0.5000,  1.0000])
    """
    check_profile(profile, eps)
    match profile:
        case "huber":
            return in_widths(r, eps)
        case "quartic":
            t = in_widths(r, eps)
            return (3 * t - t**3) / 2
        case "pseudo_huber":
            return r / torch.hypot(r, _like(r, eps))
        case "log_cosh":
            return torch.tanh(r / width(r, eps))
        case "abs":
            return torch.sign(r)
        case "squared":
            return r
        case _:  # sqrt_quartic, by the chain rule
            return smooth_abs_grad(r, eps, "quartic") / (2 * torch.sqrt(smooth_abs(r, eps, "quartic")))


def smooth_abs_hess(r: torch.Tensor, eps: float, profile: str = "huber") -> torch.Tensor:
    r"""Return the second derivative :math:`\varphi''_\varepsilon(r)`, even in :math:`r`, element by element.

    Parameters
    ----------
    r : Tensor, any shape
    eps : float
    profile : str
        Huber's takes its inner value where it jumps, at :math:`\varepsilon`; ``"abs"`` gives NaN at 0.

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

    Raises
    ------
    ValueError
        As `smooth_abs`.

    Notes
    -----
    Equation ``eq-grad-second``, chapter *Gradients*.

    Examples
    --------
    >>> smooth_abs_hess(torch.tensor([0.0, 1.0, 2.0, 4.0]), eps=2.0, profile="quartic")
    tensor([0.7500, 0.5625, 0.0000, 0.0000])
    """
    check_profile(profile, eps)
    match profile:
        case "huber":
            return torch.where(r.abs() <= eps, torch.full_like(r, 1 / eps), 0.0)
        case "quartic":
            return 3 * (1 - in_widths(r, eps) ** 2) / (2 * eps)
        case "pseudo_huber":
            return (eps / torch.hypot(r, _like(r, eps))) ** 3 / eps
        case "log_cosh":
            return (1 - torch.tanh(r / width(r, eps)) ** 2) / eps
        case "abs":
            return torch.where(r != 0, torch.zeros_like(r), math.nan)
        case "squared":
            return torch.ones_like(r)
        case _:  # sqrt_quartic
            q = smooth_abs(r, eps, "quartic")
            slope, bend = smooth_abs_grad(r, eps, "quartic"), smooth_abs_hess(r, eps, "quartic")
            return (2 * bend - slope**2 / q) / (4 * torch.sqrt(q))


def smooth_abs_prox(r: torch.Tensor, tau: float, eps: float = 0.0, profile: str = "abs") -> torch.Tensor:
    r"""Return :math:`\arg\min_{x} \tfrac12 (x - r)^2 + \tau \varphi_\varepsilon(x)`, element by element.

    Parameters
    ----------
    r : Tensor, any shape
    tau : float
        :math:`\tau \ge 0`: learning rate times strength.
    eps, profile
        As in `smooth_abs`. ``"sqrt_quartic"`` is not convex, has no single minimiser, and is refused.

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

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
    >>> smooth_abs_prox(torch.tensor([-3.0, 0.5, 2.0]), tau=1.0)
    tensor([-2.,  0.,  1.])
    """
    check_profile(profile, eps)
    require_number("tau", tau, least=0)
    sign, r = torch.sign(r), r.abs()
    match profile:
        case "abs":
            x = (r - tau).clamp(min=0)
        case "squared":
            x = r / (1 + tau)
        case "huber":
            x = torch.where(r <= eps + tau, r * (eps / (eps + tau)), r - tau)
        case "quartic":
            x = torch.where(r <= eps + tau, _quartic_cap_prox(r, tau, eps), r - tau)
        case "pseudo_huber" | "log_cosh":
            x = _newton_prox(r, tau, eps, profile)
        case _:
            raise unexpected("profile", profile, "it is not convex and has no single proximal map")
    return sign * x


def _quartic_cap_prox(r: torch.Tensor, tau: float, eps: float) -> torch.Tensor:
    """Solve the cubic of the cap by its trigonometric root, as the reference does."""
    s = tau / eps
    if 1 + s == 1:
        return r
    m = 2 * math.sqrt((2 + 3 * s) / (3 * s))
    # The root at the cap's edge has 8r/(eps·s·m³) ≤ 1; beyond the edge the value is not used.
    sin_3theta = (8 * r.clamp(max=eps + tau) / (eps * s * m**3)).clamp(max=1)
    return eps * m * torch.sin(torch.asin(sin_3theta) / 3)


def _newton_prox(r: torch.Tensor, tau: float, eps: float, profile: str) -> torch.Tensor:
    """Solve ``x + τφ'(x) = r`` on [0, r] by bisection, then take one Newton step that autograd can see.

    The bisection has no derivative; the Newton step from its result moves nothing but carries the derivative of the
    implicit function, ``dx/dr = 1 / (1 + τφ''(x))``.
    """
    with torch.no_grad():
        low, high = torch.zeros_like(r), r.clone()
        for _ in range(60):
            middle = (low + high) / 2
            too_big = middle + tau * smooth_abs_grad(middle, eps, profile) > r
            low, high = torch.where(too_big, low, middle), torch.where(too_big, middle, high)
        x = (low + high) / 2
        residual = x + tau * smooth_abs_grad(x, eps, profile)
        curvature = smooth_abs_hess(x, eps, profile)
    return x + (r - residual) / (1 + tau * curvature)


def width(r: torch.Tensor, eps: float) -> float:
    """Return the width to divide ``r`` by: one that the dtype rounds to 0 would make 0/0 of a weight that is 0."""
    return max(eps, torch.finfo(r.dtype).tiny)


def in_widths(r: torch.Tensor, eps: float) -> torch.Tensor:
    """Return ``r`` in units of the width, and what lies outside at ±1."""
    return (r / width(r, eps)).clamp(-1, 1)


def huber_cap(t2: torch.Tensor, eps: float) -> torch.Tensor:
    r"""Return Huber's :math:`\varphi_\varepsilon` on its cap, from the square of :math:`t = r/\varepsilon`."""
    return eps * (t2 / 2 + 0.5)


def quartic_cap(t2: torch.Tensor, eps: float) -> torch.Tensor:
    r"""Return the quartic's :math:`\varphi_\varepsilon` on its cap, from the square of :math:`t = r/\varepsilon`."""
    return eps * ((-(t2**2) + 6 * t2 + 3) / 8)


def _like(r: torch.Tensor, number: float) -> torch.Tensor:
    """Return a number as a tensor beside ``r``; one too large for its dtype becomes infinite, as in NumPy."""
    return torch.as_tensor(number, dtype=torch.float64, device=r.device).to(r.dtype)
