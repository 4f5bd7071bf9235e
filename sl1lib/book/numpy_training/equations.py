"""Ledger entries of the chapter *Training in NumPy*."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from torch import nn

from ... import reference
from ...architecture import PARAMETER_SHAPES, epoch_order, glorot_uniform
from ..entry import Check, Entry
from ..measure import SAME, deviation

CHAPTER = "training/numpy-training"


def _samples(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(21)
    return rng.uniform(size=(count, 1, 28, 28)), rng.integers(10, size=count)


def _batches() -> float:
    """Average the gradients of an epoch's batches at one place, and compare with the gradient of all samples."""
    (x, labels), params, worst = _samples(12), reference.init_params(2), 0.0
    for reading in ("table", "text"):
        parts = [
            reference.backward(params, x[batch], labels[batch], reading)[1]
            for batch in epoch_order(0, 0, 12).reshape(3, 4)
        ]
        _, whole = reference.backward(params, x, labels, reading)
        means = {name: sum(part[name] for part in parts) / 3 for name in params}
        worst = max(worst, *(deviation(np.asarray(means[name]), whole[name]) for name in params))
    return worst


def _decrease() -> float:
    """Measure what the first order leaves out: it shrinks to a quarter when the learning rate is halved."""
    (x, labels), params = _samples(5), reference.init_params(2)
    before, grads = reference.backward(params, x, labels, "text")
    length = sum(float((g**2).sum()) for g in grads.values())
    left_out = []
    for lr in (2e-3, 1e-3):
        moved, _ = reference.heavy_ball_step(params, dict.fromkeys(params, np.zeros(())), grads, lr, 0.0)
        after = reference.cross_entropy(reference.forward(moved, x, "text"), labels)
        left_out.append(after - (before - lr * length))
    return abs(left_out[0] / left_out[1] - 4)


def _signs(count: int, size: float) -> np.ndarray:
    """Return all ``2^count`` ways to give ``count`` weights of one size their signs, a row each."""
    return size * np.array(list(product((-1.0, 1.0), repeat=count)))


def _variance_forward() -> float:
    """Average over all sign patterns: an expectation without chance."""
    x, size = np.random.default_rng(22).normal(size=(20, 10)), 0.7
    patterns = _signs(10, size)
    sums = reference.dense(x, patterns, np.zeros(len(patterns)))
    return deviation((sums**2).mean(axis=1), 10 * size**2 * (x**2).mean(axis=1))


def _variance_back() -> float:
    ds, size = np.random.default_rng(23).normal(size=(20, 10)), 0.7
    patterns = _signs(10, size)
    do, _, _ = reference.dense_backward(ds, np.zeros((20, len(patterns))), patterns.T)
    return deviation((do**2).mean(axis=1), 10 * size**2 * (ds**2).mean(axis=1))


def _bounds() -> dict[str, float]:
    """Return the equation's bounds; a weight of a kernel has the fans of all 25 places."""
    places = {name: int(np.prod(shape[2:])) for name, shape in PARAMETER_SHAPES.items() if len(shape) > 1}
    return {
        name: float(np.sqrt(6 / (PARAMETER_SHAPES[name][1] * count + PARAMETER_SHAPES[name][0] * count)))
        for name, count in places.items()
    }


def _draws() -> float:
    """Search 300 starts for a weight outside its bound, and insist that the bound is nearly reached."""
    largest = dict.fromkeys(_bounds(), 0.0)
    for seed in range(300):
        start = glorot_uniform(seed)
        largest = {name: max(value, float(np.abs(start[name]).max())) for name, value in largest.items()}
    return max(1 - largest[name] / bound if largest[name] <= bound else np.inf for name, bound in _bounds().items())


def _pytorch() -> float:
    """Compare with the largest of many weights that PyTorch's own initialiser draws, and their variance."""
    worst = 0.0
    for name, bound in _bounds().items():
        weight = torch.empty(PARAMETER_SHAPES[name], dtype=torch.float64)
        generator = torch.Generator().manual_seed(0)
        drawn = torch.stack([nn.init.xavier_uniform_(weight, generator=generator).clone() for _ in range(300)])
        worst = max(worst, abs(float(drawn.abs().max()) / bound - 1), abs(float(drawn.var()) / (bound**2 / 3) - 1) / 20)
    return worst


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    yield Entry(
        "eq-numpy-batch",
        "the mean of an epoch's batch gradients, at one place",
        CHAPTER,
        ("reference.backward", "reference.train"),
        (Check("against the gradient of all samples, both readings", SAME, _batches),),
    )
    yield Entry(
        "eq-numpy-decrease",
        "what one small step changes",
        CHAPTER,
        ("reference.heavy_ball_step", "reference.backward"),
        (Check("halving the step quarters what is left out", 1e-2, _decrease),),
    )
    yield Entry(
        "eq-numpy-variance",
        "the mean square of a sum with random weights",
        CHAPTER,
        ("reference.dense",),
        (Check("against the average over all 1,024 sign patterns", SAME, _variance_forward),),
    )
    yield Entry(
        "eq-numpy-variance-back",
        "the mean square of its gradient",
        CHAPTER,
        ("reference.dense_backward",),
        (Check("against the average over all 1,024 sign patterns", SAME, _variance_back),),
    )
    yield Entry(
        "eq-numpy-glorot",
        "the bound of the random start",
        CHAPTER,
        ("reference.init_params", "fast.init_params"),
        (
            Check("the largest weight of 300 starts: never above, and as near", 1e-3, _draws),
            Check("PyTorch's own initialiser: the same bound", 1e-3, _pytorch),
        ),
    )
