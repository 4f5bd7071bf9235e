"""Ledger entries of the chapter *The corner*."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from ... import fast, reference
from ..entry import Check, Entry
from ..measure import SAME, deviation

Slope = Callable[[np.ndarray], np.ndarray]


def _slope(strength: float, curvature: float, z: float) -> Slope:
    """Return the (sub)gradient of ``curvature/2 (w-z)² + strength |w|``."""
    return lambda w: curvature * (w - z) + strength * reference.smooth_abs_grad(w, 0, "abs")


def _settings(count: int, seed: int) -> Iterator[tuple[float, float, float, float]]:
    """Yield learning rates, strengths, momenta and curvatures, with ``lr * curvature`` below ``2 (1 + momentum)``."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        lr, strength, momentum = rng.uniform(0.01, 1), rng.uniform(0.1, 2), rng.uniform(0, 0.95)
        yield lr, strength, momentum, rng.uniform(0, 0.99) * 2 * (1 + momentum) / lr


def _minimum_on_a_grid(profile: str) -> float:
    """Return how far the stated minimum of ``κ/2 (w-z)² + λφ(w)`` lies from the lowest point of a fine grid."""
    grid, z = np.linspace(-4, 4, 16_001), np.linspace(-3, 3, 61)
    farthest = 0.0
    for strength in (0.3, 1.0):
        for curvature in (0.5, 1.0, 2.0):
            cost = strength * (np.abs(grid) if profile == "abs" else grid**2 / 2)
            lowest = grid[(curvature / 2 * (grid - z[:, None]) ** 2 + cost).argmin(axis=1)]
            stated = reference.smooth_abs_prox(z, strength / curvature, profile=profile)
            farthest = max(farthest, float(np.abs(lowest - stated).max()))
    return farthest


def _soft_threshold(dtype: torch.dtype) -> float:
    z = np.linspace(-3, 3, 61)
    received = fast.smooth_abs_prox(torch.tensor(z, dtype=dtype), 0.7)
    return deviation(received.double().numpy(), np.sign(z) * np.maximum(np.abs(z) - 0.7, 0))


def _zeros_are_exact() -> float:
    """Count minima inside the threshold that are not 0, and minima outside that are."""
    z = np.linspace(-3, 3, 6001)
    return float(((reference.smooth_abs_prox(z, 0.7) == 0) != (np.abs(z) <= 0.7)).sum())


def _ridge() -> float:
    z = np.linspace(-3, 3, 60)
    return deviation(reference.smooth_abs_prox(z, 0.7, profile="squared"), z / 1.7)


