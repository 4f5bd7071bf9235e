"""Ledger entries of the chapter *The corner*."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ... import fast, reference
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME

chapter = Chapter("smoothing/the-corner")
Slope = Callable[[np.ndarray], np.ndarray]
# On an orbit every update moves by a whole swing, and rounding adds up from update to update.
ORBIT = 1e-9


def slope_of(strength: float, curvature: float, z: float) -> Slope:
    """Return the (sub)gradient of ``curvature/2 (w-z)² + strength |w|``."""
    return lambda w: curvature * (w - z) + strength * reference.smooth_abs_grad(w, 0, "abs")


def threshold(tau: float) -> Slope:
    """Return the proximal step that moves by ``tau``."""
    return lambda w: reference.smooth_abs_prox(w, tau)


def random_settings(count: int, seed: int) -> Iterator[tuple[float, float, float, float]]:
    """Yield learning rates, strengths, momenta and curvatures, with ``lr * curvature`` below ``2 (1 + momentum)``."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        lr, strength, momentum = rng.uniform(0.01, 1), rng.uniform(0.1, 2), rng.uniform(0, 0.95)
        yield lr, strength, momentum, rng.uniform(0, 0.99) * 2 * (1 + momentum) / lr


chapter.definition(
    "eq-corner-error",
    "the error of one weight",
    because="it sets up the smallest case: a quadratic error and a penalty",
)


def search_on_a_grid(check: Checks, profile: str) -> None:
    """Compare the stated minimum of ``κ/2 (w-z)² + λφ(w)`` with the lowest point of a fine grid."""
    grid, z = np.linspace(-4, 4, 16_001), np.linspace(-3, 3, 61)
    for strength in (0.3, 1.0):
        for curvature in (0.5, 1.0, 2.0):
            cost = strength * (np.abs(grid) if profile == "abs" else grid**2 / 2)
            lowest = grid[(curvature / 2 * (grid - z[:, None]) ** 2 + cost).argmin(axis=1)]
            stated = reference.smooth_abs_prox(z, strength / curvature, profile=profile)
            # The grid's points lie 5e-4 apart, so its lowest one is at most half of that from the minimum.
            check("reference against the lowest of 16,001 grid points", 2.6e-4, np.abs(lowest - stated))


@chapter.equation(
    "eq-corner-soft",
    "the minimum under L1: the soft threshold",
    reference.smooth_abs_prox,
    fast.smooth_abs_prox,
)
def soft_threshold(check: Checks) -> None:
    search_on_a_grid(check, "abs")
    z = np.linspace(-3, 3, 6001)
    zero = reference.smooth_abs_prox(z, 0.7) == 0
    check("exact zeros up to the threshold, and only there", EQUAL, zero != (np.abs(z) <= 0.7))
    z = np.linspace(-3, 3, 61)
    formula = np.sign(z) * np.maximum(np.abs(z) - 0.7, 0)
    precisions = (("float64", SAME), ("float32", 1e-6))
    what = "fast against the formula"
    check.fast(fast.smooth_abs_prox, z, 0.7, expected=formula, what=what, precisions=precisions)


@chapter.equation("eq-corner-ridge", "the minimum under L2", reference.smooth_abs_prox, fast.smooth_abs_prox)
def ridge(check: Checks) -> None:
    z = np.linspace(-3, 3, 60)
    check("reference against the formula", SAME, reference.smooth_abs_prox(z, 0.7, profile="squared"), z / 1.7)
    search_on_a_grid(check, "squared")


