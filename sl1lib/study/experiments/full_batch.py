"""Full-batch descent in float64, where theory predicts what happens: of the last layer, and of the whole network.

With its features held still, the last layer's error is convex in its weights. The whole network's is not; there is no
bound to compare it with, and this module only measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch

from ... import fast, reference
from ...architecture import CLASSES
from ...data import load_data
from ...engine import Engine, Training
from ...errors import require_count, require_number, unexpected
from ...settings import MOMENTUM_READINGS, Penalty

ROUNDING: Final = 1e-12  # an error that rises by less has not risen
TAIL: Final = 40  # updates at the end of a descent in which a weight at rest has come to rest


@dataclass(frozen=True)
class LastLayer:
    """The last layer of an untrained network on a few images: features, labels, and what is known of the error.

    Parameters
    ----------
    o : ndarray, shape (N, K)
        Features, each with mean 0 and standard deviation 1 over the images.
    labels : ndarray of integers, shape (N,)

    Examples
    --------
    >>> layer = LastLayer.of_images(50)
    >>> layer.o.shape, layer.lipschitz > 0
    ((50, 192), True)
    """

    o: np.ndarray
    labels: np.ndarray

    @classmethod
    def of_images(cls, images: int = 300, data: str = "digits", instance: int = 0) -> LastLayer:
        """Take training images through a network as `init_params` makes it, with the instance as its seed.

        The images are those of `some_images`.
        """
        x, labels = some_images(images, data, instance)
        o = reference.features(reference.init_params(seed=instance), x, "table")
        spread = o.std(axis=0)
        return cls((o - o.mean(axis=0)) / np.where(spread > 0, spread, 1), labels)

    @cached_property
    def lipschitz(self) -> float:
        """A Lipschitz constant of the gradient of the entropy error."""
        return reference.last_layer_lipschitz(self.o)

    @property
    def zeros(self) -> np.ndarray:
        """Weights and biases of 0, shape (10, K+1)."""
        return np.zeros((CLASSES, self.o.shape[1] + 1))

    def error(self, W: np.ndarray, penalty: Penalty) -> float:
        """Return the regularised error."""
        return reference.last_layer_error(W, self.o, self.labels, penalty)

    def gradient(self, W: np.ndarray, penalty: Penalty | None) -> np.ndarray:
        """Return its gradient, or a subgradient."""
        return reference.last_layer_grad(W, self.o, self.labels, penalty)

    def near_lasso(self, strength: float, grouping: str = "node") -> np.ndarray:
        """Return the solution with plain L1, or the group lasso's, moved a little: on 0 itself nothing would move."""
        solution = self.solve(Penalty(strength, profile="abs", grouping=grouping), updates=1500)
        return solution + 1e-6 * np.random.default_rng(0).normal(size=solution.shape)

    def solve(self, penalty: Penalty, updates: int = 2000, momentum: float = 0.98) -> np.ndarray:
        """Return the minimiser, found from 0 by proximal descent with the step 1/L0: a small ε does not slow it."""
        lr = 1 / self.lipschitz
        return reference.descend(
            lambda W: self.gradient(W, None),
            self.zeros,
            lr=lr,
            momentum=momentum,
            updates=updates,
            prox=lambda W: reference.last_layer_prox(W, lr, penalty),
        )[-1]

    def residual(self, W: np.ndarray, penalty: Penalty) -> float:
        """Return how far weights are from solving the problem: the length of a proximal step from them, over its rate.

        Where the error is smooth, this is about the length of the gradient.
        """
        lr = 1 / self.lipschitz
        step = reference.last_layer_prox(W - lr * self.gradient(W, None), lr, penalty)
        return float(np.linalg.norm(W - step)) / lr

    def convexity(self, W: np.ndarray, penalty: Penalty) -> float:
        r"""Return the smallest curvature of the error at ``W``, in the biases and the nodes that are not at 0.

        Near the solution, a residual :math:`r` means a distance of :math:`r/m` at most. Moving all biases by the same
        changes nothing; that direction is left out.
        """
        U = W[:, :-1]
        live = np.flatnonzero(reference.group_norms(U))
        hessian = self._entropy_hessian(W, live)
        width = len(live) + 1
        for place, k in enumerate(live):
            rows = np.arange(CLASSES) * width + place
            hessian[np.ix_(rows, rows)] += reference.penalty_hess(U[:, k], penalty)
        return float(np.linalg.eigvalsh(hessian)[1])

    def _entropy_hessian(self, W: np.ndarray, live: np.ndarray) -> np.ndarray:
        """Return the second derivatives of the entropy error, class after class, with the bias as last of each."""
        p = reference.softmax(reference.dense(self.o, W[:, :-1], W[:, -1]))
        x = np.column_stack([self.o[:, live], np.ones(len(self.o))])
        curved = p[:, :, None] * (np.eye(CLASSES) - p[:, None, :])
        blocks = np.einsum("jcd,jk,jl->ckdl", curved, x, x, optimize=True) / len(x)
        return blocks.reshape(CLASSES * x.shape[1], -1)


