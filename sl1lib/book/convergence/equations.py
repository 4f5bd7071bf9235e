"""Ledger entries of the chapter *Convergence*."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch

from ... import fast, reference
from ...settings import Penalty
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME, hessian, normal, random_layer, tensor

chapter = Chapter("smoothing/convergence")
STRENGTH, WIDTH = 0.1, 0.05
ROUNDING = 1e-12  # an inequality that holds with equality may be missed by the rounding of its two sides


def functions() -> tuple[Callable[[np.ndarray], float], Callable[[np.ndarray], np.ndarray], float]:
    """Return the regularised error of a last layer, its gradient, and the chapter's constant L for them."""
    (o, labels, _), penalty = random_layer(50, 8), Penalty(STRENGTH, WIDTH)
    return (
        lambda W: reference.last_layer_error(W, o, labels, penalty),
        lambda W: reference.last_layer_grad(W, o, labels, penalty),
        reference.last_layer_lipschitz(o) + STRENGTH / WIDTH,
    )


def random_pairs(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of weights, near 0 where the penalty is most curved and far from it, near each other and not."""
    rng = np.random.default_rng(51)
    for _ in range(count):
        W = 10.0 ** rng.uniform(-3, 0.5) * rng.normal(size=(4, 9))
        yield W, W + 10.0 ** rng.uniform(-3, 0.5) * rng.normal(size=W.shape)


@chapter.equation("eq-descent-matrix", "the heavy ball on a parabola", reference.heavy_ball_matrix, reference.descend)
def matrix(check: Checks) -> None:
    lr, momentum, curvature = 0.3, 0.4, 5.0
    path = reference.descend(lambda w: curvature * w, 1.0, lr=lr, momentum=momentum, updates=30)
    state = np.array([1.0, 1.0])  # from a start at rest
    expected = [1.0]
    for _ in range(30):
        state = reference.heavy_ball_matrix(lr * curvature, momentum) @ state
        expected.append(float(state[0]))
    check("the matrix's powers against the descent, 30 updates", SAME, path, expected)


@chapter.equation("eq-descent-stable", "where the heavy ball is stable", reference.contraction)
def stable(check: Checks) -> None:
    """Compare "eigenvalues inside the unit circle" with the bound, on a grid."""
    for momentum in np.linspace(0, 0.99, 34):
        for step in np.linspace(0.013, 4.3, 60):
            inside, stated = reference.contraction(step, momentum) < 1, step < 2 * (1 + momentum)
            check("against eigenvalues at 2,040 places", EQUAL, inside != stated)


@chapter.equation("eq-descent-lemma", "the descent lemma", reference.last_layer_error, reference.last_layer_grad)
def lemma(check: Checks) -> None:
    error, gradient, constant = functions()
    for W, V in random_pairs(1000):
        parabola = error(W) + (gradient(W) * (V - W)).sum() + constant / 2 * ((V - W) ** 2).sum()
        check("largest excess over the parabola, 1,000 pairs", ROUNDING, error(V) - parabola)


@chapter.equation(
    "eq-descent-decrease", "the decrease of one step", reference.last_layer_error, reference.last_layer_grad
)
def decrease(check: Checks) -> None:
    error, gradient, constant = functions()
    for W, _ in random_pairs(200):
        slope = gradient(W)
        for share in (0.5, 1, 1.5, 1.9, 2):
            lr = share / constant
            promised = error(W) - lr * (1 - lr * constant / 2) * (slope**2).sum()
            check("largest shortfall, 1,000 steps", ROUNDING, error(W - lr * slope) - promised)


@chapter.equation("eq-descent-rate", "the smallest gradient so far", reference.descend)
def rate(check: Checks) -> None:
    """Compare the smallest gradient of each prefix of a descent with its bound; 0 is below every error."""
    error, gradient, constant = functions()
    for share in (0.5, 1.0, 1.9):
        lr = share / constant
        path = reference.descend(gradient, 0.3 * np.ones((4, 9)), lr=lr, updates=300)
        best = np.minimum.accumulate([(gradient(W) ** 2).sum() for W in path[:-1]])
        bound = error(path[0]) / (lr * (1 - lr * constant / 2)) / np.arange(1, len(best) + 1)
        check("largest excess over the bound, 300 updates, 3 rates", ROUNDING, best - bound)


@chapter.equation("eq-descent-constant", "the Lipschitz constant of the gradient of E", reference.last_layer_grad)
def constant(check: Checks) -> None:
    _, gradient, constant = functions()
    for W, V in random_pairs(1000):
        ratio = np.linalg.norm(gradient(W) - gradient(V)) / np.linalg.norm(W - V)
        check("largest excess, 1,000 pairs", ROUNDING, ratio - constant)


@chapter.equation(
    "eq-descent-softmax",
    "the curvature of the entropy error in the scores",
    reference.cross_entropy_backward,
    reference.softmax,
)
def softmax(check: Checks) -> None:
    def curvature(scores: np.ndarray) -> np.ndarray:
        p = reference.softmax(scores)
        return np.diag(p) - np.outer(p, p)

    (s,) = normal(53, 6)
    by_autograd = hessian(lambda v: fast.cross_entropy(v[None], torch.tensor([2])), s)
    check("the matrix against autograd's Hessian", SAME, curvature(s), by_autograd)

    rng = np.random.default_rng(52)
    scores = [size * rng.normal(size=10) for size in (0.1, 1, 5, 30) for _ in range(50)]
    scores.append(np.array([30.0, 30.0] + [0.0] * 8))  # two classes with probability ½ each: the bound itself
    for s in scores:
        largest = np.linalg.eigvalsh(curvature(s))[-1]
        check("excess over ½ of the largest eigenvalue, 201 scores", ROUNDING, largest - 0.5)


@chapter.equation("eq-descent-last-layer", "the constant of the last layer", reference.last_layer_lipschitz)
def last_layer(check: Checks) -> None:
    """Let autograd make the whole Hessian at several places; compare its largest eigenvalue with the bound."""
    o, labels, _ = random_layer(50, 8)
    bound = reference.last_layer_lipschitz(o)
    total = sum(np.outer([*x, 1], [*x, 1]) for x in o) / len(o)
    check("against a sum sample by sample", SAME * 10, bound, np.linalg.eigvalsh(total)[-1] / 2)
    assert bound <= ((o**2).sum() + len(o)) / (2 * len(o)), "the coarser bound, by the trace, must be above"

    def error(flat: torch.Tensor) -> torch.Tensor:
        W = flat.reshape(4, 9)
        return fast.cross_entropy(fast.dense(tensor(o), W[:, :-1], W[:, -1]), tensor(labels))

    (direction,) = normal(54, 36)
    for scale in (0.0, 0.1, 1.0):
        largest = np.linalg.eigvalsh(hessian(error, scale * direction))[-1]
        check("excess of autograd's largest eigenvalue", ROUNDING, largest - bound)


def descent(momentum: float, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return path, errors, energies and learning rate of a descent, whose rate is a share of the largest allowed."""
    error, gradient, constant = functions()
    lr = share * 2 * (1 - momentum) / constant
    path = reference.descend(gradient, 0.3 * np.ones((4, 9)), lr=lr, momentum=momentum, updates=300)
    errors = np.array([error(W) for W in path])
    return path, errors, reference.heavy_ball_energy(errors, path, lr, momentum), lr


@chapter.equation("eq-descent-energy", "the energy of the heavy ball", reference.heavy_ball_energy)
def energy(check: Checks) -> None:
    """Add up error and kinetic part one update at a time."""
    momentum = 0.8
    path, errors, energies, lr = descent(momentum, 0.9)
    squares = [0.0] + [math.fsum((after - before).ravel() ** 2) for before, after in pairwise(path)]
    check("against sums one update at a time", SAME, energies, errors + momentum / (2 * lr) * np.array(squares))


@chapter.equation(
    "eq-descent-energy-drop", "the decrease of the energy", reference.heavy_ball_energy, reference.descend
)
def energy_drop(check: Checks) -> None:
    _, _, constant = functions()
    for momentum in (0.0, 0.2, 0.8, 0.95):
        for share in (0.5, 1.0):
            path, _, energies, lr = descent(momentum, share)
            moves = (np.diff(path, axis=0) ** 2).sum(axis=(1, 2))
            allowed = -(1 - momentum - lr * constant / 2) / lr * moves
            check("largest excess over 2,400 updates", ROUNDING, np.diff(energies) - allowed)


@chapter.equation("eq-descent-chatter", "the chatter bound", reference.descend, reference.smooth_abs_grad)
def chatter(check: Checks) -> None:
    """Train one weight 2 % inside the bound, where it must come to rest, and 2 % outside."""
    lr, strength, momentum = 0.1, 0.5, 0.2

    def rests(profile: str, eps: float) -> bool:
        def slope(w: np.ndarray) -> np.ndarray:
            return strength * reference.smooth_abs_grad(w, eps, profile)

        path = reference.descend(slope, 0.05 * eps, lr=lr, momentum=momentum, updates=2000)
        return float(reference.peak_to_peak(path, 50)) < 1e-9 * eps

    for profile, steepest in (("huber", 1.0), ("quartic", 1.5)):
        bound = steepest * lr * strength / (2 * (1 + momentum))
        wrong = [not rests(profile, bound / 0.98), rests(profile, bound / 1.02)]
        check(f"{profile}, 2 % inside and outside the bound", EQUAL, wrong)
