"""Ledger entries of the chapter *Gradients*."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from ... import fast, reference
from ...settings import Penalty
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation

EPS, TAU = 0.5, 0.7
SMOOTH = ("huber", "quartic", "pseudo_huber", "log_cosh", "squared", "sqrt_quartic")
CONVEX = ("huber", "quartic", "pseudo_huber", "log_cosh", "squared")
FLOAT32 = 1e-5


def _vectors() -> np.ndarray:
    """Return vectors in R^3, one a column: short and long against ε, none near its edge, and a zero."""
    U = np.random.default_rng(30).normal(size=(3, 9))
    lengths = np.array([0, 0.02, 0.1, 0.3, 0.44, 0.56, 0.8, 1.5, 4]) * EPS * 2
    return U * lengths / np.linalg.norm(U, axis=0)


def _h(u: np.ndarray, profile: str) -> float:
    """Compute h of one vector from its length, which `penalty` takes for many vectors at once."""
    return float(reference.smooth_abs(np.array(math.sqrt(math.fsum(w * w for w in u.tolist()))), EPS, profile))


def _radial() -> float:
    U = _vectors()
    worst = 0.0
    for profile in SMOOTH:
        expected = [central_differences(partial(_h, profile=profile), u) for u in U.T]
        worst = max(worst, deviation(reference.penalty_grad(U, EPS, profile), np.stack(expected, axis=1)))
    return worst


def _radial_fast(dtype: torch.dtype) -> float:
    U = _vectors()
    return max(
        deviation(
            fast.penalty_grad(torch.tensor(U, dtype=dtype), EPS, p).double().numpy(), reference.penalty_grad(U, EPS, p)
        )
        for p in SMOOTH
    )


def _radial_at_zero() -> float:
    return max(float(np.abs(reference.penalty_grad(np.zeros((3, 1)), EPS, p)).max()) for p in SMOOTH)


def _lengths() -> np.ndarray:
    return np.linalg.norm(_vectors(), axis=0)


def _second() -> float:
    worst = 0.0
    for profile in SMOOTH:
        r, step = _lengths(), 1e-5
        slopes = [reference.smooth_abs_grad(r + sign * step, EPS, profile) for sign in (1, -1)]
        worst = max(worst, deviation(reference.smooth_abs_hess(r, EPS, profile), (slopes[0] - slopes[1]) / (2 * step)))
    return worst


def _second_fast(dtype: torch.dtype) -> float:
    r = _lengths()
    return max(
        deviation(
            fast.smooth_abs_hess(torch.tensor(r, dtype=dtype), EPS, p).double().numpy(),
            reference.smooth_abs_hess(r, EPS, p),
        )
        for p in SMOOTH
    )


def _slope(u: np.ndarray, profile: str, c: int) -> float:
    return float(reference.penalty_grad(u[:, None], EPS, profile)[c, 0])


def _hessian() -> float:
    """Differentiate each component of the gradient by differences: a row of the Hessian."""
    worst = 0.0
    for profile in SMOOTH:
        for u in _vectors().T:
            rows = [central_differences(partial(_slope, profile=profile, c=c), u) for c in range(3)]
            worst = max(worst, deviation(reference.penalty_hess(u, EPS, profile), np.stack(rows)))
    return worst


def _autograd_hessian(u: np.ndarray, profile: str) -> np.ndarray:
    """Differentiate the fast path's penalty twice, without any of the chapter's formulas."""
    hessian = torch.autograd.functional.hessian(lambda v: fast.penalty(v[:, None], EPS, profile), torch.tensor(u))
    return np.asarray(hessian.numpy())


def _hessian_autograd() -> float:
    return max(
        deviation(reference.penalty_hess(u, EPS, profile), _autograd_hessian(u, profile))
        for profile in SMOOTH
        for u in _vectors().T[1:]
    )


def _hessian_fast() -> float:
    return max(
        deviation(fast.penalty_hess(torch.tensor(u), EPS, p).numpy(), reference.penalty_hess(u, EPS, p))
        for p in SMOOTH
        for u in _vectors().T
    )


def _eigenvalues() -> float:
    worst = 0.0
    for profile in SMOOTH:
        for u in _vectors().T[1:]:
            r = np.asarray(np.linalg.norm(u))
            across = float(reference.smooth_abs_grad(r, EPS, profile) / r)
            expected = np.sort([float(reference.smooth_abs_hess(r, EPS, profile)), across, across])
            worst = max(worst, deviation(np.linalg.eigvalsh(_autograd_hessian(u, profile)), expected))
    return worst


def _groups() -> float:
    """Sum over the groups one weight at a time: a node is a column, a map 16 columns."""
    U = np.random.default_rng(31).normal(size=(3, 32)) * np.repeat([0.05, 1.0], 16)
    worst = 0.0
    for grouping, width in (("node", 1), ("map", 16), ("weight", 0)):
        expected = np.empty_like(U)
        for c, k in np.ndindex(U.shape):
            first = k - k % width if width else k
            group = [U[c, k]] if not width else [U[a, q] for a in range(3) for q in range(first, first + width)]
            length = math.sqrt(math.fsum(w * w for w in group))
            expected[c, k] = U[c, k] / max(length, EPS)
        worst = max(worst, deviation(reference.penalty_grad(U, EPS, "huber", grouping), expected))
    return worst


def _problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (40, 12), labels of 4 classes that depend on some of the features, and weights (4, 13)."""
    rng = np.random.default_rng(32)
    o = rng.normal(size=(40, 12))
    labels = (o[:, :4] + 0.5 * rng.normal(size=(40, 4))).argmax(axis=1)
    return o, labels, rng.normal(size=(4, 13))


