"""Equation (2), average pooling, and its gradient (chapter *Pooling*)."""

from __future__ import annotations

import numpy as np

from ..errors import require_axes, require_count, require_poolable


def avg_pool2d(a: np.ndarray, k: int) -> np.ndarray:
    r"""Replace every ``k×k`` block by its mean: equation (2) of the paper.

    .. math:: P_{n,c,i,j} = \frac{1}{k^2} \sum_{m<k} \sum_{l<k} A_{n,c,ki+m,kj+l}

    Parameters
    ----------
    a : ndarray, shape (N, C, H, W)
        Feature maps.
    k : int
        Height and width of the window, and its stride.

    Returns
    -------
    ndarray, shape (N, C, H/k, W/k)

    Raises
    ------
    ValueError
        If ``H`` or ``W`` is not a multiple of ``k``, or the batch is empty.

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), k=2)[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    require_poolable(a, k)
    n, c, h, w = a.shape
    blocks = a.reshape(n, c, h // k, k, w // k, k)  # axes n c i m j l: blocks[n,c,i,m,j,l] = a[n,c,ki+m,kj+l]
    return blocks.sum(axis=(3, 5)) / k**2


def avg_pool2d_backward(dp: np.ndarray, k: int) -> np.ndarray:
    r"""Share the gradient of each mean equally among the ``k²`` values it was taken of.

    .. math:: \frac{\partial E}{\partial A_{n,c,ki+m,kj+l}} = \frac{1}{k^2} \frac{\partial E}{\partial P_{n,c,i,j}}

    Parameters
    ----------
    dp : ndarray, shape (N, C, H/k, W/k)
        The gradient of the error with respect to the means.
    k : int
        The window of the forward pass.

    Returns
    -------
    ndarray, shape (N, C, H, W)

    Examples
    --------
    >>> avg_pool2d_backward(np.ones((1, 1, 1, 1)), k=2)[0, 0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    require_axes("dp", dp, "NCHW")
    require_count("the pooling window k", k, least=1)
    return dp.repeat(k, axis=2).repeat(k, axis=3) / k**2
