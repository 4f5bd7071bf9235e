"""Equation (3), the fully connected layer, before its activation (chapter *Dense layer and entropy*)."""

from __future__ import annotations

import numpy as np

from ..errors import require_axes, require_dense, require_shape_of


def dense(o: np.ndarray, U: np.ndarray, b: np.ndarray) -> np.ndarray:
    r"""Weigh and sum the features: :math:`S = O U^\top + b`, equation (3) of the paper before its ReLU.

    Equation ``eq-dense``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    o : ndarray, shape (N, K)
        One row of features for each sample.
    U : ndarray, shape (C, K)
        Weights; column ``k`` holds the weights leaving node ``k``.
    b : ndarray, shape (C,)
        Biases.

    Returns
    -------
    ndarray, shape (N, C)

    Examples
    --------
    >>> dense(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([[11.5]])
    """
    require_dense(o, U, b)
    return o @ U.T + b


def dense_backward(
    ds: np.ndarray, o: np.ndarray, U: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Carry the gradient of the error from the scores to features, weights and biases.

    .. math::
        \frac{\partial E}{\partial O} = D U, \qquad
        \frac{\partial E}{\partial U} = D^\top O, \qquad
        \frac{\partial E}{\partial b} = \sum_n D_n

    Equation ``eq-dense-grad``, chapter *Dense layer and entropy*.

    Parameters
    ----------
    ds : ndarray, shape (N, C)
        The gradient :math:`D` of the error with respect to the scores.
    o : ndarray, shape (N, K)
        The features that went in.
    U : ndarray, shape (C, K)
        The weights that were used.

    Returns
    -------
    do : ndarray, shape (N, K)
    dU : ndarray, shape (C, K)
    db : ndarray, shape (C,)

    Examples
    --------
    >>> do, dU, db = dense_backward(np.array([[1.0]]), np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    >>> do, dU, db
    (array([[3., 4.]]), array([[1., 2.]]), array([1.]))
    """
    require_axes("o", o, "NK")
    require_axes("U", U, "CK")
    expected = (o.shape[0], U.shape[0])
    require_shape_of("ds", ds, "dense(o, U, b)", expected)
    return ds @ U, ds.T @ o, ds.sum(axis=0)
