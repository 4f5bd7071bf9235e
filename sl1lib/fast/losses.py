"""The entropy error and its older rival on tensors. Mirrors ``sl1lib.reference.losses``."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import torch
import torch.nn.functional as F

from ..errors import require_axes, shape_of, unexpected


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
    """Check the labels with the words of ``reference.one_hot`` and give them the dtype PyTorch asks for."""
    require_axes("logits", logits, "NC")
    n, classes = logits.shape
    if shape_of("labels", labels) == (n, classes):
        rows = labels.to(logits.dtype)
        wrong = ~torch.isclose(rows.sum(dim=1), torch.ones_like(rows[:, 0])) | (rows < 0).any(dim=1)
        if wrong.any():
            row = int(wrong.int().argmax())
            raise unexpected(
                f"row {row} of the one-hot labels", labels[row].tolist(), "it must be at least 0 and sum to 1"
            )
        return rows
    if labels.shape != (n,):
        right = f"logits are {(n, classes)}, so ({n},) or {(n, classes)}"
        raise unexpected("the shape of labels", tuple(labels.shape), right)
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise unexpected("the dtype of labels", str(labels.dtype).removeprefix("torch."), "classes are integers")
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        row = int(outside.int().argmax())
        raise unexpected(f"label {row}", int(labels[row]), f"with {classes} classes it must be 0 … {classes - 1}")
    return labels.long()
