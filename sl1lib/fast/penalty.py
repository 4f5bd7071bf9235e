r"""The penalty :math:`\sum_g \varphi_\varepsilon(\lVert u_g \rVert)` on tensors. Mirrors ``sl1lib.reference.penalty``.

The length :math:`\lVert u \rVert` has a corner at 0 that :math:`\varphi_\varepsilon` rounds off; automatic
differentiation does not know that and would divide by 0 there. `_safe_sqrt` and `_positive` keep the corner out of
its sight. Squares are taken of weights in units of the width, or of the largest in the group: they may neither
overflow nor vanish where a length does not. Weights in half precision are computed with in float32.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..architecture import NODES_PER_MAP
from ..errors import require_axes, require_choice, unexpected
from ..settings import GROUPINGS, check_profile
from .smoothing import (
    huber_cap,
    in_widths,
    quartic_cap,
    smooth_abs,
    smooth_abs_grad,
    smooth_abs_hess,
    smooth_abs_prox,
)


def penalty(U: torch.Tensor, eps: float, profile: str = "huber", grouping: str = "node") -> torch.Tensor:
    r"""Return :math:`\sum_g h(u_g, \varepsilon)` with :math:`h(u, \varepsilon) = \varphi_\varepsilon(\lVert u \rVert)`.

    Parameters
    ----------
    U : Tensor, shape (C, K)
        The last layer's weights; column ``k`` leaves node ``k``.
    eps, profile
        As in `smooth_abs`.
    grouping : {"node", "weight", "map"}
        A group is a column (:math:`C` weights), a single weight, or the columns of one map of 16 nodes.

    Returns
    -------
    Tensor, a scalar of the dtype and on the device of ``U``
        Differentiable, and twice where the profile is.

    Raises
    ------
    ValueError
        For an unknown name, ``eps`` out of range, or ``K`` not a multiple of 16 when grouped by map.

    Notes
    -----
    Equation ``eq-grad-error``, chapter *Gradients*.

    Examples
    --------
    >>> U = torch.tensor([[3.0, 0.0], [4.0, 0.0]])
    >>> penalty(U, eps=1.0)
    tensor(5.5000)
    >>> penalty(U, eps=1.0, grouping="weight")
    tensor(8.)
    """
    check_profile(profile, eps)
    wide = _wide(U, grouping)
    match profile:
        case "huber":
            values = _capped(huber_cap, wide, eps, grouping)
        case "quartic":
            values = _capped(quartic_cap, wide, eps, grouping)
        case "sqrt_quartic":
            values = torch.sqrt(_capped(quartic_cap, wide, eps, grouping))
        case "pseudo_huber":
            values = _lengths(wide, grouping, beside=eps)
        case "log_cosh":  # its series starts with |u|²/(2 eps), which at u = 0 is exact with two derivatives
            norms = _lengths(wide, grouping)
            start = eps * (_squares(in_widths(wide, eps), grouping) / 2)
            values = torch.where(norms > 0, smooth_abs(norms, eps, profile), start)
        case "squared":
            values = _squares(wide, grouping) / 2
        case _:  # abs
            values = _lengths(wide, grouping)
    return values.sum().to(U.dtype)


def penalty_grad(U: torch.Tensor, eps: float, profile: str = "huber", grouping: str = "node") -> torch.Tensor:
    r"""Return the gradient of `penalty`: :math:`\varphi'_\varepsilon(\lVert u \rVert)\, u/\lVert u \rVert`.

    Parameters
    ----------
    U, eps, profile, grouping
        As in `penalty`.

    Returns
    -------
    Tensor, the shape of ``U``
        A group of zeros has gradient 0 (for ``"abs"``: the subgradient of least length).

    Notes
    -----
    Equations ``eq-grad-radial`` and ``eq-grad-groups``, chapter *Gradients*.

    Examples
    --------
    >>> penalty_grad(torch.tensor([[3.0, 0.3], [4.0, 0.4]]), eps=1.0)
    tensor([[0.6000, 0.3000],
            [0.8000, 0.4000]])
    """
    wide = _wide(U, grouping)
    norms = _positive(group_norms(wide, grouping), eps, profile)
    slopes = smooth_abs_grad(norms, eps, profile)
    return (wide / _spread(norms, grouping) * _spread(slopes, grouping)).to(U.dtype)


def penalty_hess(u: torch.Tensor, eps: float, profile: str = "huber") -> torch.Tensor:
    r"""Return the Hessian of :math:`h(u, \varepsilon) = \varphi_\varepsilon(\lVert u \rVert)` for one group.

    Parameters
    ----------
    u : Tensor, shape (C,)
        The weights of one group.
    eps, profile
        As in `smooth_abs`. ``"abs"`` has a corner at 0, so ``u`` must not be 0 there.

    Returns
    -------
    Tensor, shape (C, C)

    Raises
    ------
    ValueError
        For an unknown profile, ``eps`` out of range, ``u`` of another shape, or the corner.

    Notes
    -----
    Equations ``eq-grad-hessian`` and ``eq-grad-eigenvalues``, chapter *Gradients*.

    Examples
    --------
    >>> penalty_hess(torch.tensor([0.0, 4.0]), eps=1.0)
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0000]])
    """
    require_axes("u", u, "C")
    r = torch.linalg.vector_norm(u)
    along = smooth_abs_hess(r, eps, profile)
    identity = torch.eye(len(u), dtype=u.dtype, device=u.device)
    if r == 0:
        if profile == "abs":
            raise unexpected("u", u.tolist(), "abs has no Hessian at 0")
        return along * identity
    across = smooth_abs_grad(r, eps, profile) / r
    line = torch.outer(u / r, u / r)
    return along * line + across * (identity - line)


def penalty_prox(
    U: torch.Tensor, tau: float, eps: float = 0.0, profile: str = "abs", grouping: str = "node"
) -> torch.Tensor:
    r"""Return :math:`\arg\min_V \tfrac12 \lVert V - U \rVert^2 + \tau \sum_g h(v_g, \varepsilon)`.

    Parameters
    ----------
    U : Tensor, shape (C, K)
    tau : float
        :math:`\tau \ge 0`: learning rate times strength.
    eps, profile, grouping
        As in `penalty`; the default is the group lasso's map, which sets short groups to exact zeros.

    Returns
    -------
    Tensor, the shape of ``U``

    Notes
    -----
    Equations ``eq-grad-prox``, ``eq-grad-prox-radial`` and ``eq-grad-prox-abs``, chapter *Gradients*.

    Examples
    --------
    >>> penalty_prox(torch.tensor([[3.0, 0.3], [4.0, 0.4]]), tau=1.0)
    tensor([[2.4000, 0.0000],
            [3.2000, 0.0000]])
    """
    wide = _wide(U, grouping)
    norms = _positive(group_norms(wide, grouping), eps, profile)
    shorter = smooth_abs_prox(norms, tau, eps, profile)
    return (wide * _spread(shorter / norms, grouping)).to(U.dtype)


def group_norms(U: torch.Tensor, grouping: str = "node") -> torch.Tensor:
    r"""Return the length :math:`\lVert u_g \rVert` of every group of weights.

    Parameters
    ----------
    U : Tensor, shape (C, K)
    grouping : {"node", "weight", "map"}

    Returns
    -------
    Tensor
        Shape ``(K,)`` for nodes, ``(C, K)`` for weights, ``(K/16,)`` for maps.

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


