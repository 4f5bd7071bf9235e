"""Ledger entries of the chapter *The smooth function*."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch

from ... import fast, reference
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation

FOLLOWING = ("huber", "quartic", "pseudo_huber", "log_cosh")
SMOOTH = (*FOLLOWING, "squared", "sqrt_quartic")
WIDTHS = (1e-3, 0.05, 1.0, 3.0)
CASES = tuple((profile, eps) for profile in FOLLOWING for eps in WIDTHS)


def _lengths(eps: float) -> np.ndarray:
    """Return lengths from 0 far beyond the cap, on both sides of its edge."""
    return eps * np.concatenate([[0, 0.5, 1], np.logspace(-6, 3, 400), 1 + np.logspace(-9, -1, 40)])


def _cap(profile: str, matrix: Callable[[float], np.ndarray], wants: Callable[[float], list[float]]) -> float:
    """Solve the matching conditions as a linear system and compare the polynomial with the reference."""
    worst = 0.0
    for eps in WIDTHS:
        coefficients = np.linalg.solve(matrix(eps), np.array(wants(eps)))
        r = np.linspace(0, eps, 101)
        cap = sum(c * r ** (2 * power) for power, c in enumerate(coefficients))
        worst = max(worst, deviation(reference.smooth_abs(r, eps, profile), np.asarray(cap)))
    return worst


def _huber_matrix(eps: float) -> np.ndarray:
    return np.array([[1, eps**2], [0, 2 * eps]])


def _quartic_matrix(eps: float) -> np.ndarray:
    return np.array([[1, eps**2, eps**4], [0, 2 * eps, 4 * eps**3], [0, 2, 12 * eps**2]])


def _formula(profile: str, formula: Callable[[float, float], float]) -> float:
    """Compare the reference with a formula that is read number by number."""
    worst = 0.0
    for eps in WIDTHS:
        r = eps * np.concatenate([[0.0], np.logspace(-3, 2, 200)])
        expected = np.array([formula(x, eps) for x in r.tolist()])
        worst = max(worst, float((np.abs(reference.smooth_abs(r, eps, profile) - expected) / (eps + expected)).max()))
    return worst


def _cases(x: float, inside: float, eps: float) -> float:
    return x if x > eps else inside


def _slope(profile: str) -> float:
    """Compare the slope with central differences of the value, away from the edge of the cap."""
    r = np.concatenate([np.linspace(0.05, 0.95, 19), np.linspace(1.05, 3, 20)])
    expected = central_differences(lambda x: float(reference.smooth_abs(x, 1.0, profile).sum()), r)
    return deviation(reference.smooth_abs_grad(r, 1.0, profile), expected)


def _fast(profile: str, dtype: torch.dtype) -> float:
    worst = 0.0
    for eps in WIDTHS:
        r = _lengths(eps)
        value = fast.smooth_abs(torch.tensor(r, dtype=dtype), eps, profile).double().numpy()
        slope = fast.smooth_abs_grad(torch.tensor(r, dtype=dtype), eps, profile).double().numpy()
        expected = reference.smooth_abs(r, eps, profile)
        worst = max(worst, float((np.abs(value - expected) / (eps + expected)).max()))
        worst = max(worst, deviation(slope, reference.smooth_abs_grad(r, eps, profile)))
    return worst


def _jumps() -> float:
    """Measure the jumps at ε by one-sided differences, exact for polynomials of degree 4 up to the step."""
    eps, step = 0.5, 1e-4
    side = np.array([1, 2, 3, 4]) * step

    def one_sided(profile: str, order: int, sign: int) -> float:
        slopes = reference.smooth_abs_grad(eps + sign * side, eps, profile)
        return float(np.diff(slopes, n=order)[0] / (sign * step) ** order)

    second = one_sided("huber", 1, 1) - one_sided("huber", 1, -1)
    none = one_sided("quartic", 1, 1) - one_sided("quartic", 1, -1)
    third = one_sided("quartic", 2, 1) - one_sided("quartic", 2, -1)
    return max(abs(second * eps + 1), abs(none * eps), abs(third * eps**2 / 3 - 1))


def _scaling() -> float:
    worst = 0.0
    for profile, eps in CASES:
        t = np.linspace(0, 5, 101)
        value = reference.smooth_abs(eps * t, eps, profile)
        worst = max(worst, deviation(value, eps * reference.smooth_abs(t, 1.0, profile)))
        slope = reference.smooth_abs_grad(eps * t, eps, profile)
        worst = max(worst, deviation(slope, reference.smooth_abs_grad(t, 1.0, profile)))
    t = np.linspace(0, 5, 101)
    root = reference.smooth_abs(0.05 * t, 0.05, "sqrt_quartic")
    return max(worst, deviation(root, math.sqrt(0.05) * reference.smooth_abs(t, 1.0, "sqrt_quartic")))


def _gap(profile: str, formula: Callable[[np.ndarray, float], np.ndarray]) -> float:
    worst = 0.0
    for eps in WIDTHS:
        r = eps * np.linspace(0, 20, 2001)
        received = reference.smooth_abs(r, eps, profile) - r
        worst = max(worst, float(np.abs(received - formula(r, eps)).max() / eps))
    return worst


def _gap_violation() -> float:
    """Search 443 lengths, 4 widths and 4 profiles for a gap outside the bounds, or one that grows with r."""
    worst = 0.0
    for profile, eps in CASES:
        r = np.sort(_lengths(eps))
        gap = reference.smooth_abs(r, eps, profile) - r
        low, high = reference.smooth_abs_gap(eps, profile)
        outside = np.maximum(gap - high, low - gap) / (eps + r)
        grows = np.diff(gap) / (eps + r[1:])
        worst = max(worst, float(outside.max()), float(grows.max()))
    return max(worst, 0.0)


def _gap_reached() -> float:
    worst = 0.0
    for profile, eps in CASES:
        ends = np.array([0.0, 1e7 * eps])
        gap = reference.smooth_abs(ends, eps, profile) - ends
        low, high = reference.smooth_abs_gap(eps, profile)
        worst = max(worst, abs(gap.max() - high) / eps, abs(gap.min() - low) / eps)
    return worst


def _minima() -> float:
    """Search random errors of two weights for minima that lie outside the stated interval above the corner's."""
    rng = np.random.default_rng(2)
    worst = 0.0
    for _ in range(30):
        z, strength, eps = rng.normal(size=2), rng.uniform(0.1, 1.5), rng.uniform(0.05, 1)
        sharp = _least(z, strength, 0.0, "abs")
        for profile in FOLLOWING:
            low, high = (2 * strength * bound for bound in reference.smooth_abs_gap(eps, profile))
            change = _least(z, strength, eps, profile) - sharp
            worst = max(worst, change - high, low - change)
    return worst


