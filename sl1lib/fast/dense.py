"""Equation (3), the fully connected layer, on tensors. Mirrors ``sl1lib.reference.dense``."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_dense


def dense(o: torch.Tensor, U: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    r"""Weigh and sum the features: :math:`S = O U^\top + b`, equation (3) of the paper before its ReLU.

    Parameters
    ----------
    o : Tensor, shape (N, K)
        One row of features for each sample.
    U : Tensor, shape (C, K)
        Weights; column ``k`` holds the weights leaving node ``k``.
    b : Tensor, shape (C,)
        Biases.

    Returns
    -------
    Tensor, shape (N, C)

    Raises
    ------
    ValueError
        If the shapes do not fit together, or the batch is empty.

    Notes
    -----
    Equation ``eq-dense``, chapter *Dense layer and entropy*.

    Examples
    --------
    >>> dense(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([0.5]))
    tensor([[11.5000]])
    """
    require_dense(o, U, b)
    return F.linear(o, U, b)
