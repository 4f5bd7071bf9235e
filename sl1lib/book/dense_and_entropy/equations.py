"""Ledger entries of the chapter *Dense layer and entropy*."""

from __future__ import annotations

import math

import numpy as np

from ... import fast, reference
from ..entry import Chapter, Checks
from ..measure import DIFFERENCE, EQUAL, SAME, differences, exact_log_softmax, normal, run

chapter = Chapter("network/dense-and-entropy")
STEP = 1e-5  # for curved functions: rounding leaves 1e-11, the step itself 1e-10


def layer() -> list[np.ndarray]:
    """Return features (3,5), weights (4,5), biases (4,) and a gradient for the scores (3,4), random."""
    return normal(31, (3, 5), (4, 5), 4, (3, 4))


def random_scores(size: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (6,4) of a spread ``size``, with more negative ones than positive, and right classes (6,)."""
    rng = np.random.default_rng(32)
    return size * (rng.normal(size=(6, 4)) - 0.3), rng.integers(4, size=6)


def exact_softmax(s: np.ndarray) -> np.ndarray:
    """Return softmax from 60 digits."""
    return np.array([[float(value.exp()) for value in row] for row in exact_log_softmax(s)])


@chapter.equation(
    "eq-dense", "the fully connected layer, (3) of the paper before its ReLU", reference.dense, fast.dense
)
def dense(check: Checks) -> None:
    o, U, b, _ = layer()
    s = reference.dense(o, U, b)
    expected = [[b[c] + math.fsum(o[n, k] * U[c, k] for k in range(5)) for c in range(4)] for n in range(3)]
    check("reference against three nested loops", SAME, s, expected)
    check.fast(fast.dense, o, U, b, expected=s)


@chapter.equation("eq-dense-grad", "the gradients for features, weights and biases", reference.dense_backward)
def dense_gradient(check: Checks) -> None:
    o, U, b, d = layer()
    by_hand, by_differences = reference.dense_backward(d, o, U), differences(reference.dense, o, U, b, along=d)
    for name, found, expected in zip(("features", "weights", "biases"), by_hand, by_differences, strict=True):
        check(f"the {name} against central differences, every entry", DIFFERENCE, found, expected)


@chapter.equation("eq-dense-relu", "ReLU", reference.relu, fast.relu)
def relu(check: Checks) -> None:
    """Write the maximum without a maximum."""
    x = np.append(normal(33, 50)[0], 0.0)
    for found in (reference.relu(x), run(fast.relu, x)):
        check("reference and fast against half of x + abs(x)", SAME, found, (x + np.abs(x)) / 2)


def subgradients_of_relu(at: float) -> tuple[float, float]:
    """Return the smallest and the largest slope on a fine grid whose line stays below ReLU on a fine grid."""
    others = np.linspace(-3, 3, 601)
    slopes = np.linspace(-1, 2, 301)
    below = at * (at > 0) + slopes[:, None] * (others - at) <= np.maximum(others, 0) + 1e-12
    kept = slopes[below.all(axis=1)]
    return float(kept.min()), float(kept.max())


@chapter.equation("eq-dense-subgradient", "the subgradients, for ReLU those at 0", reference.relu_backward)
def subgradient(check: Checks) -> None:
    """Search for every slope that keeps below; 0 must give [0, 1], and elsewhere only the library's slope is left."""
    what = "against a search for every line that stays below ReLU"
    for at in (-1.5, -0.5, 0.0, 0.5, 1.5):
        slope = float(reference.relu_backward(np.ones(1), np.array([at]))[0])
        low, high = subgradients_of_relu(at)
        expected = (0, 1) if at == 0 else (slope, slope)
        check(what, 1e-9, np.abs(np.subtract((low, high), expected)))
        check(what, 1e-9, [low - slope, slope - high])


@chapter.equation("eq-dense-relu-grad", "the gradient through ReLU", reference.relu_backward)
def relu_gradient(check: Checks) -> None:
    rng = np.random.default_rng(34)
    x, d = rng.uniform(0.1, 2, size=40) * rng.choice([-1, 1], size=40), rng.normal(size=40)
    what = "against central differences, away from 0"  # where they would see half of the corner
    check.differences(reference.relu_backward(d, x), reference.relu, x, along=d, what=what)
    x, d = np.array([-2.0, 0.0, 0.0, 3.0]), np.array([5.0, 7.0, -7.0, 9.0])
    what = "against autograd through the fast path, at 0 as well"
    check.autograd(reference.relu_backward(d, x), fast.relu, x, along=d, what=what)


@chapter.equation("eq-dense-softmax", "softmax", reference.softmax, fast.softmax)
def softmax(check: Checks) -> None:
    s, _ = random_scores()
    p = reference.softmax(s)
    expected = [[math.exp(score) / math.fsum(map(math.exp, row)) for score in row] for row in s.tolist()]
    check("reference against two nested loops", SAME, p, expected)
    check.fast(fast.softmax, s, expected=p)
    s, _ = random_scores(10_000)  # no number holds their exponentials
    for name, p_extreme in (("reference", reference.softmax(s)), ("fast", run(fast.softmax, s))):
        check(f"{name} against 60 digits, scores of size 10,000", SAME, p_extreme, exact_softmax(s))


@chapter.equation("eq-dense-shift", "a constant added to all scores", reference.softmax, fast.softmax)
def shift(check: Checks) -> None:
    s, _ = random_scores()
    for a in (-700.0, -1.5, 2.0, 700.0):
        check("softmax of shifted scores against softmax", SAME, reference.softmax(s + a), reference.softmax(s))


@chapter.equation("eq-dense-logsumexp", "log-sum-exp without overflow", reference.log_softmax)
def log_sum_exp(check: Checks) -> None:
    for size in (1, 10_000):
        s, _ = random_scores(size)
        expected = np.array(exact_log_softmax(s), dtype=np.float64)
        check(f"ln softmax against 60 digits, scores of size {size:,}", SAME, reference.log_softmax(s), expected)


@chapter.equation(
    "eq-dense-logsumexp-bounds",
    "log-sum-exp lies between the largest score and ln C above it",
    reference.log_softmax,
)
def log_sum_exp_bounds(check: Checks) -> None:
    """Try to leave the bounds with 2,000 random rows, and with rows of equal scores."""
    rng = np.random.default_rng(35)
    for classes in (2, 3, 10):
        s = rng.normal(size=(2000, classes)) * 10.0 ** rng.uniform(-3, 2, size=(2000, 1))
        s[:20] = s[:20, :1]
        above = -reference.log_softmax(s).max(axis=1)  # log-sum-exp minus the largest score
        check("a search for scores that leave the bounds", SAME, [-above, above - math.log(classes)])


@chapter.equation(
    "eq-dense-entropy", "the entropy error from the likelihood", reference.cross_entropy, fast.cross_entropy
)
def entropy(check: Checks) -> None:
    """Multiply the probabilities of what was observed, then take the logarithm once."""
    s, labels = random_scores()
    product = math.prod(reference.softmax(s)[np.arange(len(labels)), labels].tolist())
    expected = -math.log(product) / len(labels)
    check("reference against the logarithm of a product", SAME, reference.cross_entropy(s, labels), expected)
    check("fast against the logarithm of a product", SAME, run(fast.cross_entropy, s, labels), expected)


@chapter.equation("eq-dense-softmax-grad", "the derivatives of softmax", reference.softmax)
def softmax_gradient(check: Checks) -> None:
    s = random_scores()[0][0]
    p = reference.softmax(s)
    rows = [differences(reference.softmax, s, along=one, step=STEP)[0] for one in np.eye(len(s))]
    check("against central differences, every entry", DIFFERENCE, np.diag(p) - np.outer(p, p), rows)


@chapter.equation("eq-dense-entropy-grad", "the gradient of the entropy error", reference.cross_entropy_backward)
def entropy_gradient(check: Checks) -> None:
    s, labels = random_scores()
    by_hand = reference.cross_entropy_backward(s, labels)
    check.differences(by_hand, lambda z: reference.cross_entropy(z, labels), s, step=STEP)
    check.autograd(by_hand, lambda z: run(fast.cross_entropy, z, labels), s)
    s, labels = random_scores(10_000)
    expected = (exact_softmax(s) - np.eye(4)[labels]) / len(labels)
    check("against 60 digits, scores of size 10,000", SAME, reference.cross_entropy_backward(s, labels), expected)


@chapter.equation(
    "eq-dense-dead",
    "the gradient behind a ReLU on the scores",
    reference.relu_backward,
    reference.cross_entropy_backward,
    reference.backward,
)
def dead_class(check: Checks) -> None:
    s, labels = random_scores()
    by_hand = reference.relu_backward(reference.cross_entropy_backward(reference.relu(s), labels), s)
    check.differences(by_hand, lambda z: reference.cross_entropy(reference.relu(z), labels), s, step=STEP)

    params = reference.init_params(seed=3)
    params["b"] = np.where(np.arange(10) < 4, -50.0, 1.0)  # the first four scores are negative for every image
    x = np.random.default_rng(36).uniform(size=(2, 1, 28, 28))
    _, grads = reference.backward(params, x, np.array([0, 7]), "table+relu-logits")
    what = "the whole network: no gradient for a class below 0"
    check(what, EQUAL, [np.abs(grads["U"][:4]).max(), np.abs(grads["b"][:4]).max()])
    check(what, EQUAL, np.abs(grads["b"][4:]).min() == 0)  # the others must be alive


@chapter.equation(
    "eq-dense-squared",
    "the gradient of the squared error of softmax",
    reference.squared_error,
    reference.squared_error_backward,
    fast.squared_error,
)
def squared_error(check: Checks) -> None:
    s, labels = random_scores()

    def formula(z: np.ndarray) -> float:
        return float(((reference.softmax(z) - np.eye(4)[labels]) ** 2).sum() / (2 * len(z)))

    by_hand = reference.squared_error_backward(s, labels)
    check.differences(by_hand, formula, s, step=STEP)
    what = "fast and autograd against reference"
    check(what, SAME, run(fast.squared_error, s, labels), reference.squared_error(s, labels))
    check.autograd(by_hand, lambda z: run(fast.squared_error, z, labels), s, what=what)
