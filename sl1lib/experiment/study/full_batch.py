"""Claims that minibatches cannot decide: full-batch descent of the last layer, in float64, a few seconds each.

The features stand still, so that the error is convex in the weights, and what happens can be predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from ... import reference
from ...data import load_data
from ...errors import require_count, require_number
from ...settings import Penalty


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
    def of_images(cls, images: int = 300, data: str = "digits", seed: int = 0) -> LastLayer:
        """Take the first training images of a data set through a network as `init_params` makes it."""
        require_count("images", images, least=2)
        chosen = load_data(data)
        x = chosen.x_train[:images, None] / 255
        o = reference.features(reference.init_params(seed=seed), x, "table")
        spread = o.std(axis=0)
        return cls((o - o.mean(axis=0)) / np.where(spread > 0, spread, 1), chosen.y_train[:images])

    @cached_property
    def lipschitz(self) -> float:
        """A Lipschitz constant of the gradient of the entropy error."""
        return reference.last_layer_lipschitz(self.o)

    @property
    def zeros(self) -> np.ndarray:
        """Weights and biases of 0, shape (10, K+1)."""
        return np.zeros((10, self.o.shape[1] + 1))

    def error(self, W: np.ndarray, penalty: Penalty) -> float:
        """Return the regularised error."""
        return reference.last_layer_error(W, self.o, self.labels, penalty)

    def gradient(self, W: np.ndarray, penalty: Penalty | None) -> np.ndarray:
        """Return its gradient, or a subgradient."""
        return reference.last_layer_grad(W, self.o, self.labels, penalty)

    def near_group_lasso(self, strength: float) -> np.ndarray:
        """Return the group lasso's solution, its zeros moved a little: on 0 itself nothing would move."""
        solution = self.solve(Penalty(strength, profile="abs"), updates=1000)
        return solution + 1e-6 * np.random.default_rng(0).normal(size=solution.shape)

    def solve(self, penalty: Penalty, updates: int = 2000) -> np.ndarray:
        """Return the minimiser, found by proximal descent with the step 1/L0."""
        lr = 1 / self.lipschitz
        return reference.descend(
            lambda W: self.gradient(W, None),
            self.zeros,
            lr=lr,
            momentum=0.95,
            updates=updates,
            prox=lambda W: reference.last_layer_prox(W, lr, penalty),
        )[-1]


def swings(
    layer: LastLayer,
    strength: float,
    ratios: Sequence[float],
    lr: float = 0.01,
    momentum: float = 0.2,
    updates: int = 400,
) -> np.ndarray:
    r"""Measure how far dead weights jump in the end, for several smoothing widths (claim 7).

    Parameters
    ----------
    layer : LastLayer
    strength : float
        :math:`\lambda`.
    ratios : sequence of float
        :math:`\eta\lambda/\varepsilon`: jumping is predicted above :math:`2(1+\mu)`. Infinity is no smoothing: the
        group lasso's subgradient.
    lr, momentum : float
    updates : int
        At least 40.

    Returns
    -------
    ndarray, shape (ratios,)
        The largest peak-to-peak of the last 40 updates among the nodes that the group lasso switches off, in units of
        :math:`\eta\lambda`.

    Examples
    --------
    >>> calm, wild, plain = swings(LastLayer.of_images(60), 0.08, [1.5, 4.0, np.inf], updates=100)
    >>> bool(calm < 0.01 < 0.3 < min(wild, plain))
    True
    """
    require_number("strength", strength, above=0)
    require_count("updates", updates, least=40)
    start = layer.near_group_lasso(strength)
    dead = reference.group_norms(start[:, :-1]) < 1e-4
    found = []
    for ratio in ratios:
        sharp = np.isinf(ratio)
        penalty = Penalty(strength, profile="abs") if sharp else Penalty(strength, eps=lr * strength / ratio)
        gradient = partial(layer.gradient, penalty=penalty)
        path = reference.descend(gradient, start, lr=lr, momentum=momentum, updates=updates)
        found.append(reference.peak_to_peak(path, 40)[:, :-1][:, dead].max() / (lr * strength))
    return np.array(found)


@dataclass(frozen=True)
class Descent:
    """What a full-batch descent did.

    Parameters
    ----------
    errors : ndarray, shape (updates + 1,)
    gradient_norms : ndarray, shape (updates + 1,)
    """

    errors: np.ndarray
    gradient_norms: np.ndarray

    @property
    def rises(self) -> int:
        """How many updates raised the error, by more than rounding."""
        return int((np.diff(self.errors) > 1e-12).sum())


def descent(layer: LastLayer, penalty: Penalty, share: float, updates: int = 500) -> Descent:
    r"""Descend without momentum at a share of :math:`1/L`; below 2, the error must fall (claim 8).

    It starts near the group lasso's solution, where many nodes are so short that the penalty is most curved.

    Parameters
    ----------
    layer : LastLayer
    penalty : Penalty
        Huber's or the quartic profile, node-wise.
    share : float
        :math:`\eta L`, above 0.
    updates : int

    Returns
    -------
    Descent

    Examples
    --------
    >>> layer, penalty = LastLayer.of_images(60), Penalty(0.08, eps=0.0005)
    >>> [descent(layer, penalty, share, updates=50).rises > 0 for share in (1.9, 2.3)]
    [False, True]
    """
    require_number("share", share, above=0)
    L = layer.lipschitz + penalty.strength * reference.smooth_abs_lipschitz(penalty.eps, penalty.profile)
    start = layer.near_group_lasso(penalty.strength)
    path = reference.descend(lambda W: layer.gradient(W, penalty), start, lr=share / L, updates=updates)
    errors = np.array([layer.error(W, penalty) for W in path])
    return Descent(errors, np.array([np.linalg.norm(layer.gradient(W, penalty)) for W in path]))


def distances_to_group_lasso(
    layer: LastLayer, strength: float, widths: Sequence[float], profile: str = "huber", updates: int = 2000
) -> np.ndarray:
    r"""Measure how far SL1's solution is from the group lasso's, for several smoothing widths (claim 9).

    Parameters
    ----------
    layer : LastLayer
    strength : float
    widths : sequence of float
        Of :math:`\varepsilon`.
    profile : {"huber", "quartic"}
    updates : int
        Of each solution.

    Returns
    -------
    ndarray, shape (widths,)
        The largest difference of a weight.

    Examples
    --------
    >>> wide, narrow = distances_to_group_lasso(LastLayer.of_images(60), 0.08, [0.1, 0.001], updates=500)
    >>> bool(narrow < wide)
    True
    """
    sharp = layer.solve(Penalty(strength, profile="abs"), updates)[:, :-1]
    solutions = [layer.solve(Penalty(strength, eps, profile), updates)[:, :-1] for eps in widths]
    return np.array([np.abs(solution - sharp).max() for solution in solutions])
