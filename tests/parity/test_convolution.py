"""Equation (1): both engines against loops written from the formula, SciPy, PyTorch's layer, and its algebra."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d
from support import REFERENCE, assert_close, every_engine, normal, seeds, sizes

from sl1lib import reference


@st.composite
def convolutions(draw):
    """Images, kernels and biases of every shape that fits together."""
    n, c, m, kh, kw = (draw(sizes) for _ in range(5))
    h, w = draw(st.integers(kh, kh + 4)), draw(st.integers(kw, kw + 4))
    seed = draw(seeds)
    return normal(seed, n, c, h, w), normal(seed + 1, m, c, kh, kw), normal(seed + 2, m)


def loops(x, kernel, bias):
    (n, _, h, w), (m, c, kh, kw) = x.shape, kernel.shape
    y = np.zeros((n, m, h - kh + 1, w - kw + 1))
    for s, f, i, j in np.ndindex(y.shape):
        y[s, f, i, j] = bias[f] + sum(x[s, d, i + a, j + b] * kernel[f, d, a, b] for d, a, b in np.ndindex(c, kh, kw))
    return y


@every_engine
@given(convolutions())
def test_convolution_is_the_formula(engine, arrays):
    engine.agrees(engine("conv2d", *arrays), loops(*arrays))


@every_engine
@given(convolutions())
def test_convolution_is_scipys_correlation(engine, arrays):
    x, kernel, _ = arrays
    expected = [[sum(map(lambda a, k: correlate2d(a, k, "valid"), image, f)) for f in kernel] for image in x]
    engine.agrees(engine("conv2d", x, kernel), expected)


@given(convolutions())
def test_convolution_and_its_gradients_are_pytorchs_layer(arrays):
    x, kernel, bias = arrays
    layer = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2:], dtype=torch.float64)
    layer.weight.data, layer.bias.data = torch.tensor(kernel), torch.tensor(bias)
    given = torch.tensor(x, requires_grad=True)
    y = layer(given)
    dy = normal(0, *y.shape)
    y.backward(torch.tensor(dy))
    REFERENCE.agrees(reference.conv2d(x, kernel, bias), y.detach().numpy())
    for received, leaf in zip(reference.conv2d_backward(dy, x, kernel), (given, layer.weight, layer.bias), strict=True):
        REFERENCE.agrees(received, leaf.grad.numpy())


@given(convolutions())
def test_backward_is_the_adjoint_in_the_image_and_in_the_kernel(arrays):
    """``<A x, y> = <x, Aᵀ y>`` for both linear maps; and the bias's is the sum."""
    x, kernel, _ = arrays
    y = reference.conv2d(x, kernel)
    dy = normal(1, *y.shape)
    dx, dkernel, dbias = reference.conv2d_backward(dy, x, kernel)
    scale = np.linalg.norm(y) * np.linalg.norm(dy)
    np.testing.assert_allclose([np.vdot(x, dx), np.vdot(kernel, dkernel)], np.vdot(y, dy), atol=1e-13 * scale)
    REFERENCE.agrees(dbias, np.einsum("nfij->f", dy))


@given(convolutions())
def test_each_gradient_by_itself_is_the_one_of_all_three(arrays):
    x, kernel, _ = arrays
    dy = normal(1, *reference.conv2d(x, kernel).shape)
    each = reference.conv2d_input_grad(dy, kernel), reference.conv2d_kernel_grad(dy, x), reference.conv2d_bias_grad(dy)
    for received, expected in zip(reference.conv2d_backward(dy, x, kernel), each, strict=True):
        assert received.dtype == expected.dtype
        assert_close(received, expected, 1e-12)


@every_engine
@given(convolutions(), seeds)
def test_convolution_is_linear(engine, arrays, seed):
    x, kernel, _ = arrays
    z = normal(seed, *x.shape)
    engine.agrees(
        engine("conv2d", 2 * x - 3 * z, kernel),
        2 * reference.conv2d(x, kernel) - 3 * reference.conv2d(z, kernel),
        tolerance=10 * engine.tolerance,
    )


@every_engine
def test_a_kernel_with_a_single_one_picks_that_place(engine):
    """Not flipped: the one at row 0, column 2 of the kernel shows the image shifted by (0, 2)."""
    x = normal(0, 1, 1, 6, 7)
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 0, 2] = 1
    engine.agrees(engine("conv2d", x, kernel)[0, 0], x[0, 0, :4, 2:])


@every_engine
@given(seeds)
def test_convolution_then_pooling_is_one_convolution_of_stride_two(engine, seed):
    """With pooling straight after it, a 5×5 kernel acts as the 6×6 kernel ``K ⊛ ¼ ones(2, 2)``, two steps at a time."""
    x, kernel = normal(seed, 1, 1, 12, 12), normal(seed + 1, 1, 1, 5, 5)
    wide = convolve2d(kernel[0, 0], np.full((2, 2), 1 / 4))
    pooled = engine.take(engine.module.avg_pool2d(engine.module.conv2d(engine.give(x), engine.give(kernel)), 2))
    engine.agrees(pooled[0, 0], correlate2d(x[0, 0], wide, "valid")[::2, ::2])


def test_the_reference_computes_in_float64_whatever_it_is_given():
    grey, weights = np.full((1, 1, 3, 3), 200, np.uint8), np.full((1, 1, 2, 2), 2, np.uint8)
    y = reference.conv2d(grey, weights)
    assert y.dtype == np.float64
    # exact: small whole numbers, no rounding
    np.testing.assert_array_equal(y, np.full((1, 1, 2, 2), 1600.0))  # in uint8 it would be 64
    dx, dkernel, dbias = reference.conv2d_backward(np.full((1, 1, 2, 2), 200, np.uint8), grey, weights)
    # exact: small whole numbers, no rounding
    np.testing.assert_array_equal(dx[0, 0], 400.0 * np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]), strict=True)
    # exact: small whole numbers, no rounding
    np.testing.assert_array_equal(dkernel, np.full((1, 1, 2, 2), 160_000.0), strict=True)
    np.testing.assert_array_equal(dbias, [800.0], strict=True)  # exact: small whole numbers, no rounding
