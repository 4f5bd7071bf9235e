"""Equation (3), the fully connected layer, on tensors. Mirrors ``sl1lib.reference.dense``."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_dense


def dense(o: torch.Tensor, U: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.dense` on tensors.

    Examples
    --------
    >>> dense(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([0.5]))
    tensor([[11.5000]])
    """
    require_dense(o, U, b)
    return F.linear(o, U, b)
