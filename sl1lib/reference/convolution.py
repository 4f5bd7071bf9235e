"""Equation (1), the convolution, and its gradients (chapter *Convolution*)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..errors import require_convolvable


def conv2d(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    r"""Slide every kernel over every image: equation (1) of the paper, a valid cross-correlation.

    .. math:: Y_{n,f,i,j} = \beta_f + \sum_c \sum_m \sum_l X_{n,c,i+m,j+l}\, K_{f,c,m,l}

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

    Raises
    ------
    ValueError
        If channels disagree, the kernel does not fit into the image, or the batch is empty.

    See Also
    --------
    conv2d_backward : its gradients.
    sl1lib.fast.conv2d : the same on tensors.

    Notes
    -----
    Equation ``eq-conv-channels``, chapter *Convolution*.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> kernel = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    >>> conv2d(x, kernel)[0, 0]
    array([[-4., -4.],
           [-4., -4.]])
    """
    require_convolvable(x, kernel, bias)
    windows = _windows(
        x, kernel.shape[2:]
    )  # axes n c i j m l: windows[n,c,i,j,m,l] = x[n,c,i+m,j+l]
    y = np.einsum("ncijml,fcml->nfij", windows, kernel, optimize=True)
    return y if bias is None else y + bias[:, None, None]


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, kernel: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Carry the gradient of the error from a convolution's output to its three inputs.

    .. math::
        \frac{\partial E}{\partial K_{f,c,m,l}} &= \sum_n \sum_i \sum_j D_{n,f,i,j}\, X_{n,c,i+m,j+l} \\
        \frac{\partial E}{\partial X_{n,c,p,q}} &= \sum_f \sum_m \sum_l D_{n,f,p-m,q-l}\, K_{f,c,m,l} \\
        \frac{\partial E}{\partial \beta_f} &= \sum_n \sum_i \sum_j D_{n,f,i,j}

    with :math:`D = \partial E / \partial Y`, and :math:`D = 0` outside its own size.

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

    Raises
    ------
    ValueError
        If ``dy`` does not have the shape that ``conv2d(x, kernel)`` has, or ``x`` and ``kernel`` do not fit.

    Notes
    -----
    Equations ``eq-conv-grad-kernel``, ``eq-conv-grad-input`` and ``eq-conv-grad-bias``, chapter *Convolution*.

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
    if dy.shape != expected:
        raise ValueError(
            f"the shape of dy is {dy.shape}; it must be that of conv2d(x, kernel), {expected}"
        )
    dkernel = np.einsum(
        "nfij,ncijml->fcml", dy, _windows(x, (kh, kw)), optimize=True
    )
    # D is zero outside its size: a border of kh-1 and kw-1 zeros says so, and the index p-m runs backwards
    # through the kernel, which is the same as running forwards through the flipped one.
    bordered = np.pad(
        dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1))
    )
    flipped = kernel[:, :, ::-1, ::-1]
    dx = np.einsum(
        "nfpqml,fcml->ncpq",
        _windows(bordered, (kh, kw)),
        flipped,
        optimize=True,
    )
    return dx, dkernel, dy.sum(axis=(0, 2, 3))


def _windows(x: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """View ``x`` (n,c,h,w) as all its windows (n,c,i,j,m,l) without copying a number of float64."""
    return sliding_window_view(np.asarray(x, np.float64), size, axis=(2, 3))