def _least(z: np.ndarray, strength: float, eps: float, profile: str) -> float:
    """Return the minimum of ``½ ‖w - z‖² + λ Σ φ(w)``, by the proximal map."""
    best = reference.smooth_abs_prox(z, strength, eps, profile)
    return float(((best - z) ** 2).sum() / 2 + strength * reference.smooth_abs(best, eps, profile).sum())


def _lipschitz_violation() -> float:
    """Search pairs of vectors, near and far, for gradients that differ by more than the constant allows."""
    rng = np.random.default_rng(3)
    worst = 0.0
    for profile in SMOOTH:
        for eps in (0.05, 1.0):
            u = rng.normal(size=(3, 4000)) * eps * np.logspace(-3, 1, 4000)
            v = u + rng.normal(size=u.shape) * eps * rng.choice([1e-4, 0.1, 3], size=4000)
            change = reference.penalty_grad(u, eps, profile) - reference.penalty_grad(v, eps, profile)
            ratio = np.linalg.norm(change, axis=0) / np.linalg.norm(u - v, axis=0)
            worst = max(worst, float(ratio.max()) / reference.smooth_abs_lipschitz(eps, profile) - 1)
    return max(worst, 0.0)


def _lipschitz_reached() -> float:
    """Compare the constant with the slope of the slope at 0, where every profile reaches it."""
    worst = 0.0
    for profile in SMOOTH:
        for eps in WIDTHS:
            near = 1e-5 * eps
            slope = float(reference.smooth_abs_grad(np.array(near), eps, profile)) / near
            worst = max(worst, abs(slope / reference.smooth_abs_lipschitz(eps, profile) - 1))
    return worst


