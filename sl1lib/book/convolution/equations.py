"""Ledger entries of the chapter *Convolution*."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ... import fast, reference
from ...architecture import KERNEL_SIZE, MAPS
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation


def _small_convolution() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images (2,3,6,7), kernels (4,3,3,2), biases (4,) and an output gradient (2,4,4,6), all random."""
    rng = np.random.default_rng(1)
    return (
        rng.normal(size=(2, 3, 6, 7)),
        rng.normal(size=(4, 3, 3, 2)),
        rng.normal(size=4),
        rng.normal(size=(2, 4, 4, 6)),
    )


def _loops(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Compute the convolution as its formula is read, one number and one product at a time."""
    samples, channels, height, width = x.shape
    maps, _, kh, kw = kernel.shape
    y = np.empty((samples, maps, height - kh + 1, width - kw + 1))
    for n, f, i, j in np.ndindex(y.shape):
        y[n, f, i, j] = bias[f]
        for c in range(channels):
            for m in range(kh):
                for l in range(kw):  # noqa: E741  # the book's letter
                    y[n, f, i, j] += x[n, c, i + m, j + l] * kernel[f, c, m, l]
    return y


def conv_one_channel() -> float:
    """Compare one image and one kernel with the loops; the paper's own (1)."""
    x, kernel, _, _ = _small_convolution()
    x, kernel = x[:1, :1], kernel[:1, :1]
    return deviation(reference.conv2d(x, kernel), _loops(x, kernel, np.zeros(1)))


def _conv_loops() -> float:
    x, kernel, bias, _ = _small_convolution()
    return deviation(reference.conv2d(x, kernel, bias), _loops(x, kernel, bias))


def _conv_fast(dtype: torch.dtype) -> float:
    x, kernel, bias, _ = _small_convolution()
    y = fast.conv2d(*(torch.tensor(array, dtype=dtype) for array in (x, kernel, bias)))
    return deviation(y.double().numpy(), reference.conv2d(x, kernel, bias))


def _conv_size() -> float:
    """Count places by trying: slide a window until it leaves the image."""
    wrong = 0
    for n in range(1, 30):
        for k in range(1, n + 1):
            places = sum(1 for start in range(n) if start + k <= n)
            wrong += reference.conv2d(np.zeros((1, 1, n, 1)), np.zeros((1, 1, k, 1))).shape[2] != places
    return float(wrong)


def _true_convolution(size: tuple[int, int], window: tuple[int, int]) -> float:
    """Multiply two polynomials in two variables: their coefficients are the full, true convolution."""
    rng = np.random.default_rng(2)
    x, kernel = rng.normal(size=size), rng.normal(size=window)
    full = np.zeros((size[0] + window[0] - 1, size[1] + window[1] - 1))
    for i, j in np.ndindex(size):
        for m, l in np.ndindex(window):  # noqa: E741  # the book's letter
            full[i + m, j + l] += x[i, j] * kernel[m, l]
    valid = full[window[0] - 1 : size[0], window[1] - 1 : size[1]]
    flipped = kernel[::-1, ::-1]
    return deviation(reference.conv2d(x[None, None], flipped[None, None])[0, 0], valid)


def _conv_gradient(which: int) -> float:
    """Compare a hand-derived gradient of ``Σ D·Y`` with central differences, entry by entry."""
    x, kernel, bias, d = _small_convolution()
    inputs = [x, kernel, bias]

    def error(value: np.ndarray) -> float:
        changed = [value if i == which else array for i, array in enumerate(inputs)]
        return float((d * reference.conv2d(changed[0], changed[1], changed[2])).sum())

    return deviation(reference.conv2d_backward(d, x, kernel)[which], central_differences(error, inputs[which]))


def _conv_autograd(which: int) -> float:
    x, kernel, bias, d = _small_convolution()
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, kernel, bias)]
    (gradient,) = torch.autograd.grad(fast.conv2d(*leaves), leaves[which], torch.tensor(d))
    return deviation(gradient.numpy(), reference.conv2d_backward(d, x, kernel)[which])


def _conv_matrix() -> float:
    """Build the matrix of the convolution column by column; its transpose must be the backward pass."""
    x, kernel, _, d = _small_convolution()
    columns = [reference.conv2d(unit.reshape(1, *x.shape[1:]), kernel).ravel() for unit in np.eye(x[0].size)]
    matrix = np.stack(columns, axis=1)
    forward = deviation(matrix @ x[0].ravel(), reference.conv2d(x[:1], kernel).ravel())
    backward = deviation(matrix.T @ d[0].ravel(), reference.conv2d_backward(d[:1], x[:1], kernel)[0].ravel())
    return max(forward, backward)


def _conv_cost() -> float:
    """Count the products of the loops for the network's two convolutions."""
    wrong = 0.0
    for maps, channels, size, stated in ((MAPS[0], 1, 28, 86_400), (MAPS[1], MAPS[0], 12, 115_200)):
        y = reference.conv2d(np.zeros((1, channels, size, size)), np.zeros((maps, channels, KERNEL_SIZE, KERNEL_SIZE)))
        wrong += abs(y.size * channels * KERNEL_SIZE**2 - stated)
    return wrong


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter, functions = "network/convolution", ("reference.conv2d", "fast.conv2d")
    yield Entry(
        "eq-conv",
        "the convolution of one image with one kernel, (1) of the paper",
        chapter,
        functions,
        (Check("reference against four nested loops", SAME, conv_one_channel),),
    )
    yield Entry(
        "eq-conv-size",
        "the size of the output",
        chapter,
        functions,
        (Check("against counting the places, for every size up to 29", 0.0, _conv_size),),
    )
    yield Entry(
        "eq-true-conv",
        "the mathematician's convolution is the cross-correlation with the flipped kernel",
        chapter,
        functions,
        (Check("reference against the product of two polynomials", SAME, lambda: _true_convolution((6, 7), (3, 2))),),
    )
    yield Entry(
        "eq-conv-channels",
        "the convolution with channels, maps and biases",
        chapter,
        functions,
        (
            Check("reference against seven nested loops", SAME, _conv_loops),
            Check("fast against reference, float64", SAME, lambda: _conv_fast(torch.float64)),
            Check("fast against reference, float32", 1e-5, lambda: _conv_fast(torch.float32)),
        ),
    )
    names = ("input", "kernel", "bias")
    for which in (1, 0, 2):
        yield Entry(
            f"eq-conv-grad-{names[which]}",
            f"the gradient for the {names[which]}",
            chapter,
            (f"reference.conv2d_{names[which]}_grad", "reference.conv2d_backward"),
            (
                Check("against central differences, every entry", DIFFERENCE, lambda w=which: _conv_gradient(w)),  # type: ignore[misc]
                Check("against autograd through the fast path", SAME, lambda w=which: _conv_autograd(w)),  # type: ignore[misc]
            ),
        )
    yield Entry(
        "eq-conv-matrix",
        "the convolution as a matrix, and its transpose as the backward pass",
        chapter,
        ("reference.conv2d", "reference.conv2d_backward"),
        (Check("the matrix built from unit images, and its transpose", SAME, _conv_matrix),),
    )
    yield Entry(
        "eq-conv-cost",
        "the number of multiply-adds",
        chapter,
        functions,
        (Check("against counting the products of both layers", 0.0, _conv_cost),),
    )
