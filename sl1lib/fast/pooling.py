"""Equation (2), average pooling, on tensors. Mirrors ``sl1lib.reference.pooling``."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_axes, require_convolvable, require_count, require_poolable, require_tiled, unexpected


def avg_pool2d(a: torch.Tensor, k: int) -> torch.Tensor:
    """Replace every ``k×k`` block by its mean: equation (2) of the paper.

    Parameters
    ----------
    a : Tensor, shape (N, C, H, W)
        Feature maps.
    k : int
        Height and width of the window, and its stride.

    Returns
    -------
    Tensor, shape (N, C, H/k, W/k)

    Raises
    ------
    ValueError
        If ``H`` or ``W`` is not a multiple of ``k``, the batch is empty, or ``a`` holds integers.

    See Also
    --------
    sl1lib.reference.avg_pool2d : the same in NumPy, beside the mathematics.

    Notes
    -----
    Equation ``eq-pool``, chapter *Pooling*.

    Examples
    --------
    >>> avg_pool2d(torch.arange(16.0).reshape(1, 1, 4, 4), k=2)[0, 0]
    tensor([[ 2.5000,  4.5000],
            [10.5000, 12.5000]])
    """
    require_poolable(a, k)
    if not a.is_floating_point():  # PyTorch would cut the means down to integers
        raise unexpected("the dtype of a", str(a.dtype).removeprefix("torch."), "means are fractions; give a.float()")
    return F.avg_pool2d(a, k)


def composed_kernel(kernel: torch.Tensor, k: int) -> torch.Tensor:
    """Return the one kernel that convolves and pools at once, when it moves in steps of ``k``.

    Parameters
    ----------
    kernel : Tensor, shape (M, C, kh, kw)
        The kernels of a convolution.
    k : int
        Height and width of the pooling window that follows it, and its stride.

    Returns
    -------
    Tensor, shape (M, C, kh+k-1, kw+k-1)

    Raises
    ------
    ValueError
        If ``kernel`` does not have four axes, or ``k`` is no whole number of at least 1.

    See Also
    --------
    sl1lib.reference.composed_kernel : the same in NumPy, beside the mathematics.

    Notes
    -----
    Equation ``eq-pool-composed-kernel``, chapter *Pooling*.

    Examples
    --------
    >>> composed_kernel(torch.tensor([[[[4.0, 0.0], [0.0, -4.0]]]]), k=2)[0, 0]
    tensor([[ 1.,  1.,  0.],
            [ 1.,  0., -1.],
            [ 0., -1., -1.]])
    """
    require_axes("kernel", kernel, "MCHW")
    require_count("the pooling window k", k, least=1)
    return F.avg_pool2d(F.pad(kernel, (k - 1,) * 4), k, stride=1)


def conv_avg_pool2d(x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None, k: int) -> torch.Tensor:
    """Convolve and pool in one step: ``avg_pool2d(conv2d(x, kernel, bias), k)``, with fewer multiply-adds.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        Images.
    kernel : Tensor, shape (M, C, kh, kw)
        The kernels of the convolution, before they are composed with the pooling.
    bias : Tensor, shape (M,), or None
    k : int
        The pooling window.

    Returns
    -------
    Tensor, shape (N, M, (H-kh+1)/k, (W-kw+1)/k)

    Raises
    ------
    ValueError
        As `conv2d` and `avg_pool2d` do.

    See Also
    --------
    sl1lib.reference.conv_avg_pool2d : the same in NumPy, beside the mathematics.

    Notes
    -----
    Equation ``eq-pool-composed``, chapter *Pooling*.

    Examples
    --------
    >>> x, kernel = torch.arange(9.0).reshape(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]])
    >>> conv_avg_pool2d(x, kernel, None, k=2)
    tensor([[[[-4.]]]])
    """
    require_convolvable(x, kernel, bias)
    (h, w), (kh, kw) = x.shape[2:], kernel.shape[2:]
    require_tiled((h - kh + 1, w - kw + 1), k)
    return F.conv2d(x, composed_kernel(kernel, k), bias, stride=k)
