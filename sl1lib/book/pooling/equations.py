"""Ledger entries of the chapter *Pooling*."""

from __future__ import annotations

from functools import partial

import numpy as np

from ... import fast, reference
from ...architecture import CLASSES, KERNEL_SIZE, MAPS, NODES, POOL
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME, normal

chapter = Chapter("network/pooling")
FORWARD = (reference.avg_pool2d, fast.avg_pool2d)
BOTH_WAYS = (reference.avg_pool2d, reference.avg_pool2d_backward)
K = 3  # a window of 3×3 tells k from k², and from 2


def maps() -> list[np.ndarray]:
    """Return maps (2,3,6,9) and a gradient for their means (2,3,2,3), random."""
    return normal(21, (2, 3, 6, 9), (2, 3, 2, 3))


def stage() -> list[np.ndarray]:
    """Return images (2,3,8,10), kernels (4,3,3,2) and biases (4,), random; the convolution gives 6×9, tiled by 3."""
    return normal(22, (2, 3, 8, 10), (4, 3, 3, 2), 4)


@chapter.equation("eq-pool", "average pooling, (2) of the paper", *FORWARD)
def average(check: Checks) -> None:
    a, _ = maps()
    p = np.zeros((2, 3, 2, 3))
    for n, c, i, j in np.ndindex(p.shape):
        for m in range(K):
            for l in range(K):
                p[n, c, i, j] += a[n, c, K * i + m, K * j + l] / K**2
    found = reference.avg_pool2d(a, K)
    check("reference against six nested loops", SAME, found, p)
    check.fast(fast.avg_pool2d, a, K, expected=found)


@chapter.equation("eq-pool-size", "the size of the pooled map", *FORWARD)
def size(check: Checks) -> None:
    """Count windows by trying: step on by k until one would leave the image."""
    for k in range(1, 6):
        for h in range(k, 31, k):
            windows = sum(1 for start in range(0, h, k) if start + k <= h)
            found = reference.avg_pool2d(np.zeros((1, 1, h, k)), k).shape[2:]
            check("against counting the windows, for 5 windows and every size up to 30", EQUAL, found, (windows, 1))


