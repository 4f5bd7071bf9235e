"""Equation (1), the convolution, and its gradients (chapter *Convolution*)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..errors import (
    require_axes,
    require_convolvable,
    require_correlatable,
    require_same_maps,
    require_shape_of,
)


def conv2d(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    r"""Slide every kernel over every image: equation (1) of the paper, a valid cross-correlation.

    .. math:: Y_{n,f,i,j} = \beta_f + \sum_c \sum_m \sum_l X_{n,c,i+m,j+l}\, K_{f,c,m,l}

    Equation ``eq-conv-channels``, chapter *Convolution*.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
        Images.
    kernel : ndarray, shape (M, C, kh, kw)
        One kernel for each output map and input channel.
    bias : ndarray, shape (M,), optional
        Added to each output map.

    Returns
    -------
    ndarray of float64, shape (N, M, H-kh+1, W-kw+1)

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> kernel = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    >>> conv2d(x, kernel)[0, 0]
    array([[-4., -4.],
           [-4., -4.]])
    """
    require_convolvable(x, kernel, bias)
    # axes n c m l i j: windows[n,c,m,l,i,j] = x[n,c,i+m,j+l]
    windows = _windows(x, kernel.shape[2:])
    # Sum over c, m, l: axes 1, 2, 3 of kernel (f c m l) and of windows.
    y = np.tensordot(kernel, windows, axes=((1, 2, 3), (1, 2, 3)))
    y = y.swapaxes(0, 1)  # f n i j becomes n f i j
    return y if bias is None else y + bias[:, None, None]


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, kernel: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Carry the gradient of the error from a convolution's output to its three inputs.

    `conv2d_input_grad`, `conv2d_kernel_grad` and `conv2d_bias_grad` compute one each: equations
    ``eq-conv-grad-input``, ``eq-conv-grad-kernel`` and ``eq-conv-grad-bias``, chapter *Convolution*.

    Parameters
    ----------
    dy : ndarray, shape (N, M, H-kh+1, W-kw+1)
        The gradient of the error with respect to the output.
    x : ndarray, shape (N, C, H, W)
        The images that went in.
    kernel : ndarray, shape (M, C, kh, kw)
        The kernels that were used.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
    dkernel : ndarray, shape (M, C, kh, kw)
    dbias : ndarray, shape (M,)

    Examples
    --------
    >>> x, kernel = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))
    >>> dx, dkernel, dbias = conv2d_backward(np.ones((1, 1, 2, 2)), x, kernel)
    >>> dx[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    require_convolvable(x, kernel)
    (kh, kw), (h, w) = kernel.shape[2:], x.shape[2:]
    expected = (x.shape[0], kernel.shape[0], h - kh + 1, w - kw + 1)
    require_shape_of("dy", dy, "conv2d(x, kernel)", expected)
    return (
        conv2d_input_grad(dy, kernel),
        conv2d_kernel_grad(dy, x),
        conv2d_bias_grad(dy),
    )


def conv2d_kernel_grad(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    r"""Return a convolution's gradient for its kernels: the output's gradient times the pixels under the kernel.

    .. math:: \frac{\partial E}{\partial K_{f,c,m,l}} = \sum_n \sum_i \sum_j D_{n,f,i,j}\, X_{n,c,i+m,j+l}

    with :math:`D = \partial E / \partial Y`.

    Equation ``eq-conv-grad-kernel``, chapter *Convolution*.

    Parameters
    ----------
    dy : ndarray, shape (N, M, H-kh+1, W-kw+1)
        The gradient :math:`D` of the error with respect to the output.
    x : ndarray, shape (N, C, H, W)
        The images that went in.

    Returns
    -------
    ndarray of float64, shape (M, C, kh, kw)

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d_kernel_grad(np.ones((1, 1, 2, 2)), x)[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    require_correlatable(dy, x)
    (h, w), (h_out, w_out) = x.shape[2:], dy.shape[2:]
    windows = _windows(x, (h - h_out + 1, w - w_out + 1))
    # Sum over n, i, j: axes 0, 2, 3 of dy (n f i j); 0, 4, 5 of windows.
    return np.tensordot(dy, windows, axes=((0, 2, 3), (0, 4, 5)))


def conv2d_bias_grad(dy: np.ndarray) -> np.ndarray:
    r"""Return a convolution's gradient for its biases: the sum over images and positions.

    .. math:: \frac{\partial E}{\partial \beta_f} = \sum_n \sum_i \sum_j D_{n,f,i,j}

    Equation ``eq-conv-grad-bias``, chapter *Convolution*.

    Parameters
    ----------
    dy : ndarray, shape (N, M, H-kh+1, W-kw+1)
        The gradient :math:`D` of the error with respect to the output.

    Returns
    -------
    ndarray of float64, shape (M,)

    Examples
    --------
    >>> conv2d_bias_grad(np.ones((5, 2, 3, 3)))
    array([45., 45.])
    """
    require_axes("dy", dy, "NMHW")
    return dy.sum(axis=(0, 2, 3), dtype=np.float64)


def conv2d_input_grad(dy: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    r"""Return a convolution's gradient for its images: each output hands back to every pixel that it saw.

    .. math:: \frac{\partial E}{\partial X_{n,c,p,q}} = \sum_f \sum_m \sum_l D_{n,f,p-m,q-l}\, K_{f,c,m,l}

    with :math:`D = \partial E / \partial Y`, and :math:`D = 0` outside its own size.

    Equation ``eq-conv-grad-input``, chapter *Convolution*.

    Parameters
    ----------
    dy : ndarray, shape (N, M, H-kh+1, W-kw+1)
        The gradient :math:`D` of the error with respect to the output.
    kernel : ndarray, shape (M, C, kh, kw)
        The kernels that were used.

    Returns
    -------
    ndarray of float64, shape (N, C, H, W)

    Examples
    --------
    >>> conv2d_input_grad(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)))[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    require_same_maps(dy, kernel)
    # Sum over f: axis 0 of kernel, axis 1 of dy. It leaves c m l n i j:
    # what the output (i, j) hands back through the kernel's place (m, l) ...
    shares = np.tensordot(kernel, np.asarray(dy, np.float64), axes=(0, 1))
    (n, _, h, w), (_, c, kh, kw) = dy.shape, kernel.shape
    dx = np.zeros((n, c, h + kh - 1, w + kw - 1))
    for m, l in np.ndindex(kh, kw):
        # ... to the pixel that it saw there, (i+m, j+l).
        dx[:, :, m : m + h, l : l + w] += shares[:, m, l].swapaxes(0, 1)
    return dx


def _windows(x: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """View ``x`` (n,c,h,w) as all its windows (n,c,m,l,i,j) without copying a number of float64."""
    windows = sliding_window_view(
        np.asarray(x, np.float64), size, axis=(2, 3)
    )
    return windows.transpose(0, 1, 4, 5, 2, 3)  # from n c i j m l
