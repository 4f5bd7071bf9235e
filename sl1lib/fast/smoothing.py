r"""The smooth function :math:`\varphi_\varepsilon`, its slope and its proximal map, on tensors.

Mirrors ``sl1lib.reference.smoothing``. All of it is differentiable, twice where the profile is, at 0 too. Numbers in
half precision are computed with in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import require_number
from ..settings import check_profile
from .profiles import Profile, find_profile


def smooth_abs(r: Tensor, eps: float, profile: str = "huber") -> Tensor:
    r"""Return :math:`\varphi_\varepsilon(|r|)`, a smooth stand-in for :math:`|r|`, element by element.

    Parameters
    ----------
    r : Tensor, any shape
        Lengths, or signed scalars.
    eps : float
        The width :math:`\varepsilon > 0` of the smoothing, in the units of ``r``; ``"abs"`` and ``"squared"`` do not
        read it.
    profile : str
        One of `PROFILES`, whose classes have the formulas.

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

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
    >>> smooth_abs(torch.tensor([0.0, 0.5, 1.0, 2.0]), eps=1.0)
    tensor([0.5000, 0.6250, 1.0000, 2.0000])
    """
    check_profile(profile, eps)
    wide = full_precision(r)
    return value_of_lengths(find_profile(profile), wide.abs(), wide**2, eps).to(r.dtype)


def smooth_abs_grad(r: Tensor, eps: float, profile: str = "huber") -> Tensor:
    r"""Return the slope :math:`\varphi'_\varepsilon(r)`, odd in :math:`r`, element by element.

    Parameters
    ----------
    r, eps, profile
        As in `smooth_abs`.

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

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
    wide = full_precision(r)
    sign = torch.where(wide < 0, -1.0, torch.ones_like(wide))  # 0 at 0 would hide the curvature from autograd
    return (sign * find_profile(profile).slope(sign * wide, held(eps, wide))).to(r.dtype)


def smooth_abs_hess(r: Tensor, eps: float, profile: str = "huber") -> Tensor:
    r"""Return the second derivative :math:`\varphi''_\varepsilon(r)`, even in :math:`r`, element by element.

    Parameters
    ----------
    r, eps : Tensor and float
        As in `smooth_abs`.
    profile : str
        Huber's takes its inner value where it jumps, at :math:`\varepsilon`; ``"abs"`` gives NaN at 0.

    Returns
    -------
    Tensor, the shape, dtype and device of ``r``

    Notes
    -----
    Equation ``eq-grad-second``, chapter *Gradients*.

    Examples
    --------
    >>> smooth_abs_hess(torch.tensor([0.0, 1.0, 2.0, 4.0]), eps=2.0, profile="quartic")
    tensor([0.7500, 0.5625, 0.0000, 0.0000])
    """
    check_profile(profile, eps)
    wide = full_precision(r)
    return find_profile(profile).curvature(wide.abs(), held(eps, wide)).to(r.dtype)


def smooth_abs_prox(r: Tensor, tau: float, eps: float = 0.0, profile: str = "abs") -> Tensor:
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
    wide = full_precision(r)
    return (torch.sign(wide) * find_profile(profile).prox(wide.abs(), tau, held(eps, wide))).to(r.dtype)


def value_of_lengths(profile: Profile, r: Tensor, squares: Tensor, eps: float) -> Tensor:
    r"""Return :math:`\varphi_\varepsilon(r)` of lengths whose squares are given, differentiable twice at 0 too.

    A length has a corner at 0, which a smooth profile rounds off and which hides the second derivative from autograd.
    There the profile's series, :math:`\varphi(0) + \varphi''(0)\, r^2/2`, is exact with two derivatives.
    """
    eps = held(eps, r)
    values = profile.value(r, eps)
    if not profile.smooth:
        return values
    zero = torch.zeros((), dtype=r.dtype, device=r.device)
    half = profile.curvature(zero, eps).clamp(max=torch.finfo(r.dtype).max) / 2  # infinite, it would make NaN of 0
    return torch.where(r > 0, values, profile.value(zero, eps) + half * squares)


def held(eps: float, r: Tensor) -> float:
    """Return the width, or the nearest that the dtype of ``r`` holds: one rounded to 0 would make 0/0 of a length 0."""
    limits = torch.finfo(r.dtype)
    return min(max(eps, limits.tiny), limits.max)


def full_precision(numbers: Tensor) -> Tensor:
    """Return numbers in half precision as float32, since squares of small ones would vanish; others as they are."""
    return numbers.float() if numbers.dtype in (torch.float16, torch.bfloat16) else numbers
