"""Ledger entries of the chapter *The smooth function*."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from ... import fast, reference
from ..entry import Chapter, Checks
from ..measure import SAME, columns_of_lengths, normal, run, tensor, two_cases

chapter = Chapter("smoothing/smooth-function")
FOLLOWING = ("huber", "quartic", "pseudo_huber", "log_cosh")
SMOOTH = (*FOLLOWING, "squared", "sqrt_quartic")
WIDTHS = (1e-3, 0.05, 1.0, 3.0)
CASES = tuple((profile, eps) for profile in FOLLOWING for eps in WIDTHS)
PRECISIONS = (("float64", SAME), ("float32", 1e-6))


def lengths_around(eps: float) -> np.ndarray:
    """Return lengths from 0 far beyond the cap, on both sides of its edge."""
    return eps * np.concatenate([[0, 0.5, 1], np.logspace(-6, 3, 400), 1 + np.logspace(-9, -1, 40)])


def relative(found: np.ndarray, expected: np.ndarray, eps: float) -> np.ndarray:
    """Return the deviations of values of a profile, each in units of its own size."""
    return np.asarray(np.abs(found - expected) / (eps + expected))


def compare_cap(check: Checks, profile: str, eps: float, matrix: list[list[float]], wants: list[float]) -> None:
    """Solve the matching conditions as a linear system and compare the polynomial with the reference."""
    coefficients = np.linalg.solve(matrix, wants)
    r = np.linspace(0, eps, 101)
    cap = sum(c * r ** (2 * power) for power, c in enumerate(coefficients))
    check("the solved system against the reference, 4 widths", SAME, reference.smooth_abs(r, eps, profile), cap)


def compare_profile(check: Checks, profile: str, formula: Callable[[float, float], float]) -> None:
    """Compare value and slope with a formula that is read number by number, with differences, and with each other."""
    for eps in WIDTHS:
        r = eps * np.concatenate([[0.0], np.logspace(-3, 2, 200)])
        expected = np.array([formula(x, eps) for x in r.tolist()])
        apart = relative(reference.smooth_abs(r, eps, profile), expected, eps)
        check("reference against the formula", SAME, apart)

    r = np.concatenate([np.linspace(0.05, 0.95, 19), np.linspace(1.05, 3, 20)])  # away from the edge of the cap
    slope, what = reference.smooth_abs_grad(r, 1.0, profile), "the slope against central differences"
    check.differences(slope, lambda x: reference.smooth_abs(x, 1.0, profile), r, what=what)

    for dtype, allowed in PRECISIONS:
        what = f"fast against reference, {dtype}"
        for eps in WIDTHS:
            r = lengths_around(eps)
            value = run(fast.smooth_abs, r, eps, profile, dtype=dtype).double().numpy()
            check(what, allowed, relative(value, reference.smooth_abs(r, eps, profile), eps))
            slopes = run(fast.smooth_abs_grad, r, eps, profile, dtype=dtype)
            check(what, allowed, slopes, reference.smooth_abs_grad(r, eps, profile))


PROFILE = (reference.smooth_abs, fast.smooth_abs)
PROFILE_AND_SLOPE = (*PROFILE, reference.smooth_abs_grad, fast.smooth_abs_grad)


def add_profile(label: str, title: str, profile: str, formula: Callable[[float, float], float]) -> None:
    """Add a profile's equation."""
    compare = partial(compare_profile, profile=profile, formula=formula)
    chapter.equation(label, title, *PROFILE_AND_SLOPE)(compare)


@chapter.equation("eq-smooth-huber-system", "two conditions for a parabola", *PROFILE)
def huber_system(check: Checks) -> None:
    for eps in WIDTHS:
        compare_cap(check, "huber", eps, [[1, eps**2], [0, 2 * eps]], [eps, 1])


add_profile("eq-smooth-huber", "Huber's profile", "huber", two_cases)


@chapter.equation("eq-smooth-quartic-system", "three conditions for a quartic", *PROFILE)
def quartic_system(check: Checks) -> None:
    for e in WIDTHS:
        compare_cap(check, "quartic", e, [[1, e**2, e**4], [0, 2 * e, 4 * e**3], [0, 2, 12 * e**2]], [e, 1, 0])


