"""Compare what was received with what was expected: in form, then in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .wire import Foreign, Tensor


@dataclass(frozen=True)
class Raised:
    """Stands for an answer that did not come, since an exception of this class was raised."""

    name: str

    def __repr__(self) -> str:
        return f"an exception, {self.name}"


def agrees(received: Any, expected: Any, tolerance: float) -> bool:
    """Whether two answers have one form and, relative to the largest number expected, the same numbers."""
    if isinstance(expected, Raised) or isinstance(received, Raised):
        return isinstance(received, Raised) and isinstance(expected, Raised) and received == expected
    if isinstance(expected, Tensor):
        return isinstance(received, Tensor) and agrees(received.array, expected.array, tolerance)
    if isinstance(expected, dict):
        same = isinstance(received, dict) and received.keys() == expected.keys()
        return same and all(agrees(received[name], expected[name], tolerance) for name in expected)
    if isinstance(expected, tuple | list):
        same = isinstance(received, tuple | list) and len(received) == len(expected)
        return same and all(agrees(a, b, tolerance) for a, b in zip(received, expected, strict=True))
    if isinstance(received, Foreign | Tensor | tuple | list | dict | str) or received is None:
        return False
    return _close(np.asarray(received), np.asarray(expected), tolerance)


def _close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if a.shape != b.shape or a.dtype.kind not in "biuf":
        return False
    return bool(alike(a, b, tolerance).all())


def alike(a: np.ndarray, b: np.ndarray, tolerance: float) -> np.ndarray:
    """Say of each entry whether the two are the same number up to rounding."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.abs(b[np.isfinite(b)])
    scale = float(finite.max(initial=0.0)) or 1.0
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= tolerance * scale
    return near | (a == b) | (np.isnan(a) & np.isnan(b))


def leaves(value: Any) -> list[np.ndarray]:
    """Return the arrays of numbers of an answer, in order."""
    if isinstance(value, Tensor):
        return [value.array]
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, tuple | list):
        return [leaf for each in value for leaf in leaves(each)]
    array = np.asarray(value)
    return [array] if array.dtype.kind in "biuf" else []


def difference(received: Any, expected: Any, tolerance: float, name: str = "") -> str:
    """Say where two answers of one form first differ, and in how many places; nothing where they do not."""
    if isinstance(expected, Tensor) and isinstance(received, Tensor):
        return difference(received.array, expected.array, tolerance, name)
    if isinstance(expected, dict) and isinstance(received, dict):
        parts = [difference(received[key], expected[key], tolerance, key) for key in expected if key in received]
        return next(filter(None, parts), "")
    if isinstance(expected, tuple) and isinstance(received, tuple | list):
        numbered = enumerate(zip(received, expected, strict=False), 1)
        parts = [difference(a, b, tolerance, f"value {number}") for number, (a, b) in numbered]
        return next(filter(None, parts), "")
    try:
        a, b = np.asarray(received, np.float64), np.asarray(expected, np.float64)
    except (TypeError, ValueError):
        return ""
    if a.shape != b.shape:
        return ""
    wrong = ~alike(a, b, tolerance)
    if not wrong.any() or not a.ndim:
        return ""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    of = f" of {name}" if name else ""
    place = ", ".join(map(str, index))
    count = f"{int(wrong.sum())} of {wrong.size} numbers{of} differ"
    return f"{count}, first [{place}]: {a[index]:.6g} received, {b[index]:.6g} expected."
