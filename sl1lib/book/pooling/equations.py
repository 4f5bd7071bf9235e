"""Ledger entries of the chapter *Pooling*."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ... import fast, reference
from ...architecture import CLASSES, KERNEL_SIZE, MAPS, NODES, POOL
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation

K = 3  # a window of 3×3 tells k from k², and from 2


def _maps() -> tuple[np.ndarray, np.ndarray]:
    """Return maps (2,3,6,9) and a gradient for their means (2,3,2,3), random."""
    rng = np.random.default_rng(21)
    return rng.normal(size=(2, 3, 6, 9)), rng.normal(size=(2, 3, 2, 3))


def _stage() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images (2,3,8,10), kernels (4,3,3,2) and biases (4,), random; the convolution gives 6×9, tiled by 3."""
    rng = np.random.default_rng(22)
    return rng.normal(size=(2, 3, 8, 10)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)


def _loops() -> float:
    """Add up each block as the formula is read."""
    a, _ = _maps()
    p = np.zeros((2, 3, 2, 3))
    for n, c, i, j in np.ndindex(p.shape):
        for m in range(K):
            for l in range(K):  # noqa: E741  # the book's letter
                p[n, c, i, j] += a[n, c, K * i + m, K * j + l] / K**2
    return deviation(reference.avg_pool2d(a, K), p)


def _fast(dtype: torch.dtype) -> float:
    a, _ = _maps()
    return deviation(fast.avg_pool2d(torch.tensor(a, dtype=dtype), K).double().numpy(), reference.avg_pool2d(a, K))


def _size() -> float:
    """Count windows by trying: step on by k until one would leave the image."""
    wrong = 0
    for k in range(1, 6):
        for h in range(k, 31, k):
            windows = sum(1 for start in range(0, h, k) if start + k <= h)
            wrong += reference.avg_pool2d(np.zeros((1, 1, h, k)), k).shape[2:] != (windows, 1)
    return float(wrong)


