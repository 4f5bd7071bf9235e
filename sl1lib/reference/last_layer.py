r"""The last layer alone: its features are fixed, so the entropy error is convex in its weights (part *Smoothing*).

Weights and biases form one array :math:`W = (U \mid b)` of shape (C, K+1): the bias is the weight of one more
feature that is always 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import require_axes
from .dense import dense, dense_backward
from .losses import cross_entropy, cross_entropy_backward
from .penalty import penalty_cost, penalty_grad, penalty_prox

if TYPE_CHECKING:
    from ..settings import Penalty


def last_layer_error(
    W: np.ndarray,
    o: np.ndarray,
    labels: np.ndarray,
    penalty: Penalty | None = None,
) -> float:
    r"""Return :math:`E = E_0 + \lambda \sum_g h(u_g, \varepsilon)` as a function of the last layer.

    Equation ``eq-grad-error``, chapter *Gradients*.

    Parameters
    ----------
    W : ndarray, shape (C, K+1)
        Weights :math:`U`, and the biases as last column.
    o : ndarray, shape (N, K)
        Features, held fixed.
    labels : ndarray of integers, shape (N,), or one-hot, shape (N, C)
    penalty : Penalty, optional
        Without one, :math:`E = E_0`. Its ``step`` is not read.

    Examples
    --------
    >>> o, labels = np.array([[1.0], [-1.0]]), np.array([0, 1])
    >>> round(last_layer_error(np.zeros((2, 2)), o, labels), 4)
    0.6931
    """
    U, b = _split(W)
    return cross_entropy(dense(o, U, b), labels) + penalty_cost(U, penalty)


def last_layer_grad(
    W: np.ndarray,
    o: np.ndarray,
    labels: np.ndarray,
    penalty: Penalty | None = None,
) -> np.ndarray:
    r"""Return the gradient of `last_layer_error` with respect to :math:`W`.

    Equation ``eq-grad-error-gradient``, chapter *Gradients*.

    Parameters
    ----------
    W, o, labels, penalty
        As in `last_layer_error`.

    Returns
    -------
    ndarray, shape (C, K+1)

    Examples
    --------
    >>> o, labels = np.array([[1.0], [-1.0]]), np.array([0, 1])
    >>> last_layer_grad(np.zeros((2, 2)), o, labels)
    array([[-0.5,  0. ],
           [ 0.5,  0. ]])
    """
    U, b = _split(W)
    ds = cross_entropy_backward(dense(o, U, b), labels)
    _, dU, db = dense_backward(ds, o, U)
    if penalty is not None:
        dU = dU + penalty_grad(U, penalty)
    return np.column_stack([dU, db])


def last_layer_prox(
    W: np.ndarray, lr: float, penalty: Penalty
) -> np.ndarray:
    r"""Apply the proximal map of :math:`\eta\lambda \sum_g h` to the weights and leave the biases as they are.

    Equation ``eq-grad-prox``, chapter *Gradients*.

    Parameters
    ----------
    W : ndarray, shape (C, K+1)
    lr : float
        :math:`\eta \ge 0`.
    penalty : Penalty

    Returns
    -------
    ndarray, shape (C, K+1)

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> last_layer_prox(np.array([[3.0, 0.5, 7.0]]), 0.1, Penalty(10.0, profile="abs"))
    array([[2., 0., 7.]])
    """
    U, b = _split(W)
    return np.column_stack([penalty_prox(U, penalty, lr=lr), b])


def last_layer_lipschitz(o: np.ndarray) -> float:
    r"""Return a Lipschitz constant of the gradient of :math:`E_0` in the last layer.

    It is half the largest eigenvalue of :math:`\frac1J \sum_j \tilde x_j \tilde x_j^\top` with the features
    :math:`\tilde x_j = (x_j, 1)`, and so at most :math:`\frac{1}{2J} \sum_j \lVert \tilde x_j \rVert^2`.

    Equation ``eq-descent-last-layer``, chapter *Convergence*.

    Parameters
    ----------
    o : ndarray, shape (N, K)

    Returns
    -------
    float
        :math:`L_0`.

    Examples
    --------
    >>> round(last_layer_lipschitz(np.array([[2.0], [-2.0]])), 12)
    2.0
    """
    require_axes("o", o, "NK")
    extended = np.column_stack([o, np.ones(len(o))])
    return float(np.linalg.norm(extended, 2) ** 2 / (2 * len(o)))


def _split(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    require_axes("W", W, "CK")
    return W[:, :-1], W[:, -1]
