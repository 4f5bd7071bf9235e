r"""Descent on a given function, one iterate after another (part *Smoothing*).

A network is no place to see a single weight bounce. Here the error is any function whose gradient you can write down,
with one weight or a few, and every iterate is kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import require_count, require_number, unexpected
from .optimizer import heavy_ball_step

Function = Callable[[np.ndarray], np.ndarray]


def descend(
    gradient: Function,
    start: np.ndarray | float,
    *,
    lr: float,
    momentum: float = 0.0,
    updates: int,
    velocity: np.ndarray | float = 0.0,
    prox: Function | None = None,
) -> np.ndarray:
    r"""Follow a gradient by the heavy ball and return every iterate.

    Parameters
    ----------
    gradient : function
        Takes :math:`w` and returns :math:`\nabla E(w)`, or a subgradient, in the same shape.
    start : ndarray or float
        :math:`w_0`; a number is a single weight.
    lr : float
        :math:`\eta > 0`.
    momentum : float
        :math:`\mu`, in [0, 1).
    updates : int
        At least 0.
    velocity : ndarray or float
        :math:`v_0`, at rest by default.
    prox : function, optional
        A proximal map, applied to the weights after each update. The velocity then becomes the way really gone.

    Returns
    -------
    ndarray of float64, shape ``(updates + 1, *start.shape)``
        :math:`w_0, w_1, \dots`, the start included.

    Examples
    --------
    >>> descend(lambda w: 2 * w, 8.0, lr=0.25, updates=3)
    array([8., 4., 2., 1.])
    >>> descend(np.sign, 0.5, lr=1.0, updates=3)     # the slope of |w|: its sign decides, not its size
    array([ 0.5, -0.5,  0.5, -0.5])
    """
    _check(lr, momentum, updates)
    w = np.asarray(start, dtype=np.float64)
    v = np.broadcast_to(np.float64(velocity), w.shape)
    path = np.empty((updates + 1, *w.shape))
    path[0] = w
    for t in range(updates):
        slope = np.asarray(gradient(w), dtype=np.float64)
        if slope.shape != w.shape:
            raise unexpected(
                "the shape of the gradient", slope.shape, f"w has {w.shape}"
            )
        before = w
        moved, kept = heavy_ball_step(
            {"w": w}, {"w": v}, {"w": slope}, lr, momentum
        )
        w, v = moved["w"], kept["w"]
        if prox is not None:
            w = prox(w)
            v = w - before
        path[t + 1] = w
    return path


def peak_to_peak(path: np.ndarray, tail: int) -> np.ndarray:
    """Return how far the last iterates spread: the largest minus the smallest, for each weight.

    Parameters
    ----------
    path : ndarray, shape (T, ...)
        As `descend` returns it.
    tail : int
        How many of the last iterates to look at; at least 1 and at most T.

    Returns
    -------
    ndarray of float64, shape ``path.shape[1:]``

    Examples
    --------
    >>> float(peak_to_peak(np.array([8.0, 1.0, -0.5, 0.5, -0.5, 0.5]), tail=4))
    1.0
    """
    require_count("tail", tail, least=1)
    if tail > len(path):
        raise unexpected(
            "tail",
            tail,
            f"the path has {len(path)} iterates, start included",
        )
    return np.ptp(path[-tail:], axis=0)


def two_cycle(
    lr: float,
    strength: float,
    momentum: float = 0.0,
    curvature: float = 0.0,
    centre: float = 0.0,
) -> tuple[float, float]:
    r"""Return the two points between which plain L1 makes a weight jump forever.

    The error is :math:`\tfrac{\kappa}{2}(w - z)^2 + \lambda |w|`, the method gradient descent with momentum.

    Equations ``eq-corner-two-cycle`` and ``eq-corner-two-cycle-valid``, chapter *The corner*.

    Parameters
    ----------
    lr : float
        :math:`\eta > 0`.
    strength : float
        :math:`\lambda > 0`.
    momentum : float
        :math:`\mu`, in [0, 1).
    curvature : float
        :math:`\kappa \ge 0`, of the error without its penalty; 0 leaves the penalty alone.
    centre : float
        :math:`z`, where the error without its penalty is smallest. With curvature 0 any centre between
        :math:`\pm d/2` has an orbit.

    Returns
    -------
    low, high : float
        :math:`z - d/2 < 0 < z + d/2` with :math:`d = \eta\lambda / (1 + \mu - \eta\kappa/2)`.

    Raises
    ------
    ValueError
        Where there is no such orbit: for :math:`\eta\kappa \ge 2(1+\mu)`, or :math:`|z| \ge d/2`.

    Examples
    --------
    >>> two_cycle(lr=0.5, strength=1.0)
    (-0.25, 0.25)
    >>> low, high = two_cycle(lr=0.5, strength=1.0, momentum=0.25)
    >>> high - low
    0.4
    """
    _check(lr, momentum, 0)
    require_number("strength", strength, above=0)
    require_number("curvature", curvature, least=0)
    if lr * curvature >= 2 * (1 + momentum):
        raise unexpected(
            "lr * curvature",
            lr * curvature,
            "it must be below 2 (1 + momentum)",
        )
    swing = lr * strength / (1 + momentum - lr * curvature / 2)
    if abs(centre) >= swing / 2:
        raise unexpected(
            "centre",
            centre,
            f"no orbit jumps over 0 from ±{swing / 2:g} on",
        )
    return centre - swing / 2, centre + swing / 2


def _check(lr: float, momentum: float, updates: int) -> None:
    require_number("lr", lr, above=0)
    require_number("momentum", momentum, least=0, below=1)
    require_count("updates", updates, least=0)
