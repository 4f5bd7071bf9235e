"""The penalty as a module for models of the reader's own (chapter *Your own model*)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from ..errors import require_choice, require_count, unexpected
from ..settings import Penalty
from .penalty import penalty as penalty_value
from .penalty import penalty_grad, penalty_prox

# Layers whose weight has its inputs on axis 0.
_INPUTS_FIRST = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Embedding)


class NodePenalty(nn.Module):
    r"""The smoothed L1 penalty :math:`\lambda \sum_g h(W_g, \varepsilon)` on any layer's weights.

    This is a penalty on *weights*; it has nothing to do with ``torch.nn.functional.smooth_l1_loss``, a loss on
    *residuals*. It can be used in three ways: called, its value is added to the loss; `add_gradient_` adds its
    gradient after ``backward()``; `prox_` applies its proximal map after a step of an optimiser.

    Parameters
    ----------
    module_or_parameter : nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Parameter or Tensor
        What to penalise: a module with a ``weight``, also a pruned or re-parametrised one, or a weight tensor with its
        outputs on axis 0 and its inputs on axis 1. Transposed convolutions and ``nn.Embedding``, whose weights have
        the inputs first, are known.
    strength : float
        :math:`\lambda \ge 0`.
    eps : float
        :math:`\varepsilon > 0`, in units of a weight.
    profile : str
        As in `smooth_abs`.
    group : {"input", "output", "weight"}
        One group for each input node: all weights that leave it (the paper's :math:`u_k`); for each output: all
        weights that enter it, a filter of a convolution; or for each single weight.
    block : int
        With ``group="input"``: how many inputs in a row make one group. After a flattened convolution, height × width
        of a map makes each map one group.

    Raises
    ------
    ValueError
        For a module without a weight of two axes or more, or settings out of range.

    Notes
    -----
    Equations ``eq-own-groups``, ``eq-own-gradient`` and ``eq-own-prox``, chapter *Your own model*.

    The module has no parameters and no state of its own: ``state_dict`` and ``parameters`` of a model that holds it
    are those of the model without it. Weights in half precision are penalised in float32.

    Examples
    --------
    >>> layer = nn.Linear(192, 10)
    >>> regulariser = NodePenalty(layer, strength=1e-3, eps=1e-2)
    >>> loss = layer(torch.ones(1, 192)).square().sum() + regulariser()
    >>> loss.backward()
    >>> regulariser.norms().shape
    torch.Size([192])
    >>> NodePenalty(layer, strength=1e-3, block=16).norms().shape
    torch.Size([12])
    """

    def __init__(
        self,
        module_or_parameter: nn.Module | torch.Tensor,
        strength: float,
        eps: float = 0.01,
        profile: str = "huber",
        group: str = "input",
        block: int = 1,
    ) -> None:
        super().__init__()
        require_choice("group", group, ("input", "output", "weight"))
        require_count("block", block, least=1)
        self.settings = Penalty(strength, eps, profile, "weight" if group == "weight" else "node")
        self.group, self.block = group, block
        # Held in a tuple so that the penalised module does not become a child: its parameters are counted once.
        self._owner = (module_or_parameter,)
        weight = self.weight
        if not isinstance(weight, torch.Tensor) or weight.ndim < 2:
            found = type(module_or_parameter).__name__
            raise unexpected("module_or_parameter", found, "it must have a weight with axes (outputs, inputs, ...)")
        self._check_inputs(int(weight.shape[self._input_axis]))

    def _check_inputs(self, inputs: int) -> None:
        if self.group == "input" and getattr(self._owner[0], "groups", 1) != 1:
            found = self._owner[0].groups  # type: ignore[union-attr]
            raise unexpected("groups of the convolution", found, "with group='input' it must be 1; use group='output'")
        if self.block > 1 and self.group != "input":
            raise unexpected("block", self.block, f"with group={self.group!r} it must be 1")
        if inputs % self.block:
            raise unexpected("block", self.block, f"the layer has {inputs} inputs: it must divide that")

    @property
    def weight(self) -> torch.Tensor:
        """The weights as they are now; looked up anew each time, so that pruned and re-parametrised modules work."""
        owner = self._owner[0]
        if isinstance(owner, torch.Tensor):
            return owner
        if is_pruned(owner):  # there, ``weight`` is what the last forward pass has left behind
            return owner.weight_orig * owner.weight_mask  # type: ignore[operator]
        return getattr(owner, "weight", None)  # type: ignore[return-value]  # __init__ has looked

    def forward(self) -> torch.Tensor:
        r"""Return :math:`\lambda \sum_g h(W_g, \varepsilon)`, a scalar to add to the loss."""
        return self.settings.strength * self.penalty(self.weight)

    def penalty(self, weight: torch.Tensor) -> torch.Tensor:
        r"""Return :math:`\sum_g h(W_g, \varepsilon)`, without :math:`\lambda`, of any tensor laid out as the weight.

        Parameters
        ----------
        weight : Tensor
            For `torch.func`, which hands parameters around instead of keeping them in modules.

        Returns
        -------
        Tensor, a scalar

        Examples
        --------
        >>> regulariser = NodePenalty(nn.Linear(2, 2), strength=1.0, eps=1.0)
        >>> regulariser.penalty(torch.tensor([[3.0, 0.0], [4.0, 0.0]]))
        tensor(5.5000)
        """
        s = self.settings
        return penalty_value(self._columns(weight), s.eps, s.profile, s.grouping)

    def norms(self) -> torch.Tensor:
        """Return the length of each group, without gradient; for single weights, in the shape of the weight."""
        weight = self.weight.detach()
        return weight.abs() if self.group == "weight" else self._columns(weight).norm(dim=0)

    def dead(self, eps: float | None = None) -> torch.Tensor:
        r"""Say of each group whether it is shorter than :math:`\varepsilon`, and so can be removed.

        Parameters
        ----------
        eps : float, optional
            Another threshold than the penalty's own.

        Returns
        -------
        Tensor of bool, the shape of `norms`

        Notes
        -----
        Equation ``eq-own-threshold``, chapter *Your own model*.

        Examples
        --------
        >>> weight = torch.tensor([[3.0, 0.003], [4.0, 0.004]])
        >>> NodePenalty(weight, strength=1e-3, eps=1e-2).dead()
        tensor([False,  True])
        """
        return self.norms() < (self.settings.eps if eps is None else eps)

    def pulls(self) -> torch.Tensor:
        r"""Return the length of each group's part of ``weight.grad``; compare with :math:`\lambda`.

        After ``backward()`` on the error alone, without the penalty, it says how strongly the error pulls each group.

        Raises
        ------
        ValueError
            If the weight holds no gradient.

        Notes
        -----
        Equations ``eq-own-threshold`` and ``eq-own-lambda-max``, chapter *Your own model*.

        Examples
        --------
        >>> layer = nn.Linear(2, 1, bias=False)
        >>> layer(torch.tensor([[3.0, -4.0]])).sum().backward()
        >>> NodePenalty(layer, strength=1e-3).pulls()
        tensor([3., 4.])
        """
        weight = self.weight
        if not weight.is_leaf or weight.grad is None:
            raise unexpected("the gradient of weight", None, "call backward() on the error first")
        return weight.grad.abs() if self.group == "weight" else self._columns(weight.grad).norm(dim=0)

    def add_gradient_(self) -> None:
        """Add the penalty's gradient to ``weight.grad``, in place of adding the penalty to the loss.

        Call it after ``backward()`` and before the optimiser's step. Where the weight is computed from other
        parameters, as in pruned and re-parametrised modules, the gradient goes on to those.

        Notes
        -----
        Equation ``eq-own-gradient``, chapter *Your own model*.

        Examples
        --------
        >>> weight = nn.Parameter(torch.tensor([[3.0, 0.3], [4.0, 0.4]]))
        >>> NodePenalty(weight, strength=1.0, eps=1.0).add_gradient_()
        >>> weight.grad
        tensor([[0.6000, 0.3000],
                [0.8000, 0.4000]])
        """
        s, weight = self.settings, self.weight
        columns = self._columns(weight.detach())
        grad = penalty_grad(columns, s.eps, s.profile, s.grouping)
        grad = self._uncolumns(s.strength * grad, weight)
        if not weight.is_leaf:
            weight.backward(grad)
        else:
            weight.grad = grad if weight.grad is None else weight.grad + grad

    @torch.no_grad()
    def prox_(self, lr: float) -> None:
        r"""Apply the proximal map of ``lr`` times the penalty to the weights, after a step of the optimiser.

        Parameters
        ----------
        lr : float
            The step length :math:`\eta`: the map's weight is :math:`\tau = \eta\lambda`. After PyTorch's SGD with
            momentum :math:`\mu`, the learning rate divided by :math:`1 - \mu`.

        Raises
        ------
        ValueError
            For a parametrization of the weight that has no ``right_inverse``, or a profile without a proximal map.

        Notes
        -----
        Equations ``eq-own-prox`` and ``eq-own-momentum``, chapter *Your own model*.

        Examples
        --------
        >>> weight = nn.Parameter(torch.tensor([[3.0, 0.3], [4.0, 0.4]]))
        >>> NodePenalty(weight, strength=1.0, profile="abs").prox_(lr=1.0)
        >>> weight.detach()
        tensor([[2.4000, 0.0000],
                [3.2000, 0.0000]])
        """
        s, weight, owner = self.settings, self.weight, self._owner[0]
        columns = self._columns(weight)
        shorter = self._uncolumns(penalty_prox(columns, lr * s.strength, s.eps, s.profile, s.grouping), weight)
        if isinstance(owner, nn.Module) and is_pruned(owner):
            owner.weight_orig.copy_(torch.where(owner.weight_mask != 0, shorter, owner.weight_orig))  # type: ignore
        elif isinstance(owner, nn.Module) and is_parametrized(owner, "weight"):
            try:
                owner.weight = shorter
            except (NotImplementedError, RuntimeError) as error:
                found = type(owner.parametrizations["weight"][0]).__name__  # type: ignore[index]
                right = "it has no right_inverse that sets the weight; add the penalty to the loss instead"
                raise unexpected("the parametrization of weight", found, right) from error
        else:
            weight.copy_(shorter)

    def extra_repr(self) -> str:
        """Say how the penalty is set, where a model is printed."""
        s = self.settings
        block = f", block={self.block}" if self.block > 1 else ""
        return f"strength={s.strength:g}, eps={s.eps:g}, profile={s.profile!r}, group={self.group!r}{block}"

    @property
    def _input_axis(self) -> int:
        return 0 if isinstance(self._owner[0], _INPUTS_FIRST) else 1

    def _groups_first(self, weight: torch.Tensor) -> torch.Tensor:
        """Return a view with the axis that counts the groups, or the blocks' inputs, in front."""
        return weight if (self.group == "output") == (self._input_axis == 1) else weight.transpose(0, 1)

    def _columns(self, weight: torch.Tensor) -> torch.Tensor:
        """Lay the weight out so that each group is a column."""
        if weight.dtype in (torch.float16, torch.bfloat16):
            weight = weight.float()  # squares of small weights would underflow
        first = self._groups_first(weight)
        return first.reshape(first.shape[0] // self.block, -1).T

    def _uncolumns(self, columns: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Undo `_columns`: shape, order of the axes and dtype of ``weight``."""
        return self._groups_first(columns.T.reshape(self._groups_first(weight).shape)).to(weight.dtype)


def is_pruned(module: nn.Module) -> bool:
    """Tell whether `torch.nn.utils.prune` holds the weight."""
    return hasattr(module, "weight_orig") and hasattr(module, "weight_mask")