def quartic_cases(x: float, eps: float) -> float:
    """Return the quartic profile as its two cases are read."""
    return x if x > eps else -(x**4) / (8 * eps**3) + 3 * x * x / (4 * eps) + 3 * eps / 8


add_profile("eq-smooth-quartic", "the quartic profile", "quartic", quartic_cases)


@chapter.equation("eq-smooth-jumps", "what still jumps at the edge of the cap", reference.smooth_abs_grad)
def jumps(check: Checks) -> None:
    """Measure the jumps at ε by one-sided differences, exact for polynomials of degree 4 up to the step."""
    eps, step = 0.5, 1e-4

    def jump(profile: str, order: int) -> float:
        after, before = (
            np.diff(reference.smooth_abs_grad(eps + side * np.arange(1, 5), eps, profile), n=order)[0] / side**order
            for side in (step, -step)
        )
        return float(after - before)

    # Differences with step 1e-4 see the quartic's bending over a few steps.
    found = [jump("huber", 1) * eps, jump("quartic", 1) * eps, jump("quartic", 2) * eps**2 / 3]
    check("against one-sided differences on both sides", 2e-3, found, [-1, 0, 1])


add_profile(
    "eq-smooth-pseudo", "the profile from a hyperbola", "pseudo_huber", lambda x, eps: math.sqrt(x * x + eps * eps)
)
add_profile(
    "eq-smooth-log-cosh",
    "the profile from a hyperbolic tangent",
    "log_cosh",
    lambda x, eps: eps * math.log(math.cosh(x / eps)),
)
add_profile(
    "eq-smooth-sqrt", "the smoothed L1/2 penalty", "sqrt_quartic", lambda x, eps: math.sqrt(quartic_cases(x, eps))
)


@chapter.equation("eq-smooth-scaling", "one shape for each profile", *PROFILE_AND_SLOPE)
def scaling(check: Checks) -> None:
    what, t = "values and slopes at 4 widths against width 1", np.linspace(0, 5, 101)
    for profile, eps in CASES:
        value, shape = reference.smooth_abs(eps * t, eps, profile), reference.smooth_abs(t, 1.0, profile)
        check(what, SAME, value, eps * shape)
        slope = reference.smooth_abs_grad(eps * t, eps, profile)
        check(what, SAME, slope, reference.smooth_abs_grad(t, 1.0, profile))
    root = reference.smooth_abs(0.05 * t, 0.05, "sqrt_quartic")
    check(what, SAME, root, math.sqrt(0.05) * reference.smooth_abs(t, 1.0, "sqrt_quartic"))


def gap_formula(profile: str, r: np.ndarray, e: float) -> np.ndarray:
    """Return how far a profile lies above r."""
    formulas = {
        "huber": np.maximum(e - r, 0) ** 2 / (2 * e),
        "quartic": np.maximum(e - r, 0) ** 3 * (3 * e + r) / (8 * e**3),
        "pseudo_huber": e**2 / (np.sqrt(r**2 + e**2) + r),
        "log_cosh": e * np.log1p(np.exp(-2 * r / e)) - e * math.log(2),
    }
    return np.asarray(formulas[profile])


@chapter.equation("eq-smooth-gaps", "how far the profiles lie from r", *PROFILE)
def gaps(check: Checks) -> None:
    for profile, eps in CASES:
        r = eps * np.linspace(0, 20, 2001)
        gap = reference.smooth_abs(r, eps, profile) - r
        apart = np.abs(gap - gap_formula(profile, r, eps)) / eps
        check(f"value minus length against the formula, {profile}", SAME, apart)


