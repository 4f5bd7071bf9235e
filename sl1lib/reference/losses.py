"""The entropy error and its older rival (chapter *Dense layer and entropy*)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import require_labels
from .activations import softmax


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    r"""Return the mean entropy error :math:`E_0 = -\frac1J \sum_j \sum_c O^j_c \ln \operatorname{softmax}(S^j)_c`.

    Equation ``eq-dense-entropy``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    logits : ndarray, shape (N, C)
        Scores :math:`S`, any finite numbers: ``ln softmax`` is taken as one function and never overflows.
    labels : ndarray of integers, shape (N,), or one-hot, shape (N, C)
        The right classes; rows of probabilities are accepted too.

    Returns
    -------
    float
        In nats. A network that knows nothing has ``ln C``.

    Raises
    ------
    ValueError
        For labels outside ``0 … C-1``, or rows that do not sum to 1; it names the first.

    Examples
    --------
    >>> float(round(cross_entropy(np.zeros((2, 10)), np.array([3, 7])), 4))
    2.3026
    """
    targets = one_hot(labels, logits)
    return float(-(targets * log_softmax(logits)).sum() / len(logits))


def cross_entropy_backward(
    logits: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    r"""Return :math:`\partial E_0 / \partial S = (\operatorname{softmax}(S) - O) / N`.

    Equation ``eq-dense-entropy-grad``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    logits : ndarray, shape (N, C)
    labels : ndarray of integers, shape (N,), or one-hot, shape (N, C)

    Returns
    -------
    ndarray, shape (N, C)

    Examples
    --------
    >>> cross_entropy_backward(np.zeros((1, 2)), np.array([0]))
    array([[-0.5,  0.5]])
    """
    targets = one_hot(labels, logits)
    return (softmax(logits) - targets) / len(logits)


def squared_error(logits: np.ndarray, labels: np.ndarray) -> float:
    r"""Return the mean squared error of softmax, :math:`E_{sq} = \frac1{2N} \sum_{n,c} (p_{n,c} - O_{n,c})^2`.

    Equation ``eq-dense-squared``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    logits, labels
        As in `cross_entropy`.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> round(squared_error(np.zeros((2, 10)), np.array([3, 7])), 4)
    0.45
    """
    targets = one_hot(labels, logits)
    return float(
        ((softmax(logits) - targets) ** 2).sum() / (2 * len(logits))
    )


def squared_error_backward(
    logits: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    r"""Return :math:`\partial E_{sq} / \partial S_c = p_c (v_c - \sum_d v_d p_d) / N`, where :math:`v = p - O`.

    Equation ``eq-dense-squared``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    logits, labels
        As in `cross_entropy`.

    Returns
    -------
    ndarray, the shape of ``logits``

    Examples
    --------
    >>> squared_error_backward(np.zeros((1, 2)), np.array([0]))
    array([[-0.25,  0.25]])
    """
    p = softmax(logits)
    v = p - one_hot(labels, logits)
    return p * (v - (v * p).sum(axis=1, keepdims=True)) / len(logits)


def log_softmax(s: ArrayLike) -> np.ndarray:
    r"""Return :math:`\ln \operatorname{softmax}(s)_c = s_c - \ln \sum_d e^{s_d}`, finite for any finite scores.

    Equation ``eq-dense-logsumexp``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    s : array_like, shape (..., C)

    Returns
    -------
    ndarray, the shape of ``s``

    Examples
    --------
    >>> log_softmax(np.array([[0.0, -1000.0]]))
    array([[    0., -1000.]])
    """
    s = np.asarray(s)
    shifted = s - s.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def one_hot(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the ideal outputs ``(N, C)`` for labels given as classes ``(N,)`` or already as rows ``(N, C)``.

    Parameters
    ----------
    labels : ndarray of integers, shape (N,), or ndarray, shape (N, C)
    logits : ndarray, shape (N, C)
        Read for its shape.

    Returns
    -------
    ndarray of float64, shape (N, C)

    Examples
    --------
    >>> one_hot(np.array([1]), np.zeros((1, 3)))
    array([[0., 1., 0.]])
    """
    require_labels(labels, logits)
    if labels.ndim == 2:
        return labels.astype(np.float64)
    return np.eye(logits.shape[1])[labels]
