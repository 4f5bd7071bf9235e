"""Ledger entries of the chapter *Gradients*."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from ... import fast, reference
from ...settings import Penalty
from ..entry import Chapter, Checks
from ..measure import (
    DIFFERENCE,
    EQUAL,
    SAME,
    central_differences,
    columns_of_lengths,
    difference_along,
    differences,
    hessian,
    normal,
    random_layer,
    run,
    tensor,
    two_cases,
)

chapter = Chapter("smoothing/gradients")
EPS, TAU = 0.5, 0.7
CONVEX = ("huber", "quartic", "pseudo_huber", "log_cosh", "squared")
SMOOTH = (*CONVEX, "sqrt_quartic")
GRADIENT = (reference.penalty_grad, fast.penalty_grad)
PROX = (reference.penalty_prox, fast.penalty_prox)
NUMBER_PROX = (reference.smooth_abs_prox, fast.smooth_abs_prox)
# A ternary search compares values: it finds a minimum to the root of their rounding, 1e-8.
TERNARY = 1e-7


def random_vectors() -> np.ndarray:
    """Return vectors in R^3, one a column: short and long against ε, none near its edge, and a zero last."""
    return columns_of_lengths(30, 3, np.array([0.02, 0.1, 0.3, 0.44, 0.56, 0.8, 1.5, 4, 0]) * EPS * 2)


def h(u: np.ndarray, profile: str) -> float:
    """Return h of one vector from its length; `penalty` takes many vectors at once."""
    return float(reference.smooth_abs(np.array(math.hypot(*u)), EPS, profile))


@chapter.equation("eq-grad-radial", "the gradient of h", *GRADIENT)
def radial(check: Checks) -> None:
    U = random_vectors()
    for profile in SMOOTH:
        by_hand = reference.penalty_grad(U, EPS, profile)
        expected = np.stack([central_differences(partial(h, profile=profile), u) for u in U.T], axis=1)
        check("against central differences, six profiles", DIFFERENCE, by_hand, expected)
        check("at 0 it is 0", EQUAL, np.abs(reference.penalty_grad(np.zeros((3, 1)), EPS, profile)))
        check.fast(fast.penalty_grad, U, EPS, profile, expected=by_hand)


def autograd_hessian(u: np.ndarray, profile: str) -> np.ndarray:
    """Differentiate the fast path's penalty twice, without any of the chapter's formulas."""
    return hessian(lambda v: fast.penalty(v[:, None], EPS, profile), u)


@chapter.equation("eq-grad-hessian", "the Hessian of h", reference.penalty_hess, fast.penalty_hess)
def hessian_of_h(check: Checks) -> None:
    def gradient(u: np.ndarray, profile: str) -> np.ndarray:
        return reference.penalty_grad(u[:, None], EPS, profile)[:, 0]

    for profile in SMOOTH:
        for u in random_vectors().T:
            by_hand = reference.penalty_hess(u, EPS, profile)
            rows = [differences(partial(gradient, profile=profile), u, along=one)[0] for one in np.eye(3)]
            check("against central differences of the gradient, every entry", DIFFERENCE, by_hand, rows)
            if u.any():
                theirs = autograd_hessian(u, profile)
                check("against autograd, twice through the fast penalty", SAME, by_hand, theirs)
            check("fast against reference, float64", SAME, run(fast.penalty_hess, u, EPS, profile), by_hand)


@chapter.equation("eq-grad-eigenvalues", "its eigenvalues", reference.penalty_hess, fast.penalty_hess)
def eigenvalues(check: Checks) -> None:
    for profile in SMOOTH:
        for u in random_vectors().T[:-1]:
            r = np.asarray(np.linalg.norm(u))
            across = reference.smooth_abs_grad(r, EPS, profile) / r
            expected = np.sort([reference.smooth_abs_hess(r, EPS, profile), across, across])
            found = np.linalg.eigvalsh(autograd_hessian(u, profile))
            check("against those of autograd's Hessian", 1e-11, found, expected)


@chapter.equation("eq-grad-second", "the second derivative of φ", reference.smooth_abs_hess, fast.smooth_abs_hess)
def second_derivative(check: Checks) -> None:
    r = np.linalg.norm(random_vectors(), axis=0)
    for profile in SMOOTH:
        by_hand = reference.smooth_abs_hess(r, EPS, profile)
        bend = difference_along(1.0, partial(reference.smooth_abs_grad, eps=EPS, profile=profile), r, step=1e-5)
        check("against central differences of the slope", 1e-7, by_hand, bend)
        check.fast(fast.smooth_abs_hess, r, EPS, profile, expected=by_hand)


@chapter.equation("eq-grad-groups", "the gradient of one weight, by its group", *GRADIENT)
def groups(check: Checks) -> None:
    """Sum over the groups one weight at a time: a node is a column, a map 16 columns."""
    U = normal(31, (3, 32))[0] * np.repeat([0.05, 1.0], 16)
    for grouping, width in (("node", 1), ("map", 16), ("weight", 0)):
        expected = np.empty_like(U)
        for c, k in np.ndindex(U.shape):
            first = k - k % width if width else k
            group = [U[a, q] for a in range(3) for q in range(first, first + width)] or [U[c, k]]
            expected[c, k] = U[c, k] / max(math.hypot(*group), EPS)
        found = reference.penalty_grad(U, EPS, "huber", grouping)
        check("against lengths summed weight by weight, three groupings", SAME, found, expected)


def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (40, 12), labels of 4 classes, and weights (4, 13)."""
    return random_layer(32, 12)