@chapter.equation("eq-smooth-bounds", "the bounds of that distance", reference.smooth_abs_gap, reference.smooth_abs)
def bounds(check: Checks) -> None:
    """Search 443 lengths, 4 widths and 4 profiles for a gap outside the bounds, or one that grows with r."""
    for profile, eps in CASES:
        r = np.sort(lengths_around(eps))
        gap = reference.smooth_abs(r, eps, profile) - r
        low, high = reference.smooth_abs_gap(eps, profile)
        what = "a search for a violation, or for a distance that grows"
        check(what, 1e-15, np.maximum(gap - high, low - gap) / (eps + r))
        check(what, 1e-15, np.diff(gap) / (eps + r[1:]))
    for profile, eps in CASES:
        ends = np.array([0.0, 1e7 * eps])
        gap = reference.smooth_abs(ends, eps, profile) - ends
        low, high = reference.smooth_abs_gap(eps, profile)
        # At r = 10^7 ε the hyperbola still lies 5·10^-8 ε above r.
        apart = np.abs(np.sort(gap) - (low, high)) / eps
        check("the bounds are reached at 0 and far out", 1e-7, apart)


@chapter.equation(
    "eq-smooth-minima", "what smoothing does to the least error", reference.smooth_abs_gap, reference.smooth_abs_prox
)
def minima(check: Checks) -> None:
    """Search random errors of two weights for minima that lie outside the stated interval above the corner's."""

    def least(z: np.ndarray, strength: float, eps: float, profile: str) -> float:
        """Return the minimum of ``½ ‖w - z‖² + λ Σ φ(w)``, by the proximal map."""
        best = reference.smooth_abs_prox(z, strength, eps, profile)
        return float(((best - z) ** 2).sum() / 2 + strength * reference.smooth_abs(best, eps, profile).sum())

    rng = np.random.default_rng(2)
    for _ in range(30):
        z, strength, eps = rng.normal(size=2), rng.uniform(0.1, 1.5), rng.uniform(0.05, 1)
        sharp = least(z, strength, 0.0, "abs")
        for profile in FOLLOWING:
            low, high = (2 * strength * bound for bound in reference.smooth_abs_gap(eps, profile))
            change = least(z, strength, eps, profile) - sharp
            check("a search for a violation, 30 errors and 4 profiles", 1e-12, [change - high, low - change])


@chapter.equation("eq-smooth-lipschitz", "Lipschitz constants", reference.smooth_abs_lipschitz, reference.penalty_grad)
def lipschitz(check: Checks) -> None:
    """Search pairs of vectors, near and far, for gradients that differ by more; the slope's slope at 0 reaches it."""
    rng = np.random.default_rng(3)
    for profile in SMOOTH:
        for eps in (0.05, 1.0):
            u = rng.normal(size=(3, 4000)) * eps * np.logspace(-3, 1, 4000)
            v = u + rng.normal(size=u.shape) * eps * rng.choice([1e-4, 0.1, 3], size=4000)
            change = reference.penalty_grad(u, eps, profile) - reference.penalty_grad(v, eps, profile)
            ratio = np.linalg.norm(change, axis=0) / np.linalg.norm(u - v, axis=0)
            excess = ratio / reference.smooth_abs_lipschitz(eps, profile) - 1
            check("a search for a violation, 48,000 pairs in 3 dimensions", 1e-9, excess)
        for eps in WIDTHS:
            slope = reference.smooth_abs_grad(np.array(1e-5 * eps), eps, profile) / (1e-5 * eps)
            check("the constants are reached at 0", 1e-8, slope, reference.smooth_abs_lipschitz(eps, profile))


@chapter.equation(
    "eq-smooth-best", "no smoothing is better than Huber's", reference.smooth_abs_gap, reference.smooth_abs_lipschitz
)
def best(check: Checks) -> None:
    """Make random smooth functions that follow r, and look for one with a spread below 1/(2L)."""
    rng = np.random.default_rng(4)
    r = np.linspace(0, 4, 4001)
    for _ in range(200):
        # A slope that is 0 at 0, changes by at most L = 1 per unit, and is anything otherwise.
        steps = rng.uniform(-1, 1, size=4000) * rng.uniform(0, 1) + rng.choice([0, 0.5, 1])
        slope = np.concatenate([[0], np.cumsum(np.clip(steps, -1, 1)) * 1e-3])
        gap = np.concatenate([[0], np.cumsum((slope[1:] + slope[:-1]) / 2 - 1) * 1e-3])
        check("a search for a better one, 200 random slopes", 1e-12, 0.5 - np.ptp(gap[r <= 1]))
    products = [
        np.ptp(reference.smooth_abs_gap(0.3, profile)) * reference.smooth_abs_lipschitz(0.3, profile)
        for profile in FOLLOWING
    ]
    check("the products of the four profiles", SAME, products, [1 / 2, 9 / 16, 1, math.log(2)])


