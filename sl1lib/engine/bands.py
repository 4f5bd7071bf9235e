r"""Convolutions as products with banded matrices: tiles of the images, the matrices, and the way back.

Cut an image into *tiles* 12 columns wide. In memory a tile's rows follow one another, so any ``k`` of its rows, a
*strip*, are ``12k`` numbers in a row, and all strips together are one matrix that shares its memory with the tile: no
window is ever copied. A row of the convolution's output is a linear function of one strip, and the same one for every
strip of every tile of every image: a product with one matrix :math:`W`,

.. math:: W_{(m,q,c),(j,f)} = K_{f,c,m,q-sj} \quad\text{where } 0 \le q - sj < k, \text{ else } 0,

for stride :math:`s`: row ``m`` and column ``q`` of the strip, channel ``c``, output column ``j``, map ``f``. The
entries that are not 0 form a band. Narrow tiles waste few products on zeros, wide ones need few overlaps: a tile of 12
columns serves 8 columns of output at stride 1, or 4 at stride 2, and fits both layers.

Equations ``eq-fast-band`` and ``eq-fast-banded``, chapter *The fast path*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch

from ..architecture import IMAGE_SIZE, KERNEL_SIZE, POOL

TILE: Final = 12  # columns of a tile
TILE_STEP: Final = 8  # from one tile to the next: 12 columns less the kernel's overlap of 4


def tile_images(x: torch.Tensor) -> torch.Tensor:
    """Cut images into three overlapping tiles; done once, since images never change.

    Parameters
    ----------
    x : Tensor, shape (N, 1, 28, 28) or (N, 28, 28)

    Returns
    -------
    Tensor, shape (N, 3, 28, 12)
        Columns 0–11, 8–19 and 16–27.

    Examples
    --------
    >>> tile_images(torch.arange(28.0).expand(1, 28, 28))[0, :, 0, 0]
    tensor([ 0.,  8., 16.])
    """
    windows = x.reshape(-1, IMAGE_SIZE, IMAGE_SIZE).unfold(2, TILE, TILE_STEP)
    return windows.permute(0, 2, 1, 3).contiguous()


def pooling_matrix(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    r"""Return the matrix that turns a 5×5 kernel into the 6×6 kernel of convolution *and* pooling, 36×25.

    The mean of a 2×2 block of outputs, each a sum over a window, is one sum over the 6×6 window that contains the four:

    .. math:: K'_{m,l} = \tfrac14 \sum_{a,b \in \{0,1\}} K_{m-a,l-b} = (A K A^\top)_{m,l},
        \qquad A_{m,i} = \tfrac12 [\,m - i \in \{0, 1\}\,].

    On kernels written as vectors this is :math:`A \otimes A`. With stride 2 it gives only the pooled outputs:
    36 products in place of 4·25. Being linear, it carries gradients back by its transpose.

    Equation ``eq-fast-compose``, chapter *The fast path*.

    Examples
    --------
    >>> C = pooling_matrix(torch.float64, torch.device("cpu"))
    >>> (C @ torch.ones(25, dtype=torch.float64)).view(6, 6)[0]
    tensor([0.2500, 0.5000, 0.5000, 0.5000, 0.5000, 0.2500], dtype=torch.float64)
    """
    A = torch.zeros(KERNEL_SIZE + 1, KERNEL_SIZE, dtype=dtype, device=device)
    for shift in range(POOL):
        A.diagonal(-shift).fill_(1 / POOL)
    return torch.kron(A, A)


@dataclass(frozen=True)
class Bands:
    """The banded matrices of one convolutional layer, for all models."""

    rows: int  # and columns, of what the layer reads
    channels: int
    maps: int
    kernel: int  # 5, with stride 1; or 6, with stride 2, composed with the pooling
    stride: int
    width: int  # columns of a tile

    @property
    def tile_step(self) -> int:
        """Columns from one tile to the next."""
        return self.columns * self.stride

    @property
    def tiles(self) -> int:
        """How many tiles an image is cut into."""
        return (self.rows - self.width) // self.tile_step + 1

    @property
    def strips(self) -> int:
        """How many strips a tile has: the rows of its output."""
        return (self.rows - self.kernel) // self.stride + 1

    @property
    def columns(self) -> int:
        """The columns of its output."""
        return (self.width - self.kernel) // self.stride + 1

    @property
    def inputs(self) -> int:
        """Numbers of a strip: the rows of `W`."""
        return self.kernel * self.width * self.channels

    @property
    def outputs(self) -> int:
        """Numbers of a row of output, ordered (column parity, half column, map) or (column, map)."""
        return self.columns * self.maps

    @property
    def parities(self) -> int:
        """2 where columns are pooled later: even columns stand before odd ones, so that neighbours can be added."""
        return POOL // self.stride

    def strips_of(self, tiles: torch.Tensor) -> torch.Tensor:
        """View tiles ``(N, rows, width·channels)`` as all strips ``(strips, N, inputs)``, which overlap in memory."""
        row = self.width * self.channels
        return tiles.as_strided((self.strips, len(tiles), self.inputs), (self.stride * row, self.rows * row, 1))

    def band(self, W: torch.Tensor) -> torch.Tensor:
        """View ``W (M, inputs, outputs)`` by its band: ``(M, m, l, channel, parity, half column, map)``.

        One column of output further is ``stride`` columns of input down and one group of maps to the right: a diagonal
        step, which is a stride like any other. Writing the matrix is then one copy, without any table of indices.
        """
        k, C, F, N, P = self.kernel, self.channels, self.maps, self.outputs, self.parities
        down, half = self.stride * C * N, self.columns // P
        return W.as_strided(
            (len(W), k, k, C, P, half, F),
            (W.stride(0), self.width * C * N, C * N, N, down + half * F, P * down + F, 1),
        )