@chapter.equation("eq-grad-error", "the regularised error of the last layer", reference.last_layer_error)
def error(check: Checks) -> None:
    o, labels, W = problem()
    penalty = Penalty(0.1, EPS)
    total = penalty.strength * math.fsum(two_cases(math.hypot(*u), EPS) for u in W[:, :-1].T)
    for features, label in zip(o, labels, strict=True):
        scores = [math.fsum(W[c, :-1] * features) + W[c, -1] for c in range(4)]
        total -= (scores[label] - math.log(math.fsum(map(math.exp, scores)))) / len(o)
    found = reference.last_layer_error(W, o, labels, penalty)
    check("against the sum of its parts, sample by sample", SAME, found, total)


@chapter.equation("eq-grad-error-gradient", "its gradient", reference.last_layer_grad)
def error_gradient(check: Checks) -> None:
    o, labels, W = problem()
    penalty = Penalty(0.1, EPS, "quartic")
    found = reference.last_layer_grad(W, o, labels, penalty)
    check.differences(found, lambda V: reference.last_layer_error(V, o, labels, penalty), W)

    def fast_error(V: torch.Tensor) -> torch.Tensor:
        scores = fast.dense(tensor(o), V[:, :-1], V[:, -1])
        return fast.cross_entropy(scores, tensor(labels)) + 0.1 * fast.penalty(V[:, :-1], EPS)

    check.autograd(reference.last_layer_grad(W, o, labels, Penalty(0.1, EPS)), fast_error, W)


@chapter.equation("eq-grad-prox", "the proximal map", *PROX)
def prox(check: Checks) -> None:
    """Look for a vector that costs less than the proximal map's, near it and far from it."""

    def cost(V: np.ndarray, U: np.ndarray, profile: str) -> float:
        return float(((V - U) ** 2).sum() / 2 + TAU * reference.penalty(V, EPS, profile))

    rng = np.random.default_rng(33)
    for profile in ("abs", *CONVEX):
        for u in random_vectors().T:
            U = u[:, None]
            V = reference.penalty_prox(U, TAU, EPS, profile)
            least = cost(V, U, profile)
            for size in np.repeat([1e-3, 1e-2, 0.1, 1.0], 40):
                gain = least - cost(V + size * rng.normal(size=V.shape), U, profile)
                check("no vector found that costs less", 1e-12, gain)


