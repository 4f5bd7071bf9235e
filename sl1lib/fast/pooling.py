"""Equation (2), average pooling, on tensors. Mirrors ``sl1lib.reference.pooling``."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_poolable


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
        If ``H`` or ``W`` is not a multiple of ``k``, or the batch is empty.

    Examples
    --------
    >>> avg_pool2d(torch.arange(16.0).reshape(1, 1, 4, 4), k=2)[0, 0]
    tensor([[ 2.5000,  4.5000],
            [10.5000, 12.5000]])
    """
    require_poolable(a, k)
    return F.avg_pool2d(a, k)