@chapter.equation(
    "eq-pool-separable",
    "pooling as a product of three matrices, and its transpose as the backward pass",
    *BOTH_WAYS,
)
def separable(check: Checks) -> None:
    def averager(h: int) -> np.ndarray:
        """Return R (h/K, h), built entry by entry."""
        R = np.zeros((h // K, h))
        for i, m in np.ndindex(h // K, K):
            R[i, K * i + m] = 1 / K
        return R

    a, d = maps()
    rows, columns = averager(6), averager(9)
    check("reference against the product with R", SAME, reference.avg_pool2d(a, K), rows @ a @ columns.T)
    backward = reference.avg_pool2d_backward(d, K)
    check("backward against the product with the transpose of R", SAME, backward, rows.T @ d @ columns)


@chapter.equation("eq-pool-grad", "the gradient for the maps", reference.avg_pool2d_backward)
def gradient(check: Checks) -> None:
    a, d = maps()
    by_hand = reference.avg_pool2d_backward(d, K)
    check.differences(by_hand, partial(reference.avg_pool2d, k=K), a, along=d)
    check.autograd(by_hand, partial(fast.avg_pool2d, k=K), a, along=d)


@chapter.equation("eq-pool-adjoint", "the inner products before and after", *BOTH_WAYS)
def adjoint(check: Checks) -> None:
    a, d = maps()
    forwards = np.sum(d * reference.avg_pool2d(a, K))
    backwards = np.sum(reference.avg_pool2d_backward(d, K) * a)
    apart = abs(forwards - backwards) / (np.linalg.norm(a) * np.linalg.norm(d))
    check("one inner product against the other", SAME, apart)


@chapter.equation("eq-pool-split", "what is kept and what is lost", *BOTH_WAYS)
def split(check: Checks) -> None:
    """Find what is lost by the singular vectors of the matrix, which know nothing of blocks."""
    a, _ = maps()
    p = reference.avg_pool2d(a, K)
    lost = a - K**2 * reference.avg_pool2d_backward(p, K)
    columns = [reference.avg_pool2d(unit.reshape(1, 1, 6, 9), K).ravel() for unit in np.eye(6 * 9)]
    _, values, vectors = np.linalg.svd(np.stack(columns, axis=1))
    null = vectors[len(values) :]  # the directions that are pooled to 0
    expected = null.T @ (null @ a[0, 0].ravel())
    check("the lost part against the null space from singular vectors", SAME, lost[0, 0].ravel(), expected)
    parts = K**2 * np.sum(p**2) + np.sum(lost**2)
    check("the squares of the parts against the square of the whole", SAME, parts, np.sum(a**2))


@chapter.equation("eq-pool-response", "the height of a wave after pooling", reference.avg_pool2d)
def response(check: Checks) -> None:
    frequencies = np.linspace(0.05, np.pi, 40)
    for k in (2, 3):
        waves = np.exp(1j * frequencies[:, None] * np.arange(12 * k))[:, None, :, None].repeat(k, axis=3)
        heights = np.abs(reference.avg_pool2d(waves, k)[:, 0, :, 0])
        formula = np.abs(np.sin(k * frequencies / 2) / (k * np.sin(frequencies / 2)))
        apart = np.abs(heights - formula[:, None])
        check(f"waves of 40 frequencies through windows of {k}", SAME, apart)


@chapter.equation("eq-pool-shift", "a shift by a whole window", reference.avg_pool2d)
def shift(check: Checks) -> None:
    """Move by one window, around the edge: the means move by one place, and by nothing else."""
    a, _ = maps()
    moved = reference.avg_pool2d(np.roll(a, (K, 2 * K), axis=(2, 3)), K)
    expected = np.roll(reference.avg_pool2d(a, K), (1, 2), axis=(2, 3))
    check("pooling the shifted maps against shifting the pooled ones", SAME, moved, expected)


@chapter.equation(
    "eq-pool-composed-kernel", "the kernel that convolves and pools", reference.composed_kernel, fast.composed_kernel
)
def composed_kernel(check: Checks) -> None:
    """Multiply polynomials: the coefficients of the kernel with those of the window."""
    _, kernel, _ = stage()
    outputs, inputs, kh, kw = kernel.shape
    full = np.zeros((outputs, inputs, kh + K - 1, kw + K - 1))
    for m, l, s, t in np.ndindex(kh, kw, K, K):
        full[:, :, m + s, l + t] += kernel[:, :, m, l] / K**2
    composed = reference.composed_kernel(kernel, K)
    check("reference against the product of two polynomials", SAME, composed, full)
    check.fast(fast.composed_kernel, kernel, K, expected=composed)


@chapter.equation(
    "eq-pool-composed",
    "the pooling of a convolution as one strided convolution",
    reference.conv_avg_pool2d,
    fast.conv_avg_pool2d,
)
def composed(check: Checks) -> None:
    x, kernel, bias = stage()
    two_steps = reference.avg_pool2d(reference.conv2d(x, kernel, bias), K)
    found = reference.conv_avg_pool2d(x, kernel, bias, K)
    check("reference against convolution, then pooling", SAME, found, two_steps)
    what = "fast against convolution, then pooling"
    check.fast(fast.conv_avg_pool2d, x, kernel, bias, K, expected=two_steps, what=what)
    params = reference.init_params(seed=2)
    x = np.random.default_rng(23).uniform(size=(2, 1, 28, 28))
    a = x
    for i in (1, 2):
        a = reference.relu(reference.conv_avg_pool2d(a, params[f"K{i}"], params[f"b{i}"], POOL))
    scores = reference.dense(a.reshape(2, -1), params["U"], params["b"])
    check("the scores of the whole network, reading table", SAME, scores, reference.forward(params, x, "table"))


@chapter.equation(
    "eq-pool-cost", "the multiply-adds of the composed convolution", reference.conv_avg_pool2d, fast.conv_avg_pool2d
)
def cost(check: Checks) -> None:
    """Count the products: places of the output times places of the composed kernel, layer by layer."""
    total, size, inputs = CLASSES * NODES, 28, 1
    for outputs in MAPS:
        kernel = np.zeros((outputs, inputs, KERNEL_SIZE, KERNEL_SIZE))
        p = reference.conv_avg_pool2d(np.zeros((1, inputs, size, size)), kernel, None, POOL)
        total += p[0, 0].size * reference.composed_kernel(kernel, POOL).size
        size, inputs = p.shape[2], outputs
    check("74,496 against counting the products of the network", EQUAL, 74_496, total)
