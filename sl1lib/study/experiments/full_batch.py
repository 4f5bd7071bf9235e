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
from ...engine import Training, make_engine
from ...errors import require_count, require_number, unexpected
from ...settings import MOMENTUM_READINGS, Penalty

ROUNDING: Final = 1e-12  # an error that rises by less has not risen
TAIL: Final = 40  # updates at the end of a descent in which a weight at rest has come to rest


@dataclass(frozen=True)
class LastLayer:
    """The last layer of an untrained network on a few images: features, labels, and what is known of the error.

    The features ``o`` (N, K) have each the mean 0 and the standard deviation 1 over the images.
    """

    o: np.ndarray
    labels: np.ndarray

    @classmethod
    def of_images(cls, images: int, instance: int = 0) -> LastLayer:
        """Take `some_images` through a network as `init_params` makes it, with the instance as its seed."""
        x, labels = some_images(images, instance)
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

    def solve(self, penalty: Penalty, updates: int = 2000) -> np.ndarray:
        """Return the minimiser, found from 0 by proximal descent with the step 1/L0: a small ε does not slow it."""
        lr = 1 / self.lipschitz
        return reference.descend(
            lambda W: self.gradient(W, None),
            self.zeros,
            lr=lr,
            momentum=0.98,
            updates=updates,
            prox=lambda W: reference.last_layer_prox(W, lr, penalty),
        )[-1]

    def residual(self, W: np.ndarray, penalty: Penalty) -> float:
        """Return the length of a proximal step from ``W`` over its rate: where the error is smooth, the gradient's."""
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


def some_images(images: int, instance: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return training images of the digits (N, 1, 28, 28), between 0 and 1, and their labels (N,), for an instance.

    Instance 0 has the first ones, 1 the next: no image belongs to two.
    """
    require_count("images", images, least=2)
    require_count("instance", instance, least=0)
    digits = load_data("digits")
    if (instance + 1) * images > len(digits.x_train):
        last = len(digits.x_train) // images - 1
        raise unexpected("instance", instance, f"'digits' has {images} training images for instances 0 to {last}")
    place = slice(instance * images, (instance + 1) * images)
    return digits.x_train[place, None] / 255, digits.y_train[place]


def swing(
    layer: LastLayer, start: np.ndarray, penalty: Penalty, lr: float, momentum: float, updates: int
) -> dict[str, float]:
    r"""Descend from near a lasso's solution, and measure how far weights that it switches off jump in the end.

    ``start`` is `LastLayer.near_lasso` with the penalty's strength and grouping. Of the last 40 updates, ``swing`` is
    the largest peak-to-peak of such a weight, in units of :math:`\eta\lambda`; of a node, the length of the vector of
    its weights' peak-to-peaks. ``jumping`` is the share of nodes, or of single weights, whose moves turn about: they
    differ by more than half of what those of the smallest orbit about a corner differ by,
    :math:`2\eta\lambda/(1+\mu)`; a drift, however long, has equal moves. ``changes`` is the share of updates that
    change the sign of such a weight.
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
    return {
        "swing": float(swings.max()),
        "jumping": float((turns > 1 / (1 + momentum)).mean()),
        "changes": float(turned[..., off].mean()),  # a node's ten weights count as ten
    }


@dataclass(frozen=True)
class Descent:
    """What a full-batch descent did: errors, norms of the gradient and lengths, each of shape (updates + 1,).

    The lengths are of all kernels, as one vector, which no penalty keeps short; for the last layer, of its biases.
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
    def short(self) -> np.ndarray:
        r"""Whether each update lowered the error by less than :math:`\tfrac{\eta}{2}\lVert\nabla E\rVert^2`.

        If none ever does, the squared norms have a finite sum, and so go to 0: the last step of the theorem's proof,
        with what was seen in place of what a bound would promise. Half of the first order's decrease is what it
        promises for :math:`\eta = 1/L`.
        """
        promised = self.lr / 2 * self.gradient_norms[:-1] ** 2
        return -np.diff(self.errors) < promised - ROUNDING


def descend_layer(
    layer: LastLayer, start: np.ndarray, penalty: Penalty, share: float, updates: int = 500, momentum: float = 0.0
) -> Descent:
    r"""Descend at a share of :math:`1/L`; without momentum and below 2, the error must fall (claim 8).

    Near the group lasso's solution many nodes are so short that the penalty is most curved: a good start. With
    momentum ``errors`` are energies, :math:`E + \frac{\mu}{2\eta}\lVert\Delta W\rVert^2`, which fall for shares up
    to :math:`2(1 - \mu)`.
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
    """
    require_count("updates", updates, least=1)
    x, labels = some_images(images, instance)
    start = fast.init_params(instance, torch.float64)
    trainings = [Training(start, lr, MOMENTUM_READINGS["none"], penalty) for lr in rates]
    tensors = torch.from_numpy(x), torch.from_numpy(labels.astype(np.int64))
    engine = make_engine(trainings, *tensors, reading=reading, batch_size=images)
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


def distances_to_group_lasso(layer: LastLayer, strength: float, widths: Sequence[float], updates: int) -> np.ndarray:
    """Return how far SL1's solution is from the group lasso's, over all weights, for each smoothing width (claim 9)."""
    sharp = layer.solve(Penalty(strength, profile="abs"), updates)[:, :-1]
    solutions = [layer.solve(Penalty(strength, eps), updates)[:, :-1] for eps in widths]
    return np.array([np.linalg.norm(solution - sharp) for solution in solutions])


def tolerance(layer: LastLayer, strength: float, updates: int) -> float:
    """Return how far apart two computed solutions may be that are one: twice the residual over the smallest curvature.

    It is a property of the solver, and known before any distance is.
    """
    sharp = Penalty(strength, profile="abs")
    W = layer.solve(sharp, updates)
    return 2 * layer.residual(W, sharp) / layer.convexity(W, sharp)
