"""Ledger entries of the page *The paper*: the paper's formulas as this book restores them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from ... import fast, reference
from ...settings import Penalty
from ..convolution.equations import conv_one_channel
from ..dense_and_entropy.equations import exact_log_softmax
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation

EPS = 0.5


def _pooling() -> float:
    """Average the blocks one at a time."""
    a = np.random.default_rng(3).normal(size=(2, 3, 6, 4))
    p = np.empty((2, 3, 3, 2))
    for n, c, i, j in np.ndindex(p.shape):
        p[n, c, i, j] = sum(a[n, c, 2 * i + m, 2 * j + l] for m in range(2) for l in range(2)) / 4  # noqa: E741
    return deviation(reference.avg_pool2d(a, 2), p)


def _dense() -> float:
    rng = np.random.default_rng(4)
    o, U, b = rng.normal(size=(3, 5)), rng.normal(size=(4, 5)), rng.normal(size=4)
    s = np.array([[max(0.0, sum(U[c, k] * o[n, k] for k in range(5)) + b[c]) for c in range(4)] for n in range(3)])
    return deviation(reference.relu(reference.dense(o, U, b)), s)


def _entropy() -> float:
    """Sum the logarithms of the right answers' probabilities, one sample at a time."""
    rng = np.random.default_rng(5)
    scores, labels = rng.normal(size=(6, 10)), rng.integers(10, size=6)
    total = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        total -= math.log(math.exp(row[label]) / math.fsum(map(math.exp, row)))
    return abs(reference.cross_entropy(scores, labels) - total / len(labels))


def _entropy_extreme() -> float:
    """Take scores whose exponentials no number holds: the error against 60 digits, its gradient against 0 and 1."""
    rng = np.random.default_rng(8)
    scores, labels = 10_000 * rng.normal(size=(6, 10)), rng.integers(10, size=6)
    exact = exact_log_softmax(scores)
    total = -sum(row[label] for row, label in zip(exact, labels.tolist(), strict=True)) / len(labels)
    error = abs(reference.cross_entropy(scores, labels) - float(total)) / float(total)
    # Scores so far apart leave all of the probability with the largest.
    gradient = (np.eye(10)[scores.argmax(axis=1)] - np.eye(10)[labels]) / len(labels)
    return max(error, deviation(reference.cross_entropy_backward(scores, labels), gradient))


def _weights() -> np.ndarray:
    """Return weights (10, 192) with nodes inside and outside the cap, and one that is 0; none near its edge."""
    U = np.random.default_rng(6).normal(size=(10, 192))
    lengths = np.concatenate([np.linspace(0, 0.4, 96), np.linspace(0.6, 2, 96)])
    return U * lengths / np.linalg.norm(U, axis=0)


def _h(u: list[float]) -> float:
    """Compute h for one vector as its two cases are read."""
    length = math.sqrt(math.fsum(w * w for w in u))
    return length if length > EPS else length**2 / (2 * EPS) + EPS / 2


def _smooth() -> float:
    U = _weights()
    expected = math.fsum(_h(column) for column in U.T.tolist())
    return abs(reference.penalty(U, EPS) - expected) / expected


def _smooth_gradient() -> float:
    U = _weights()[:, ::16]
    differences = central_differences(lambda changed: reference.penalty(changed, EPS), U)
    return deviation(reference.penalty_grad(U, EPS), differences)


def _small_problem() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, Penalty]:
    params = reference.init_params(seed=1) | {"U": _weights() / 4}
    rng = np.random.default_rng(7)
    return params, rng.uniform(size=(3, 1, 28, 28)), rng.integers(10, size=3), Penalty(0.1, EPS)


def _error() -> float:
    params, x, labels, penalty = _small_problem()
    error, _ = reference.backward(params, x, labels, "table", penalty)
    smooth = math.fsum(_h(column) for column in params["U"].T.tolist())
    expected = reference.cross_entropy(reference.forward(params, x), labels) + penalty.strength * smooth
    return abs(error - expected) / expected


def _error_gradient() -> float:
    """Let autograd differentiate the whole of E on the fast path."""
    params, x, labels, penalty = _small_problem()
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    error = fast.cross_entropy(fast.forward(leaves, torch.tensor(x)), torch.tensor(labels))
    error = error + penalty.strength * fast.penalty(leaves["U"], penalty.eps)
    expected = torch.autograd.grad(error, list(leaves.values()))
    _, grads = reference.backward(params, x, labels, "table", penalty)
    return max(deviation(grads[name], g.numpy()) for name, g in zip(params, expected, strict=True))


def entries() -> Iterator[Entry]:
    """Yield the page's entries in the order of its equations."""
    for label, title, functions, *checks in (
        (
            "convolution",
            "convolution, (1)",
            ("reference.conv2d", "fast.conv2d"),
            Check("reference against four nested loops", SAME, conv_one_channel),
        ),
        (
            "pooling",
            "average pooling, (2)",
            ("reference.avg_pool2d", "fast.avg_pool2d"),
            Check("reference against block after block", SAME, _pooling),
        ),
        (
            "dense",
            "fully connected layer, (3)",
            ("reference.dense", "reference.relu"),
            Check("reference against sums one at a time", SAME, _dense),
        ),
        (
            "entropy",
            "entropy error",
            ("reference.cross_entropy", "reference.cross_entropy_backward", "fast.cross_entropy"),
            Check("reference against logarithms one at a time", SAME, _entropy),
            Check("reference against 60 digits, scores of size 10,000", SAME, _entropy_extreme),
        ),
        (
            "smooth",
            "smooth function h",
            ("reference.penalty", "fast.penalty"),
            Check("reference against the two cases, node after node", SAME, _smooth),
        ),
        (
            "smooth-gradient",
            "gradient of h",
            ("reference.penalty_grad", "fast.penalty_grad"),
            Check("against central differences, every entry", DIFFERENCE, _smooth_gradient),
        ),
        (
            "error",
            "regularised error E",
            ("reference.backward",),
            Check("reference against the sum of its parts", SAME, _error),
        ),
        (
            "error-gradient",
            "gradient of E",
            ("reference.backward",),
            Check("by hand against autograd, all parameters", SAME, _error_gradient),
        ),
    ):
        yield Entry(f"eq-paper-{label}", title, "paper", functions, tuple(checks))