@chapter.equation("eq-grad-prox-optimality", "its condition", *PROX)
def prox_optimality(check: Checks) -> None:
    U = random_vectors()
    for profile in CONVEX:
        V = reference.penalty_prox(U, TAU, EPS, profile)
        rest = V + TAU * reference.penalty_grad(V, EPS, profile) - U
        check("what remains of the equation, five profiles", SAME, np.abs(rest))


def ternary(cost: Callable[[float], float], high: float) -> float:
    """Return where a convex function is least between 0 and ``high``: compare values, and know no slope."""
    low = 0.0
    for _ in range(100):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return (low + high) / 2


def shrunk(y: float, profile: str) -> float:
    """Minimise ½(x − y)² + τφ(x) over x ≥ 0."""
    return ternary(lambda x: (x - y) ** 2 / 2 + TAU * float(reference.smooth_abs(np.array(x), EPS, profile)), y)


@chapter.equation("eq-grad-prox-radial", "the proximal map keeps directions", *PROX)
def prox_radial(check: Checks) -> None:
    U = random_vectors()
    lengths = np.linalg.norm(U, axis=0)
    for profile in ("abs", *CONVEX):
        shares = [shrunk(r, profile) / max(r, 1e-300) for r in lengths.tolist()]
        found = reference.penalty_prox(U, TAU, EPS, profile)
        check("lengths from a ternary search, six profiles", TERNARY, found, U * shares)


def compare_prox(check: Checks, profile: str) -> None:
    """Compare the proximal map of one weight with a search, and in both engines."""
    y = np.linspace(0, 3, 61)
    expected = [shrunk(value, profile) for value in y.tolist()]
    check("against a ternary search", TERNARY, reference.smooth_abs_prox(y, TAU, EPS, profile), expected)
    y = np.linspace(-3, 3, 121)
    found = run(fast.smooth_abs_prox, y, TAU, EPS, profile)
    check("fast against reference", SAME, found, reference.smooth_abs_prox(y, TAU, EPS, profile))


for label, title, profile in (
    ("eq-grad-prox-abs", "the group threshold", "abs"),
    ("eq-grad-prox-huber", "the proximal map of Huber's profile", "huber"),
):
    chapter.equation(label, title, *NUMBER_PROX)(partial(compare_prox, profile=profile))


@chapter.equation("eq-grad-prox-quartic", "the proximal map of the quartic cap", *NUMBER_PROX)
def prox_quartic(check: Checks) -> None:
    s = TAU / EPS
    for rho in np.linspace(0.01, 0.99, 41) * (1 + s):
        roots = np.roots([1, 0, -(2 + 3 * s) / s, 2 * rho / s])  # eigenvalues of the cubic's companion matrix
        (root,) = [x.real for x in roots if abs(x.imag) < 1e-9 and -1e-9 <= x.real <= 1 + 1e-9]
        found = float(reference.smooth_abs_prox(np.array(rho * EPS), TAU, EPS, "quartic")) / EPS
        check("against the root that NumPy finds", SAME, abs(found - root))
    compare_prox(check, "quartic")


@chapter.equation("eq-grad-firm", "proximal maps are firmly nonexpansive", *PROX)
def firmly_nonexpansive(check: Checks) -> None:
    """Search pairs that break ‖Px − Py‖² ≤ ⟨Px − Py, x − y⟩."""
    rng = np.random.default_rng(34)
    for profile in ("abs", *CONVEX):
        x = rng.normal(size=(3, 2000))
        y = x + rng.normal(size=x.shape) * 10.0 ** rng.uniform(-2, 1, size=2000)
        moved = reference.penalty_prox(x, TAU, EPS, profile) - reference.penalty_prox(y, TAU, EPS, profile)
        excess = (moved**2).sum(axis=0) - (moved * (x - y)).sum(axis=0)
        check("largest excess among 12,000 pairs", 1e-13, excess)


