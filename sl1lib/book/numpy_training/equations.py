"""Ledger entries of the chapter *Training in NumPy*."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import torch

from ... import fast, reference
from ...architecture import PARAMETER_SHAPES, epoch_order
from ..entry import Chapter, Checks
from ..measure import SAME, normal, random_images

chapter = Chapter("training/numpy-training")


@chapter.equation(
    "eq-numpy-batch",
    "the mean of an epoch's batch gradients, at one place",
    reference.backward,
    reference.train,
)
def batches(check: Checks) -> None:
    (x, labels), params = random_images(np.random.default_rng(21), 12), reference.init_params(2)
    for reading in ("table", "text"):
        parts = [
            reference.backward(params, x[batch], labels[batch], reading)[1]
            for batch in epoch_order(0, 0, 12).reshape(3, 4)
        ]
        _, whole = reference.backward(params, x, labels, reading)
        for name in params:
            mean = np.mean([part[name] for part in parts], axis=0)
            check("against the gradient of all samples, both readings", SAME, mean, whole[name])


@chapter.equation("eq-numpy-decrease", "what one small step changes", reference.heavy_ball_step, reference.backward)
def decrease(check: Checks) -> None:
    """Measure what the first order leaves out: it shrinks to a quarter when the learning rate is halved."""
    (x, labels), params = random_images(np.random.default_rng(21), 5), reference.init_params(2)
    before, grads = reference.backward(params, x, labels, "text")
    length = sum(float((g**2).sum()) for g in grads.values())

    def left_out(lr: float) -> float:
        moved, _ = reference.heavy_ball_step(params, dict.fromkeys(params, np.zeros(())), grads, lr, 0.0)
        return reference.cross_entropy(reference.forward(moved, x, "text"), labels) - (before - lr * length)

    check("halving the step quarters what is left out", 1e-2, abs(left_out(2e-3) / left_out(1e-3) - 4))


def sign_patterns(count: int, size: float) -> np.ndarray:
    """Return all ``2^count`` ways to give ``count`` weights of one size their signs, one in each row."""
    return size * np.array(list(product((-1.0, 1.0), repeat=count)))


@chapter.equation("eq-numpy-variance", "the mean square of a sum with random weights", reference.dense)
def variance(check: Checks) -> None:
    """Average over all sign patterns: an expectation without chance."""
    (x,), size = normal(22, (20, 10)), 0.7
    patterns = sign_patterns(10, size)
    sums = reference.dense(x, patterns, np.zeros(len(patterns)))
    formula = 10 * size**2 * (x**2).mean(axis=1)
    check("against the average over all 1,024 sign patterns", SAME, (sums**2).mean(axis=1), formula)


@chapter.equation("eq-numpy-variance-back", "the mean square of its gradient", reference.dense_backward)
def variance_back(check: Checks) -> None:
    (ds,), size = normal(23, (20, 10)), 0.7
    patterns = sign_patterns(10, size)
    do, _, _ = reference.dense_backward(ds, np.zeros((20, len(patterns))), patterns.T)
    formula = 10 * size**2 * (ds**2).mean(axis=1)
    check("against the average over all 1,024 sign patterns", SAME, (do**2).mean(axis=1), formula)


@chapter.equation("eq-numpy-glorot", "the bound of the random start", reference.init_params, fast.init_params)
def glorot(check: Checks) -> None:
    """Draw 300 starts; a weight of a kernel has the fans of all 25 places."""
    starts, generator = [reference.init_params(seed) for seed in range(300)], torch.Generator()
    for name in ("K1", "K2", "U"):
        outputs, inputs, *window = PARAMETER_SHAPES[name]
        bound = math.sqrt(6 / ((inputs + outputs) * math.prod(window)))
        ours = max(float(np.abs(start[name]).max()) for start in starts)
        what = "the largest weight of 300 starts: never above, and as near"
        check(what, 1e-3, 1 - ours / bound if ours <= bound else math.inf)

        generator.manual_seed(0)
        weight = torch.empty(PARAMETER_SHAPES[name], dtype=torch.float64)
        drawn = torch.stack([torch.nn.init.xavier_uniform_(weight, generator=generator).clone() for _ in range(300)])
        what = "PyTorch's own initialiser: the same bound"
        check(what, 1e-3, float(drawn.abs().max()), bound)
        check(what, 1e-3, abs(float(drawn.var()) / (bound**2 / 3) - 1) / 20)  # a variance is known less closely