def some_images(images: int, data: str = "digits", instance: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return training images (N, 1, 28, 28) between 0 and 1, and their labels (N,), for an instance.

    Instance 0 has the first ones, 1 the next: no image belongs to two. ``ValueError`` if there are not so many.

    Examples
    --------
    >>> x, labels = some_images(20, instance=3)
    >>> x.shape, labels.shape
    ((20, 1, 28, 28), (20,))
    """
    require_count("images", images, least=2)
    require_count("instance", instance, least=0)
    chosen = load_data(data)
    if (instance + 1) * images > len(chosen.x_train):
        count = len(chosen.x_train) // images
        raise unexpected("instance", instance, f"{data!r} has {images} training images for instances 0 to {count - 1}")
    place = slice(instance * images, (instance + 1) * images)
    return chosen.x_train[place, None] / 255, chosen.y_train[place]


@dataclass(frozen=True)
class Swing:
    r"""How the weights move, at the end of a descent, that a penalty holds near 0.

    Parameters
    ----------
    largest : float
        The largest peak-to-peak of such a weight, in units of :math:`\eta\lambda`; of a node, the length of the vector
        of its weights' peak-to-peaks.
    jumping : float
        The share of nodes, or of single weights, whose moves turn about: they differ by more than half of what those
        of the smallest orbit about a corner differ by, :math:`2\eta\lambda/(1+\mu)`. A drift, however long, has equal
        moves.
    changes : float
        The share of updates that change the sign of such a weight.
    """

    largest: float
    jumping: float
    changes: float


def swing(layer: LastLayer, start: np.ndarray, penalty: Penalty, lr: float, momentum: float, updates: int) -> Swing:
    r"""Descend from near a lasso's solution, and measure how far weights that it switches off jump in the end.

    Parameters
    ----------
    start : ndarray, shape (10, K+1)
        `LastLayer.near_lasso` with the penalty's strength and grouping, node-wise or weight-wise.
    updates : int
        At least 40, of which the last 40 are looked at.

    Examples
    --------
    >>> layer = LastLayer.of_images(60)
    >>> start = layer.near_lasso(0.08)
    >>> plain, smooth = Penalty(0.08, profile="abs"), Penalty(0.08, eps=0.001)
    >>> [swing(layer, start, penalty, 0.01, 0.2, 100).jumping > 0.5 for penalty in (plain, smooth)]
    [True, False]
    """
    require_count("updates", updates, least=TAIL)
    path = reference.descend(lambda W: layer.gradient(W, penalty), start, lr=lr, momentum=momentum, updates=updates)[
        -TAIL:, :, :-1
    ]
    off = reference.group_norms(start[:, :-1], penalty.grouping) < 1e-4
    swings, turns = (
        reference.group_norms(np.ptp(each, axis=0), penalty.grouping)[off] / (lr * penalty.strength)
        for each in (path, np.diff(path, axis=0))
    )
    turned = np.sign(path[1:]) != np.sign(path[:-1])
    changes = turned[..., off].mean()  # a node's ten weights count as ten
    return Swing(float(swings.max()), float((turns > 1 / (1 + momentum)).mean()), float(changes))


@dataclass(frozen=True)
class Descent:
    """What a full-batch descent did.

    Parameters
    ----------
    errors : ndarray, shape (updates + 1,)
    gradient_norms : ndarray, shape (updates + 1,)
    lengths : ndarray, shape (updates + 1,)
        Of all kernels, as one vector, which no penalty keeps short; for the last layer, of its biases.
    lr : float
    """

    errors: np.ndarray
    gradient_norms: np.ndarray
    lengths: np.ndarray
    lr: float

    @property
    def rose(self) -> np.ndarray:
        """Whether each update raised the error, by more than rounding; shape (updates,)."""
        return np.diff(self.errors) > ROUNDING

    @property
    def rises(self) -> int:
        """How many updates raised the error."""
        return int(self.rose.sum())

    @property
    def short(self) -> np.ndarray:
        r"""Whether each update lowered the error by less than :math:`\tfrac{\eta}{2}\lVert\nabla E\rVert^2`.

        If none ever does, the squared norms have a finite sum, and so go to 0: the last step of the theorem's proof,
        with what was seen in place of what a bound would promise. Half of the first order's decrease is what it
        promises for :math:`\eta = 1/L`.
        """
        promised = self.lr / 2 * self.gradient_norms[:-1] ** 2
        return -np.diff(self.errors) < promised - ROUNDING

    @property
    def left(self) -> float:
        """The last norm of the gradient as a share of the first."""
        return float(self.gradient_norms[-1] / self.gradient_norms[0])


def descend_layer(
    layer: LastLayer, start: np.ndarray, penalty: Penalty, share: float, updates: int = 500, momentum: float = 0.0
) -> Descent:
    r"""Descend at a share of :math:`1/L`; without momentum and below 2, the error must fall (claim 8).

    Parameters
    ----------
    start : ndarray, shape (10, K+1)
        Near the group lasso's solution many nodes are so short that the penalty is most curved.
    share : float
        :math:`\eta L`, above 0.
    momentum : float
        Above 0, ``errors`` are energies, :math:`E + \frac{\mu}{2\eta}\lVert\Delta W\rVert^2`, which fall for
        ``share`` up to :math:`2(1 - \mu)`.

    Examples
    --------
    >>> layer, penalty = LastLayer.of_images(60), Penalty(0.08, eps=0.0005)
    >>> start = layer.near_lasso(0.08)
    >>> [descend_layer(layer, start, penalty, share, updates=50).rises > 0 for share in (1.9, 2.3)]
    [False, True]
    """
    require_number("share", share, above=0)
    L = layer.lipschitz + penalty.strength * reference.smooth_abs_lipschitz(penalty.eps, penalty.profile)
    path = reference.descend(
        lambda W: layer.gradient(W, penalty), start, lr=share / L, momentum=momentum, updates=updates
    )
    errors = np.array([layer.error(W, penalty) for W in path])
    norms = np.array([np.linalg.norm(layer.gradient(W, penalty)) for W in path])
    energies = reference.heavy_ball_energy(errors, path, share / L, momentum)
    return Descent(energies, norms, np.linalg.norm(path[:, :, -1], axis=1), share / L)


def descend_network(
    images: int, instance: int, reading: str, penalty: Penalty, rates: Sequence[float], updates: int = 500
) -> list[Descent]:
    """Descend with the whole network, all images in each update, no momentum, in float64, once for each rate (claim 8).

    The images are those of `some_images`; the instance is the seed of the start too.

    Examples
    --------
    >>> (found,) = descend_network(10, 0, "table", Penalty(1e-3, 0.05), [0.01], updates=5)
    >>> len(found.errors), found.rises
    (6, 0)
    """
    require_count("updates", updates, least=1)
    x, labels = some_images(images, "digits", instance)
    start = fast.init_params(instance, torch.float64)
    trainings = [Training(start, lr, MOMENTUM_READINGS["none"], penalty) for lr in rates]
    engine = Engine(
        trainings,
        torch.from_numpy(x),
        torch.from_numpy(labels.astype(np.int64)),
        reading=reading,
        batch_size=images,
    )
    errors, norms, lengths = [], [], []
    for _ in range(updates + 1):  # an update tells the error before it; the last one is made for that only
        lengths.append(_norms(engine.state(), "weights/K"))
        cost = engine.advance(1)
        errors.append((cost.E0 + cost.penalty)[0])
        # Without momentum the velocity is the gradient times minus the rate.
        norms.append(_norms(engine.state(), "velocity/") / np.array(rates))
    courses = np.array([errors, norms, lengths]).transpose(2, 0, 1)
    return [Descent(errors, norms, lengths, lr) for (errors, norms, lengths), lr in zip(courses, rates, strict=True)]


def _norms(state: dict[str, np.ndarray], prefix: str) -> np.ndarray:
    """Return for each training the length of all arrays of a kind, as one vector."""
    squares = [(array.reshape(len(array), -1) ** 2).sum(axis=1) for n, array in state.items() if n.startswith(prefix)]
    return np.sqrt(np.sum(squares, axis=0))


def distances_to_group_lasso(
    layer: LastLayer, strength: float, widths: Sequence[float], profile: str = "huber", updates: int = 4000
) -> np.ndarray:
    r"""Measure how far SL1's solution is from the group lasso's, for several smoothing widths (claim 9).

    Returns
    -------
    ndarray, shape (widths,)
        The length of the difference of all weights.

    Examples
    --------
    >>> wide, narrow = distances_to_group_lasso(LastLayer.of_images(60), 0.08, [0.1, 0.001], updates=500)
    >>> bool(narrow < wide)
    True
    """
    sharp = layer.solve(Penalty(strength, profile="abs"), updates)[:, :-1]
    solutions = [layer.solve(Penalty(strength, eps, profile), updates)[:, :-1] for eps in widths]
    return np.array([np.linalg.norm(solution - sharp) for solution in solutions])


def tolerance(layer: LastLayer, strength: float, updates: int = 4000) -> float:
    """Return how far apart two computed solutions may be that are one: twice the residual over the smallest curvature.

    It is a property of the solver, and known before any distance is.
    """
    sharp = Penalty(strength, profile="abs")
    W = layer.solve(sharp, updates)
    return 2 * layer.residual(W, sharp) / layer.convexity(W, sharp)
