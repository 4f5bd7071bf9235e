"""The penalty as a module for models of the reader's own (chapter *Your own model*)."""

from __future__ import annotations

import torch
from torch import nn

from ..errors import require_choice, unexpected
from ..settings import Penalty
from .penalty import penalty as penalty_value
from .penalty import penalty_grad, penalty_prox


class NodePenalty(nn.Module):
    r"""The smoothed L1 penalty :math:`\lambda \sum_k h(u_k, \varepsilon)` on any layer's weights.

    This is a penalty on *weights*; it has nothing to do with ``torch.nn.functional.smooth_l1_loss``, a loss on
    *residuals*.

    Parameters
    ----------
    module_or_parameter : nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Parameter or Tensor
        What to penalise. A weight tensor has its outputs on axis 0 and its inputs on axis 1.
    strength : float
        :math:`\lambda \ge 0`.
    eps : float
        :math:`\varepsilon > 0`, in units of a weight.
    profile : str
        As in `smooth_abs`.
    group : {"input", "output", "weight"}
        One group for each input node: all weights that leave it (the paper's :math:`u_k`); for each output: all
        weights that enter it, a filter of a convolution; or for each single weight.

    Raises
    ------
    ValueError
        For a module without a weight of two axes or more, or settings out of range.

    Examples
    --------
    >>> layer = nn.Linear(192, 10)
    >>> regulariser = NodePenalty(layer, strength=1e-3, eps=1e-2)
    >>> loss = layer(torch.ones(1, 192)).square().sum() + regulariser()
    >>> loss.backward()
    >>> regulariser.norms().shape
    torch.Size([192])
    """

    def __init__(
        self,
        module_or_parameter: nn.Module | torch.Tensor,
        strength: float,
        eps: float = 0.01,
        profile: str = "huber",
        group: str = "input",
    ) -> None:
        super().__init__()
        require_choice("group", group, ("input", "output", "weight"))
        self.settings = Penalty(strength, eps, profile, "weight" if group == "weight" else "node")
        self.group = group
        # Held in a tuple so that the penalised module does not become a child: its parameters are counted once.
        self._owner = (module_or_parameter,)
        weight = self.weight
        if not isinstance(weight, torch.Tensor) or weight.ndim < 2:
            found = type(module_or_parameter).__name__
            raise unexpected("module_or_parameter", found, "it must have a weight with axes (outputs, inputs, ...)")

    @property
    def weight(self) -> torch.Tensor:
        """The weights as they are now; looked up anew each time, so that re-parametrised modules work."""
        owner = self._owner[0]
        return owner if isinstance(owner, torch.Tensor) else getattr(owner, "weight", None)  # type: ignore[return-value]

    def forward(self) -> torch.Tensor:
        r"""Return :math:`\lambda \sum h`, a scalar to add to the loss."""
        s = self.settings
        return s.strength * penalty_value(self._columns(self.weight), s.eps, s.profile, s.grouping)

    def norms(self) -> torch.Tensor:
        """Return the length of each group, without gradient; compare with ``eps`` to see which are dead."""
        columns = self._columns(self.weight.detach())
        return columns.abs() if self.group == "weight" else columns.norm(dim=0)

    @torch.no_grad()
    def add_gradient_(self) -> None:
        """Add the penalty's gradient to ``weight.grad``, in place of adding the penalty to the loss."""
        s = self.settings
        grad = s.strength * penalty_grad(self._columns(self.weight), s.eps, s.profile, s.grouping)
        grad = self._uncolumns(grad)
        self.weight.grad = grad if self.weight.grad is None else self.weight.grad + grad

    @torch.no_grad()
    def prox_(self, lr: float) -> None:
        """Apply the proximal map of ``lr`` times the penalty to the weights, after a step of the optimiser."""
        s = self.settings
        shorter = penalty_prox(self._columns(self.weight), lr * s.strength, s.eps, s.profile, s.grouping)
        self.weight.copy_(self._uncolumns(shorter))

    def _columns(self, weight: torch.Tensor) -> torch.Tensor:
        """Lay the weight out so that each group is a column."""
        if self.group == "output":
            return weight.flatten(1).T
        return weight.transpose(0, 1).flatten(1).T

    def _uncolumns(self, columns: torch.Tensor) -> torch.Tensor:
        weight = self.weight
        if self.group == "output":
            return columns.T.reshape(weight.shape)
        return columns.T.reshape(weight.transpose(0, 1).shape).transpose(0, 1)
