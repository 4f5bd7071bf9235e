"""Gradient descent with momentum, and a complete training in NumPy (chapter *Training in NumPy*)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..architecture import epoch_order
from ..settings import LearningRate
from .network import Arrays, backward
from .penalty import penalty_cost, penalty_prox

if TYPE_CHECKING:
    from ..readings import Reading
    from ..settings import MomentumRamp, Penalty


def heavy_ball_step(
    params: Arrays,
    velocity: Arrays,
    grads: Arrays,
    lr: float,
    momentum: float,
) -> tuple[Arrays, Arrays]:
    r"""Make one update: :math:`v \leftarrow \mu v - \eta \nabla E`, then :math:`w \leftarrow w + v`.

    Equation ``eq-heavy-ball``, chapter *The full training*.

    Parameters
    ----------
    params, velocity, grads : dict of ndarray
        The same names and shapes.
    lr : float
        The learning rate :math:`\eta > 0`.
    momentum : float
        :math:`\mu`, in [0, 1).

    Returns
    -------
    params, velocity : dict of ndarray
        New ones; the arguments stay as they are.

    Examples
    --------
    >>> w, v, g = {"b": np.array([1.0])}, {"b": np.array([0.5])}, {"b": np.array([2.0])}
    >>> heavy_ball_step(w, v, g, lr=0.1, momentum=0.2)
    ({'b': array([0.9])}, {'b': array([-0.1])})
    """
    velocity = {
        name: momentum * velocity[name] - lr * grads[name]
        for name in params
    }
    return {
        name: params[name] + velocity[name] for name in params
    }, velocity


def proximal_step(
    params: Arrays,
    velocity: Arrays,
    before: Arrays,
    lr: float,
    penalty: Penalty,
) -> tuple[Arrays, Arrays]:
    """Finish an update by the proximal map of the penalty on ``U``.

    Parameters
    ----------
    params, velocity : dict of ndarray
        After `heavy_ball_step` on the error without its penalty.
    before : dict of ndarray
        The parameters before that step. The velocity of ``U`` becomes the way it really went.
    lr : float
    penalty : Penalty

    Returns
    -------
    params, velocity : dict of ndarray

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> w, v = {"U": np.array([[0.5, 2.0]])}, {"U": np.zeros((1, 2))}
    >>> moved, _ = proximal_step(w, v, w, lr=0.1, penalty=Penalty(10.0, profile="abs", step="proximal"))
    >>> moved["U"]
    array([[0., 1.]])
    """
    U = penalty_prox(params["U"], penalty, lr=lr)
    return {**params, "U": U}, {**velocity, "U": U - before["U"]}


@dataclass(frozen=True)
class Update:
    """What `train` yields after each update: the error on the batch before it, and the parameters after it."""

    number: int
    error: float
    penalty: float
    params: Arrays


def train(
    params: Arrays,
    x: np.ndarray,
    labels: np.ndarray,
    *,
    epochs: int,
    lr: float | LearningRate,
    momentum: MomentumRamp,
    reading: str | Reading = "table",
    penalty: Penalty | None = None,
    batch_size: int = 50,
    seed: int = 0,
) -> Iterator[Update]:
    r"""Train the network in plain NumPy and yield after each update.

    Equation ``eq-numpy-batch``, chapter *Training in NumPy*.

    Parameters
    ----------
    params : dict of ndarray
        The start; not changed.
    x : ndarray, shape (N, 1, 28, 28)
    labels : ndarray of integers, shape (N,)
    epochs, batch_size, seed : int
        The order of epoch ``e`` is ``epoch_order(seed, e, N)``; a last batch that is not full is used as it is.
    lr : float or LearningRate
        A number is a constant rate.
    momentum : MomentumRamp
    reading : str or Reading
    penalty : Penalty, optional

    Yields
    ------
    Update
        ``.error`` is :math:`E_0` of the batch, ``.penalty`` is :math:`\lambda \sum h`, both before the update.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.reference import init_params
    >>> x, labels = np.zeros((4, 1, 28, 28)), np.array([0, 1, 2, 3])
    >>> [round(u.error, 3) for u in train(init_params(), x, labels, epochs=2, lr=1.0, momentum=MomentumRamp())]
    [2.303, 2.16]
    """
    proximal = penalty is not None and penalty.step == "proximal"
    velocity = {
        name: np.zeros_like(array) for name, array in params.items()
    }
    schedule = LearningRate.of(lr)
    number = 0
    for epoch in range(epochs):
        order = epoch_order(seed, epoch, len(x))
        for first in range(0, len(x), batch_size):
            batch = order[first : first + batch_size]
            cost = penalty_cost(params["U"], penalty)
            error, grads = backward(
                params,
                x[batch],
                labels[batch],
                reading,
                None if proximal else penalty,
            )
            before = params
            rate = schedule.at(number)
            params, velocity = heavy_ball_step(
                params, velocity, grads, rate, momentum.at(number)
            )
            if penalty is not None and proximal:
                params, velocity = proximal_step(
                    params, velocity, before, rate, penalty
                )
            yield Update(
                number, error if proximal else error - cost, cost, params
            )
            number += 1