def _best_violation() -> float:
    """Make random smooth functions that follow r, and look for one with a spread below 1/(2L)."""
    rng = np.random.default_rng(4)
    worst = 0.0
    r = np.linspace(0, 4, 4001)
    for _ in range(200):
        # A slope that is 0 at 0, changes by at most L = 1 per unit, and is anything otherwise.
        steps = rng.uniform(-1, 1, size=4000) * rng.uniform(0, 1) + rng.choice([0, 0.5, 1])
        slope = np.concatenate([[0], np.cumsum(np.clip(steps, -1, 1)) * 1e-3])
        gap = np.concatenate([[0], np.cumsum((slope[1:] + slope[:-1]) / 2 - 1) * 1e-3])
        worst = max(worst, 0.5 - float(np.ptp(gap[r <= 1])))
    return worst


def _best_reached() -> float:
    product = np.ptp(reference.smooth_abs_gap(0.3)) * reference.smooth_abs_lipschitz(0.3)
    others = [
        np.ptp(reference.smooth_abs_gap(0.3, name)) * reference.smooth_abs_lipschitz(0.3, name)
        for name in FOLLOWING[1:]
    ]
    expected = np.array([1 / 2, 9 / 16, 1, math.log(2)])
    return deviation(np.array([product, *others]), expected)


def _vector_loops() -> float:
    U = np.random.default_rng(5).normal(size=(4, 7))
    worst = 0.0
    for profile in (*SMOOTH, "abs"):
        total = 0.0
        for column in U.T.tolist():
            length = math.sqrt(math.fsum(x * x for x in column))
            total += float(reference.smooth_abs(np.array(length), 0.8, profile))
        worst = max(worst, abs(reference.penalty(U, 0.8, profile) - total) / total)
    return worst


def _vector_gradient() -> float:
    U = np.random.default_rng(6).normal(size=(3, 5))
    U[:, 0] *= 0.1
    worst = 0.0
    for profile in SMOOTH:
        expected = central_differences(lambda x, p=profile: reference.penalty(x, 0.8, p), U)  # type: ignore[misc]
        worst = max(worst, deviation(reference.penalty_grad(U, 0.8, profile), expected))
    return worst


def _vector_at_zero() -> float:
    """Return the largest ``|h(u) - h(0)| / ‖u‖`` for short vectors: it tends to 0 where there is a gradient of 0."""
    u = np.random.default_rng(7).normal(size=(3, 100))
    u *= 1e-6 / np.linalg.norm(u, axis=0)
    worst = 0.0
    for profile in SMOOTH:
        start = float(reference.smooth_abs(np.zeros(1), 0.8, profile)[0])
        change = np.abs(reference.smooth_abs(reference.group_norms(u), 0.8, profile) - start)
        worst = max(worst, float(change.max()) / 1e-6)
    return worst


def _wrong_jump() -> float:
    """Measure the jump of ``x²/ε + ε/2`` at ε, and of its slope, as the limits from both sides differ."""
    worst = 0.0
    for eps in WIDTHS:
        below, above = eps * (1 - 1e-12), eps * (1 + 1e-12)
        worst = max(worst, abs((above - (below**2 / eps + eps / 2)) / eps + 0.5), abs(1 - 2 * below / eps + 1))
    return worst


def _right_does_not_jump() -> float:
    worst = 0.0
    for eps in WIDTHS:
        sides = eps * np.array([1 - 1e-12, 1 + 1e-12])
        worst = max(worst, float(np.ptp(reference.smooth_abs(sides, eps))) / eps)
        worst = max(worst, float(np.ptp(reference.smooth_abs_grad(sides, eps))))
    return worst


def _torch(dtype: torch.dtype) -> float:
    worst = 0.0
    for eps in WIDTHS:
        r = torch.tensor(np.concatenate([-_lengths(eps), _lengths(eps)]), dtype=dtype)
        ours = fast.smooth_abs(r, eps)
        theirs = torch.nn.functional.smooth_l1_loss(r, torch.zeros_like(r), reduction="none", beta=eps)
        huber = torch.nn.functional.huber_loss(r, torch.zeros_like(r), reduction="none", delta=eps)
        for other in (theirs + eps / 2, huber / eps + eps / 2):
            worst = max(worst, float(((ours - other).abs() / (eps + r.abs())).max()))
    return worst