def _error() -> float:
    o, labels, W = _problem()
    penalty = Penalty(0.1, EPS)
    total = 0.0
    for features, label in zip(o, labels, strict=True):
        scores = [math.fsum(W[c, :-1] * features) + W[c, -1] for c in range(4)]
        total -= (scores[label] - math.log(math.fsum(map(math.exp, scores)))) / len(o)
    total += penalty.strength * math.fsum(_h(u, "huber") for u in W[:, :-1].T)
    return abs(reference.last_layer_error(W, o, labels, penalty) - total) / total


def _error_gradient() -> float:
    o, labels, W = _problem()
    penalty = Penalty(0.1, EPS, "quartic")
    expected = central_differences(lambda V: reference.last_layer_error(V, o, labels, penalty), W)
    return deviation(reference.last_layer_grad(W, o, labels, penalty), expected)


def _error_autograd() -> float:
    o, labels, W = _problem()
    leaf = torch.tensor(W, requires_grad=True)
    scores = fast.dense(torch.tensor(o), leaf[:, :-1], leaf[:, -1])
    error = fast.cross_entropy(scores, torch.tensor(labels)) + 0.1 * fast.penalty(leaf[:, :-1], EPS)
    (expected,) = torch.autograd.grad(error, leaf)
    return deviation(reference.last_layer_grad(W, o, labels, Penalty(0.1, EPS)), expected.numpy())


def _cost(V: np.ndarray, U: np.ndarray, profile: str) -> float:
    return float(((V - U) ** 2).sum() / 2 + TAU * reference.penalty(V, EPS, profile))


def _prox_search() -> float:
    """Look for a vector that costs less than the proximal map's, near it and far from it."""
    rng = np.random.default_rng(33)
    gain = 0.0
    for profile in ("abs", *CONVEX):
        for u in _vectors().T:
            U = u[:, None]
            V = reference.penalty_prox(U, TAU, EPS, profile)
            cost = _cost(V, U, profile)
            for size in (1e-3, 1e-2, 0.1, 1.0):
                for _ in range(40):
                    gain = max(gain, cost - _cost(V + size * rng.normal(size=V.shape), U, profile))
    return gain


def _prox_optimality() -> float:
    U = _vectors()
    residuals = []
    for profile in CONVEX:
        V = reference.penalty_prox(U, TAU, EPS, profile)
        residuals.append(np.abs(V + TAU * reference.penalty_grad(V, EPS, profile) - U).max())
    return float(max(residuals))


def _shrink(y: float, profile: str) -> float:
    """Minimise ½(x − y)² + τφ(x) over x ≥ 0 by ternary search: it compares values and knows no slope."""
    low, high = 0.0, max(y, 1e-9)

    def cost(x: float) -> float:
        return (x - y) ** 2 / 2 + TAU * float(reference.smooth_abs(np.array(x), EPS, profile))

    for _ in range(100):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return (low + high) / 2


def _prox_radial() -> float:
    U = _vectors()
    worst = 0.0
    for profile in ("abs", *CONVEX):
        lengths = [float(np.linalg.norm(u)) for u in U.T]
        expected = [u * (_shrink(r, profile) / max(r, 1e-300)) for u, r in zip(U.T, lengths, strict=True)]
        worst = max(worst, deviation(reference.penalty_prox(U, TAU, EPS, profile), np.stack(expected, axis=1)))
    return worst


def _prox_closed(profile: str) -> float:
    y = np.linspace(0, 3, 61)
    expected = np.array([_shrink(value, profile) for value in y.tolist()])
    return deviation(reference.smooth_abs_prox(y, TAU, EPS, profile), expected)


def _prox_fast(profile: str) -> float:
    y = np.linspace(-3, 3, 121)
    expected = reference.smooth_abs_prox(y, TAU, EPS, profile)
    return deviation(fast.smooth_abs_prox(torch.tensor(y), TAU, EPS, profile).numpy(), expected)


