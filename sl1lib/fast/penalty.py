r"""The penalty :math:`\sum_g \varphi_\varepsilon(\lVert u_g \rVert)` on tensors. Mirrors ``sl1lib.reference.penalty``.

The length :math:`\lVert u \rVert` has a corner at 0 that :math:`\varphi_\varepsilon` rounds off; automatic
differentiation does not know that and would divide by 0 there. `_safe_sqrt` and `_positive` keep the corner out of
its sight. The squares of a length are taken of weights in units of the largest in the group: they may neither overflow
nor vanish where the length does not. Weights in half precision are computed with in float32.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..architecture import NODES_PER_MAP
from ..errors import require_axes, require_choice, unexpected
from ..settings import GROUPINGS, Penalty
from .profiles import Profile, find_profile
from .smoothing import full_precision, held, value_of_lengths


def penalty(U: torch.Tensor, eps: float | Penalty, profile: str = "huber", grouping: str = "node") -> torch.Tensor:
    """Compute :func:`sl1lib.reference.penalty` on a tensor, as a scalar; differentiable twice where the profile is.

    Examples
    --------
    >>> U = torch.tensor([[3.0, 0.0], [4.0, 0.0]])
    >>> penalty(U, eps=1.0), penalty(U, Penalty(0.1, eps=1.0, grouping="weight"))
    (tensor(5.5000), tensor(0.8000))
    """
    p = Penalty.of(eps, profile, grouping)
    wide = _wide(U, p.grouping)
    norms, squares = _lengths(wide, p.grouping), _squares(wide, p.grouping)
    return (p.strength * value_of_lengths(find_profile(p.profile), norms, squares, p.eps).sum()).to(U.dtype)


def penalty_grad(U: torch.Tensor, eps: float | Penalty, profile: str = "huber", grouping: str = "node") -> torch.Tensor:
    """Compute :func:`sl1lib.reference.penalty_grad` on a tensor.

    Examples
    --------
    >>> penalty_grad(torch.tensor([[3.0, 0.3], [4.0, 0.4]]), eps=1.0)
    tensor([[0.6000, 0.3000],
            [0.8000, 0.4000]])
    """
    p = Penalty.of(eps, profile, grouping)
    wide, chosen = _wide(U, p.grouping), find_profile(p.profile)
    norms = _positive(_lengths(wide, p.grouping), chosen, p.eps)
    slopes = chosen.slope(norms, held(p.eps, wide))
    return (p.strength * (wide / _spread(norms, p.grouping) * _spread(slopes, p.grouping))).to(U.dtype)


def penalty_hess(u: torch.Tensor, eps: float | Penalty, profile: str = "huber") -> torch.Tensor:
    """Compute :func:`sl1lib.reference.penalty_hess` on a tensor.

    Examples
    --------
    >>> penalty_hess(torch.tensor([0.0, 4.0]), eps=1.0)
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0000]])
    """
    require_axes("u", u, "C")
    p = Penalty.of(eps, profile, "node")
    chosen, r = find_profile(p.profile), torch.linalg.vector_norm(u)
    along = p.strength * chosen.curvature(r, held(p.eps, r))
    identity = torch.eye(len(u), dtype=u.dtype, device=u.device)
    if r == 0:
        if not chosen.smooth:
            raise unexpected("u", u.tolist(), f"{chosen.name} has no Hessian at 0")
        return along * identity
    across = p.strength * chosen.quotient(r, held(p.eps, r))
    line = torch.outer(u / r, u / r)
    return along * line + across * (identity - line)


def penalty_prox(
    U: torch.Tensor,
    tau: float | Penalty,
    eps: float | Penalty | None = None,
    profile: str = "abs",
    grouping: str = "node",
    *,
    lr: float | None = None,
) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.penalty_prox` on a tensor.

    Examples
    --------
    >>> penalty_prox(torch.tensor([[3.0, 0.3], [4.0, 0.4]]), tau=1.0)
    tensor([[2.4000, 0.0000],
            [3.2000, 0.0000]])
    """
    p, tau = Penalty.of_prox(tau, eps, profile, grouping, lr)
    wide, chosen = _wide(U, p.grouping), find_profile(p.profile)
    norms = _positive(_lengths(wide, p.grouping), chosen, p.eps)
    shorter = chosen.prox(norms, tau, held(p.eps, wide))
    return (wide * _spread(shorter / norms, p.grouping)).to(U.dtype)


def group_norms(U: torch.Tensor, grouping: str = "node") -> torch.Tensor:
    """Compute :func:`sl1lib.reference.group_norms` on a tensor.

    Examples
    --------
    >>> group_norms(torch.tensor([[3.0, 0.0], [4.0, 0.0]]))
    tensor([5., 0.])
    """
    return _lengths(_wide(U, grouping), grouping).to(U.dtype)


def _wide(U: torch.Tensor, grouping: str) -> torch.Tensor:
    """Check weights and grouping; return the weights in a precision that squares can be taken in."""
    require_axes("U", U, "CK")
    require_choice("grouping", grouping, GROUPINGS)
    return full_precision(U)


def _lengths(U: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the length of every group.

    In units of the largest of its weights, which autograd need not see: the result is the same in any unit.
    """
    if grouping == "weight":
        return U.abs()
    unit = _in_groups(torch.amax, U.detach().abs(), grouping).clamp(min=torch.finfo(U.dtype).tiny)
    return unit * _safe_sqrt(_squares(U / _spread(unit, grouping), grouping))


def _squares(U: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the squared length of every group: smooth everywhere, unlike the length."""
    return _in_groups(torch.sum, U**2, grouping)


def _in_groups(reduce: Callable[..., torch.Tensor], numbers: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the sum, or the largest, of the numbers of every group."""
    match grouping:
        case "node":
            return reduce(numbers, dim=0)
        case "weight":
            return numbers
        case _:  # map
            return reduce(_by_map(numbers), dim=(0, 2))


def _safe_sqrt(q: torch.Tensor) -> torch.Tensor:
    """Return the square root, with derivative 0 at 0 in place of infinity."""
    return torch.where(q > 0, torch.sqrt(torch.where(q > 0, q, 1.0)), 0.0)


def _by_map(U: torch.Tensor) -> torch.Tensor:
    """View ``U`` as (class, map, node of the map): node ``k = 16·map + 4·row + column``."""
    classes, nodes = U.shape
    if nodes % NODES_PER_MAP:
        raise unexpected("the number of columns of U", nodes, f"maps have {NODES_PER_MAP} nodes: a multiple of that")
    return U.reshape(classes, nodes // NODES_PER_MAP, NODES_PER_MAP)


def _spread(per_group: torch.Tensor, grouping: str) -> torch.Tensor:
    """Hand each weight the number of its group."""
    return per_group.repeat_interleave(NODES_PER_MAP) if grouping == "map" else per_group


def _positive(norms: torch.Tensor, profile: Profile, eps: float) -> torch.Tensor:
    r"""Take a length of 0 as a tiny one: zeros stay zeros, and the quotient by it is :math:`\varphi''(0)`."""
    tiny = torch.finfo(norms.dtype).tiny
    floor = max(tiny, min(tiny**0.5, eps / 1000)) if profile.smooth else tiny  # where the slope is still a line
    return norms.clamp(min=floor)
