"""Equation (1), the convolution, on tensors. Mirrors ``sl1lib.reference.convolution``; autograd differentiates it."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..errors import require_convolvable


def conv2d(x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Slide every kernel over every image: equation (1) of the paper, a valid cross-correlation.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        Images.
    kernel : Tensor, shape (M, C, kh, kw)
        One kernel for each output map and input channel; of the dtype and on the device of ``x``.
    bias : Tensor, shape (M,), optional
        Added to each output map.

    Returns
    -------
    Tensor, shape (N, M, H-kh+1, W-kw+1)
        Of the dtype and on the device of ``x``.

    Raises
    ------
    ValueError
        If channels disagree, the kernel does not fit into the image, or the batch is empty.

    See Also
    --------
    sl1lib.reference.conv2d : the same in NumPy, beside the mathematics.

    Notes
    -----
    Equation ``eq-conv-channels``, chapter *Convolution*.

    Examples
    --------
    >>> x = torch.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))[0, 0]
    tensor([[-4., -4.],
            [-4., -4.]])
    """
    require_convolvable(x, kernel, bias)
    return F.conv2d(x, kernel, bias)