@chapter.equation("eq-smooth-vector", "from a weight to a group", reference.penalty, fast.penalty)
def vector(check: Checks) -> None:
    (U,) = normal(5, (4, 7))
    lengths = np.array([math.hypot(*column) for column in U.T])
    for profile in (*SMOOTH, "abs"):
        total = math.fsum(reference.smooth_abs(lengths, 0.8, profile))
        check("reference against a sum over columns, 7 profiles", SAME, reference.penalty(U, 0.8, profile), total)


@chapter.equation("eq-smooth-vector-gradient", "the gradient for a group", reference.penalty_grad, fast.penalty_grad)
def vector_gradient(check: Checks) -> None:
    """At 0 there is a gradient, and it is 0, where slopes of h to nearby points tend to 0."""
    (U,) = normal(6, (3, 5))
    U[:, 0] *= 0.1
    near = columns_of_lengths(7, 3, np.full(100, 1e-6))
    for profile in SMOOTH:
        found, what = reference.penalty_grad(U, 0.8, profile), "against central differences, every entry, 6 profiles"
        check.differences(found, partial(reference.penalty, eps=0.8, profile=profile), U, what=what)
        h = reference.smooth_abs(np.append(0, reference.group_norms(near)), 0.8, profile)
        check("slopes of h from 0 to points at distance 1e-6", 1e-5, np.abs(h - h[0]) / 1e-6)


@chapter.equation("eq-smooth-wrong", "the jump of a wrong formula", *PROFILE)
def wrong_jump(check: Checks) -> None:
    """Measure the jump of ``x²/ε + ε/2`` at ε, and of its slope, as the limits from both sides differ."""
    for eps in WIDTHS:
        below, above = sides = eps * np.array([1 - 1e-12, 1 + 1e-12])
        jumps = [(above - (below**2 / eps + eps / 2)) / eps, 1 - 2 * below / eps]
        check("against the limits from both sides, 4 widths", 1e-11, jumps, [-0.5, -1])
        value, slope = reference.smooth_abs(sides, eps), reference.smooth_abs_grad(sides, eps)
        check("the reference does not jump there", 1e-11, [np.ptp(value) / eps, np.ptp(slope)])


@chapter.equation("eq-smooth-log-cosh-stable", "the logarithm of cosh without overflow", *PROFILE)
def log_cosh_stable(check: Checks) -> None:
    """Compare with ``ln cosh`` in Python's float where that does not overflow, and with ``r - ε ln 2`` beyond."""
    for eps in WIDTHS:
        t = np.concatenate([np.linspace(0, 300, 301), [1e3, 1e6]])
        expected = [eps * (math.log(math.cosh(x)) if x < 400 else x - math.log(2)) for x in t.tolist()]
        apart = np.abs(reference.smooth_abs(eps * t, eps, "log_cosh") - expected) / (eps + eps * t)
        check("reference against the logarithm of cosh, and against its asymptote", SAME, apart)


@chapter.equation("eq-smooth-torch", "the relation to PyTorch's loss of the same name", fast.smooth_abs)
def torch_losses(check: Checks) -> None:
    for dtype, allowed in PRECISIONS:
        for eps in WIDTHS:
            r = tensor(np.concatenate([-lengths_around(eps), lengths_around(eps)]), dtype)
            zero = torch.zeros_like(r)
            theirs = torch.nn.functional.smooth_l1_loss(r, zero, reduction="none", beta=eps)
            huber = torch.nn.functional.huber_loss(r, zero, reduction="none", delta=eps)
            for expected in (theirs + eps / 2, huber / eps + eps / 2):
                apart = (fast.smooth_abs(r, eps) - expected).abs() / (eps + r.abs())
                check(f"fast against PyTorch's two functions, {dtype}", allowed, apart)