def _prox_cubic() -> float:
    """Compare with the root in [0, 1] that NumPy finds from the cubic's companion matrix."""
    s, worst = TAU / EPS, 0.0
    for rho in np.linspace(0.01, 0.99, 41) * (1 + s):
        roots = np.roots([1, 0, -(2 + 3 * s) / s, 2 * rho / s])
        (root,) = [x.real for x in roots if abs(x.imag) < 1e-9 and -1e-9 <= x.real <= 1 + 1e-9]
        found = float(reference.smooth_abs_prox(np.array(rho * EPS), TAU, EPS, "quartic")) / EPS
        worst = max(worst, abs(found - root))
    return worst


def _firm() -> float:
    """Search pairs that break ‖Px − Py‖² ≤ ⟨Px − Py, x − y⟩; return the largest excess."""
    rng = np.random.default_rng(34)
    excess = 0.0
    for profile in ("abs", *CONVEX):
        x = rng.normal(size=(3, 2000))
        y = x + rng.normal(size=x.shape) * 10.0 ** rng.uniform(-2, 1, size=2000)
        moved = reference.penalty_prox(x, TAU, EPS, profile) - reference.penalty_prox(y, TAU, EPS, profile)
        excess = max(excess, float(((moved**2).sum(axis=0) - (moved * (x - y)).sum(axis=0)).max()))
    return excess


def _moreau() -> float:
    """Minimise ‖x‖ + ‖x − u‖²/(2ε) over lengths by ternary search; the rest of the formula is ε/2."""
    y = np.linspace(0, 2, 41)
    expected = []
    for value in y.tolist():
        low, high = 0.0, max(value, 1e-9)
        for _ in range(100):
            a, b = low + (high - low) / 3, high - (high - low) / 3
            cost = [x + (x - value) ** 2 / (2 * EPS) for x in (a, b)]
            low, high = (low, b) if cost[0] < cost[1] else (a, high)
        expected.append(low + (low - value) ** 2 / (2 * EPS) + EPS / 2)
    return deviation(reference.smooth_abs(y, EPS), np.array(expected))


def _moreau_gradient() -> float:
    U = _vectors()
    return deviation((U - reference.penalty_prox(U, EPS)) / EPS, reference.penalty_grad(U, EPS))


STRENGTH, WIDTH = 0.08, 0.02


def _smoothed_solution() -> tuple[np.ndarray, np.ndarray]:
    """Train the small problem with the smoothed penalty until it stands still; return U and the gradient of E₀."""
    o, labels, W = _problem()
    penalty = Penalty(STRENGTH, WIDTH)
    lr = 1 / (reference.last_layer_lipschitz(o) + STRENGTH / WIDTH)
    W = reference.descend(
        lambda V: reference.last_layer_grad(V, o, labels, penalty), 0.1 * W, lr=lr, momentum=0.9, updates=4000
    )[-1]
    return W[:, :-1], reference.last_layer_grad(W, o, labels)[:, :-1]


def _lasso_solution() -> tuple[np.ndarray, np.ndarray]:
    """Solve the same problem with the group lasso, by proximal steps."""
    o, labels, W = _problem()
    penalty, lr = Penalty(STRENGTH, profile="abs"), 1 / reference.last_layer_lipschitz(o)
    W = reference.descend(
        lambda V: reference.last_layer_grad(V, o, labels),
        0.1 * W,
        lr=lr,
        momentum=0.5,
        updates=2000,
        prox=lambda V: reference.last_layer_prox(V, lr, penalty),
    )[-1]
    return W[:, :-1], reference.last_layer_grad(W, o, labels)[:, :-1]


def _lasso_zeros() -> float:
    """Measure how far the two cases fail: pulls above λ at zeros, pulls other than −λû elsewhere."""
    U, gradient = _lasso_solution()
    lengths, pulls = np.linalg.norm(U, axis=0), np.linalg.norm(gradient, axis=0)
    dead = lengths == 0
    assert 0 < dead.sum() < len(dead), "the problem must have nodes of both kinds"
    directions = U[:, ~dead] / lengths[~dead]
    return max(float((pulls[dead] - STRENGTH).max()), float(np.abs(gradient[:, ~dead] + STRENGTH * directions).max()))


def _threshold() -> float:
    """Count the nodes for which "shorter than ε" and "pulled with less than λ" are not the same."""
    U, gradient = _smoothed_solution()
    short = np.linalg.norm(U, axis=0) < WIDTH
    weak = np.linalg.norm(gradient, axis=0) < STRENGTH * (1 - 1e-6)  # rounding: a long node's pull is λ itself
    assert 0 < short.sum() < len(short), "the problem must have nodes of both kinds"
    return float((short != weak).sum())


