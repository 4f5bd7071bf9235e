"""The penalty as a module for models of the reader's own (chapter *Your own model*)."""

from __future__ import annotations

import warnings
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from ..architecture import NODES_PER_MAP
from ..errors import require_choice, require_count, unexpected
from ..settings import Penalty
from .penalty import penalty, penalty_grad, penalty_prox
from .smoothing import full_precision

_SETTINGS: Final = ("strength", "eps", "profile", "grouping", "block")

# What the grouping of a `Penalty` is called here, and how many inputs make one group.
_GROUPINGS: Final = MappingProxyType({"node": ("input", 1), "weight": ("weight", 1), "map": ("input", NODES_PER_MAP)})

# Layers whose weight has its inputs on axis 0.
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_INPUTS_FIRST = (*_TRANSPOSED, nn.Embedding, nn.EmbeddingBag)

# Modules with a weight whose axes are not (outputs, inputs, ...), whatever their number.
_OTHERWISE = (nn.Bilinear, nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)


def _setting(name: str, meaning: str) -> Any:
    """Return a property that reads a field of `NodePenalty.settings`, and sets it, checked."""

    def read(penalty: NodePenalty) -> Any:
        return getattr(penalty._settings, name)

    def write(penalty: NodePenalty, value: Any) -> None:
        penalty._settings = replace(penalty._settings, **{name: value})

    return property(read, write, doc=meaning)


