"""ReLU, sigmoid and softmax on tensors. Mirrors ``sl1lib.reference.activations``."""

from __future__ import annotations

import torch

from ..errors import require_array


def relu(x: torch.Tensor) -> torch.Tensor:
    r"""Return :math:`\max(0, x)`, element by element; its derivative at 0 is taken as 0.

    Parameters
    ----------
    x : Tensor, any shape

    Returns
    -------
    Tensor, the shape of ``x``

    Notes
    -----
    Equation ``eq-dense-relu``, chapter *Dense layer and entropy*.

    Examples
    --------
    >>> relu(torch.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 3.])
    """
    require_array("x", x)
    return torch.relu(x)


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    r"""Return :math:`1 / (1 + e^{-x})`, element by element, without overflow for any finite ``x``.

    Parameters
    ----------
    x : Tensor, any shape

    Returns
    -------
    Tensor in [0, 1], the shape of ``x``

    Examples
    --------
    >>> sigmoid(torch.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    require_array("x", x)
    return torch.sigmoid(x)


def softmax(s: torch.Tensor) -> torch.Tensor:
    r"""Turn scores into probabilities: :math:`e^{s_c} / \sum_d e^{s_d}` along the last axis.

    Parameters
    ----------
    s : Tensor, shape (..., C)
        Scores, any finite numbers.

    Returns
    -------
    Tensor, the shape of ``s``

    Notes
    -----
    Equation ``eq-dense-softmax``, chapter *Dense layer and entropy*.

    Examples
    --------
    >>> softmax(torch.tensor([[1000.0, 1000.0]]))
    tensor([[0.5000, 0.5000]])
    """
    require_array("s", s)
    return torch.softmax(s, dim=-1)
