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
    """Compute :func:`sl1lib.reference.smooth_abs` on a tensor.

    Examples
    --------
    >>> smooth_abs(torch.tensor([0.0, 0.5, 1.0, 2.0]), eps=1.0)
    tensor([0.5000, 0.6250, 1.0000, 2.0000])
    """
    check_profile(profile, eps)
    wide = full_precision(r)
    return value_of_lengths(find_profile(profile), wide.abs(), wide**2, eps).to(r.dtype)


def smooth_abs_grad(r: Tensor, eps: float, profile: str = "huber") -> Tensor:
    """Compute :func:`sl1lib.reference.smooth_abs_grad` on a tensor.

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
    """Compute :func:`sl1lib.reference.smooth_abs_hess` on a tensor.

    Examples
    --------
    >>> smooth_abs_hess(torch.tensor([0.0, 1.0, 2.0, 4.0]), eps=2.0, profile="quartic")
    tensor([0.7500, 0.5625, 0.0000, 0.0000])
    """
    check_profile(profile, eps)
    wide = full_precision(r)
    return find_profile(profile).curvature(wide.abs(), held(eps, wide)).to(r.dtype)


def smooth_abs_prox(r: Tensor, tau: float, eps: float = 0.0, profile: str = "abs") -> Tensor:
    """Compute :func:`sl1lib.reference.smooth_abs_prox` on a tensor.

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