def _length_is_continuous() -> float:
    """Return the largest excess of ``| ‖a‖ - ‖b‖ |`` over ``‖a - b‖``, near and far, parallel and opposite."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=(10, 20_000))
    b = a * rng.choice([-1, 0, 0.5, 1, 3], size=20_000) + rng.normal(size=a.shape) * np.logspace(-12, 1, 20_000)
    gap = np.abs(reference.group_norms(a) - reference.group_norms(b)) - np.linalg.norm(a - b, axis=0)
    return float(np.maximum(gap, 0).max())


def _slopes_of_abs() -> float:
    """Search for a point below a line that should support ``|v|``, and for a line outside the set that supports it."""
    v = np.linspace(-3, 3, 601)
    w = np.linspace(-2, 2, 101)[:, None]
    slope = reference.smooth_abs_grad(w, 0, "abs")
    below = np.maximum(np.abs(w) + slope * (v - w) - np.abs(v), 0).max()
    fan = np.linspace(-1, 1, 101)[:, None]
    below = max(below, np.maximum(fan * v - np.abs(v), 0).max())
    outside = np.array([-2.0, -1.01, 1.01, 2.0])[:, None]
    return float(below + (~(outside * v > np.abs(v)).any(axis=1)).sum())


def _slopes_of_length() -> float:
    """Do the same for ``‖v‖`` in ten dimensions; a vector longer than 1 is refuted by ``v`` along it."""
    rng = np.random.default_rng(2)
    u = rng.normal(size=(10, 300))
    v = np.concatenate([rng.normal(size=(10, 4000)) * np.logspace(-2, 1, 4000), 3 * u, u / 3], axis=1)
    slope = reference.penalty_grad(u, 0, "abs")
    line = np.linalg.norm(u, axis=0) - (slope * u).sum(axis=0)
    below = np.maximum(slope.T @ v + line[:, None] - np.linalg.norm(v, axis=0), 0).max()
    inside = u / np.linalg.norm(u, axis=0) * rng.uniform(0, 1, size=300)
    below = max(below, np.maximum(inside.T @ v - np.linalg.norm(v, axis=0), 0).max())
    outside = 1.01 * u / np.linalg.norm(u, axis=0)
    return float(below + ((outside * outside).sum(axis=0) <= np.linalg.norm(outside, axis=0)).sum())


def _condition() -> float:
    """Count cases where the test at 0 and a bisection for the minimum disagree, for three kinds of convex error."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(300):
        z, scale, strength = rng.normal(), rng.uniform(0.3, 3), rng.uniform(0.05, 2)
        kinds: tuple[Slope, ...] = (
            lambda w, z=z, scale=scale: scale * (w - z),  # type: ignore[misc]
            lambda w, z=z, scale=scale: scale * np.tanh(w - z),  # type: ignore[misc]
            lambda w, z=z, scale=scale: (w - z) ** 3 + scale * (w - z),  # type: ignore[misc]
        )
        for slope in kinds:
            low, high = -60.0, 60.0
            for _ in range(200):
                middle = (low + high) / 2
                if float(slope(np.array(middle))) + strength * (1 if middle > 0 else -1) > 0:
                    high = middle
                else:
                    low = middle
            wrong += (abs(low) < 1e-9) != (abs(float(slope(np.array(0.0)))) <= strength)
    return float(wrong)


def _condition_group() -> float:
    """Count least-squares problems whose minimum, found by proximal descent, contradicts the test at 0."""
    rng = np.random.default_rng(4)
    wrong = 0
    for strength in np.linspace(0.1, 8, 24):
        A, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
        lr = float(1 / np.linalg.norm(A.T @ A, 2))
        path = reference.descend(
            lambda u, A=A, y=y: A.T @ (A @ u - y),  # type: ignore[misc]
            np.ones((3, 1)),
            lr=lr,
            updates=400,
            prox=lambda u, tau=lr * strength: reference.penalty_prox(u, tau),  # type: ignore[misc]
        )
        wrong += bool((path[-1] == 0).all()) != bool(np.linalg.norm(A.T @ y) <= strength)
    return float(wrong)


def _two_cycle() -> float:
    """Start on the orbit, go round 20 times, and compare with its two points."""
    worst = 0.0
    for lr, strength, momentum, curvature in _settings(60, seed=5):
        low, high = reference.two_cycle(lr, strength, momentum, curvature)
        swing = high - low
        z = 0.4 * swing
        low, high = reference.two_cycle(lr, strength, momentum, curvature, z)
        path = reference.descend(
            _slope(strength, curvature, z), high, lr=lr, momentum=momentum, velocity=high - low, updates=40
        )
        worst = max(worst, float(np.abs(path - np.where(np.arange(41) % 2, low, high)).max()) / swing)
    return worst


def _two_cycle_measured() -> float:
    """Without momentum or curvature every start ends on an orbit with the stated swing."""
    starts = np.random.default_rng(6).uniform(-9, 9, size=200)
    path = reference.descend(_slope(0.7, 0, 0), starts, lr=0.3, updates=200)
    return float(np.abs(reference.peak_to_peak(path, tail=20) / (0.3 * 0.7) - 1).max())


def _two_cycle_valid() -> float:
    """Count orbits that should draw their neighbours in and do not, or that stand where none should."""
    wrong = 0
    for lr, strength, momentum, curvature in _settings(60, seed=7):
        low, high = reference.two_cycle(lr, strength, momentum, curvature)
        inside = _stays(lr, strength, momentum, curvature, 0.4 * (high - low))
        outside = _stays(lr, strength, momentum, curvature, 0.6 * (high - low))
        too_steep = _stays(lr, strength, momentum, 2.1 * (1 + momentum) / lr, 0.0)
        wrong += (not inside) + outside + too_steep
    return float(wrong)


