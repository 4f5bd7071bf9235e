"""Ledger entries of the page *The paper*: the paper's formulas as this book restores them."""

from __future__ import annotations

import math

import numpy as np

from ... import fast, reference
from ...settings import Penalty
from ..entry import Chapter, Checks
from ..measure import SAME, columns_of_lengths, exact_log_softmax, normal, random_images, tensor, two_cases

chapter = Chapter("paper")
EPS = 0.5


@chapter.equation("eq-paper-convolution", "the paper's convolution", reference.conv2d, fast.conv2d)
def convolution(check: Checks) -> None:
    x, kernel = normal(1, (6, 7), (3, 2))
    y = np.zeros((4, 6))
    for i, j, m, l in np.ndindex(*y.shape, *kernel.shape):
        y[i, j] += x[i + m, j + l] * kernel[m, l]
    check("reference against four nested loops", SAME, reference.conv2d(x[None, None], kernel[None, None])[0, 0], y)


@chapter.equation("eq-paper-pooling", "the paper's average pooling", reference.avg_pool2d, fast.avg_pool2d)
def pooling(check: Checks) -> None:
    (a,) = normal(3, (2, 3, 6, 4))
    p = np.empty((2, 3, 3, 2))
    for n, c, i, j in np.ndindex(p.shape):
        p[n, c, i, j] = sum(a[n, c, 2 * i + m, 2 * j + l] for m in range(2) for l in range(2)) / 4
    check("reference against block after block", SAME, reference.avg_pool2d(a, 2), p)


@chapter.equation("eq-paper-dense", "the paper's fully connected layer", reference.dense, reference.relu)
def dense(check: Checks) -> None:
    o, U, b = normal(4, (3, 5), (4, 5), 4)
    s = [[max(0.0, sum(U[c, k] * o[n, k] for k in range(5)) + b[c]) for c in range(4)] for n in range(3)]
    check("reference against sums one at a time", SAME, reference.relu(reference.dense(o, U, b)), s)


@chapter.equation(
    "eq-paper-entropy",
    "entropy error",
    reference.cross_entropy,
    reference.cross_entropy_backward,
    fast.cross_entropy,
)
def entropy(check: Checks) -> None:
    rng = np.random.default_rng(5)
    scores, labels = rng.normal(size=(6, 10)), rng.integers(10, size=6)
    total = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        total -= math.log(math.exp(row[label]) / math.fsum(map(math.exp, row)))
    error = reference.cross_entropy(scores, labels)
    check("reference against logarithms one at a time", SAME, error, total / len(labels))

    scores = 10_000 * scores  # no number holds their exponentials
    exact = exact_log_softmax(scores)
    total = -float(sum(row[label] for row, label in zip(exact, labels.tolist(), strict=True)))
    # Scores so far apart leave all of the probability with the largest.
    gradient = (np.eye(10)[scores.argmax(axis=1)] - np.eye(10)[labels]) / len(labels)
    what = "reference against 60 digits, scores of size 10,000"
    check(what, SAME, reference.cross_entropy(scores, labels), total / len(labels))
    check(what, SAME, reference.cross_entropy_backward(scores, labels), gradient)


def weights() -> np.ndarray:
    """Return weights (10, 192) with nodes inside and outside the cap, and one that is 0; none near its edge."""
    return columns_of_lengths(6, 10, np.concatenate([np.linspace(0, 0.4, 96), np.linspace(0.6, 2, 96)]))


def smooth_norm(U: np.ndarray) -> float:
    """Add up h one node at a time."""
    return math.fsum(two_cases(math.hypot(*column), EPS) for column in U.T)


@chapter.equation("eq-paper-smooth", "smooth function h", reference.penalty, fast.penalty)
def smooth(check: Checks) -> None:
    U = weights()
    check("reference against the two cases, node after node", SAME, reference.penalty(U, EPS), smooth_norm(U))


@chapter.equation("eq-paper-smooth-gradient", "gradient of h", reference.penalty_grad, fast.penalty_grad)
def smooth_gradient(check: Checks) -> None:
    U = weights()[:, ::16]
    check.differences(reference.penalty_grad(U, EPS), lambda changed: reference.penalty(changed, EPS), U)


def problem() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, Penalty]:
    """Return parameters, three images, their labels and a penalty."""
    params = reference.init_params(seed=1) | {"U": weights() / 4}
    return params, *random_images(np.random.default_rng(7), 3), Penalty(0.1, EPS)


@chapter.equation("eq-paper-error", "regularised error E", reference.backward)
def error(check: Checks) -> None:
    params, x, labels, penalty = problem()
    found, _ = reference.backward(params, x, labels, "table", penalty)
    entropy_error = reference.cross_entropy(reference.forward(params, x), labels)
    expected = entropy_error + penalty.strength * smooth_norm(params["U"])
    check("reference against the sum of its parts", SAME, found, expected)


@chapter.equation("eq-paper-error-gradient", "gradient of E", reference.backward)
def error_gradient(check: Checks) -> None:
    """Let autograd differentiate the whole of E on the fast path."""
    params, x, labels, penalty = problem()
    leaves = {name: leaf.requires_grad_() for name, leaf in tensor(params).items()}
    error = fast.cross_entropy(fast.forward(leaves, tensor(x)), tensor(labels))
    (error + penalty.strength * fast.penalty(leaves["U"], penalty.eps)).backward()
    _, grads = reference.backward(params, x, labels, "table", penalty)
    for name, leaf in leaves.items():
        check("by hand against autograd, all parameters", SAME, grads[name], leaf.grad)
