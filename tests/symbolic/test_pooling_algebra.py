"""Pooling's algebra, proved: every number is a symbol, so what holds here holds for all numbers."""

import itertools

import numpy as np
import pytest
import sympy as sp

from sl1lib import reference


def symbols(name, *shape):
    """An array of as many different symbols, which NumPy's sums and products take like numbers."""
    return np.array(sp.symarray(name, shape), dtype=object)


def convolve(image, kernel):
    """Equation (1) for one image and one kernel of symbols."""
    h, w = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    y = np.empty((h, w), dtype=object)
    for i, j in np.ndindex(h, w):
        y[i, j] = (image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return y


def same(received, expected):
    return received.shape == expected.shape and all(
        sp.expand(r - e) == 0 for r, e in zip(received.ravel(), expected.ravel(), strict=True)
    )


@pytest.mark.parametrize(("kh", "kw", "k"), [(1, 1, 2), (2, 3, 2), (2, 1, 3)])
def test_pooling_a_convolution_is_one_strided_convolution(kh, kw, k):
    x, kernel = symbols("x", kh + 2 * k - 1, kw + k - 1), symbols("k", kh, kw)
    y = convolve(x, kernel)
    pooled = y.reshape(y.shape[0] // k, k, y.shape[1] // k, k).sum(axis=(1, 3)) * sp.Rational(1, k**2)
    composed = np.full((kh + k - 1, kw + k - 1), sp.Integer(0), dtype=object)
    for m, l, s, t in itertools.product(range(kh), range(kw), range(k), range(k)):  # noqa: E741
        composed[m + s, l + t] += kernel[m, l] * sp.Rational(1, k**2)
    assert same(convolve(x, composed)[::k, ::k], pooled)


@pytest.mark.parametrize("k", [2, 3])
def test_the_librarys_pooling_is_the_formula_in_symbols(k):
    a = symbols("a", 1, 1, 2 * k, k)
    # The library divides; a sum of symbols divided by an integer stays exact.
    p = reference.avg_pool2d(a, k)
    blocks = [sum(a[0, 0, k * i : k * i + k].ravel()) / sp.Integer(k**2) for i in range(2)]
    assert same(p[0, 0, :, 0], np.array(blocks, dtype=object))


@pytest.mark.parametrize("k", [2, 3])
def test_kept_and_lost_parts_are_orthogonal(k):
    a = symbols("a", 1, 1, k, 2 * k)
    kept = k**2 * reference.avg_pool2d_backward(reference.avg_pool2d(a, k), k)
    assert sp.expand((kept * (a - kept)).sum()) == 0
    assert sp.expand((a**2).sum() - k**2 * (reference.avg_pool2d(a, k) ** 2).sum() - ((a - kept) ** 2).sum()) == 0


@pytest.mark.parametrize("k", [2, 3, 4])
def test_height_of_a_wave(k):
    """The sum of a geometric series, squared: |1 - z^k|² / |1 - z|² with z on the unit circle."""
    half = sp.symbols("half", real=True)  # ω / 2
    series = sum(sp.exp(2 * sp.I * half * m) for m in range(k))
    squared = sp.expand(series * sp.conjugate(series)).rewrite(sp.cos)
    difference = squared * sp.sin(half) ** 2 - sp.sin(k * half) ** 2
    assert sp.simplify(sp.expand(difference.rewrite(sp.exp))) == 0
