"""Gradient descent with momentum, on tensors. Mirrors ``sl1lib.reference.optimizer``, whose loop is ``engine`` here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .network import Tensors
from .penalty import penalty_prox

if TYPE_CHECKING:
    from ..settings import Penalty


def heavy_ball_step(
    params: Tensors, velocity: Tensors, grads: Tensors, lr: float, momentum: float
) -> tuple[Tensors, Tensors]:
    """Compute :func:`sl1lib.reference.heavy_ball_step` on tensors.

    Examples
    --------
    >>> import torch
    >>> w, v, g = {"b": torch.ones(1)}, {"b": torch.full((1,), 0.5)}, {"b": torch.full((1,), 2.0)}
    >>> heavy_ball_step(w, v, g, lr=0.1, momentum=0.2)
    ({'b': tensor([0.9000])}, {'b': tensor([-0.1000])})
    """
    velocity = {name: momentum * velocity[name] - lr * grads[name] for name in params}
    return {name: params[name] + velocity[name] for name in params}, velocity


def proximal_step(
    params: Tensors, velocity: Tensors, before: Tensors, lr: float, penalty: Penalty
) -> tuple[Tensors, Tensors]:
    """Compute :func:`sl1lib.reference.proximal_step` on tensors.

    Examples
    --------
    >>> import torch
    >>> from sl1lib import Penalty
    >>> w, v = {"U": torch.tensor([[0.5, 2.0]])}, {"U": torch.zeros(1, 2)}
    >>> moved, _ = proximal_step(w, v, w, lr=0.1, penalty=Penalty(10.0, profile="abs", step="proximal"))
    >>> moved["U"]
    tensor([[0., 1.]])
    """
    U = penalty_prox(params["U"], penalty, lr=lr)
    return {**params, "U": U}, {**velocity, "U": U - before["U"]}