def _averager(h: int) -> np.ndarray:
    """Return R (h/K, h), built entry by entry."""
    R = np.zeros((h // K, h))
    for i in range(h // K):
        for m in range(K):
            R[i, K * i + m] = 1 / K
    return R


def _separable() -> float:
    a, _ = _maps()
    return deviation(reference.avg_pool2d(a, K), _averager(6) @ a @ _averager(9).T)


def _separable_backward() -> float:
    _, d = _maps()
    return deviation(reference.avg_pool2d_backward(d, K), _averager(6).T @ d @ _averager(9))


def _gradient() -> float:
    a, d = _maps()
    differences = central_differences(lambda value: float((d * reference.avg_pool2d(value, K)).sum()), a)
    return deviation(reference.avg_pool2d_backward(d, K), differences)


def _autograd() -> float:
    a, d = _maps()
    leaf = torch.tensor(a, requires_grad=True)
    (gradient,) = torch.autograd.grad(fast.avg_pool2d(leaf, K), leaf, torch.tensor(d))
    return deviation(gradient.numpy(), reference.avg_pool2d_backward(d, K))


def _adjoint() -> float:
    a, d = _maps()
    forwards = float((d * reference.avg_pool2d(a, K)).sum())
    backwards = float((reference.avg_pool2d_backward(d, K) * a).sum())
    return abs(forwards - backwards) / float(np.linalg.norm(a) * np.linalg.norm(d))


def _kept(a: np.ndarray) -> np.ndarray:
    return K**2 * reference.avg_pool2d_backward(reference.avg_pool2d(a, K), K)


def _split() -> float:
    """Find what is lost by the singular vectors of the matrix, which know nothing of blocks."""
    a = _maps()[0][:1, :1]
    columns = [reference.avg_pool2d(unit.reshape(a.shape), K).ravel() for unit in np.eye(a.size)]
    _, values, vectors = np.linalg.svd(np.stack(columns, axis=1))
    null = vectors[len(values) :]  # the directions that are pooled to 0
    return deviation((a - _kept(a)).ravel(), null.T @ (null @ a.ravel()))


def _energy() -> float:
    a, _ = _maps()
    whole = (a**2).sum()
    parts = K**2 * (reference.avg_pool2d(a, K) ** 2).sum() + ((a - _kept(a)) ** 2).sum()
    return float(abs(whole - parts) / whole)


def _response(k: int) -> float:
    """Send waves of 40 frequencies through the pooling, and measure how large they come out."""
    frequencies = np.linspace(0.05, np.pi, 40)
    waves = np.exp(1j * frequencies[:, None] * np.arange(12 * k))[:, None, :, None].repeat(k, axis=3)
    heights = np.abs(reference.avg_pool2d(waves, k)[:, 0, :, 0])
    formula = np.abs(np.sin(k * frequencies / 2) / (k * np.sin(frequencies / 2)))
    return float(np.abs(heights - formula[:, None]).max())


def _shift() -> float:
    """Move by one window, around the edge: the means move by one place, and by nothing else."""
    a, _ = _maps()
    moved = reference.avg_pool2d(np.roll(a, (K, 2 * K), axis=(2, 3)), K)
    return deviation(moved, np.roll(reference.avg_pool2d(a, K), (1, 2), axis=(2, 3)))


def _composed_kernel() -> float:
    """Multiply polynomials: the coefficients of the kernel with those of the window."""
    _, kernel, _ = _stage()
    maps, channels, kh, kw = kernel.shape
    full = np.zeros((maps, channels, kh + K - 1, kw + K - 1))
    for m, l, s, t in np.ndindex(kh, kw, K, K):  # noqa: E741  # the book's letter
        full[:, :, m + s, l + t] += kernel[:, :, m, l] / K**2
    return deviation(reference.composed_kernel(kernel, K), full)


def _composed_kernel_fast(dtype: torch.dtype) -> float:
    _, kernel, _ = _stage()
    received = fast.composed_kernel(torch.tensor(kernel, dtype=dtype), K).double().numpy()
    return deviation(received, reference.composed_kernel(kernel, K))


def _two_steps() -> np.ndarray:
    return reference.avg_pool2d(reference.conv2d(*_stage()), K)


def _composed() -> float:
    return deviation(reference.conv_avg_pool2d(*_stage(), K), _two_steps())


def _composed_fast(dtype: torch.dtype) -> float:
    x, kernel, bias = (torch.tensor(array, dtype=dtype) for array in _stage())
    return deviation(fast.conv_avg_pool2d(x, kernel, bias, K).double().numpy(), _two_steps())


def _composed_network() -> float:
    """Run the whole network of reading ``table`` with composed kernels."""
    params = reference.init_params(seed=2)
    x = np.random.default_rng(23).uniform(size=(2, 1, 28, 28))
    maps = x
    for i in (1, 2):
        maps = reference.relu(reference.conv_avg_pool2d(maps, params[f"K{i}"], params[f"b{i}"], POOL))
    scores = reference.dense(maps.reshape(2, -1), params["U"], params["b"])
    return deviation(scores, reference.forward(params, x, "table"))


def _cost() -> float:
    """Count the products: places of the output times places of the composed kernel, layer by layer."""
    total, size, channels = 0, 28, 1
    for maps in MAPS:
        kernel = np.zeros((maps, channels, KERNEL_SIZE, KERNEL_SIZE))
        p = reference.conv_avg_pool2d(np.zeros((1, channels, size, size)), kernel, None, POOL)
        total += p[0, 0].size * reference.composed_kernel(kernel, POOL).size
        size, channels = p.shape[2], maps
    return float(abs(total + CLASSES * NODES - 74_496))


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter, both = "network/pooling", ("reference.avg_pool2d", "fast.avg_pool2d")
    backward = ("reference.avg_pool2d", "reference.avg_pool2d_backward")
    kernel = ("reference.composed_kernel", "fast.composed_kernel")
    composed = ("reference.conv_avg_pool2d", "fast.conv_avg_pool2d")
    yield Entry(
        "eq-pool",
        "average pooling, (2) of the paper",
        chapter,
        both,
        (
            Check("reference against six nested loops", SAME, _loops),
            Check("fast against reference, float64", SAME, lambda: _fast(torch.float64)),
            Check("fast against reference, float32", 1e-5, lambda: _fast(torch.float32)),
        ),
    )
    yield Entry(
        "eq-pool-size",
        "the size of the pooled map",
        chapter,
        both,
        (Check("against counting the windows, for 5 windows and every size up to 30", 0.0, _size),),
    )
    yield Entry(
        "eq-pool-separable",
        "pooling as a product of three matrices, and its transpose as the backward pass",
        chapter,
        backward,
        (
            Check("reference against the product with R", SAME, _separable),
            Check("backward against the product with the transpose of R", SAME, _separable_backward),
        ),
    )
    yield Entry(
        "eq-pool-grad",
        "the gradient for the maps",
        chapter,
        ("reference.avg_pool2d_backward",),
        (
            Check("against central differences, every entry", DIFFERENCE, _gradient),
            Check("against autograd through the fast path", SAME, _autograd),
        ),
    )
    yield Entry(
        "eq-pool-adjoint",
        "the inner products before and after",
        chapter,
        backward,
        (Check("one inner product against the other", SAME, _adjoint),),
    )
    yield Entry(
        "eq-pool-split",
        "what is kept and what is lost",
        chapter,
        backward,
        (
            Check("the lost part against the null space from singular vectors", SAME, _split),
            Check("the squares of the parts against the square of the whole", SAME, _energy),
        ),
    )
    yield Entry(
        "eq-pool-response",
        "the height of a wave after pooling",
        chapter,
        ("reference.avg_pool2d",),
        (
            Check("waves of 40 frequencies through windows of 2", SAME, lambda: _response(2)),
            Check("waves of 40 frequencies through windows of 3", SAME, lambda: _response(3)),
        ),
    )
    yield Entry(
        "eq-pool-shift",
        "a shift by a whole window",
        chapter,
        ("reference.avg_pool2d",),
        (Check("pooling the shifted maps against shifting the pooled ones", SAME, _shift),),
    )
    yield Entry(
        "eq-pool-composed-kernel",
        "the kernel that convolves and pools",
        chapter,
        kernel,
        (
            Check("reference against the product of two polynomials", SAME, _composed_kernel),
            Check("fast against reference, float64", SAME, lambda: _composed_kernel_fast(torch.float64)),
            Check("fast against reference, float32", 1e-5, lambda: _composed_kernel_fast(torch.float32)),
        ),
    )
    yield Entry(
        "eq-pool-composed",
        "the pooling of a convolution as one strided convolution",
        chapter,
        composed,
        (
            Check("reference against convolution, then pooling", SAME, _composed),
            Check("fast against convolution, then pooling, float64", SAME, lambda: _composed_fast(torch.float64)),
            Check("fast against convolution, then pooling, float32", 1e-5, lambda: _composed_fast(torch.float32)),
            Check("the scores of the whole network, reading table", SAME, _composed_network),
        ),
    )
    yield Entry(
        "eq-pool-cost",
        "the multiply-adds of the composed convolution",
        chapter,
        composed,
        (Check("74,496 against counting the products of the network", 0.0, _cost),),
    )