def full_precision(weights: torch.Tensor) -> torch.Tensor:
    """Return weights in half precision as float32, since squares of small ones would vanish; others as they are."""
    return weights.float() if weights.dtype in (torch.float16, torch.bfloat16) else weights


def _lengths(U: torch.Tensor, grouping: str, beside: float = 0.0) -> torch.Tensor:
    """Return the length of every group, with one more number ``beside`` its weights.

    In units of the largest of them, which autograd need not see: the result is the same in any unit.
    """
    if grouping == "weight" and not beside:
        return U.abs()
    unit = _largest(U.detach(), grouping).clamp(min=max(beside, torch.finfo(U.dtype).tiny))
    return unit * _safe_sqrt(_squares(U / _spread(unit, grouping), grouping) + (beside / unit) ** 2)


def _capped(
    cap: Callable[[torch.Tensor, float], torch.Tensor], U: torch.Tensor, eps: float, grouping: str
) -> torch.Tensor:
    """Return the length of every group, or where that is below the width, the cap's smooth function of its square."""
    norms = _lengths(U, grouping)
    return torch.where(norms > eps, norms, cap(_squares(in_widths(U, eps), grouping), eps))


def _squares(U: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the squared length of every group: smooth everywhere, unlike the length."""
    match grouping:
        case "node":
            return (U**2).sum(dim=0)
        case "weight":
            return U**2
        case _:  # map
            return (_by_map(U) ** 2).sum(dim=(0, 2))


def _largest(U: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the largest absolute value in every group."""
    match grouping:
        case "node":
            return U.abs().amax(dim=0)
        case "weight":
            return U.abs()
        case _:  # map
            return _by_map(U).abs().amax(dim=(0, 2))


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


def _positive(norms: torch.Tensor, eps: float, profile: str) -> torch.Tensor:
    r"""Take a length of 0 as a tiny one: zeros stay zeros, and the quotient by it is :math:`\varphi''(0)`."""
    tiny = torch.finfo(norms.dtype).tiny
    floor = tiny if profile == "abs" else max(tiny, min(tiny**0.5, eps / 1000))  # where the slope is still a line
    return norms.clamp(min=floor)
