"""How far two results lie apart, and gradients without calculus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

# Two float64 computations of one sum differ by rounding alone: a few hundred terms of size 1, each wrong by 1e-16.
SAME: Final = 1e-12
# Central differences with step 1e-6 leave an error of about 1e-16 / 1e-6 from rounding, and 1e-12 from the step.
DIFFERENCE: Final = 1e-8


def deviation(received: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, relative to the largest expected value."""
    if received.shape != expected.shape:
        return float("inf")
    return float(np.abs(received - expected).max() / max(np.abs(expected).max(), 1e-300))


def central_differences(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Return the gradient of a scalar function by central differences, an entry at a time."""
    slopes = np.empty_like(at)
    for index in np.ndindex(at.shape):
        shift = np.zeros_like(at)
        shift[index] = step
        slopes[index] = (function(at + shift) - function(at - shift)) / (2 * step)
    return slopes
