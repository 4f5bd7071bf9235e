"""The removal of nodes that the penalty has switched off: arrays that are really smaller (chapter *Your own model*).

`remove_inputs` mirrors ``sl1lib.reference.removal``; `remove_nodes` does the same to layers of any model.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from ..errors import require_mask, require_removable, shape_of, unexpected
from .module import is_pruned

Layer = nn.Linear | nn.Conv2d


def remove_inputs(
    W: torch.Tensor, b: torch.Tensor, removed: torch.Tensor, means: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute :func:`sl1lib.reference.remove_inputs` on tensors.

    Examples
    --------
    >>> U, b = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([0.5])
    >>> remove_inputs(U, b, torch.tensor([False, True, False]), torch.tensor([9.0, 0.1, 9.0]))
    (tensor([[1., 3.]]), tensor([0.7000]))
    """
    require_removable(W, b, removed, means)
    if means is not None:
        sums = W[:, removed].sum(dim=tuple(range(2, W.dim()))) if W.dim() > 2 else W[:, removed]
        b = b + sums @ means[removed]
    return W[:, ~removed], b


def remove_nodes(
    before: Layer, after: Layer, dead: torch.Tensor, means: torch.Tensor | None = None
) -> tuple[Layer, Layer]:
    r"""Return copies of two layers, smaller by the dead nodes between them.

    Node :math:`k` is an output of ``before`` (a unit of a linear layer, a map of a convolution) and an input of
    ``after``. Whatever stands between the two must treat each node by itself and hold no parameters for it: an
    activation, pooling, flattening. A normalisation layer holds parameters for each node, and besides it makes the
    length of a node's weights meaningless: see `NodePenalty.dead`.

    Equation ``eq-own-removal``, chapter *Your own model*.

    Parameters
    ----------
    before, after : nn.Linear or nn.Conv2d
        If ``after`` is linear and has a multiple of ``before``'s outputs as its inputs, each output is taken to be a
        flattened map.
    dead : Tensor of bool, shape (K,)
        Which of the :math:`K` outputs of ``before`` to remove; at least one must stay.
    means : Tensor, shape (K,), optional
        The mean :math:`\bar a_k` of what each node hands to ``after``. With it the constant part of a removed node
        goes into the bias of ``after``. Not for a convolution with padding, at whose border the node is not constant.

    Returns
    -------
    before, after : nn.Linear or nn.Conv2d
        New layers; the arguments stay as they are. Where the removed weights are exact zeros, the function computed is
        the same.

    Raises
    ------
    ValueError
        For layers that do not fit together, or nothing left.

    Examples
    --------
    >>> first, second = nn.Linear(5, 4), nn.Linear(4, 2)
    >>> dead = torch.tensor([False, True, False, True])
    >>> remove_nodes(first, second, dead)
    (Linear(in_features=5, out_features=2, bias=True), Linear(in_features=2, out_features=2, bias=True))
    """
    block = _check_removal(before, after, dead, means)
    smaller, follower = copy.deepcopy(before), copy.deepcopy(after)
    for name in ("weight", "bias"):
        _replace(smaller, name, lambda tensor: tensor[~dead.to(tensor.device)])
    removed = dead.to(after.weight.device).repeat_interleave(block)
    constants = None if means is None else means.to(after.weight).repeat_interleave(block)
    bias = after.weight.new_zeros(len(after.weight)) if after.bias is None else after.bias.detach()
    weight, bias = remove_inputs(after.weight.detach(), bias, removed, constants)
    if means is not None and after.bias is None:
        follower.bias = nn.Parameter(bias)
    _replace(follower, "weight", lambda _: weight)
    _replace(follower, "bias", lambda _: bias)
    _state_sizes(smaller)
    _state_sizes(follower)
    return smaller, follower


def _check_removal(before: Layer, after: Layer, dead: torch.Tensor, means: torch.Tensor | None) -> int:
    """Return how many inputs of ``after`` one node has."""
    for name, layer in (("before", before), ("after", after)):
        if not isinstance(layer, nn.Linear | nn.Conv2d) or getattr(layer, "groups", 1) != 1:
            raise unexpected(name, str(layer), "it must be nn.Linear, or nn.Conv2d with groups=1")
        if is_pruned(layer) or is_parametrized(layer):
            raise unexpected(name, "pruned or re-parametrised", "make it permanent first (prune.remove)")
    nodes, inputs = before.weight.shape[0], after.weight.shape[1]
    require_mask("dead", dead, nodes)
    if dead.all():
        raise unexpected("the number of dead nodes", nodes, "at least one node must stay")
    if inputs % nodes or (inputs != nodes and not isinstance(after, nn.Linear)):
        raise unexpected("the number of inputs of after", inputs, f"before has {nodes} outputs")
    if means is not None and shape_of("means", means) != (nodes,):
        raise unexpected("the shape of means", tuple(means.shape), f"before has {nodes} outputs, so ({nodes},)")
    if means is not None and isinstance(after, nn.Conv2d) and after.padding not in ((0, 0), "valid"):
        raise unexpected("padding of after", after.padding, "with means it must be 0")
    return inputs // nodes


def _replace(layer: Layer, name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    parameter = getattr(layer, name)
    if parameter is not None:
        new = change(parameter.detach()).clone()
        setattr(layer, name, nn.Parameter(new, requires_grad=parameter.requires_grad))


def _state_sizes(layer: Layer) -> None:
    """Let the layer's own record of its sizes agree with its weight."""
    linear = isinstance(layer, nn.Linear)
    outputs, inputs = layer.weight.shape[:2]
    setattr(layer, "out_features" if linear else "out_channels", outputs)
    setattr(layer, "in_features" if linear else "in_channels", inputs)
