"""Equation (1), the convolution, on tensors. Mirrors ``sl1lib.reference.convolution``; autograd differentiates it."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_convolvable


def conv2d(x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.conv2d` on tensors of one dtype and device.

    Examples
    --------
    >>> x = torch.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))[0, 0]
    tensor([[-4., -4.],
            [-4., -4.]])
    """
    require_convolvable(x, kernel, bias)
    return F.conv2d(x, kernel, bias)