class NodePenalty(nn.Module):
    r"""The smoothed L1 penalty :math:`\lambda \sum_g h(W_g, \varepsilon)` on any layer's weights.

    This is a penalty on *weights*; it has nothing to do with ``torch.nn.functional.smooth_l1_loss``, a loss on
    *residuals*. It can be used in three ways: called, its value is added to the loss; `add_gradient_` adds its
    gradient after ``backward()``; `prox_` applies its proximal map after a step of an optimiser.

    Parameters
    ----------
    module_or_parameter : nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Parameter or Tensor
        What to penalise: a module with a ``weight``, also a pruned or re-parametrised one, or one that is compiled or
        wrapped for several devices; or a weight tensor with its outputs on axis 0 and its inputs on axis 1. Transposed
        convolutions, ``nn.Embedding`` and ``nn.EmbeddingBag``, whose weights have the inputs first, are known.
    strength : float or Penalty
        :math:`\lambda \ge 0`. It may be set anew at any time, for a schedule, and so may all that follow. Or a
        `Penalty` with strength, eps, profile and grouping, whose ``"node"`` is ``"input"`` here, and whose ``"map"`` is
        ``"input"`` with ``block=16``.
    eps : float
        :math:`\varepsilon > 0`, in units of a weight.
    profile : str
        As in `smooth_abs`.
    grouping : {"input", "output", "weight"}
        One group for each input node, the default: all weights that leave it (the paper's :math:`u_k`); for each
        output: all weights that enter it, a filter of a convolution; or for each single weight.
    block : int
        With ``grouping="input"``: how many inputs in a row make one group. After a flattened convolution, height ×
        width of a map makes each map one group.
    group : str
        The former name of ``grouping``; it will go with the next release.

    Raises
    ------
    ValueError
        For a module without a weight of two axes or more, one whose axes mean something else, a weight that the older
        ``weight_norm`` or ``spectral_norm`` computes in a hook, or settings out of range; also when they are set later.
    AttributeError
        When anything is set that is no setting: it would have no effect.

    Notes
    -----
    Equations ``eq-own-groups``, ``eq-own-gradient`` and ``eq-own-prox``, chapter *Your own model*.

    The module has no parameters and no state of its own: ``state_dict`` and ``parameters`` of a model that holds it
    are those of the model without it, and a training that is resumed builds its penalty again. It follows a layer that
    it was given, whatever becomes of the layer's weight. A weight tensor that it was given is held itself: after
    ``load_state_dict(..., assign=True)``, or when the penalty alone is copied, the model has another.

    Weights in half precision are penalised in float32. A frozen weight, ``requires_grad=False``, is left as it is by
    `add_gradient_` and `prox_`, and its penalty is a constant in the loss. With gradients accumulated over several
    batches, add the penalty once for each step of the optimiser, or a share of it for each batch. With a
    ``GradScaler``, see `add_gradient_`.

    Where a normalisation layer follows, the length of a group means nothing: see `dead`.

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
        strength: float | Penalty,
        eps: float = 0.01,
        profile: str = "huber",
        grouping: str | None = None,
        block: int | None = None,
        *,
        group: str | None = None,
    ) -> None:
        super().__init__()
        # Held in a tuple so that the penalised module does not become a child: its parameters are counted once.
        self._owner = (_unwrapped(module_or_parameter),)
        self._check_owner()
        self._settings = strength if isinstance(strength, Penalty) else Penalty(strength, eps, profile)
        if group is not None:
            _warn_of_group()
            grouping = group
        named, nodes = _GROUPINGS[self._settings.grouping]
        if block is None:
            block = nodes if grouping is None else 1
        self._set_groups(named if grouping is None else grouping, block)

    def _check_owner(self) -> None:
        owner, right = self._owner[0], "it must have a weight with axes (outputs, inputs, ...)"
        found = type(owner).__name__
        if isinstance(owner, _OTHERWISE):
            raise unexpected("module_or_parameter", found, right)
        weight = self.weight
        if isinstance(weight, nn.UninitializedParameter):
            raise unexpected("module_or_parameter", found, "its weight has no shape yet: show it a batch first")
        if not isinstance(weight, torch.Tensor) or weight.ndim < 2:
            raise unexpected("module_or_parameter", found, right)

    def _set_groups(self, grouping: str, block: int) -> None:
        require_choice("grouping", grouping, ("input", "output", "weight"))
        require_count("block", block, least=1)
        groups, inputs = getattr(self._owner[0], "groups", 1), int(self.weight.shape[self._input_axis])
        mixed = grouping == "input" or (grouping == "output" and isinstance(self._owner[0], _TRANSPOSED))
        if mixed and groups != 1:
            other = "weight" if grouping == "output" else "output"
            right = f"with grouping={grouping!r} it must be 1; use grouping={other!r}"
            raise unexpected("groups of the convolution", groups, right)
        if block > 1 and grouping != "input":
            raise unexpected("block", block, f"with grouping={grouping!r} it must be 1")
        if inputs % block:
            raise unexpected("block", block, f"the layer has {inputs} inputs: it must divide that")
        self._grouping, self._block = grouping, block
        self._settings = replace(self._settings, grouping="weight" if grouping == "weight" else "node")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a setting, checked; refuse what would have no effect."""
        if not (name.startswith("_") or name == "training" or hasattr(type(self), name)):
            near = get_close_matches(name, _SETTINGS, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise AttributeError(f"NodePenalty has no setting {name!r}; there are {', '.join(_SETTINGS)}{hint}")
        super().__setattr__(name, value)

    @property
    def settings(self) -> Penalty:
        """Strength, eps, profile and grouping together, as one record that is checked as a whole."""
        return self._settings

    @settings.setter
    def settings(self, settings: Penalty) -> None:
        if not isinstance(settings, Penalty):
            raise unexpected("settings", settings, "it must be a Penalty(strength, eps, ...)")
        self._settings = replace(settings, grouping=self._settings.grouping)

    strength = _setting("strength", r":math:`\lambda`, which a schedule may set before any step.")
    eps = _setting("eps", r":math:`\varepsilon`, the width of the smoothing and the threshold of `dead`.")
    profile = _setting("profile", "The shape of the penalty.")

    @property
    def grouping(self) -> str:
        """What is penalised together."""
        return self._grouping

    @grouping.setter
    def grouping(self, grouping: str) -> None:
        self._set_groups(grouping, self._block)

    @property
    def group(self) -> str:
        """The former name of `grouping`."""
        _warn_of_group()
        return self._grouping

    @group.setter
    def group(self, group: str) -> None:
        _warn_of_group(depth=5)  # two calls of __setattr__ stand between
        self.grouping = group

    @property
    def block(self) -> int:
        """How many inputs in a row make one group."""
        return self._block

    @block.setter
    def block(self, block: int) -> None:
        self._set_groups(self._grouping, block)

    @property
    def weight(self) -> torch.Tensor:
        """The weights as they are now; looked up anew each time, so that pruned and re-parametrised modules work."""
        owner = self._owner[0]
        if isinstance(owner, torch.Tensor):
            return owner
        if is_pruned(owner):  # there, ``weight`` is what the last forward pass has left behind
            return owner.weight_orig * owner.weight_mask  # type: ignore[operator]
        if hasattr(owner, "weight_g") or hasattr(owner, "weight_orig"):
            right = "it is computed in a hook, before each forward pass; use torch.nn.utils.parametrizations instead"
            raise unexpected("the weight", "that of the older weight_norm or spectral_norm", right)
        return getattr(owner, "weight", None)  # type: ignore[return-value]  # __init__ has looked

    def forward(self) -> torch.Tensor:
        r"""Return :math:`\lambda \sum_g h(W_g, \varepsilon)`, a scalar to add to the loss."""
        weight = self.weight
        if type(weight).__name__ == "DTensor":  # it does not mix with the loss of what each process sees
            right = "in the loss it must be whole; call add_gradient_() after backward() instead, which works on shards"
            raise unexpected("the weight", "sharded", right)
        return penalty(self._columns(weight), self.settings)

    def penalty(self, weight: torch.Tensor) -> torch.Tensor:
        r"""Return :math:`\sum_g h(W_g, \varepsilon)`, without :math:`\lambda`, of any tensor laid out as the weight.

        For `torch.func`, which hands parameters around instead of keeping them in modules.

        Examples
        --------
        >>> regulariser = NodePenalty(nn.Linear(2, 2), strength=1.0, eps=1.0)
        >>> regulariser.penalty(torch.tensor([[3.0, 0.0], [4.0, 0.0]]))
        tensor(5.5000)
        """
        return penalty(self._columns(weight), replace(self.settings, strength=1.0))

    def norms(self) -> torch.Tensor:
        """Return the length of each group, without gradient; for single weights, in the shape of the weight.

        Two layers compare in it only if what follows them lets a length count: see `dead`.
        """
        weight = self.weight.detach()
        return weight.abs() if self.grouping == "weight" else self._columns(weight).norm(dim=0)

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

        Before a normalisation layer a length says nothing. What batch, layer or group normalisation is given, it
        divides by its spread: weights a hundred times shorter make the same outputs, so the penalty shortens them at no
        cost, all of them alike, and a group shorter than :math:`\varepsilon` is as much in use as before. Measure the
        error without the groups before you remove any.

        Examples
        --------
        >>> weight = torch.tensor([[3.0, 0.003], [4.0, 0.004]])
        >>> NodePenalty(weight, strength=1e-3, eps=1e-2).dead()
        tensor([False,  True])
        """
        return self.norms() < (self.eps if eps is None else eps)

    def pulls(self) -> torch.Tensor:
        r"""Return the length of each group's part of ``weight.grad``; compare with :math:`\lambda`.

        After ``backward()`` on the error alone, without the penalty, it says how strongly the error pulls each group.

        Equations ``eq-own-threshold`` and ``eq-own-lambda-max``, chapter *Your own model*.

        Raises
        ------
        ValueError
            If the weight holds no gradient, or is computed from other parameters, which hold it then.

        Examples
        --------
        >>> layer = nn.Linear(2, 1, bias=False)
        >>> layer(torch.tensor([[3.0, -4.0]])).sum().backward()
        >>> NodePenalty(layer, strength=1e-3).pulls()
        tensor([3., 4.])
        """
        weight = self.weight
        if not weight.is_leaf:
            right = "other parameters hold its gradient; take torch.autograd.grad of the error at those"
            raise unexpected("the weight", "pruned or re-parametrised", right)
        if weight.grad is None:
            raise unexpected("the gradient of weight", None, "call backward() on the error first")
        grad = weight.grad.to_dense()  # that of an embedding may be sparse
        return grad.abs() if self.grouping == "weight" else self._columns(grad).norm(dim=0)

    def add_gradient_(self) -> None:
        """Add the penalty's gradient to ``weight.grad``, in place of adding the penalty to the loss.

        Call it after ``backward()`` and before the optimiser's step; with a ``GradScaler``, after
        ``scaler.unscale_(optimizer)``, or the step divides it by the scale of the loss. With gradients accumulated over
        several batches, call it once, after the last. Where the weight is computed from other parameters, as in pruned
        and re-parametrised modules, the gradient is passed on to those. A sparse gradient becomes dense.

        Equation ``eq-own-gradient``, chapter *Your own model*.

        Examples
        --------
        >>> weight = nn.Parameter(torch.tensor([[3.0, 0.3], [4.0, 0.4]]))
        >>> NodePenalty(weight, strength=1.0, eps=1.0).add_gradient_()
        >>> weight.grad
        tensor([[0.6000, 0.3000],
                [0.8000, 0.4000]])
        """
        weight = self.weight
        if self._is_frozen():
            return
        grad = self._uncolumns(penalty_grad(self._columns(weight.detach()), self.settings), weight)
        if not weight.is_leaf:
            weight.backward(grad)
        else:
            weight.grad = grad if weight.grad is None else grad + weight.grad  # in this order it may be sparse

    @torch.no_grad()
    def prox_(self, lr: float) -> None:
        r"""Apply the proximal map of ``lr`` times the penalty to the weights, after a step of the optimiser.

        Equations ``eq-own-prox`` and ``eq-own-momentum``, chapter *Your own model*.

        Parameters
        ----------
        lr : float
            The step length :math:`\eta`: the map's weight is :math:`\tau = \eta\lambda`. After PyTorch's SGD with
            momentum :math:`\mu`, the learning rate divided by :math:`1 - \mu`.

        Raises
        ------
        ValueError
            For a parametrization of the weight that cannot take the shortened one, a weight norm a length of 0 for
            instance, or a profile without a proximal map. The weight is then as it was.

        Examples
        --------
        >>> weight = nn.Parameter(torch.tensor([[3.0, 0.3], [4.0, 0.4]]))
        >>> NodePenalty(weight, strength=1.0, profile="abs").prox_(lr=1.0)
        >>> weight.detach()
        tensor([[2.4000, 0.0000],
                [3.2000, 0.0000]])
        """
        owner = self._owner[0]
        if self._is_frozen():
            return
        weight = self.weight
        shorter = self._uncolumns(penalty_prox(self._columns(weight), self.settings, lr=lr), weight)
        if isinstance(owner, nn.Module) and is_pruned(owner):
            owner.weight_orig.copy_(torch.where(owner.weight_mask != 0, shorter, owner.weight_orig))  # type: ignore
        elif isinstance(owner, nn.Module) and is_parametrized(owner, "weight"):
            _assign(owner, shorter)
        else:
            weight.copy_(shorter)

    def _is_frozen(self) -> bool:
        """Tell whether the model does not train this weight."""
        owner = self._owner[0]
        if isinstance(owner, nn.Module) and is_pruned(owner):
            return not owner.weight_orig.requires_grad
        if isinstance(owner, nn.Module) and is_parametrized(owner, "weight"):
            return not any(behind.requires_grad for behind in owner.parametrizations["weight"].parameters())  # type: ignore
        return isinstance(owner, nn.Module | nn.Parameter) and not self.weight.requires_grad

    def extra_repr(self) -> str:
        """Say how the penalty is set, where a model is printed."""
        s = self.settings
        block = f", block={self.block}" if self.block > 1 else ""
        return f"strength={s.strength:g}, eps={s.eps:g}, profile={s.profile!r}, grouping={self.grouping!r}{block}"

    @property
    def _input_axis(self) -> int:
        return 0 if isinstance(self._owner[0], _INPUTS_FIRST) else 1

    def _groups_first(self, weight: torch.Tensor) -> torch.Tensor:
        """Return a view with the axis that counts the groups, or the blocks' inputs, in front."""
        return weight if (self.grouping == "output") == (self._input_axis == 1) else weight.transpose(0, 1)

    def _columns(self, weight: torch.Tensor) -> torch.Tensor:
        """Lay the weight out so that each group is a column."""
        first = self._groups_first(full_precision(weight))
        return first.reshape(first.shape[0] // self.block, -1).T

    def _uncolumns(self, columns: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Undo `_columns`: shape, order of the axes and dtype of ``weight``."""
        return self._groups_first(columns.T.reshape(self._groups_first(weight).shape)).to(weight.dtype)


def _warn_of_group(depth: int = 3) -> None:
    """Warn at the line that is ``depth`` calls up."""
    warnings.warn("NodePenalty's group is called grouping now", DeprecationWarning, stacklevel=depth)


def _unwrapped(owner: nn.Module | torch.Tensor) -> nn.Module | torch.Tensor:
    """Return the layer itself out of what compiles it or hands it to several devices: its type says what an axis is."""
    while isinstance(owner, nn.Module):
        if isinstance(inner := getattr(owner, "_orig_mod", None), nn.Module):  # torch.compile's
            owner = inner
        elif isinstance(owner, nn.DataParallel | nn.parallel.DistributedDataParallel):
            owner = owner.module
        else:
            break
    return owner


def _assign(owner: nn.Module, weight: torch.Tensor) -> None:
    """Let a parametrization give this weight, or leave it as it was and raise."""
    behind: Any = owner.parametrizations["weight"]  # type: ignore[index]
    before = [tensor.clone() for tensor in behind.parameters()]
    try:
        owner.weight = weight
        close = 64 * torch.finfo(weight.dtype).eps * weight.abs().max()
        taken = bool((owner.weight - weight).abs().max() <= close)  # False for NaN
    except (NotImplementedError, RuntimeError) as error:
        right = "it has no right_inverse that sets the weight; add the penalty to the loss instead"
        raise unexpected("the parametrization of weight", type(behind[0]).__name__, right) from error
    if not taken:
        for tensor, value in zip(behind.parameters(), before, strict=True):
            tensor.copy_(value)
        right = "it cannot take the shortened weight, a length of 0 perhaps; add the penalty to the loss instead"
        raise unexpected("the parametrization of weight", type(behind[0]).__name__, right)


def is_pruned(module: nn.Module) -> bool:
    """Tell whether `torch.nn.utils.prune` holds the weight."""
    return hasattr(module, "weight_orig") and hasattr(module, "weight_mask")