@chapter.equation("eq-grad-moreau", "Huber's profile as an envelope", reference.smooth_abs, reference.penalty_prox)
def moreau(check: Checks) -> None:
    """Minimise ‖x‖ + ‖x − u‖²/(2ε) over lengths; the rest of the formula is ε/2."""

    def envelope(y: float) -> float:
        def cost(x: float) -> float:
            return x + (x - y) ** 2 / (2 * EPS)

        return cost(ternary(cost, y)) + EPS / 2

    lengths, U = np.linspace(0, 2, 41), random_vectors()
    expected = [envelope(y) for y in lengths.tolist()]
    check("value against a ternary search", 1e-12, reference.smooth_abs(lengths, EPS), expected)
    by_prox = (U - reference.penalty_prox(U, EPS)) / EPS
    check("gradient against the proximal map", SAME, by_prox, reference.penalty_grad(U, EPS))


STRENGTH, WIDTH = 0.08, 0.02


@chapter.equation("eq-grad-lasso", "when the group lasso has a zero", reference.last_layer_prox)
def lasso(check: Checks) -> None:
    """Solve the problem by proximal steps: pulls of at most λ at zeros, of −λû elsewhere."""
    o, labels, W = problem()
    penalty, lr = Penalty(STRENGTH, profile="abs"), 1 / reference.last_layer_lipschitz(o)
    W = reference.descend(
        lambda V: reference.last_layer_grad(V, o, labels),
        0.1 * W,
        lr=lr,
        momentum=0.5,
        updates=2000,
        prox=lambda V: reference.last_layer_prox(V, lr, penalty),
    )[-1]
    U, gradient = W[:, :-1], reference.last_layer_grad(W, o, labels)[:, :-1]
    lengths, pulls = np.linalg.norm(U, axis=0), np.linalg.norm(gradient, axis=0)
    dead = lengths == 0
    assert 0 < dead.sum() < len(dead), "the problem must have nodes of both kinds"
    what = "a solved problem: both cases, every node"
    check(what, 1e-9, pulls[dead] - STRENGTH)
    check(what, 1e-9, np.abs(gradient[:, ~dead] + STRENGTH * U[:, ~dead] / lengths[~dead]))


def smoothed_solution() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Train with the smoothed penalty until nothing moves; return U, the gradient of E₀, and which nodes are short."""
    o, labels, W = problem()
    penalty = Penalty(STRENGTH, WIDTH)
    lr = 1 / (reference.last_layer_lipschitz(o) + STRENGTH / WIDTH)
    W = reference.descend(
        lambda V: reference.last_layer_grad(V, o, labels, penalty), 0.1 * W, lr=lr, momentum=0.9, updates=4000
    )[-1]
    short = np.linalg.norm(W[:, :-1], axis=0) < WIDTH
    assert 0 < short.sum() < len(short), "the problem must have nodes of both kinds"
    return W[:, :-1], reference.last_layer_grad(W, o, labels)[:, :-1], short


@chapter.equation("eq-grad-threshold", "ε as the threshold", reference.last_layer_grad)
def epsilon_as_threshold(check: Checks) -> None:
    _, gradient, short = smoothed_solution()
    weak = np.linalg.norm(gradient, axis=0) < STRENGTH * (1 - 1e-6)  # rounding: a long node's pull is λ itself
    check("a solved problem: short against weakly pulled, every node", EQUAL, short != weak)


@chapter.equation("eq-grad-rest", "where a dead node rests", reference.last_layer_grad)
def rest(check: Checks) -> None:
    U, gradient, short = smoothed_solution()
    formula = -WIDTH * gradient[:, short] / STRENGTH
    check("a solved problem: dead nodes against the formula", 1e-8, U[:, short], formula)
