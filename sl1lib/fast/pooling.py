"""Equation (2), average pooling, on tensors. Mirrors ``sl1lib.reference.pooling``."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_axes, require_convolvable, require_count, require_poolable, require_tiled, unexpected


def avg_pool2d(a: torch.Tensor, k: int) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.avg_pool2d` on a tensor of floating-point numbers.

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
    """Compute :func:`sl1lib.reference.composed_kernel` on a tensor.

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
    """Compute :func:`sl1lib.reference.conv_avg_pool2d` on tensors.

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