def _log_cosh_stable() -> float:
    """Compare with ``ln cosh`` in Python's float where that does not overflow, and with ``r - ε ln 2`` beyond."""
    worst = 0.0
    for eps in WIDTHS:
        t = np.concatenate([np.linspace(0, 300, 301), [1e3, 1e6]])
        expected = [eps * (math.log(math.cosh(x)) if x < 400 else x - math.log(2)) for x in t.tolist()]
        received = reference.smooth_abs(eps * t, eps, "log_cosh")
        worst = max(worst, float((np.abs(received - expected) / (eps + eps * t)).max()))
    return worst


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter = "smoothing/smooth-function"
    value = ("reference.smooth_abs", "fast.smooth_abs")
    both = (*value, "reference.smooth_abs_grad", "fast.smooth_abs_grad")

    def fast_checks(profile: str) -> tuple[Check, ...]:
        return (
            Check("the slope against central differences", DIFFERENCE, lambda: _slope(profile)),
            Check("fast against reference, float64", SAME, lambda: _fast(profile, torch.float64)),
            Check("fast against reference, float32", 1e-6, lambda: _fast(profile, torch.float32)),
        )

    yield Entry(
        "eq-smooth-huber-system",
        "two conditions for a parabola",
        chapter,
        value,
        (
            Check(
                "the solved system against the reference, 4 widths",
                SAME,
                lambda: _cap("huber", _huber_matrix, lambda eps: [eps, 1]),
            ),
        ),
    )
    yield Entry(
        "eq-smooth-huber",
        "Huber's profile",
        chapter,
        both,
        (
            Check(
                "reference against the formula",
                SAME,
                lambda: _formula("huber", lambda x, e: _cases(x, x * x / (2 * e) + e / 2, e)),
            ),
            *fast_checks("huber"),
        ),
    )
    yield Entry(
        "eq-smooth-quartic-system",
        "three conditions for a quartic",
        chapter,
        value,
        (
            Check(
                "the solved system against the reference, 4 widths",
                SAME,
                lambda: _cap("quartic", _quartic_matrix, lambda eps: [eps, 1, 0]),
            ),
        ),
    )
    yield Entry(
        "eq-smooth-quartic",
        "the quartic profile",
        chapter,
        both,
        (
            Check(
                "reference against the formula",
                SAME,
                lambda: _formula(
                    "quartic",
                    lambda x, e: _cases(x, -(x**4) / (8 * e**3) + 3 * x * x / (4 * e) + 3 * e / 8, e),
                ),
            ),
            *fast_checks("quartic"),
        ),
    )
    yield Entry(
        "eq-smooth-jumps",
        "what still jumps at the edge of the cap",
        chapter,
        ("reference.smooth_abs_grad",),
        # One-sided differences with step 1e-4 see the quartic's bending over a few steps.
        (Check("against one-sided differences on both sides", 2e-3, _jumps),),
    )
    yield Entry(
        "eq-smooth-pseudo",
        "the profile from a hyperbola",
        chapter,
        both,
        (
            Check(
                "reference against the formula",
                SAME,
                lambda: _formula("pseudo_huber", lambda x, e: math.sqrt(x * x + e * e)),
            ),
            *fast_checks("pseudo_huber"),
        ),
    )
    yield Entry(
        "eq-smooth-log-cosh",
        "the profile from a hyperbolic tangent",
        chapter,
        both,
        (
            Check(
                "reference against the formula",
                SAME,
                lambda: _formula("log_cosh", lambda x, e: e * math.log(math.cosh(x / e))),
            ),
            *fast_checks("log_cosh"),
        ),
    )
    yield Entry(
        "eq-smooth-sqrt",
        "the smoothed L1/2 penalty",
        chapter,
        both,
        (
            Check(
                "reference against the formula",
                SAME,
                lambda: _formula(
                    "sqrt_quartic",
                    lambda x, e: math.sqrt(_cases(x, -(x**4) / (8 * e**3) + 3 * x * x / (4 * e) + 3 * e / 8, e)),
                ),
            ),
            *fast_checks("sqrt_quartic"),
        ),
    )
    yield Entry(
        "eq-smooth-scaling",
        "one shape for each profile",
        chapter,
        both,
        (Check("values and slopes at 4 widths against width 1", SAME, _scaling),),
    )
    gaps: tuple[tuple[str, Callable[[np.ndarray, float], np.ndarray]], ...] = (
        ("huber", lambda r, e: np.maximum(e - r, 0) ** 2 / (2 * e)),
        ("quartic", lambda r, e: np.maximum(e - r, 0) ** 3 * (3 * e + r) / (8 * e**3)),
        ("pseudo_huber", lambda r, e: e**2 / (np.sqrt(r**2 + e**2) + r)),
        ("log_cosh", lambda r, e: e * np.log1p(np.exp(-2 * r / e)) - e * math.log(2)),
    )
    yield Entry(
        "eq-smooth-gaps",
        "how far the profiles lie from r",
        chapter,
        value,
        tuple(
            Check(f"value minus length against the formula, {name}", SAME, lambda n=name, f=formula: _gap(n, f))  # type: ignore[misc]
            for name, formula in gaps
        ),
    )
    yield Entry(
        "eq-smooth-bounds",
        "the bounds of that distance",
        chapter,
        ("reference.smooth_abs_gap", "reference.smooth_abs"),
        (
            Check("a search for a violation, or for a distance that grows", 1e-15, _gap_violation),
            # At r = 10^7 ε the hyperbola still lies 5·10^-8 ε above r.
            Check("the bounds are reached at 0 and far out", 1e-7, _gap_reached),
        ),
    )
    yield Entry(
        "eq-smooth-minima",
        "what smoothing does to the least error",
        chapter,
        ("reference.smooth_abs_gap", "reference.smooth_abs_prox"),
        (Check("a search for a violation, 30 errors and 4 profiles", 1e-12, _minima),),
    )
    yield Entry(
        "eq-smooth-lipschitz",
        "Lipschitz constants",
        chapter,
        ("reference.smooth_abs_lipschitz", "reference.penalty_grad"),
        (
            Check("a search for a violation, 48,000 pairs in 3 dimensions", 1e-9, _lipschitz_violation),
            Check("the constants are reached at 0", 1e-8, _lipschitz_reached),
        ),
    )
    yield Entry(
        "eq-smooth-best",
        "no smoothing is better than Huber's",
        chapter,
        ("reference.smooth_abs_gap", "reference.smooth_abs_lipschitz"),
        (
            Check("a search for a better one, 200 random slopes", 1e-12, _best_violation),
            Check("the products of the four profiles", SAME, _best_reached),
        ),
    )
    yield Entry(
        "eq-smooth-vector",
        "from a weight to a group",
        chapter,
        ("reference.penalty", "fast.penalty"),
        (Check("reference against a sum over columns, 7 profiles", SAME, _vector_loops),),
    )
    yield Entry(
        "eq-smooth-vector-gradient",
        "the gradient for a group",
        chapter,
        ("reference.penalty_grad", "fast.penalty_grad"),
        (
            Check("against central differences, every entry, 6 profiles", DIFFERENCE, _vector_gradient),
            Check("slopes of h from 0 to points at distance 1e-6", 1e-5, _vector_at_zero),
        ),
    )
    yield Entry(
        "eq-smooth-wrong",
        "the jump of a wrong formula",
        chapter,
        value,
        (
            Check("against the limits from both sides, 4 widths", 1e-11, _wrong_jump),
            Check("the reference does not jump there", 1e-11, _right_does_not_jump),
        ),
    )
    yield Entry(
        "eq-smooth-log-cosh-stable",
        "the logarithm of cosh without overflow",
        chapter,
        value,
        (Check("reference against the logarithm of cosh, and against its asymptote", SAME, _log_cosh_stable),),
    )
    yield Entry(
        "eq-smooth-torch",
        "the relation to PyTorch's loss of the same name",
        chapter,
        ("fast.smooth_abs",),
        (
            Check("fast against PyTorch's two functions, float64", SAME, lambda: _torch(torch.float64)),
            Check("fast against PyTorch's two functions, float32", 1e-6, lambda: _torch(torch.float32)),
        ),
    )