def _stays(lr: float, strength: float, momentum: float, curvature: float, z: float) -> bool:
    """Whether a start 1 % off the points of the formula, moving as on the orbit, stays within 10 % of them."""
    swing = abs(lr * strength / (1 + momentum - lr * curvature / 2))
    path = reference.descend(
        _slope(strength, curvature, z),
        z + 0.505 * swing,
        lr=lr,
        momentum=momentum,
        velocity=swing,
        updates=60,
    )
    points = z + np.where(np.arange(61) % 2, -swing / 2, swing / 2)
    return bool(np.abs(path - points).max() < 0.1 * swing)


def _four_cycle() -> float:
    """Start in the middle of the interval of starts that the derivation allows."""
    worst = 0.0
    for momentum in np.linspace(0.05, 0.95, 19):
        lr, strength = 0.3, 0.7
        unit = lr * strength / (1 + momentum**2)
        path = reference.descend(
            _slope(strength, 0, 0), unit, lr=lr, momentum=momentum, velocity=unit * (1 + momentum), updates=40
        )
        worst = max(worst, abs(float(reference.peak_to_peak(path, tail=20)) / (2 * unit) - 1))
        worst = max(worst, float(np.abs(path[4:] - path[:-4]).max()) / unit)
    return worst


def _band(fill: bool) -> float:
    """Search for iterates outside the band after it was entered; or see how much of the band they fill."""
    rng = np.random.default_rng(8)
    outside, filled = 0.0, 0.0
    for _ in range(60):
        lr, strength = rng.uniform(0.01, 1), rng.uniform(0.1, 2)
        curvature, pull = rng.uniform(0.001, 1) * (0.01 if fill else 1) / lr, strength * rng.uniform(-0.95, 0.95)
        band = np.array([-lr * (strength - pull), lr * (strength + pull)])
        path = reference.descend(
            _slope(strength, curvature, pull / curvature), rng.uniform(-3, 3) * lr * strength, lr=lr, updates=3000
        )
        tail = path[500:]
        outside = max(outside, float(max(band[0] - tail.min(), tail.max() - band[1])) / (lr * strength))
        filled = max(filled, float(np.ptp(tail)) / (2 * lr * strength))
    return abs(1 - filled) if fill else max(outside, 0.0)


def _proximal_rest() -> float:
    """Return how far a proximal step moves the minimum, for learning rates small and large."""
    farthest = 0.0
    for lr, strength, _, curvature in _settings(200, seed=9):
        for z in (-2.0, -0.3, 0.0, 0.1, 1.7):
            rest = float(reference.smooth_abs_prox(np.array(z), strength / curvature))
            path = reference.descend(
                lambda w, k=curvature, z=z: k * (w - z),  # type: ignore[misc]
                rest,
                lr=lr,
                updates=1,
                prox=lambda w, tau=lr * strength: reference.smooth_abs_prox(w, tau),  # type: ignore[misc]
            )
            farthest = max(farthest, abs(float(path[1]) - rest))
    return farthest


