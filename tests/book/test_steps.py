"""Every way to write the convolution gives what `fast.conv2d` gives, and refuses what it cannot do."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sl1lib import fast
from sl1lib.book.fast_path.steps import (
    band_matrix,
    banded_product,
    bands_for,
    conv2d_banded,
    conv2d_im2col,
    conv2d_loops,
    cut_tiles,
    im2col,
    images_of,
)
from sl1lib.engine.bands import Bands


def arrays(N=2, C=3, H=8, W=8, M=4, k=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(N, C, H, W, dtype=dtype, generator=generator),
        torch.randn(M, C, k, k, dtype=dtype, generator=generator),
    )


@pytest.mark.parametrize("step", [conv2d_loops, conv2d_im2col])
@pytest.mark.parametrize("shape", [(2, 3, 6, 7, 4, 3), (1, 1, 5, 5, 1, 5), (3, 2, 9, 4, 5, 2)])
def test_a_step_gives_the_convolution(step, shape):
    x, kernel = arrays(*shape)
    torch.testing.assert_close(step(x, kernel), fast.conv2d(x, kernel), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("step", [conv2d_loops, conv2d_im2col])
def test_a_kernel_need_not_be_square(step):
    x, kernel = arrays()
    kernel = kernel[:, :, :2]
    torch.testing.assert_close(step(x, kernel), fast.conv2d(x, kernel), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("size", "k", "stride", "widths"),
    [
        (8, 3, 1, (3, 4, 5, 8)),
        (28, 5, 1, (8, 12, 16, 28)),
        (28, 6, 2, (8, 12, 28)),
        (12, 6, 2, (8, 12)),
        (3, 3, 1, (3,)),
    ],
)
def test_banded_products_give_the_convolution_for_every_width(size, k, stride, widths):
    x, kernel = arrays(H=size, W=size, k=k)
    expected = F.conv2d(x, kernel, stride=stride)
    for width in widths:
        found = conv2d_banded(x, kernel, width, stride)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_the_product_alone_writes_rows_into_one_buffer():
    x, kernel = arrays(H=12, W=12, k=6)
    product = banded_product(x, kernel, 8, stride=2)
    rows = product()
    assert product().data_ptr() == rows.data_ptr()
    found = images_of(rows, bands_for(x, kernel, 8, 2))
    torch.testing.assert_close(found, F.conv2d(x, kernel, stride=2), rtol=1e-12, atol=1e-12)


def test_the_matrix_holds_the_kernel_where_the_formula_says():
    _, kernel = arrays(k=3)
    width, stride, (M, C, k, _) = 7, 2, kernel.shape
    W = band_matrix(kernel, width, stride).view(k, width, C, 3, M)
    for m, q, c, j, f in np.ndindex(*W.shape):
        inside = 0 <= q - stride * j < k
        assert W[m, q, c, j, f] == (kernel[f, c, m, q - stride * j] if inside else 0)


def test_strips_are_views_of_the_tiles():
    x, kernel = arrays()
    bands = bands_for(x, kernel, 4)
    tiles = cut_tiles(x, bands)
    strips = bands.strips_of(tiles)
    assert strips.data_ptr() == tiles.data_ptr()
    assert strips.numel() > tiles.numel()
    assert tiles.view(2, 3, 8, 4, 3)[1, 2, 5, 3, 0] == x[1, 0, 5, 2 * 2 + 3]


def test_windows_are_copies():
    x, _ = arrays(N=1, C=2, H=5, W=4)
    columns = im2col(x, 3, 2)
    assert columns.shape == (1, 2 * 3 * 2, 3 * 3)
    torch.testing.assert_close(columns[0, :, 4], x[0, :, 1:4, 1:3].flatten())


def test_what_cannot_be_done_is_refused_with_what_can():
    x, kernel = arrays()
    with pytest.raises(ValueError, match=r"width of a tile is 6; here it must be one of \[3, 4, 5, 8\]"):
        conv2d_banded(x, kernel, 6)
    with pytest.raises(ValueError, match=r"width of a tile is 2; it must be a whole number of at least 3"):
        band_matrix(kernel, 2)
    with pytest.raises(ValueError, match=r"kernel's size is \(2, 3\); it must be square"):
        conv2d_banded(x, kernel[:, :, :2], 4)
    with pytest.raises(ValueError, match=r"size of x is \(7, 8\); images must be square"):
        conv2d_banded(x[:, :, :7], kernel, 4)
    with pytest.raises(ValueError, match=r"stride is 0"):
        band_matrix(kernel, 4, 0)
    for step in (conv2d_loops, conv2d_im2col):
        with pytest.raises(ValueError, match="channels of kernel"):
            step(x, kernel[:, :2])
    with pytest.raises(ValueError, match="kernel's size"):
        im2col(x, 9, 1)


def test_the_engine_holds_the_same_matrix_with_its_columns_in_another_order():
    """The engine puts even columns before odd ones, so that pooling adds halves of a row."""
    from sl1lib.engine.passes import Matrices
    from sl1lib.engine.weights import Weights, stack
    from sl1lib.readings import find_reading

    params = {name: tensor.double() for name, tensor in fast.init_params(seed=3).items()}
    weights = Weights(1, torch.float64, torch.device("cpu"))
    weights.write(stack([params]))
    matrices = Matrices(1, find_reading("text"), 1.0, torch.float64, torch.device("cpu"))
    matrices.write(weights)
    layer = matrices.layers[0].bands
    assert isinstance(layer, Bands)
    plain = band_matrix(params["K1"], layer.width).view(layer.inputs, layer.columns // 2, 2, layer.maps)
    found = matrices.layers[0].W[0].view(layer.inputs, 2, layer.columns // 2, layer.maps)
    torch.testing.assert_close(found, plain.transpose(1, 2))
