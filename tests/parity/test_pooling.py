"""Equation (2): both engines against loops, sums over blocks, a moving average and PyTorch's layer."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter
from scipy.signal import convolve2d
from support import REFERENCE, every_engine, normal, seeds, sizes

from sl1lib import reference


@st.composite
def maps(draw):
    """Feature maps that windows of ``k×k`` tile."""
    k = draw(sizes)
    return normal(draw(seeds), draw(sizes), draw(sizes), k * draw(sizes), k * draw(sizes)), k


@every_engine
@given(maps())
def test_pooling_is_the_formula(engine, case):
    a, k = case
    n, c, h, w = a.shape
    expected = np.zeros((n, c, h // k, w // k))
    for s, d, i, j in np.ndindex(expected.shape):
        expected[s, d, i, j] = sum(a[s, d, k * i + m, k * j + b] for m, b in np.ndindex(k, k)) / k**2
    engine.agrees(engine("avg_pool2d", a, k), expected)


@every_engine
@given(maps())
def test_pooling_is_the_mean_of_each_block(engine, case):
    a, k = case
    rows = np.add.reduceat(a, np.arange(0, a.shape[2], k), axis=2)
    engine.agrees(engine("avg_pool2d", a, k), np.add.reduceat(rows, np.arange(0, a.shape[3], k), axis=3) / k**2)


@every_engine
@given(maps())
def test_pooling_samples_a_moving_average(engine, case):
    a, k = case
    smooth = uniform_filter(a, size=(1, 1, k, k), mode="constant")  # its window at p starts at p - k//2
    engine.agrees(engine("avg_pool2d", a, k), smooth[:, :, k // 2 :: k, k // 2 :: k])


@given(maps())
def test_pooling_and_its_gradient_are_pytorchs_layer(case):
    a, k = case
    given = torch.tensor(a, requires_grad=True)
    p = torch.nn.AvgPool2d(k)(given)
    dp = normal(0, *p.shape)
    p.backward(torch.tensor(dp))
    REFERENCE.agrees(reference.avg_pool2d(a, k), p.detach().numpy())
    REFERENCE.agrees(reference.avg_pool2d_backward(dp, k), given.grad.numpy())


@given(maps())
def test_backward_is_the_adjoint(case):
    a, k = case
    p = reference.avg_pool2d(a, k)
    dp = normal(1, *p.shape)
    scale = np.linalg.norm(a) * np.linalg.norm(dp)
    np.testing.assert_allclose(np.vdot(a, reference.avg_pool2d_backward(dp, k)), np.vdot(p, dp), atol=1e-13 * scale)


@every_engine
@given(maps())
def test_pooling_keeps_constants_and_the_mean(engine, case):
    a, k = case
    p = engine("avg_pool2d", a, k)
    engine.agrees(engine("avg_pool2d", np.full_like(a, 0.7), k), np.full_like(p, 0.7))
    np.testing.assert_allclose(p.mean(), a.mean(), atol=engine.tolerance * np.abs(a).max())


@st.composite
def stages(draw):
    """Images, kernels and biases whose convolution is tiled by windows of ``k×k``."""
    n, c, m, kh, kw, k, seed = (draw(strategy) for strategy in (sizes,) * 6 + (seeds,))
    h, w = kh + k * draw(sizes) - 1, kw + k * draw(sizes) - 1
    return normal(seed, n, c, h, w), normal(seed + 1, m, c, kh, kw), normal(seed + 2, m), k


@every_engine
@given(stages())
def test_composed_kernel_is_the_true_convolution_with_the_window(engine, case):
    _, kernel, _, k = case
    window = np.full((k, k), 1 / k**2)
    expected = [[convolve2d(channel, window) for channel in filter_] for filter_ in kernel]
    engine.agrees(engine("composed_kernel", kernel, k), expected)


@every_engine
@given(stages())
def test_one_strided_convolution_convolves_and_pools(engine, case):
    x, kernel, bias, k = case
    for beta in (bias, None):
        expected = reference.avg_pool2d(reference.conv2d(x, kernel, beta), k)
        np.testing.assert_allclose(
            engine("conv_avg_pool2d", x, kernel, beta, k),
            expected,
            rtol=0,
            atol=engine.tolerance * max(1, np.abs(x).max() * np.abs(kernel).sum()),
        )


def test_grey_levels_are_averaged_without_overflow():
    # exact: small whole numbers, no rounding
    np.testing.assert_array_equal(reference.avg_pool2d(np.full((1, 1, 2, 4), 200, np.uint8), 2), [[[[200.0, 200.0]]]])
