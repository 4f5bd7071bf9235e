r"""The penalty :math:`\sum_g \varphi_\varepsilon(\lVert u_g \rVert)` on groups of weights (chapter *Gradients*)."""

from __future__ import annotations

import numpy as np

from ..architecture import NODES_PER_MAP
from ..errors import require_axes, require_choice, unexpected
from ..settings import GROUPINGS, Penalty
from .profiles import find_profile


def penalty(
    U: np.ndarray,
    eps: float | Penalty,
    profile: str = "huber",
    grouping: str = "node",
) -> float:
    r"""Return :math:`\sum_g h(u_g, \varepsilon)` with :math:`h(u, \varepsilon) = \varphi_\varepsilon(\lVert u \rVert)`.

    Equation ``eq-grad-error``, chapter *Gradients*.

    Parameters
    ----------
    U : ndarray, shape (C, K)
        The last layer's weights; column ``k`` leaves node ``k``.
    eps : float or Penalty
        As in `smooth_abs`; or a `Penalty` in place of all that follows, and the sum is multiplied by its strength.
    profile : str
        As in `smooth_abs`.
    grouping : {"node", "weight", "map"}
        A group is a column (:math:`C` weights), a single weight, or the columns of one map of 16 nodes, so that
        :math:`K` is a multiple of 16.

    Examples
    --------
    >>> U = np.array([[3.0, 0.0], [4.0, 0.0]])
    >>> penalty(U, eps=1.0)                          # lengths 5 and 0
    5.5
    >>> penalty(U, eps=1.0, grouping="weight")       # 3, 4, 0 and 0
    8.0
    >>> penalty(U, Penalty(0.1, eps=1.0))
    0.55
    """
    p = Penalty.of(eps, profile, grouping)
    norms = group_norms(U, p.grouping)
    return p.strength * float(
        find_profile(p.profile).value(norms, p.eps).sum()
    )


def penalty_cost(U: np.ndarray, p: Penalty | None) -> float:
    r"""Return the :math:`\lambda \sum_g h(u_g, \varepsilon)` that a penalty adds to the error; without one, 0."""
    return 0.0 if p is None else penalty(U, p)


def penalty_grad(
    U: np.ndarray,
    eps: float | Penalty,
    profile: str = "huber",
    grouping: str = "node",
) -> np.ndarray:
    r"""Return the gradient of `penalty`: :math:`\varphi'_\varepsilon(\lVert u \rVert)\, u/\lVert u \rVert`.

    Equations ``eq-grad-radial`` and ``eq-grad-groups``, chapter *Gradients*.

    Parameters
    ----------
    U, eps, profile, grouping
        As in `penalty`.

    Returns
    -------
    ndarray, the shape of ``U``
        A group of zeros has gradient 0 (for ``"abs"``: the subgradient of least length).

    Examples
    --------
    >>> penalty_grad(np.array([[3.0, 0.3], [4.0, 0.4]]), eps=1.0)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """
    p = Penalty.of(eps, profile, grouping)
    norms = group_norms(U, p.grouping)
    quotients = find_profile(p.profile).quotient(norms, p.eps)
    return p.strength * (U * _spread(quotients, p.grouping))


def penalty_hess(
    u: np.ndarray, eps: float | Penalty, profile: str = "huber"
) -> np.ndarray:
    r"""Return the Hessian of :math:`h(u, \varepsilon) = \varphi_\varepsilon(\lVert u \rVert)` for one group.

    Its eigenvalues are :math:`\varphi''(r)` along :math:`u` and :math:`\varphi'(r)/r` in every direction across.

    Equations ``eq-grad-hessian`` and ``eq-grad-eigenvalues``, chapter *Gradients*.

    Parameters
    ----------
    u : ndarray, shape (C,)
        The weights of one group.
    eps, profile
        As in `penalty`. ``"abs"`` has a corner at 0, so ``u`` must not be 0 there.

    Returns
    -------
    ndarray, shape (C, C)

    Examples
    --------
    >>> penalty_hess(np.array([0.0, 4.0]), eps=1.0)      # beyond ε: flat along u, 1/r across
    array([[0.25, 0.  ],
           [0.  , 0.  ]])
    """
    require_axes("u", u, "C")
    p = Penalty.of(eps, profile, "node")
    chosen, r = find_profile(p.profile), np.asarray(np.linalg.norm(u))
    along = p.strength * chosen.curvature(r, p.eps)
    identity = np.eye(len(u))
    if r == 0:
        if not chosen.smooth:
            right = f"{chosen.name} has no Hessian at 0"
            raise unexpected("u", u.tolist(), right)
        return along * identity
    across = p.strength * chosen.quotient(r, p.eps)
    line = np.outer(u / r, u / r)
    return along * line + across * (identity - line)


