"""Equation (2), average pooling, and its gradient (chapter *Pooling*)."""

from __future__ import annotations

import numpy as np

from ..errors import (
    require_axes,
    require_convolvable,
    require_count,
    require_poolable,
    require_tiled,
)
from .convolution import _windows


def avg_pool2d(a: np.ndarray, k: int) -> np.ndarray:
    r"""Replace every ``k×k`` block by its mean: equation (2) of the paper.

    .. math:: P_{n,c,i,j} = \frac{1}{k^2} \sum_{m<k} \sum_{l<k} A_{n,c,ki+m,kj+l}

    Equation ``eq-pool``, chapter *Pooling*.

    Parameters
    ----------
    a : ndarray, shape (N, C, H, W)
        Feature maps.
    k : int
        Height and width of the window, and its stride; ``H`` and ``W`` are multiples of it.

    Returns
    -------
    ndarray, shape (N, C, H/k, W/k)

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), k=2)[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    require_poolable(a, k)
    # a[:, :, m::k, l::k] holds a[n,c,ki+m,kj+l], one place of every block.
    places = [a[:, :, m::k, l::k] for m, l in np.ndindex(k, k)]
    return np.sum(places, axis=0) / k**2


def avg_pool2d_backward(dp: np.ndarray, k: int) -> np.ndarray:
    r"""Share the gradient of each mean equally among the ``k²`` values it was taken of.

    .. math:: \frac{\partial E}{\partial A_{n,c,ki+m,kj+l}} = \frac{1}{k^2} \frac{\partial E}{\partial P_{n,c,i,j}}

    Equation ``eq-pool-grad``, chapter *Pooling*.

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


def composed_kernel(kernel: np.ndarray, k: int) -> np.ndarray:
    r"""Return the one kernel that convolves and pools at once, when it moves in steps of ``k``.

    .. math:: \bar K_{f,c,a,b} = \frac{1}{k^2} \sum_{m<k} \sum_{l<k} K_{f,c,a-m,b-l}

    with :math:`K = 0` outside its own size: the true convolution of each kernel with the pooling window.

    Equation ``eq-pool-composed-kernel``, chapter *Pooling*.

    Parameters
    ----------
    kernel : ndarray, shape (M, C, kh, kw)
        The kernels of a convolution.
    k : int
        Height and width of the pooling window that follows it, and its stride.

    Returns
    -------
    ndarray, shape (M, C, kh+k-1, kw+k-1)

    Examples
    --------
    >>> composed_kernel(np.array([[[[4.0, 0.0], [0.0, -4.0]]]]), k=2)[0, 0]
    array([[ 1.,  1.,  0.],
           [ 1.,  0., -1.],
           [ 0., -1., -1.]])
    """
    require_axes("kernel", kernel, "MCHW")
    require_count("the pooling window k", k, least=1)
    maps, channels, kh, kw = kernel.shape
    composed = np.zeros((maps, channels, kh + k - 1, kw + k - 1))
    for m, l in np.ndindex(k, k):
        # K, moved by m rows and l columns: K[a-m,b-l] stands at (a, b).
        composed[:, :, m : m + kh, l : l + kw] += kernel / k**2
    return composed


def conv_avg_pool2d(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, k: int
) -> np.ndarray:
    r"""Convolve and pool in one step: ``avg_pool2d(conv2d(x, kernel, bias), k)``, with fewer multiply-adds.

    .. math:: P_{n,f,i,j} = \beta_f + \sum_c \sum_a \sum_b X_{n,c,ki+a,kj+b}\, \bar K_{f,c,a,b}

    Equation ``eq-pool-composed``, chapter *Pooling*.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
        Images.
    kernel : ndarray, shape (M, C, kh, kw)
        The kernels of the convolution, before they are composed with the pooling.
    bias : ndarray, shape (M,), or None
    k : int
        The pooling window.

    Returns
    -------
    ndarray, shape (N, M, (H-kh+1)/k, (W-kw+1)/k)

    Examples
    --------
    >>> x, kernel = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    >>> conv_avg_pool2d(x, kernel, None, k=2)
    array([[[[-4.]]]])
    """
    require_convolvable(x, kernel, bias)
    (h, w), (kh, kw) = x.shape[2:], kernel.shape[2:]
    require_tiled((h - kh + 1, w - kw + 1), k)
    # axes n c a b i j: windows[n,c,a,b,i,j] = x[n,c,ki+a,kj+b]
    windows = _windows(x, (kh + k - 1, kw + k - 1))[..., ::k, ::k]
    composed = composed_kernel(kernel, k)
    # Sum over c, a, b: axes 1, 2, 3 of composed (f c a b) and of windows.
    p = np.tensordot(composed, windows, axes=((1, 2, 3), (1, 2, 3)))
    p = p.swapaxes(0, 1)  # f n i j becomes n f i j
    return p if bias is None else p + bias[:, None, None]
