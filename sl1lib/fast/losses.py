"""The entropy error and its older rival on tensors. Mirrors ``sl1lib.reference.losses``."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import torch
import torch.nn.functional as F

from ..errors import require_labels


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.cross_entropy` on tensors, as a scalar.

    Examples
    --------
    >>> cross_entropy(torch.zeros(2, 10), torch.tensor([3, 7]))
    tensor(2.3026)
    """
    return F.cross_entropy(logits, _targets(labels, logits))


def squared_error(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Compute :func:`sl1lib.reference.squared_error` on tensors, as a scalar.

    Examples
    --------
    >>> squared_error(torch.zeros(2, 10), torch.tensor([3, 7]))
    tensor(0.4500)
    """
    targets = _targets(labels, logits)
    if targets.dim() == 1:
        targets = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
    return ((torch.softmax(logits, dim=1) - targets) ** 2).sum() / (2 * len(logits))


LOSSES: Final = MappingProxyType({"cross_entropy": cross_entropy, "squared_error": squared_error})


def _targets(labels: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Check the labels and give them the dtype PyTorch asks for."""
    require_labels(labels, logits)
    return labels.to(logits.dtype) if labels.dim() == 2 else labels.long()
