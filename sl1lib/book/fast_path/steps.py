"""One convolution, written in several ways: the steps from a loop to the engine's products with banded matrices.

Each function gives what `conv2d` gives, without a bias, and raises a ValueError where that does. They are for reading
and for measuring; training uses the last of them, in the form that ``engine`` gives it: tiles laid out once, matrices
and results in buffers.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...engine.bands import Bands
from ...errors import require_axes, require_convolvable, require_count, unexpected


def conv2d_loops(x: Tensor, kernel: Tensor) -> Tensor:
    """Convolve by seven nested loops over plain numbers, as equation (1) is read aloud. For small arrays only.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
    kernel : Tensor, shape (M, C, kh, kw)

    Returns
    -------
    Tensor, shape (N, M, H-kh+1, W-kw+1)
        Of the dtype of ``x``; the sums are made in Python's numbers, which are float64.

    Notes
    -----
    Equation ``eq-conv-channels``, chapters *Convolution* and *The fast path*.

    Examples
    --------
    >>> conv2d_loops(torch.arange(9.0).reshape(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))[0, 0]
    tensor([[-4., -4.],
            [-4., -4.]])
    """
    require_convolvable(x, kernel)
    (N, C, H, W), (M, _, kh, kw) = x.shape, kernel.shape
    X, K = x.tolist(), kernel.tolist()
    Y = x.new_zeros(N, M, H - kh + 1, W - kw + 1)
    for n in range(N):
        for f in range(M):
            for i in range(H - kh + 1):
                for j in range(W - kw + 1):
                    total = 0.0
                    for c in range(C):
                        for m in range(kh):
                            for l in range(kw):  # noqa: E741
                                total += X[n][c][i + m][j + l] * K[f][c][m][l]
                    Y[n, f, i, j] = total
    return Y


def im2col(x: Tensor, kh: int, kw: int) -> Tensor:
    """Copy every window of every image into a column of its own.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
    kh, kw : int
        The window's size.

    Returns
    -------
    Tensor, shape (N, C·kh·kw, (H-kh+1)·(W-kw+1))

    Notes
    -----
    Equation ``eq-fast-im2col``, chapter *The fast path*.

    Examples
    --------
    >>> im2col(torch.arange(9.0).reshape(1, 1, 3, 3), 2, 2)[0]
    tensor([[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]])
    """
    require_axes("x", x, "NCHW")
    require_convolvable(x, x.new_zeros(1, x.shape[1], kh, kw))
    return torch.nn.functional.unfold(x, (kh, kw))


def conv2d_im2col(x: Tensor, kernel: Tensor) -> Tensor:
    """Convolve by copying all windows and one product of matrices: as `conv2d_loops`.

    Notes
    -----
    Equation ``eq-fast-im2col``, chapter *The fast path*.

    Examples
    --------
    >>> conv2d_im2col(torch.arange(9.0).reshape(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))[0, 0]
    tensor([[-4., -4.],
            [-4., -4.]])
    """
    require_convolvable(x, kernel)
    (N, _, H, W), (M, _, kh, kw) = x.shape, kernel.shape
    windows = im2col(x, kh, kw)
    Y = kernel.reshape(M, -1) @ windows
    return Y.view(N, M, H - kh + 1, W - kw + 1)


def band_matrix(kernel: Tensor, width: int, stride: int = 1) -> Tensor:
    """Write the matrix that turns a strip, ``k`` rows of a tile, into a row of the convolution's output.

    Parameters
    ----------
    kernel : Tensor, shape (M, C, k, k)
    width : int
        Columns of the tile.
    stride : int

    Returns
    -------
    Tensor, shape (k·width·C, columns·M)
        Rows in the order (row, column, channel) of the strip, columns in the order (column, map) of the output.

    Notes
    -----
    Equation ``eq-fast-band``, chapter *The fast path*.

    Examples
    --------
    A kernel whose only row is 1, 2, 3, on strips of five columns, is the matrix of a sliding window:

    >>> kernel = torch.zeros(1, 1, 3, 3)
    >>> kernel[0, 0, 0] = torch.tensor([1.0, 2.0, 3.0])
    >>> band_matrix(kernel, width=5)[:5]
    tensor([[1., 0., 0.],
            [2., 1., 0.],
            [3., 2., 1.],
            [0., 3., 2.],
            [0., 0., 3.]])
    """
    _require_square(kernel)
    M, C, k, _ = kernel.shape
    require_count("the width of a tile", width, least=k)
    require_count("stride", stride, least=1)
    columns = (width - k) // stride + 1
    W = kernel.new_zeros(k * width * C, columns * M)
    column, channel = C * columns * M, columns * M  # how far down W the next one of a strip stands
    band = W.as_strided(
        (k, k, C, columns, M),
        (width * column, column, channel, stride * column + M, 1),
    )
    band.copy_(kernel.permute(2, 3, 1, 0)[:, :, :, None])
    return W


def cut_tiles(x: Tensor, bands: Bands) -> Tensor:
    """Lay images (N, C, H, H) out in overlapping tiles (N·tiles, H, width·C), row by row, with the channels innermost.

    Examples
    --------
    >>> bands = Bands(rows=6, channels=1, maps=1, kernel=3, stride=1, width=4)
    >>> cut_tiles(torch.arange(36.0).reshape(1, 1, 6, 6), bands)[:, 0]
    tensor([[0., 1., 2., 3.],
            [2., 3., 4., 5.]])
    """
    tiles = x.unfold(3, bands.width, bands.tile_step)
    tiles = tiles.permute(0, 3, 2, 4, 1)  # (N, tiles, H, width, C)
    return tiles.flatten(0, 1).flatten(2).contiguous()


def conv2d_banded(
    x: Tensor,
    kernel: Tensor,
    width: int,
    stride: int = 1,
) -> Tensor:
    """Convolve by products of overlapping strips with a banded matrix.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, H)
    kernel : Tensor, shape (M, C, k, k)
    width : int
        Columns of a tile. Tiles must cover the output without a rest.
    stride : int
        From one output to the next, in both directions.

    Returns
    -------
    Tensor, shape (N, M, columns, columns)
        What ``torch.nn.functional.conv2d(x, kernel, stride=stride)`` gives.

    Notes
    -----
    Equation ``eq-fast-banded``, chapter *The fast path*.

    Examples
    --------
    >>> x, kernel = torch.arange(9.0).reshape(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]])
    >>> conv2d_banded(x, kernel, width=2)[0, 0]
    tensor([[-4., -4.],
            [-4., -4.]])
    """
    require_convolvable(x, kernel)
    W = band_matrix(kernel, width, stride)
    bands = bands_for(x, kernel, width, stride)
    strips = bands.strips_of(cut_tiles(x, bands))
    Y = strips @ W  # (strips, N·tiles, inputs) @ (inputs, outputs)
    return images_of(Y, bands)


def banded_product(x: Tensor, kernel: Tensor, width: int, stride: int = 1) -> Callable[[], Tensor]:
    """Lay out tiles and matrix once, and return what is left to do for each batch: the product, into a buffer.

    It returns rows of output (strips, N·tiles, columns·M), in the same memory every time.

    Examples
    --------
    >>> x, kernel = torch.arange(9.0).reshape(1, 1, 3, 3), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]])
    >>> banded_product(x, kernel, width=3)()
    tensor([[[-4., -4.]],
    <BLANKLINE>
            [[-4., -4.]]])
    """
    require_convolvable(x, kernel)
    W = band_matrix(kernel, width, stride)
    bands = bands_for(x, kernel, width, stride)
    strips = bands.strips_of(cut_tiles(x, bands))
    for_each_strip = W.expand(bands.strips, -1, -1)
    Y = x.new_empty(*strips.shape[:2], bands.outputs)
    return lambda: torch.bmm(strips, for_each_strip, out=Y)


def bands_for(x: Tensor, kernel: Tensor, width: int, stride: int = 1) -> Bands:
    """Return the sizes of a banded convolution; raise where tiles leave a rest."""
    _require_square(kernel)
    _, C, H, W = x.shape
    if H != W:
        raise unexpected("the size of x", (H, W), "images must be square")
    fits = {}
    for w in range(kernel.shape[2], H + 1):
        bands = Bands(H, C, len(kernel), kernel.shape[2], stride, w)
        if bands.tiles * bands.columns == bands.strips:  # the tiles' columns together are all of the output
            fits[w] = bands
    if width not in fits:
        raise unexpected("the width of a tile", width, f"here it must be one of {list(fits)}")
    return fits[width]


def images_of(Y: Tensor, bands: Bands) -> Tensor:
    """Put rows of output ``(strips, N·tiles, columns·M)`` together into images ``(N, M, H', W')``."""
    Y = Y.view(bands.strips, -1, bands.tiles, bands.columns, bands.maps)
    Y = Y.permute(1, 4, 0, 2, 3)  # (N, M, strips, tiles, columns)
    return Y.flatten(3)


def _require_square(kernel: Tensor) -> None:
    require_axes("kernel", kernel, "MCHW")
    if kernel.shape[2] != kernel.shape[3]:
        raise unexpected("the kernel's size", tuple(kernel.shape[2:]), "it must be square here")
