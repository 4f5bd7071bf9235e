"""ReLU, sigmoid and softmax on tensors. Mirrors ``sl1lib.reference.activations``."""

from __future__ import annotations

import torch

from ..errors import require_array


def relu(x: torch.Tensor) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.relu` on a tensor; autograd takes its derivative at 0 as 0.

    Examples
    --------
    >>> relu(torch.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 3.])
    """
    require_array("x", x)
    return torch.relu(x)


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.sigmoid` on a tensor.

    Examples
    --------
    >>> sigmoid(torch.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    require_array("x", x)
    return torch.sigmoid(x)


def softmax(s: torch.Tensor) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.softmax` on a tensor.

    Examples
    --------
    >>> softmax(torch.tensor([[1000.0, 1000.0]]))
    tensor([[0.5000, 0.5000]])
    """
    require_array("s", s)
    return torch.softmax(s, dim=-1)
