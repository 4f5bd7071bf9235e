r"""The penalties of many models at once: each profile as a formula in tensors of lengths and widths.

``fast.penalty`` takes one width :math:`\varepsilon` for all groups; here every model has its own. Models whose
penalties differ in numbers only are handled together, those that differ in profile, grouping or step one after the
other. With :math:`c = \max(r, \varepsilon)` and :math:`t = r/c \le 1` the cap and the straight part of a profile are
one formula, without a branch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from ..settings import Penalty

NEWTON_STEPS = 20


class PenaltyGroup:
    """Penalties of one profile, grouping and step, of the models ``members``.

    Parameters
    ----------
    penalties : sequence of Penalty or None
        Of all models; those whose kind is ``kind`` belong to this group.
    kind : (profile, grouping, step)
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(
        self,
        penalties: Sequence[Penalty | None],
        kind: tuple[str, str, str],
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.profile, self.grouping, self.step = kind
        chosen = [(m, p) for m, p in enumerate(penalties) if p is not None and kind_of(p) == kind]
        self.members = torch.tensor([m for m, _ in chosen], device=device)
        self._all = len(chosen) == len(penalties)  # then no model has to be picked out
        self.strength = _column([p.strength for _, p in chosen], dtype, device)
        self.eps = _column([p.eps for _, p in chosen], dtype, device)

    def apply(self, U: torch.Tensor, dU: torch.Tensor, costs: torch.Tensor) -> None:
        r"""Write :math:`\lambda \sum h` of the members into ``costs (M,)``, and add its gradient to ``dU``.

        The gradient is the slope over the length times the weights; a proximal step takes its own way instead.

        Parameters
        ----------
        U, dU : Tensor, shape (M, 4, 4, 12, 10)
        costs : Tensor, shape (M,)
        """
        u = self._take(U)
        lengths = group_lengths(u, self.grouping)
        values = self.strength * profile_value(lengths, self.eps, self.profile)
        self._put(costs, values.sum((1, 2, 3)))
        if self.step == "proximal":
            return
        quotient = self.strength * profile_quotient(lengths, self.eps, self.profile)
        # A fused product and sum for everybody: in two operations it would round otherwise.
        pulled = self._take(dU).addcmul_(quotient, u)
        if not self._all:
            self._put(dU, pulled.view(-1, *U.shape[1:]))

    def shrink(self, U: torch.Tensor, before: torch.Tensor, velocity: torch.Tensor, rate: torch.Tensor) -> None:
        """Apply the proximal map to ``U``, and make the velocity the way that ``U`` really went since ``before``."""
        u = self._take(U)
        tau = self._take(rate).view(-1, 1, 1, 1) * self.strength
        moved = u * prox_quotient(group_lengths(u, self.grouping), tau, self.eps, self.profile)
        self._put(velocity, (moved - self._take(before)).view(-1, *U.shape[1:]))
        self._put(U, moved.view(-1, *U.shape[1:]))

    def _take(self, tensor: torch.Tensor) -> torch.Tensor:
        chosen = tensor if self._all else tensor.index_select(0, self.members)
        return chosen.flatten(1, 2) if chosen.dim() == 5 else chosen  # (member, node of the map, map, class)

    def _put(self, tensor: torch.Tensor, values: torch.Tensor) -> None:
        if self._all:
            tensor.copy_(values)
        else:
            tensor.index_copy_(0, self.members, values)


def group_penalties(
    penalties: Sequence[Penalty | None], dtype: torch.dtype, device: torch.device
) -> list[PenaltyGroup]:
    """Return a group for each kind of penalty among the models; a model without a penalty is in none."""
    kinds = sorted({kind_of(p) for p in penalties if p is not None})
    return [PenaltyGroup(penalties, kind, dtype, device) for kind in kinds]


def kind_of(penalty: Penalty) -> tuple[str, str, str]:
    """Return what two penalties must share to be computed together."""
    return penalty.profile, penalty.grouping, penalty.step


def group_lengths(u: torch.Tensor, grouping: str) -> torch.Tensor:
    """Return the length of each group of weights ``u (m, 16, 12, 10)``; a summed axis stays, with size 1.

    A length of 0 is taken as a tiny one: zeros stay zeros, and quotients by it are finite.
    """
    match grouping:
        case "node":
            lengths = torch.linalg.vector_norm(u, dim=3, keepdim=True)
        case "weight":
            lengths = u.abs()
        case _:  # map
            lengths = torch.linalg.vector_norm(u, dim=(1, 3), keepdim=True)
    return lengths.clamp_min_(torch.finfo(u.dtype).tiny ** 0.5)


def profile_value(r: torch.Tensor, eps: torch.Tensor, profile: str) -> torch.Tensor:
    r"""Return :math:`\varphi_\varepsilon(r)` for lengths ``r`` and a width for each model."""
    match profile:
        case "huber":
            c = torch.maximum(r, eps)
            return (r * (r / c) + c) / 2
        case "quartic":
            c = torch.maximum(r, eps)
            t2 = (r / c) ** 2
            return c * (3 + t2 * (6 - t2)) / 8
        case "pseudo_huber":
            return torch.hypot(r, eps)
        case "log_cosh":
            return r + eps * (torch.log1p(torch.exp(-2 * r / eps)) - math.log(2))
        case "abs":
            return r
        case "squared":
            return r**2 / 2
        case _:  # sqrt_quartic
            return torch.sqrt(profile_value(r, eps, "quartic"))


def profile_quotient(r: torch.Tensor, eps: torch.Tensor, profile: str) -> torch.Tensor:
    r"""Return :math:`\varphi'_\varepsilon(r) / r`: what a weight is multiplied with to give the penalty's gradient.

    Notes
    -----
    Equation ``eq-fast-penalty``, chapter *The fast path*.
    """
    match profile:
        case "huber":
            return 1 / torch.maximum(r, eps)
        case "quartic":
            c = torch.maximum(r, eps)
            return (3 - (r / c) ** 2) / (2 * c)
        case "pseudo_huber":
            return 1 / torch.hypot(r, eps)
        case "log_cosh":
            return torch.tanh(r / eps) / r
        case "abs":
            return 1 / r
        case "squared":
            return torch.ones_like(r)
        case _:  # sqrt_quartic, by the chain rule
            return profile_quotient(r, eps, "quartic") / (2 * profile_value(r, eps, profile))


def prox_quotient(r: torch.Tensor, tau: torch.Tensor, eps: torch.Tensor, profile: str) -> torch.Tensor:
    r"""Return :math:`x/r` where :math:`x + \tau\varphi'_\varepsilon(x) = r`: by how much a group is shortened.

    Notes
    -----
    Equation ``eq-fast-prox``, chapter *The fast path*.
    """
    match profile:
        case "abs":
            return (1 - tau / r).clamp_min_(0)
        case "squared":
            return 1 / (1 + tau) * torch.ones_like(r)
        case "huber":
            return 1 - tau / torch.maximum(r, eps + tau)
        case "quartic":
            return torch.where(r <= eps + tau, _quartic_cap(r, tau, eps), r - tau) / r
        case _:  # pseudo_huber, log_cosh
            return _newton(r, tau, eps, profile) / r


def _quartic_cap(r: torch.Tensor, tau: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """Solve the cubic of the cap by its trigonometric root, as ``reference.smooth_abs_prox`` does."""
    s = (tau / eps).clamp_min(torch.finfo(r.dtype).eps)  # a weaker pull would change r by less than a rounding error
    m = 2 * torch.sqrt((2 + 3 * s) / (3 * s))
    sin_3theta = (8 * r / (eps * s * m**3)).clamp_max(1)
    return torch.where(1 + tau / eps == 1, r, eps * m * torch.sin(torch.asin(sin_3theta) / 3))


def _newton(r: torch.Tensor, tau: torch.Tensor, eps: torch.Tensor, profile: str) -> torch.Tensor:
    r"""Solve :math:`x + \tau\varphi'(x) = r` by Newton's method from the left.

    :math:`\varphi' \le 1` and :math:`\varphi'(x) \le x/\varepsilon` give two lower bounds of the root to start at. The
    left side is concave for :math:`x \ge 0`: its tangents lie above it, so no step jumps over the root.
    """
    x = torch.maximum(r - tau, r * eps / (eps + tau))
    for _ in range(NEWTON_STEPS):
        slope = x * profile_quotient(x, eps, profile)
        curvature = eps**2 / torch.hypot(x, eps) ** 3 if profile == "pseudo_huber" else (1 - slope**2) / eps
        x = x + (r - x - tau * slope) / (1 + tau * curvature)
    return x


def _column(values: list[float], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, device=device).view(-1, 1, 1, 1)
