"""Draw an exercise's inputs: any numbers, or whole ones that a person can follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


class Draw:
    """Random numbers for the inputs of an exercise.

    Parameters
    ----------
    seed : int or sequence of int
    whole : bool
        Whether all numbers are small and whole: what the smallest failing case is made of.

    Examples
    --------
    >>> Draw(0, whole=True).numbers(2, 2)
    array([[ 2.,  1.],
           [ 0., -2.]])
    """

    def __init__(self, seed: int | list[int], whole: bool = False) -> None:
        self._rng = np.random.default_rng(seed)
        self.whole = whole

    def numbers(self, *shape: int) -> np.ndarray:
        """Return numbers of both signs, around 0; sometimes 0, where they are whole."""
        return self._rng.integers(-3, 4, shape) * 1.0 if self.whole else self._rng.normal(size=shape)

    def positive(self, *shape: int) -> np.ndarray:
        """Return numbers above 0."""
        return self._rng.integers(1, 4, shape) * 1.0 if self.whole else self._rng.uniform(0.1, 2, shape)

    def number(self, low: float, high: float) -> float:
        """Return one number between two, or the simplest that lies there."""
        value = float(self._rng.uniform(low, high))
        simple = float(round(value, 0 if high - low > 1 else 1))
        return simple if self.whole and low <= simple <= high else value

    def count(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return int(self._rng.integers(low, high + 1))

    def labels(self, count: int, classes: int) -> np.ndarray:
        """Return a class for each of ``count`` samples."""
        return self._rng.integers(0, classes, count)

    def flags(self, count: int) -> np.ndarray:
        """Return ``count`` truth values, of which at least one is true and, from two on, one is false."""
        flags = self._rng.random(count) < 0.5
        flags[self._rng.integers(count)] = True
        if count > 1 and flags.all():
            flags[self._rng.integers(count)] = False
        return flags


@dataclass(frozen=True)
class Cubic:
    """A function for exercises that take one, whose gradient is easy to derive: w ↦ Σ (a w³ + b w) + c (Σ w)²."""

    a: float
    b: float
    c: float = 0.0

    def __call__(self, w: np.ndarray) -> float:
        """Return the function's value at w."""
        return float((self.a * w**3 + self.b * w).sum() + self.c * w.sum() ** 2)

    def __repr__(self) -> str:
        coupled = f" + {self.c:g} (Σ w)²" if self.c else ""
        return f"w ↦ Σ ({self.a:g} w³ + {self.b:g} w){coupled}"
