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
    r"""Make one update: :math:`v \leftarrow \mu v - \eta \nabla E`, then :math:`w \leftarrow w + v`.

    Parameters
    ----------
    params, velocity, grads : dict of Tensor
        The same names and shapes.
    lr : float
        The learning rate :math:`\eta > 0`.
    momentum : float
        :math:`\mu`, in [0, 1).

    Returns
    -------
    params, velocity : dict of Tensor
        New ones; the arguments stay as they are.

    Notes
    -----
    Equation ``eq-heavy-ball``, chapter *Full training*.

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
    """Finish an update by the proximal map of the penalty on ``U``.

    Parameters
    ----------
    params, velocity : dict of Tensor
        After `heavy_ball_step` on the error without its penalty.
    before : dict of Tensor
        The parameters before that step. The velocity of ``U`` becomes the way it really went.
    lr : float
    penalty : Penalty

    Returns
    -------
    params, velocity : dict of Tensor

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