def _proximal_zeros() -> float:
    """Count starts that are not at exactly 0 after the stated number of updates, or leave 0 again."""
    rng = np.random.default_rng(10)
    wrong = 0
    for _ in range(200):
        lr, strength, start = rng.uniform(0.01, 1), rng.uniform(0.1, 2), rng.uniform(-3, 3)
        curvature, pull = rng.uniform(0.01, 1) / lr, strength * rng.uniform(-0.95, 0.95)
        most = int(np.ceil(abs(start) / (lr * (strength - abs(pull)))))
        path = reference.descend(
            lambda w, k=curvature, g=pull: k * w - g,  # type: ignore[misc]
            start,
            lr=lr,
            updates=most + 20,
            prox=lambda w, tau=lr * strength: reference.smooth_abs_prox(w, tau),  # type: ignore[misc]
        )
        wrong += bool((path[most:] != 0).any())
    return float(wrong)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter = "smoothing/the-corner"
    prox = ("reference.smooth_abs_prox", "fast.smooth_abs_prox")
    yield Entry(
        "eq-corner-error",
        "the error of one weight",
        chapter,
        because="it sets up the smallest case: a quadratic error and a penalty",
    )
    yield Entry(
        "eq-corner-soft",
        "the minimum under L1: the soft threshold",
        chapter,
        prox,
        (
            # The grid's points lie 5e-4 apart, so its lowest one is at most half of that from the minimum.
            Check("reference against the lowest of 16,001 grid points", 2.6e-4, lambda: _minimum_on_a_grid("abs")),
            Check("exact zeros up to the threshold, and only there", 0.0, _zeros_are_exact),
            Check("fast against the formula, float64", SAME, lambda: _soft_threshold(torch.float64)),
            Check("fast against the formula, float32", 1e-6, lambda: _soft_threshold(torch.float32)),
        ),
    )
    yield Entry(
        "eq-corner-ridge",
        "the minimum under L2",
        chapter,
        prox,
        (
            Check("reference against the formula", SAME, _ridge),
            Check("reference against the lowest of 16,001 grid points", 2.6e-4, lambda: _minimum_on_a_grid("squared")),
        ),
    )
    yield Entry(
        "eq-corner-continuous",
        "lengths differ by no more than their vectors",
        chapter,
        ("reference.group_norms",),
        (Check("a search among 20,000 pairs for a larger difference", 1e-14, _length_is_continuous),),
    )
    yield Entry("eq-corner-subdifferential", "subdifferential", chapter, because="it says what the word means")
    yield Entry(
        "eq-corner-subdifferential-abs",
        "the slopes that support the absolute value",
        chapter,
        ("reference.smooth_abs_grad",),
        (Check("a search for points below the lines, and for further lines", 1e-14, _slopes_of_abs),),
    )
    yield Entry(
        "eq-corner-subdifferential-norm",
        "the vectors that support the length",
        chapter,
        ("reference.penalty_grad",),
        (Check("a search for points below the planes, and for further planes", 1e-13, _slopes_of_length),),
    )
    yield Entry(
        "eq-corner-condition",
        "when 0 is the minimum, for one weight",
        chapter,
        checks=(Check("against the minimum by bisection, 900 convex errors", 0.0, _condition),),
    )
    yield Entry(
        "eq-corner-condition-group",
        "when 0 is the minimum, for a group",
        chapter,
        ("reference.penalty_prox",),
        (Check("against the minimum by proximal descent, 24 least-squares problems", 0.0, _condition_group),),
    )
    yield Entry(
        "eq-corner-two-cycle",
        "the swing of plain L1's orbit",
        chapter,
        ("reference.two_cycle", "reference.descend"),
        (
            Check("descent on the orbit against its two points, 60 settings", 1e-9, _two_cycle),
            Check("measured peak to peak from 200 starts", 1e-9, _two_cycle_measured),
        ),
    )
    yield Entry(
        "eq-corner-two-cycle-valid",
        "where that orbit exists and draws its neighbours in",
        chapter,
        ("reference.two_cycle",),
        (Check("180 starts beside it, inside and outside the conditions", 0.0, _two_cycle_valid),),
    )
    yield Entry(
        "eq-corner-four-cycle",
        "the swing of the next orbit",
        chapter,
        ("reference.descend",),
        (Check("descent on the orbit, 19 momenta", 1e-9, _four_cycle),),
    )
    yield Entry(
        "eq-corner-band",
        "the band that holds a chattering weight",
        chapter,
        ("reference.descend",),
        (
            Check("a search for iterates outside, 60 settings", 1e-12, lambda: _band(fill=False)),
            Check("the share of its width that no iterate reached", 1e-2, lambda: _band(fill=True)),
        ),
    )
    yield Entry(
        "eq-corner-prox-step",
        "the proximal step",
        chapter,
        ("reference.smooth_abs_prox", "reference.descend"),
        (Check("a step from the minimum stays there, 1,000 settings", 1e-12, _proximal_rest),),
    )
    yield Entry(
        "eq-corner-prox-updates",
        "how soon the proximal step reaches 0",
        chapter,
        ("reference.smooth_abs_prox", "reference.descend"),
        (Check("a search for later starts, 200 settings", 0.0, _proximal_zeros),),
    )