def penalty_prox(
    U: np.ndarray,
    tau: float | Penalty,
    eps: float | Penalty | None = None,
    profile: str = "abs",
    grouping: str = "node",
    *,
    lr: float | None = None,
) -> np.ndarray:
    r"""Return :math:`\arg\min_V \tfrac12 \lVert V - U \rVert^2 + \tau \sum_g h(v_g, \varepsilon)`.

    A group keeps its direction; its length goes through the scalar map of `smooth_abs_prox`. The default
    (``"abs"``) is the group lasso's: shorten every group by ``tau``, and set to exact zeros those shorter than that.

    Equations ``eq-grad-prox``, ``eq-grad-prox-radial`` and ``eq-grad-prox-abs``, chapter *Gradients*.

    Parameters
    ----------
    U : ndarray, shape (C, K)
    tau : float or Penalty
        :math:`\tau \ge 0`: learning rate times strength. Or a `Penalty`, and as third argument ``lr``.
    eps, profile, grouping
        As in `penalty`.
    lr : float
        :math:`\eta \ge 0`, with a `Penalty` of strength :math:`\lambda`: then :math:`\tau = \eta\lambda`.

    Returns
    -------
    ndarray, the shape of ``U``

    Examples
    --------
    >>> penalty_prox(np.array([[3.0, 0.3], [4.0, 0.4]]), tau=1.0)
    array([[2.4, 0. ],
           [3.2, 0. ]])
    """
    p, tau = Penalty.of_prox(tau, eps, profile, grouping, lr)
    norms = group_norms(U, p.grouping)
    shares = find_profile(p.profile).prox_quotient(norms, tau, p.eps)
    return U * _spread(shares, p.grouping)


def group_norms(U: np.ndarray, grouping: str = "node") -> np.ndarray:
    r"""Return the length :math:`\lVert u_g \rVert` of every group of weights.

    Parameters
    ----------
    U : ndarray, shape (C, K)
    grouping : {"node", "weight", "map"}

    Returns
    -------
    ndarray
        Shape ``(K,)`` for nodes, ``(C, K)`` for weights, ``(K/16,)`` for maps.

    Examples
    --------
    >>> group_norms(np.array([[3.0, 0.0], [4.0, 0.0]]))
    array([5., 0.])
    """
    require_axes("U", U, "CK")
    require_choice("grouping", grouping, GROUPINGS)
    match grouping:
        case "node":
            return np.linalg.norm(U, axis=0)
        case "weight":
            return np.abs(U)
        case _:  # map
            return np.linalg.norm(_by_map(U), axis=(0, 2))


def _by_map(U: np.ndarray) -> np.ndarray:
    """View ``U`` as (class, map, node of the map): node ``k = 16·map + 4·row + column``."""
    classes, nodes = U.shape
    if nodes % NODES_PER_MAP:
        raise unexpected(
            "the number of columns of U",
            nodes,
            f"maps have {NODES_PER_MAP} nodes: a multiple of that",
        )
    return U.reshape(classes, nodes // NODES_PER_MAP, NODES_PER_MAP)


def _spread(per_group: np.ndarray, grouping: str) -> np.ndarray:
    """Hand each weight the number of its group."""
    return (
        per_group.repeat(NODES_PER_MAP) if grouping == "map" else per_group
    )
