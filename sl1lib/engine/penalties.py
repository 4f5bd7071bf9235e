r"""The penalties of many models at once: which go together, and what they do to the weights and gradients.

``fast.penalty`` takes one width :math:`\varepsilon` for all groups; here every model has its own, in a column. Models
whose penalties differ in numbers only are handled together, those that differ in profile, grouping or step one after
the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import torch

from ..fast.profiles import find_profile

if TYPE_CHECKING:
    from ..settings import Penalty

TOGETHER: Final = 25  # updates whose costs are found at once: nothing waits for them, and each operation takes its time


class PenaltyGroup:
    """Those of the models' penalties that are of one kind: of one profile, grouping and step."""

    def __init__(
        self,
        penalties: Sequence[Penalty | None],
        kind: tuple[str, str, str],
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        name, self.grouping, self.step = kind
        self.profile = find_profile(name)
        chosen = [(m, p) for m, p in enumerate(penalties) if p is not None and kind_of(p) == kind]
        self.members = torch.tensor([m for m, _ in chosen], device=device)
        self._all = len(chosen) == len(penalties)  # then no model has to be picked out
        self.strength = _column([p.strength for _, p in chosen], dtype, device)
        self.eps = _column([p.eps for _, p in chosen], dtype, device)

    def apply(self, U: torch.Tensor, dU: torch.Tensor) -> torch.Tensor:
        r"""Add the gradient of :math:`\lambda \sum h` to that of the error, and return the members' lengths of groups.

        The gradient is the slope over the length times the weights ``U (M, 4, 4, 12, 10)``; a proximal step takes its
        own way instead.
        """
        u = self._take(U)
        lengths = group_lengths(u, self.grouping)
        if self.step != "proximal":
            quotient = self.strength * self.profile.quotient(lengths, self.eps)
            # A fused product and sum in both cases: two operations would round differently.
            pulled = self._take(dU).addcmul_(quotient, u)
            if not self._all:
                self._put(dU, pulled.view(-1, *U.shape[1:]))
        return lengths

    def costs(self, lengths: torch.Tensor) -> torch.Tensor:
        r"""Return :math:`\lambda \sum h` of the members, for lengths ``(updates, members, …)``."""
        return (self.strength * self.profile.value(lengths, self.eps)).sum((2, 3, 4))

    def shrink(self, U: torch.Tensor, before: torch.Tensor, velocity: torch.Tensor, rate: torch.Tensor) -> None:
        """Apply the proximal map to ``U``, and make the velocity the way that ``U`` really went since ``before``."""
        u = self._take(U)
        tau = self._take(rate).view(-1, 1, 1, 1) * self.strength
        moved = u * self.profile.prox_quotient(group_lengths(u, self.grouping), tau, self.eps)
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


class CostRecord:
    """What the penalties of a group come to before each update: a column of ``costs (updates, M)`` for each member."""

    def __init__(self, group: PenaltyGroup, costs: torch.Tensor) -> None:
        self._group, self._costs = group, costs
        self._lengths: list[torch.Tensor] = []
        self._written = 0

    def add(self, lengths: torch.Tensor) -> None:
        """Take the lengths before the next update."""
        self._lengths.append(lengths)
        if len(self._lengths) == TOGETHER:
            self.write()

    def write(self) -> None:
        """Bring the costs up to date."""
        if self._lengths:
            found = self._group.costs(torch.stack(self._lengths))
            self._costs[self._written : self._written + len(found), self._group.members] = found
            self._written += len(found)
            self._lengths.clear()


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


def _column(values: list[float], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, device=device).view(-1, 1, 1, 1)
