"""Ledger entries of the chapter *Convolution*."""

from __future__ import annotations

from functools import partial

import numpy as np

from ... import fast, reference
from ...architecture import KERNEL_SIZE, MAPS
from ..entry import Chapter, Checks
from ..measure import DIFFERENCE, EQUAL, SAME, autograd, differences, normal

chapter = Chapter("network/convolution")
FORWARD = (reference.conv2d, fast.conv2d)


def small_convolution() -> list[np.ndarray]:
    """Return images (2,3,6,7), kernels (4,3,3,2), biases (4,) and an output gradient (2,4,4,6), all random."""
    return normal(1, (2, 3, 6, 7), (4, 3, 3, 2), 4, (2, 4, 4, 6))


def loops(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Compute the convolution as its formula is read, one number and one product at a time."""
    samples, channels, height, width = x.shape
    maps, _, kh, kw = kernel.shape
    y = np.empty((samples, maps, height - kh + 1, width - kw + 1))
    for n, f, i, j in np.ndindex(y.shape):
        y[n, f, i, j] = bias[f]
        for c in range(channels):
            for m in range(kh):
                for l in range(kw):
                    y[n, f, i, j] += x[n, c, i + m, j + l] * kernel[f, c, m, l]
    return y


@chapter.equation("eq-conv", "the convolution of one image with one kernel, (1) of the paper", *FORWARD)
def one_channel(check: Checks) -> None:
    x, kernel, _, _ = small_convolution()
    x, kernel = x[:1, :1], kernel[:1, :1]
    check("reference against four nested loops", SAME, reference.conv2d(x, kernel), loops(x, kernel, np.zeros(1)))


@chapter.equation("eq-conv-size", "the size of the output", *FORWARD)
def size(check: Checks) -> None:
    """Count places by trying: slide a window until it leaves the image."""
    for n in range(1, 30):
        for k in range(1, n + 1):
            places = sum(1 for start in range(n) if start + k <= n)
            y = reference.conv2d(np.zeros((1, 1, n, 1)), np.zeros((1, 1, k, 1)))
            check("against counting the places, for every size up to 29", EQUAL, y.shape[2], places)


@chapter.equation(
    "eq-true-conv",
    "the mathematician's convolution is the cross-correlation with the flipped kernel",
    *FORWARD,
)
def true_convolution(check: Checks) -> None:
    """Multiply two polynomials in two variables: their coefficients are the full, true convolution."""
    x, kernel = normal(2, (6, 7), (3, 2))
    full = np.zeros((8, 8))
    for i, j, m, l in np.ndindex(*x.shape, *kernel.shape):
        full[i + m, j + l] += x[i, j] * kernel[m, l]
    y = reference.conv2d(x[None, None], kernel[None, None, ::-1, ::-1])[0, 0]
    check("reference against the product of two polynomials", SAME, y, full[2:6, 1:7])


@chapter.equation("eq-conv-channels", "the convolution with channels, maps and biases", *FORWARD)
def with_channels(check: Checks) -> None:
    x, kernel, bias, _ = small_convolution()
    y = reference.conv2d(x, kernel, bias)
    check("reference against seven nested loops", SAME, y, loops(x, kernel, bias))
    check.fast(fast.conv2d, x, kernel, bias, expected=y)


def compare_gradient(check: Checks, which: int) -> None:
    """Compare a hand-derived gradient of ``Σ D·Y``: 0 is the input's, 1 the kernel's, 2 the biases'."""
    *inputs, d = small_convolution()
    by_hand = reference.conv2d_backward(d, *inputs[:2])[which]
    by_differences = differences(reference.conv2d, *inputs, along=d)[which]
    check("against central differences, every entry", DIFFERENCE, by_hand, by_differences)
    check("against autograd through the fast path", SAME, by_hand, autograd(fast.conv2d, *inputs, along=d)[which])


for label, title, function, which in (
    ("eq-conv-grad-kernel", "the gradient for the kernel", reference.conv2d_kernel_grad, 1),
    ("eq-conv-grad-input", "the gradient for the input", reference.conv2d_input_grad, 0),
    ("eq-conv-grad-bias", "the gradient for the bias", reference.conv2d_bias_grad, 2),
):
    chapter.equation(label, title, function, reference.conv2d_backward)(partial(compare_gradient, which=which))


@chapter.equation(
    "eq-conv-matrix",
    "the convolution as a matrix, and its transpose as the backward pass",
    reference.conv2d,
    reference.conv2d_backward,
)
def matrix(check: Checks) -> None:
    """Build the matrix of the convolution column by column; its transpose must be the backward pass."""
    x, kernel, _, d = small_convolution()
    columns = [reference.conv2d(unit.reshape(1, *x.shape[1:]), kernel).ravel() for unit in np.eye(x[0].size)]
    A = np.stack(columns, axis=1)
    what = "the matrix built from unit images, and its transpose"
    check(what, SAME, A @ x[0].ravel(), reference.conv2d(x[:1], kernel).ravel())
    check(what, SAME, A.T @ d[0].ravel(), reference.conv2d_backward(d[:1], x[:1], kernel)[0].ravel())


@chapter.equation("eq-conv-cost", "the number of multiply-adds", *FORWARD)
def cost(check: Checks) -> None:
    """Count the products of the loops for the network's two convolutions."""
    for maps, channels, size, stated in ((MAPS[0], 1, 28, 86_400), (MAPS[1], MAPS[0], 12, 115_200)):
        y = reference.conv2d(np.zeros((1, channels, size, size)), np.zeros((maps, channels, KERNEL_SIZE, KERNEL_SIZE)))
        counted = y.size * channels * KERNEL_SIZE**2
        check("against counting the products of both layers", EQUAL, counted, stated)