def _rest() -> float:
    U, gradient = _smoothed_solution()
    short = np.linalg.norm(U, axis=0) < WIDTH
    return deviation(U[:, short], -WIDTH * gradient[:, short] / STRENGTH)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter = "smoothing/gradients"
    gradient = ("reference.penalty_grad", "fast.penalty_grad")
    hessian = ("reference.penalty_hess", "fast.penalty_hess")
    prox = ("reference.penalty_prox", "fast.penalty_prox")
    scalar = ("reference.smooth_abs_prox", "fast.smooth_abs_prox")
    for label, title, functions, checks in (
        (
            "radial",
            "the gradient of h",
            gradient,
            (
                Check("against central differences, six profiles", DIFFERENCE, _radial),
                Check("at 0 it is 0", 0.0, _radial_at_zero),
                Check("fast against reference, float64", SAME, lambda: _radial_fast(torch.float64)),
                Check("fast against reference, float32", FLOAT32, lambda: _radial_fast(torch.float32)),
            ),
        ),
        (
            "hessian",
            "the Hessian of h",
            hessian,
            (
                Check("against central differences of the gradient, every entry", DIFFERENCE, _hessian),
                Check("against autograd, twice through the fast penalty", SAME, _hessian_autograd),
                Check("fast against reference, float64", SAME, _hessian_fast),
            ),
        ),
        (
            "eigenvalues",
            "its eigenvalues",
            hessian,
            (Check("against those of autograd's Hessian", 1e-11, _eigenvalues),),
        ),
        (
            "second",
            "the second derivative of φ",
            ("reference.smooth_abs_hess", "fast.smooth_abs_hess"),
            (
                Check("against central differences of the slope", 1e-7, _second),
                Check("fast against reference, float64", SAME, lambda: _second_fast(torch.float64)),
                Check("fast against reference, float32", FLOAT32, lambda: _second_fast(torch.float32)),
            ),
        ),
        (
            "groups",
            "the gradient of one weight, by its group",
            gradient,
            (Check("against lengths summed weight by weight, three groupings", SAME, _groups),),
        ),
        (
            "error",
            "the regularised error of the last layer",
            ("reference.last_layer_error",),
            (Check("against the sum of its parts, sample by sample", SAME, _error),),
        ),
        (
            "error-gradient",
            "its gradient",
            ("reference.last_layer_grad",),
            (
                Check("against central differences, every entry", DIFFERENCE, _error_gradient),
                Check("against autograd through the fast path", SAME, _error_autograd),
            ),
        ),
        (
            "prox",
            "the proximal map",
            prox,
            (Check("no vector found that costs less", 1e-12, _prox_search),),
        ),
        (
            "prox-optimality",
            "its condition",
            prox,
            (Check("what remains of the equation, five profiles", SAME, _prox_optimality),),
        ),
        (
            "prox-radial",
            "the proximal map keeps directions",
            prox,
            (Check("lengths from a ternary search, six profiles", 1e-7, _prox_radial),),
        ),
        (
            "prox-abs",
            "the group threshold",
            scalar,
            (
                Check("against a ternary search", 1e-7, lambda: _prox_closed("abs")),
                Check("fast against reference", SAME, lambda: _prox_fast("abs")),
            ),
        ),
        (
            "prox-huber",
            "the proximal map of Huber's profile",
            scalar,
            (
                Check("against a ternary search", 1e-7, lambda: _prox_closed("huber")),
                Check("fast against reference", SAME, lambda: _prox_fast("huber")),
            ),
        ),
        (
            "prox-quartic",
            "the proximal map of the quartic cap",
            scalar,
            (
                Check("against the root that NumPy finds", SAME, _prox_cubic),
                Check("against a ternary search", 1e-7, lambda: _prox_closed("quartic")),
                Check("fast against reference", SAME, lambda: _prox_fast("quartic")),
            ),
        ),
        (
            "firm",
            "proximal maps are firmly nonexpansive",
            prox,
            (Check("largest excess among 12,000 pairs", 1e-13, _firm),),
        ),
        (
            "moreau",
            "Huber's profile as an envelope",
            ("reference.smooth_abs", "reference.penalty_prox"),
            (
                Check("value against a ternary search", 1e-12, _moreau),
                Check("gradient against the proximal map", SAME, _moreau_gradient),
            ),
        ),
        (
            "lasso",
            "when the group lasso has a zero",
            ("reference.last_layer_prox",),
            (Check("a solved problem: both cases, every node", 1e-9, _lasso_zeros),),
        ),
        (
            "threshold",
            "ε as the threshold",
            ("reference.last_layer_grad",),
            (Check("a solved problem: nodes that differ", 0.0, _threshold),),
        ),
        (
            "rest",
            "where a dead node rests",
            ("reference.last_layer_grad",),
            (Check("a solved problem: dead nodes against the formula", 1e-8, _rest),),
        ),
    ):
        yield Entry(f"eq-grad-{label}", title, chapter, functions, checks)
