"""Ledger entries of the chapter *Dense layer and entropy*."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterator

import numpy as np
import torch

from ... import fast, reference
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation

STEP = 1e-5  # for curved functions: rounding leaves 1e-11, the step itself 1e-10


def _layer() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return features (3,5), weights (4,5), biases (4,) and a gradient for the scores (3,4), random."""
    rng = np.random.default_rng(31)
    return rng.normal(size=(3, 5)), rng.normal(size=(4, 5)), rng.normal(size=4), rng.normal(size=(3, 4))


def _scores(size: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (6,4) of a spread ``size``, with more negative ones than positive, and right classes (6,)."""
    rng = np.random.default_rng(32)
    return size * (rng.normal(size=(6, 4)) - 0.3), rng.integers(4, size=6)


def _tensor(array: np.ndarray, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.tensor(array, dtype=dtype)


def _loops() -> float:
    o, U, b, _ = _layer()
    s = [[b[c] + math.fsum(o[n, k] * U[c, k] for k in range(5)) for c in range(4)] for n in range(3)]
    return deviation(reference.dense(o, U, b), np.array(s))


def _dense_fast(dtype: torch.dtype) -> float:
    o, U, b, _ = _layer()
    s = fast.dense(_tensor(o, dtype), _tensor(U, dtype), _tensor(b, dtype))
    return deviation(s.double().numpy(), reference.dense(o, U, b))


def _gradient(which: int) -> float:
    o, U, b, d = _layer()
    inputs = [o, U, b]

    def error(value: np.ndarray) -> float:
        changed = [value if i == which else array for i, array in enumerate(inputs)]
        return float((d * reference.dense(changed[0], changed[1], changed[2])).sum())

    return deviation(reference.dense_backward(d, o, U)[which], central_differences(error, inputs[which]))


def _relu() -> float:
    """Write the maximum without a maximum."""
    x = np.concatenate([np.random.default_rng(33).normal(size=50), [0.0]])
    expected = (x + np.abs(x)) / 2
    return max(deviation(reference.relu(x), expected), deviation(fast.relu(_tensor(x)).numpy(), expected))


def _subgradients_of_relu(at: float) -> tuple[float, float]:
    """Return the smallest and the largest slope on a fine grid whose line stays below ReLU on a fine grid."""
    others = np.linspace(-3, 3, 601)
    slopes = np.linspace(-1, 2, 301)
    below = at * (at > 0) + slopes[:, None] * (others - at) <= np.maximum(others, 0) + 1e-12
    kept = slopes[below.all(axis=1)]
    return float(kept.min()), float(kept.max())


def _subgradient() -> float:
    """Search for every slope that keeps below; 0 must give [0, 1], and elsewhere only the library's slope is left."""
    wrong = max(abs(_subgradients_of_relu(0.0)[0]), abs(_subgradients_of_relu(0.0)[1] - 1))
    for at in (-1.5, -0.5, 0.5, 1.5):
        slope = float(reference.relu_backward(np.ones(1), np.array([at]))[0])
        low, high = _subgradients_of_relu(at)
        wrong = max(wrong, abs(low - slope), abs(high - slope))
    low, high = _subgradients_of_relu(0.0)
    chosen = float(reference.relu_backward(np.ones(1), np.zeros(1))[0])
    return max(wrong, low - chosen, chosen - high)


def _relu_gradient() -> float:
    """Stay away from the corner, where differences see half of it."""
    rng = np.random.default_rng(34)
    x, d = rng.uniform(0.1, 2, size=40) * rng.choice([-1, 1], size=40), rng.normal(size=40)
    differences = central_differences(lambda value: float((d * reference.relu(value)).sum()), x)
    return deviation(reference.relu_backward(d, x), differences)


def _relu_autograd() -> float:
    """Go to the corner, too: both engines take 0 there."""
    x, d = np.array([-2.0, 0.0, 0.0, 3.0]), np.array([5.0, 7.0, -7.0, 9.0])
    leaf = torch.tensor(x, requires_grad=True)
    (gradient,) = torch.autograd.grad(fast.relu(leaf), leaf, torch.tensor(d))
    return deviation(reference.relu_backward(d, x), gradient.numpy())


def _softmax_loops() -> float:
    s, _ = _scores()
    rows = [[math.exp(score) / math.fsum(map(math.exp, row)) for score in row] for row in s.tolist()]
    return deviation(reference.softmax(s), np.array(rows))


def _softmax_fast(dtype: torch.dtype) -> float:
    s, _ = _scores()
    return deviation(fast.softmax(_tensor(s, dtype)).double().numpy(), reference.softmax(s))


def _shift() -> float:
    s, _ = _scores()
    return max(deviation(reference.softmax(s + a), reference.softmax(s)) for a in (-700.0, -1.5, 2.0, 700.0))


def exact_log_softmax(s: np.ndarray) -> list[list[decimal.Decimal]]:
    """Return ln softmax with 60 digits and exponents without bound."""
    with decimal.localcontext(prec=60):
        totals = [sum((decimal.Decimal(score).exp() for score in row), decimal.Decimal(0)).ln() for row in s.tolist()]
        return [[decimal.Decimal(z) - total for z in row] for row, total in zip(s.tolist(), totals, strict=True)]


def _exact_softmax(s: np.ndarray) -> np.ndarray:
    return np.array([[float(value.exp()) for value in row] for row in exact_log_softmax(s)])


def _log_softmax(size: float) -> float:
    s, _ = _scores(size)
    return deviation(reference.log_softmax(s), np.array(exact_log_softmax(s), dtype=np.float64))


def _softmax_extreme(engine: str) -> float:
    """Take scores whose exponentials no number holds."""
    s, _ = _scores(10_000)
    received = reference.softmax(s) if engine == "reference" else fast.softmax(_tensor(s)).numpy()
    return deviation(received, _exact_softmax(s))


def _entropy_gradient_extreme() -> float:
    s, labels = _scores(10_000)
    expected = (_exact_softmax(s) - np.eye(4)[labels]) / len(labels)
    return deviation(reference.cross_entropy_backward(s, labels), expected)


def _bounds() -> float:
    """Try to leave the bounds with 2,000 random rows, and with rows of equal scores; return by how much it succeeds."""
    rng = np.random.default_rng(35)
    worst = 0.0
    for classes in (2, 3, 10):
        s = rng.normal(size=(2000, classes)) * 10.0 ** rng.uniform(-3, 2, size=(2000, 1))
        s[:20] = s[:20, :1]
        above = -reference.log_softmax(s).max(axis=1)  # log-sum-exp minus the largest score
        worst = max(worst, float(-above.min()), float((above - math.log(classes)).max()))
    return worst


def _likelihood(engine: str) -> float:
    """Multiply the probabilities of what was observed, then take the logarithm once."""
    s, labels = _scores()
    product = math.prod(reference.softmax(s)[np.arange(len(labels)), labels].tolist())
    found = (
        reference.cross_entropy(s, labels)
        if engine == "reference"
        else fast.cross_entropy(torch.tensor(s), torch.tensor(labels)).item()
    )
    return abs(found + math.log(product) / len(labels))


def _softmax_gradient() -> float:
    """Compare all 16 derivatives of one row with differences."""
    s = _scores()[0][0]
    p = reference.softmax(s)
    rows = [
        central_differences(lambda value, c=c: float(reference.softmax(value)[c]), s, STEP)  # type: ignore[misc]
        for c in range(len(s))
    ]
    return deviation(np.diag(p) - np.outer(p, p), np.stack(rows))


def _entropy_gradient() -> float:
    s, labels = _scores()
    differences = central_differences(lambda value: reference.cross_entropy(value, labels), s, STEP)
    return deviation(reference.cross_entropy_backward(s, labels), differences)


def _entropy_autograd() -> float:
    s, labels = _scores()
    leaf = torch.tensor(s, requires_grad=True)
    (gradient,) = torch.autograd.grad(fast.cross_entropy(leaf, torch.tensor(labels)), leaf)
    return deviation(reference.cross_entropy_backward(s, labels), gradient.numpy())


def _literal_gradient() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    s, labels = _scores()
    return s, labels, reference.relu_backward(reference.cross_entropy_backward(reference.relu(s), labels), s)


def _dead_differences() -> float:
    s, labels, gradient = _literal_gradient()
    differences = central_differences(
        lambda value: reference.cross_entropy(reference.relu(value), labels), s, step=STEP
    )
    return deviation(gradient, differences)


def _dead_network() -> float:
    """Look into the whole network: a class whose scores are all negative gets no gradient in U and b."""
    params = reference.init_params(seed=3)
    params["b"] = np.where(np.arange(10) < 4, -50.0, 1.0)
    x = np.random.default_rng(36).uniform(size=(2, 1, 28, 28))
    _, grads = reference.backward(params, x, np.array([0, 7]), "table+relu-logits")
    dead = float(max(np.abs(grads["U"][:4]).max(), np.abs(grads["b"][:4]).max()))
    return dead if np.abs(grads["b"][4:]).min() > 0 else math.inf  # the others must be alive


def _squared(s: np.ndarray, o: np.ndarray) -> float:
    return float(((reference.softmax(s) - o) ** 2).sum() / (2 * len(s)))


def _squared_gradient() -> float:
    s, labels = _scores()
    o = np.eye(4)[labels]
    by_hand = reference.squared_error_backward(s, labels)
    return deviation(by_hand, central_differences(lambda value: _squared(value, o), s, STEP))


def _squared_fast() -> float:
    s, labels = _scores()
    leaf = _tensor(s).requires_grad_()
    error = fast.squared_error(leaf, torch.tensor(labels))
    error.backward()
    assert leaf.grad is not None
    by_hand = reference.squared_error_backward(s, labels)
    errors = error.detach().numpy(), np.array(reference.squared_error(s, labels))
    return max(deviation(*errors), deviation(leaf.grad.numpy(), by_hand))


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter, dense = "network/dense-and-entropy", ("reference.dense", "fast.dense")
    softmax = ("reference.softmax", "fast.softmax")
    entropy = ("reference.cross_entropy", "fast.cross_entropy")
    yield Entry(
        "eq-dense",
        "the fully connected layer, (3) of the paper before its ReLU",
        chapter,
        dense,
        (
            Check("reference against three nested loops", SAME, _loops),
            Check("fast against reference, float64", SAME, lambda: _dense_fast(torch.float64)),
            Check("fast against reference, float32", 1e-5, lambda: _dense_fast(torch.float32)),
        ),
    )
    yield Entry(
        "eq-dense-grad",
        "the gradients for features, weights and biases",
        chapter,
        ("reference.dense_backward",),
        tuple(
            Check(f"the {name} against central differences, every entry", DIFFERENCE, lambda w=which: _gradient(w))  # type: ignore[misc]
            for which, name in enumerate(("features", "weights", "biases"))
        ),
    )
    yield Entry(
        "eq-dense-relu",
        "ReLU",
        chapter,
        ("reference.relu", "fast.relu"),
        (Check("reference and fast against half of x + abs(x)", SAME, _relu),),
    )
    yield Entry(
        "eq-dense-subgradient",
        "the subgradients, for ReLU those at 0",
        chapter,
        ("reference.relu_backward",),
        (Check("against a search for every line that stays below ReLU", 1e-9, _subgradient),),
    )
    yield Entry(
        "eq-dense-relu-grad",
        "the gradient through ReLU",
        chapter,
        ("reference.relu_backward",),
        (
            Check("against central differences, away from 0", DIFFERENCE, _relu_gradient),
            Check("against autograd through the fast path, at 0 as well", SAME, _relu_autograd),
        ),
    )
    yield Entry(
        "eq-dense-softmax",
        "softmax",
        chapter,
        softmax,
        (
            Check("reference against two nested loops", SAME, _softmax_loops),
            Check("fast against reference, float64", SAME, lambda: _softmax_fast(torch.float64)),
            Check("fast against reference, float32", 1e-5, lambda: _softmax_fast(torch.float32)),
            Check("reference against 60 digits, scores of size 10,000", SAME, lambda: _softmax_extreme("reference")),
            Check("fast against 60 digits, scores of size 10,000", SAME, lambda: _softmax_extreme("fast")),
        ),
    )
    yield Entry(
        "eq-dense-shift",
        "a constant added to all scores",
        chapter,
        softmax,
        (Check("softmax of shifted scores against softmax", SAME, _shift),),
    )
    yield Entry(
        "eq-dense-logsumexp",
        "log-sum-exp without overflow",
        chapter,
        ("reference.log_softmax",),
        tuple(
            Check(f"ln softmax against 60 digits, scores of size {size:,}", SAME, lambda z=size: _log_softmax(z))  # type: ignore[misc]
            for size in (1, 10_000)
        ),
    )
    yield Entry(
        "eq-dense-logsumexp-bounds",
        "log-sum-exp lies between the largest score and ln C above it",
        chapter,
        ("reference.log_softmax",),
        (Check("a search for scores that leave the bounds", SAME, _bounds),),
    )
    yield Entry(
        "eq-dense-entropy",
        "the entropy error from the likelihood",
        chapter,
        entropy,
        (
            Check("reference against the logarithm of a product", SAME, lambda: _likelihood("reference")),
            Check("fast against the logarithm of a product", SAME, lambda: _likelihood("fast")),
        ),
    )
    yield Entry(
        "eq-dense-softmax-grad",
        "the derivatives of softmax",
        chapter,
        ("reference.softmax",),
        (Check("against central differences, every entry", DIFFERENCE, _softmax_gradient),),
    )
    yield Entry(
        "eq-dense-entropy-grad",
        "the gradient of the entropy error",
        chapter,
        ("reference.cross_entropy_backward",),
        (
            Check("against central differences, every entry", DIFFERENCE, _entropy_gradient),
            Check("against autograd through the fast path", SAME, _entropy_autograd),
            Check("against 60 digits, scores of size 10,000", SAME, _entropy_gradient_extreme),
        ),
    )
    yield Entry(
        "eq-dense-dead",
        "the gradient behind a ReLU on the scores",
        chapter,
        ("reference.relu_backward", "reference.cross_entropy_backward", "reference.backward"),
        (
            Check("against central differences, every entry", DIFFERENCE, _dead_differences),
            Check("the whole network: no gradient for a class below 0", 0.0, _dead_network),
        ),
    )
    yield Entry(
        "eq-dense-squared",
        "the gradient of the squared error of softmax",
        chapter,
        ("reference.squared_error", "reference.squared_error_backward", "fast.squared_error"),
        (
            Check("against central differences, every entry", DIFFERENCE, _squared_gradient),
            Check("fast and autograd against reference", SAME, _squared_fast),
        ),
    )
