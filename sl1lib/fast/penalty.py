r"""The penalty :math:`\sum_g \varphi_\varepsilon(\lVert u_g \rVert)` on tensors. Mirrors ``sl1lib.reference.penalty``.

The length :math:`\lVert u \rVert` has a corner at 0 that :math:`\varphi_\varepsilon` rounds off; automatic
differentiation does not know that and would divide by 0 there. `_safe_sqrt` and `_positive` keep the corner out of
its sight.
"""

from __future__ import annotations

import torch

from ..architecture import NODES_PER_MAP
from ..errors import require_axes, require_choice, unexpected
from ..settings import GROUPINGS, check_profile
from .smoothing import smooth_abs, smooth_abs_grad, smooth_abs_hess, smooth_abs_prox


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
    return _profile_of_square(_group_squares(U, grouping), eps, profile).sum()


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
    norms = _positive(group_norms(U, grouping))
    slopes = smooth_abs_grad(norms, eps, profile)
    return U * _spread(slopes / norms, grouping)


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
    norms = _positive(group_norms(U, grouping))
    shorter = smooth_abs_prox(norms, tau, eps, profile)
    return U * _spread(shorter / norms, grouping)


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
    return U.abs() if grouping == "weight" else _safe_sqrt(_group_squares(U, grouping))


def _group_squares(U: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the squared length of every group: smooth everywhere, unlike the length."""
    require_axes("U", U, "CK")
    require_choice("grouping", grouping, GROUPINGS)
    match grouping:
        case "node":
            return (U**2).sum(dim=0)
        case "weight":
            return U**2
        case _:  # map
            return (_by_map(U) ** 2).sum(dim=(0, 2))


def _profile_of_square(q: torch.Tensor, eps: float, profile: str) -> torch.Tensor:
    r"""Return :math:`\varphi_\varepsilon(\sqrt q)`: every smooth profile is a smooth function of :math:`q` itself."""
    match profile:  # eps * eps and not eps**2, which is an OverflowError where the product is infinite
        case "huber":
            return torch.where(q > eps * eps, _safe_sqrt(q), q / (2 * eps) + eps / 2)
        case "quartic":
            t2 = (q / (eps * eps)).clamp(max=1)
            return torch.where(t2 >= 1, _safe_sqrt(q), eps * (-(t2**2) + 6 * t2 + 3) / 8)
        case "pseudo_huber":
            return torch.sqrt(q + eps * eps)
        case "log_cosh":  # its series starts with q/(2 eps), which at q = 0 is exact with two derivatives in u
            return torch.where(q > 0, smooth_abs(_safe_sqrt(q), eps, profile), q / (2 * eps))
        case "abs":
            return _safe_sqrt(q)
        case "squared":
            return q / 2
        case _:  # sqrt_quartic
            return torch.sqrt(_profile_of_square(q, eps, "quartic"))


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


def _positive(norms: torch.Tensor) -> torch.Tensor:
    r"""Take a length of 0 as a tiny one: zeros stay zeros, and the quotient by it is :math:`\varphi''(0)`."""
    return norms.clamp(min=torch.finfo(norms.dtype).tiny ** 0.5)