@chapter.equation("eq-corner-continuous", "lengths differ by no more than their vectors", reference.group_norms)
def length_is_continuous(check: Checks) -> None:
    """Search for ``| ‖a‖ - ‖b‖ |`` above ``‖a - b‖``, near and far, parallel and opposite."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=(10, 20_000))
    b = a * rng.choice([-1, 0, 0.5, 1, 3], size=20_000) + rng.normal(size=a.shape) * np.logspace(-12, 1, 20_000)
    lengths = np.abs(reference.group_norms(a) - reference.group_norms(b))
    check("a search among 20,000 pairs for a larger difference", 1e-14, lengths - np.linalg.norm(a - b, axis=0))


chapter.definition("eq-corner-subdifferential", "subdifferential", because="it says what the word means")


@chapter.equation(
    "eq-corner-subdifferential-abs",
    "the slopes that support the absolute value",
    reference.smooth_abs_grad,
)
def slopes_of_abs(check: Checks) -> None:
    """Search for a point below a line that should support ``|v|``, and for a line outside the set that supports it."""
    what = "a search for points below the lines, and for further lines"
    v = np.linspace(-3, 3, 601)
    w = np.linspace(-2, 2, 101)[:, None]
    slope = reference.smooth_abs_grad(w, 0, "abs")
    check(what, 1e-14, np.abs(w) + slope * (v - w) - np.abs(v))
    fan = np.linspace(-1, 1, 101)[:, None]
    check(what, 1e-14, fan * v - np.abs(v))
    outside = np.array([-2.0, -1.01, 1.01, 2.0])[:, None]
    check(what, 1e-14, ~(outside * v > np.abs(v)).any(axis=1))


@chapter.equation("eq-corner-subdifferential-norm", "the vectors that support the length", reference.penalty_grad)
def slopes_of_length(check: Checks) -> None:
    """Do the same for ``‖v‖`` in ten dimensions; a vector longer than 1 is refuted by ``v`` along it."""
    what = "a search for points below the planes, and for further planes"
    rng = np.random.default_rng(2)
    u = rng.normal(size=(10, 300))
    v = np.concatenate([rng.normal(size=(10, 4000)) * np.logspace(-2, 1, 4000), 3 * u, u / 3], axis=1)
    slope = reference.penalty_grad(u, 0, "abs")
    line = np.linalg.norm(u, axis=0) - (slope * u).sum(axis=0)
    check(what, 1e-13, slope.T @ v + line[:, None] - np.linalg.norm(v, axis=0))
    inside = u / np.linalg.norm(u, axis=0) * rng.uniform(0, 1, size=300)
    check(what, 1e-13, inside.T @ v - np.linalg.norm(v, axis=0))
    outside = 1.01 * u / np.linalg.norm(u, axis=0)
    check(what, 1e-13, (outside * outside).sum(axis=0) <= np.linalg.norm(outside, axis=0))


def bisect(slope: Slope, strength: float) -> float:
    """Return the minimum of a convex error with this slope and ``strength |w|``."""
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        if float(slope(np.array(middle))) + strength * (1 if middle > 0 else -1) > 0:
            high = middle
        else:
            low = middle
    return low


def convex_slopes(z: float, scale: float) -> tuple[Slope, ...]:
    """Return the slopes of three kinds of convex error."""
    return (
        lambda w: scale * (w - z),
        lambda w: scale * np.tanh(w - z),
        lambda w: (w - z) ** 3 + scale * (w - z),
    )


@chapter.equation("eq-corner-condition", "when 0 is the minimum, for one weight")
def condition(check: Checks) -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        z, scale, strength = rng.normal(), rng.uniform(0.3, 3), rng.uniform(0.05, 2)
        for slope in convex_slopes(z, scale):
            at_zero = abs(bisect(slope, strength)) < 1e-9
            stated = abs(float(slope(np.array(0.0)))) <= strength
            check("against the minimum by bisection, 900 convex errors", EQUAL, at_zero != stated)


@chapter.equation("eq-corner-condition-group", "when 0 is the minimum, for a group", reference.penalty_prox)
def condition_group(check: Checks) -> None:
    def minimise(A: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
        lr = float(1 / np.linalg.norm(A.T @ A, 2))
        return reference.descend(
            lambda u: A.T @ (A @ u - y),
            np.ones((3, 1)),
            lr=lr,
            updates=400,
            prox=lambda u: reference.penalty_prox(u, lr * strength),
        )[-1]

    rng = np.random.default_rng(4)
    for strength in np.linspace(0.1, 8, 24):
        A, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
        at_zero, stated = (minimise(A, y, strength) == 0).all(), np.linalg.norm(A.T @ y) <= strength
        check("against the minimum by proximal descent, 24 least-squares problems", EQUAL, at_zero != stated)


@chapter.equation("eq-corner-two-cycle", "the swing of plain L1's orbit", reference.two_cycle, reference.descend)
def two_cycle(check: Checks) -> None:
    """Start on the orbit and go round 20 times; without momentum or curvature every start ends on an orbit."""
    for lr, strength, momentum, curvature in random_settings(60, seed=5):
        low, high = reference.two_cycle(lr, strength, momentum, curvature)
        swing = high - low
        z = 0.4 * swing
        low, high = reference.two_cycle(lr, strength, momentum, curvature, z)
        slope = slope_of(strength, curvature, z)
        path = reference.descend(slope, high, lr=lr, momentum=momentum, velocity=swing, updates=40)
        apart = np.abs(path - np.where(np.arange(41) % 2, low, high)) / swing
        check("descent on the orbit against its two points, 60 settings", ORBIT, apart)

    starts = np.random.default_rng(6).uniform(-9, 9, size=200)
    path = reference.descend(slope_of(0.7, 0, 0), starts, lr=0.3, updates=200)
    found = reference.peak_to_peak(path, tail=20)
    check("measured peak to peak from 200 starts", ORBIT, found, np.full(200, 0.3 * 0.7))


@chapter.equation(
    "eq-corner-two-cycle-valid",
    "where that orbit exists and draws its neighbours in",
    reference.two_cycle,
)
def two_cycle_valid(check: Checks) -> None:
    def stays(lr: float, strength: float, momentum: float, curvature: float, z: float) -> bool:
        """Whether a start 1 % off the points of the formula, moving as on the orbit, stays within 10 % of them."""
        swing = abs(lr * strength / (1 + momentum - lr * curvature / 2))
        slope = slope_of(strength, curvature, z)
        path = reference.descend(slope, z + 0.505 * swing, lr=lr, momentum=momentum, velocity=swing, updates=60)
        points = z + np.where(np.arange(61) % 2, -swing / 2, swing / 2)
        return bool(np.abs(path - points).max() < 0.1 * swing)

    for lr, strength, momentum, curvature in random_settings(60, seed=7):
        low, high = reference.two_cycle(lr, strength, momentum, curvature)
        inside = stays(lr, strength, momentum, curvature, 0.4 * (high - low))
        outside = stays(lr, strength, momentum, curvature, 0.6 * (high - low))
        too_steep = stays(lr, strength, momentum, 2.1 * (1 + momentum) / lr, 0.0)
        wrong = [not inside, outside, too_steep]
        check("180 starts beside it, inside and outside the conditions", EQUAL, wrong)


@chapter.equation("eq-corner-four-cycle", "the swing of the next orbit", reference.descend)
def four_cycle(check: Checks) -> None:
    """Start in the middle of the interval of starts that the derivation allows."""
    what, lr, strength = "descent on the orbit, 19 momenta", 0.3, 0.7
    for momentum in np.linspace(0.05, 0.95, 19):
        unit = lr * strength / (1 + momentum**2)
        slope, velocity = slope_of(strength, 0, 0), unit * (1 + momentum)
        path = reference.descend(slope, unit, lr=lr, momentum=momentum, velocity=velocity, updates=40)
        check(what, ORBIT, reference.peak_to_peak(path, tail=20), 2 * unit)
        check(what, ORBIT, np.abs(path[4:] - path[:-4]) / unit)


def chattering(curvature_scale: float) -> Iterator[tuple[np.ndarray, float, float]]:
    """Yield 60 chattering weights after they have entered their band, and its two ends, in units of ``lr · λ``."""
    rng = np.random.default_rng(8)
    for _ in range(60):
        lr, strength = rng.uniform(0.01, 1), rng.uniform(0.1, 2)
        curvature, pull = rng.uniform(0.001, 1) * curvature_scale / lr, strength * rng.uniform(-0.95, 0.95)
        slope, start = slope_of(strength, curvature, pull / curvature), rng.uniform(-3, 3) * lr * strength
        path = reference.descend(slope, start, lr=lr, updates=3000)
        yield path[500:] / (lr * strength), pull / strength - 1, pull / strength + 1


@chapter.equation("eq-corner-band", "the band that holds a chattering weight", reference.descend)
def band(check: Checks) -> None:
    for path, low, high in chattering(1):
        check("a search for iterates outside, 60 settings", 1e-12, [low - path, path - high])
    filled = max(np.ptp(path) / 2 for path, _, _ in chattering(0.01))
    check("the share of its width that no iterate reached", 1e-2, abs(1 - filled))


@chapter.equation("eq-corner-prox-step", "the proximal step", reference.smooth_abs_prox, reference.descend)
def proximal_step(check: Checks) -> None:
    for lr, strength, _, curvature in random_settings(200, seed=9):
        for z in (-2.0, -0.3, 0.0, 0.1, 1.7):
            rest = float(reference.smooth_abs_prox(np.array(z), strength / curvature))
            slope = slope_of(0, curvature, z)
            path = reference.descend(slope, rest, lr=lr, updates=1, prox=threshold(lr * strength))
            check("a step from the minimum stays there, 1,000 settings", 1e-12, abs(path[1] - rest))


@chapter.equation(
    "eq-corner-prox-updates",
    "how soon the proximal step reaches 0",
    reference.smooth_abs_prox,
    reference.descend,
)
def proximal_updates(check: Checks) -> None:
    """Search for starts that are not at exactly 0 after the stated number of updates, or leave 0 again."""
    rng = np.random.default_rng(10)
    for _ in range(200):
        lr, strength, start = rng.uniform(0.01, 1), rng.uniform(0.1, 2), rng.uniform(-3, 3)
        curvature, pull = rng.uniform(0.01, 1) / lr, strength * rng.uniform(-0.95, 0.95)
        most = int(np.ceil(abs(start) / (lr * (strength - abs(pull)))))
        slope, prox = slope_of(0, curvature, pull / curvature), threshold(lr * strength)
        path = reference.descend(slope, start, lr=lr, updates=most + 20, prox=prox)
        check("a search for later starts, 200 settings", EQUAL, path[most:] != 0)
