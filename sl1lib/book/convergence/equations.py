"""Ledger entries of the chapter *Convergence*."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch

from ... import fast, reference
from ...settings import Penalty
from ..entry import Check, Entry
from ..measure import SAME, deviation

Function = Callable[[np.ndarray], np.ndarray]
STRENGTH, WIDTH = 0.1, 0.05


def _layer() -> tuple[np.ndarray, np.ndarray, Penalty, float]:
    """Return features (40, 8), labels of 4 classes, a penalty, and the chapter's constant L for them."""
    rng = np.random.default_rng(50)
    o = rng.normal(size=(40, 8))
    labels = (o[:, :4] + 0.5 * rng.normal(size=(40, 4))).argmax(axis=1)
    return o, labels, Penalty(STRENGTH, WIDTH), reference.last_layer_lipschitz(o) + STRENGTH / WIDTH


def _functions() -> tuple[Callable[[np.ndarray], float], Function, float]:
    o, labels, penalty, constant = _layer()
    return (
        lambda W: reference.last_layer_error(W, o, labels, penalty),
        lambda W: reference.last_layer_grad(W, o, labels, penalty),
        constant,
    )


def _pairs(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of weights, near 0 where the penalty is most curved and far from it, near each other and not."""
    rng = np.random.default_rng(51)
    for _ in range(count):
        W = 10.0 ** rng.uniform(-3, 0.5) * rng.normal(size=(4, 9))
        yield W, W + 10.0 ** rng.uniform(-3, 0.5) * rng.normal(size=W.shape)


def _lemma() -> float:
    """Search pairs for an error above its parabola; return the largest excess."""
    error, gradient, constant = _functions()
    excess = 0.0
    for W, V in _pairs(1000):
        parabola = error(W) + (gradient(W) * (V - W)).sum() + constant / 2 * ((V - W) ** 2).sum()
        excess = max(excess, error(V) - parabola)
    return excess


def _decrease() -> float:
    """Take single steps of several sizes and look for one that lowers the error by less than promised."""
    error, gradient, constant = _functions()
    excess = 0.0
    for W, _ in _pairs(200):
        slope = gradient(W)
        for share in (0.5, 1, 1.5, 1.9, 2):
            lr = share / constant
            promised = error(W) - lr * (1 - lr * constant / 2) * (slope**2).sum()
            excess = max(excess, error(W - lr * slope) - promised)
    return excess


def _rate() -> float:
    """Compare the smallest gradient of each prefix of a descent with its bound; 0 is below every error."""
    error, gradient, constant = _functions()
    worst = -np.inf
    for share in (0.5, 1.0, 1.9):
        lr = share / constant
        path = reference.descend(gradient, 0.3 * np.ones((4, 9)), lr=lr, updates=300)
        squares = np.array([(gradient(W) ** 2).sum() for W in path[:-1]])
        best = np.minimum.accumulate(squares)
        bound = error(path[0]) / (lr * (1 - lr * constant / 2)) / np.arange(1, len(best) + 1)
        worst = max(worst, float((best - bound).max()))
    return max(worst, 0.0)


def _constant() -> float:
    """Search pairs whose gradients differ by more than L times their distance."""
    _, gradient, constant = _functions()
    return max(
        0.0,
        *(float(np.linalg.norm(gradient(W) - gradient(V)) / np.linalg.norm(W - V)) - constant for W, V in _pairs(1000)),
    )


def _softmax_curvature() -> float:
    """Compute by how much the largest eigenvalue exceeds ½ among random and extreme probabilities."""
    rng = np.random.default_rng(52)
    scores = [s * rng.normal(size=10) for s in (0.1, 1, 5, 30) for _ in range(50)]
    scores.append(np.array([30.0, 30.0] + [0.0] * 8))  # two classes with probability ½ each: the bound itself
    worst = 0.0
    for s in scores:
        p = reference.softmax(s)
        worst = max(worst, float(np.linalg.eigvalsh(np.diag(p) - np.outer(p, p))[-1]) - 0.5)
    return worst


def _softmax_hessian() -> float:
    s = np.random.default_rng(53).normal(size=6)
    hessian = torch.autograd.functional.hessian(
        lambda v: fast.cross_entropy(v[None], torch.tensor([2])), torch.tensor(s)
    )
    p = reference.softmax(s)
    return deviation(np.diag(p) - np.outer(p, p), np.asarray(hessian.numpy()))


def _last_layer() -> float:
    """Let autograd make the whole Hessian at several places; compare its largest eigenvalue with both bounds."""
    o, labels, _, _ = _layer()
    bound = reference.last_layer_lipschitz(o)
    coarse = ((o**2).sum() + len(o)) / (2 * len(o))
    assert bound <= coarse

    def error(flat: torch.Tensor) -> torch.Tensor:
        W = flat.reshape(4, 9)
        return fast.cross_entropy(fast.dense(torch.tensor(o), W[:, :-1], W[:, -1]), torch.tensor(labels))

    excess = 0.0
    for scale in (0.0, 0.1, 1.0):
        W = torch.tensor(scale * np.random.default_rng(54).normal(size=36))
        hessian = torch.autograd.functional.hessian(error, W).numpy()
        excess = max(excess, float(np.linalg.eigvalsh(hessian)[-1]) - bound)
    return excess


def _last_layer_constant() -> float:
    """Build the matrix of the features sample by sample and take half its largest eigenvalue."""
    o, _, _, _ = _layer()
    total = sum(np.outer([*x, 1], [*x, 1]) for x in o) / len(o)
    return abs(reference.last_layer_lipschitz(o) - float(np.linalg.eigvalsh(total)[-1]) / 2)


def _energy_path(momentum: float, share: float) -> tuple[np.ndarray, np.ndarray, float, float]:
    error, gradient, constant = _functions()
    lr = share * 2 * (1 - momentum) / constant
    path = reference.descend(gradient, 0.3 * np.ones((4, 9)), lr=lr, momentum=momentum, updates=300)
    errors = np.array([error(W) for W in path])
    return reference.heavy_ball_energy(errors, path, lr, momentum), path, lr, constant


def _energy_sum() -> float:
    """Add up error and kinetic part one update at a time."""
    error, _, _ = _functions()
    momentum = 0.8
    energies, path, lr, _ = _energy_path(momentum, 0.9)
    expected = [error(path[0])]
    for before, after in pairwise(path):
        expected.append(error(after) + momentum / (2 * lr) * sum(x * x for x in (after - before).ravel().tolist()))
    return deviation(energies, np.array(expected))


def _energy_drop() -> float:
    """Look for an update after which the energy is higher than the inequality allows."""
    excess = 0.0
    for momentum in (0.0, 0.2, 0.8, 0.95):
        for share in (0.5, 1.0):
            energies, path, lr, constant = _energy_path(momentum, share)
            moves = (np.diff(path, axis=0) ** 2).sum(axis=(1, 2))
            allowed = -(1 - momentum - lr * constant / 2) / lr * moves
            excess = max(excess, float((np.diff(energies) - allowed).max()))
    return excess


def _matrix() -> float:
    """Follow a parabola by the matrix and by `descend`, from a start at rest."""
    lr, momentum, curvature = 0.3, 0.4, 5.0
    path = reference.descend(lambda w: curvature * w, 1.0, lr=lr, momentum=momentum, updates=30)
    state = np.array([1.0, 1.0])
    expected = [1.0]
    for _ in range(30):
        state = reference.heavy_ball_matrix(lr * curvature, momentum) @ state
        expected.append(float(state[0]))
    return deviation(path, np.array(expected))


def _stable() -> float:
    """Count the places of a grid where "eigenvalues inside the unit circle" and the bound disagree."""
    wrong = 0
    for momentum in np.linspace(0, 0.99, 34):
        for step in np.linspace(0.013, 4.3, 60):
            wrong += (reference.contraction(step, momentum) < 1) != (step < 2 * (1 + momentum))
    return float(wrong)


def _chatter(profile: str, steepest: float) -> float:
    """Train one weight 2 % inside the bound, where it must come to rest, and 2 % outside; count what is wrong."""
    lr, strength, momentum = 0.1, 0.5, 0.2
    wrong = 0
    for share, rests in ((0.98, True), (1.02, False)):
        eps = steepest * lr * strength / (2 * (1 + momentum)) / share
        path = reference.descend(
            lambda w, e=eps: strength * reference.smooth_abs_grad(w, e, profile),  # type: ignore[misc]
            0.05 * eps,
            lr=lr,
            momentum=momentum,
            updates=2000,
        )
        spread = float(reference.peak_to_peak(path, 50))
        wrong += (spread < 1e-9 * eps) != rests
    return float(wrong)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter = "smoothing/convergence"
    grad, error = ("reference.last_layer_grad",), ("reference.last_layer_error", "reference.last_layer_grad")
    rounding = 1e-12  # an inequality that holds with equality may be missed by the rounding of its two sides
    for label, title, functions, checks in (
        (
            "matrix",
            "the heavy ball on a parabola",
            ("reference.heavy_ball_matrix", "reference.descend"),
            (Check("the matrix's powers against the descent, 30 updates", SAME, _matrix),),
        ),
        (
            "stable",
            "where the heavy ball is stable",
            ("reference.contraction",),
            (Check("against eigenvalues at 2,040 places: disagreements", 0.0, _stable),),
        ),
        (
            "lemma",
            "the descent lemma",
            error,
            (Check("largest excess over the parabola, 1,000 pairs", rounding, _lemma),),
        ),
        (
            "decrease",
            "the decrease of one step",
            error,
            (Check("largest shortfall, 1,000 steps", rounding, _decrease),),
        ),
        (
            "rate",
            "the smallest gradient so far",
            ("reference.descend",),
            (Check("largest excess over the bound, 300 updates, 3 rates", rounding, _rate),),
        ),
        (
            "constant",
            "the Lipschitz constant of the gradient of E",
            grad,
            (Check("largest excess, 1,000 pairs", rounding, _constant),),
        ),
        (
            "softmax",
            "the curvature of the entropy error in the scores",
            ("reference.cross_entropy_backward", "reference.softmax"),
            (
                Check("the matrix against autograd's Hessian", SAME, _softmax_hessian),
                Check("excess over ½ of the largest eigenvalue, 201 scores", rounding, _softmax_curvature),
            ),
        ),
        (
            "last-layer",
            "the constant of the last layer",
            ("reference.last_layer_lipschitz",),
            (
                Check("against a sum sample by sample", SAME * 10, _last_layer_constant),
                Check("excess of autograd's largest eigenvalue", rounding, _last_layer),
            ),
        ),
        (
            "energy",
            "the energy of the heavy ball",
            ("reference.heavy_ball_energy",),
            (Check("against sums one update at a time", SAME, _energy_sum),),
        ),
        (
            "energy-drop",
            "the decrease of the energy",
            ("reference.heavy_ball_energy", "reference.descend"),
            (Check("largest excess over 2,400 updates", rounding, _energy_drop),),
        ),
        (
            "chatter",
            "the chatter bound",
            ("reference.descend", "reference.smooth_abs_grad"),
            (
                Check("huber, 2 % inside and outside: wrong", 0.0, lambda: _chatter("huber", 1.0)),
                Check("quartic, 2 % inside and outside: wrong", 0.0, lambda: _chatter("quartic", 1.5)),
            ),
        ),
    ):
        yield Entry(f"eq-descent-{label}", title, chapter, functions, checks)
