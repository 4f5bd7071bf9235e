"""ReLU, sigmoid and softmax (chapter *Dense layer and entropy*)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import require_shape_of, shape_of


def relu(x: ArrayLike) -> np.ndarray:
    r"""Return :math:`\max(0, x)`, element by element.

    Equation ``eq-dense-relu``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    x : array_like, any shape

    Returns
    -------
    ndarray, the shape of ``x``

    Examples
    --------
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(x, 0)


def relu_backward(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Pass the gradient where the *input* ``x`` was positive, and block it elsewhere.

    At 0, where ReLU has a corner, the derivative is taken as 0: one of its subgradients.

    Equations ``eq-dense-relu-grad`` and ``eq-dense-subgradient``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    dy : ndarray
        The gradient of the error with respect to ``relu(x)``.
    x : ndarray, the shape of ``dy``
        What went into the ReLU. (What came out has the same sign, so either serves; another layer's does not.)

    Returns
    -------
    ndarray, the shape of ``x``

    Examples
    --------
    >>> relu_backward(np.array([5.0, 5.0, 5.0]), np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 5.])
    """
    require_shape_of("dy", dy, "x", shape_of("x", x))
    return np.where(x > 0, dy, 0)


def sigmoid(x: ArrayLike) -> np.ndarray:
    r"""Return :math:`1 / (1 + e^{-x})`, element by element, without overflow for any finite ``x``.

    Parameters
    ----------
    x : array_like, any shape

    Returns
    -------
    ndarray in [0, 1], the shape of ``x``

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return (
        1 + np.tanh(np.divide(x, 2))
    ) / 2  # the same function; tanh never overflows


def sigmoid_backward(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Multiply the gradient by the slope ``y (1 - y)``, where ``y = sigmoid(x)`` is the *output*.

    Equation ``eq-backprop-slope``, chapter *Backpropagation*.

    Parameters
    ----------
    dy : ndarray
        The gradient of the error with respect to ``y``.
    y : ndarray, the shape of ``dy``
        What came out of the sigmoid.

    Returns
    -------
    ndarray, the shape of ``y``

    Examples
    --------
    >>> sigmoid_backward(np.array([1.0]), np.array([0.5]))
    array([0.25])
    """
    require_shape_of("dy", dy, "y", shape_of("y", y))
    return dy * y * (1 - y)


def softmax(s: ArrayLike) -> np.ndarray:
    r"""Turn scores into probabilities: :math:`e^{s_c} / \sum_d e^{s_d}` along the last axis.

    Equations ``eq-dense-softmax`` and ``eq-dense-shift``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    s : array_like, shape (..., C)
        Scores, any finite numbers.

    Returns
    -------
    ndarray, the shape of ``s``
        Each row is at least 0 and sums to 1.

    Examples
    --------
    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    s = np.asarray(s)
    # The same ratio, and no exponent above 0.
    shifted = s - s.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=-1, keepdims=True)
