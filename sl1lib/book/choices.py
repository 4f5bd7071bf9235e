"""What a reader may choose in an explorer, from Python as in the page: each value with its check.

A bound, or what there is to choose from, may be a function of the other values: a larger image has more places.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import require_choice, unexpected

State = Mapping[str, Any]
Bound = Any  # a number, for an array one for each place; or a function of the state that returns it


@dataclass(frozen=True)
class Chosen:
    """A value at the start; ``check`` returns what is kept of another one, or raises."""

    value: Any

    def check(self, what: str, found: Any, state: State) -> Any:
        """Return what is kept of ``found`` beside the other values, or raise."""
        raise NotImplementedError

    def settle(self, what: str, now: Any, state: State) -> Any:
        """Return ``now`` if it still fits beside the other values; else the nearest that does, or raise."""
        try:
            self.check(what, now, state)
        except ValueError:
            return self.check(what, self._nearest(now, state), state)
        return now

    def _nearest(self, now: Any, state: State) -> Any:
        return now


@dataclass(frozen=True)
class Number(Chosen):
    """A number of a range, as a slider has it."""

    least: Bound = -math.inf
    most: Bound = math.inf

    def check(self, what: str, found: Any, state: State) -> float:
        """Return a float."""
        low, high = _now(self.least, state), _now(self.most, state)
        if not _is(numbers.Real, found) or not math.isfinite(found) or not low <= found <= high:
            raise unexpected(what, found, f"it must be a finite number{_range(low, high)}")
        return float(found)

    def _nearest(self, now: Any, state: State) -> Any:
        return np.clip(now, _now(self.least, state), _now(self.most, state)).item()


@dataclass(frozen=True)
class Whole(Number):
    """A whole number of a range."""

    def check(self, what: str, found: Any, state: State) -> int:
        """Return an int."""
        low, high = _now(self.least, state), _now(self.most, state)
        if not _is(numbers.Integral, found) or not low <= found <= high:
            raise unexpected(what, found, f"it must be a whole number{_range(low, high)}")
        return int(found)


@dataclass(frozen=True)
class OneOf(Chosen):
    """One of several options."""

    options: Iterable[Any] | Callable[[State], Iterable[Any]]

    def check(self, what: str, found: Any, state: State) -> Any:
        """Return the option that equals ``found``."""
        options = list(_now(self.options, state))
        if all(isinstance(each, str) for each in options):
            require_choice(what, found, options)
        kinds = {type(each) for each in options}
        if found not in options or (isinstance(found, bool | np.bool_) and bool not in kinds):
            raise unexpected(what, found, f"it must be one of {', '.join(map(str, options))}")
        return options[options.index(found)]

    def _nearest(self, now: Any, state: State) -> Any:
        options = list(_now(self.options, state))
        return options[0] if isinstance(now, str) else min(options, key=lambda option: abs(option - now))


@dataclass(frozen=True)
class Switch(Chosen):
    """On or off."""

    def check(self, what: str, found: Any, state: State) -> bool:
        """Return a bool."""
        if not isinstance(found, bool | np.bool_):
            raise unexpected(what, found, "it must be True or False")
        return bool(found)


@dataclass(frozen=True)
class Array(Chosen):
    """Numbers of a shape, in which None stands for any length.

    ``misfit`` may say what else would be right of a shape. With ``gaps``, NaN stands where nothing is typed yet.
    """

    shape: tuple[int | None, ...]
    least: Bound = -math.inf
    most: Bound = math.inf
    gaps: bool = False
    misfit: Callable[[tuple[int, ...], State], str] | None = None

    def check(self, what: str, found: Any, state: State) -> np.ndarray:
        """Return a copy, read-only, so that no change of it goes unseen."""
        array = frozen(what, found)
        if len(array.shape) != len(self.shape) or any(
            size not in (None, here) for size, here in zip(self.shape, array.shape, strict=True)
        ):
            sizes = ", ".join("any" if size is None else str(size) for size in self.shape)
            raise unexpected(f"the shape of {what}", array.shape, f"it must be ({sizes}{',' * (len(self.shape) == 1)})")
        if right := self.misfit(array.shape, state) if self.misfit else "":
            raise unexpected(f"the shape of {what}", array.shape, right)
        low, high = _now(self.least, state), _now(self.most, state)
        wrong = ~(np.isfinite(array) & (array >= low) & (array <= high)) & ~(np.isnan(array) & self.gaps)
        if wrong.any():
            place = tuple(int(index) for index in np.argwhere(wrong)[0])
            low, high = (np.broadcast_to(limit, array.shape)[place] for limit in (low, high))
            name = f"{what}[{', '.join(map(str, place))}]"
            raise unexpected(name, array[place].item(), f"it must be a finite number{_range(low, high)}")
        return array

    def _nearest(self, now: Any, state: State) -> Any:
        return np.clip(now, _now(self.least, state), _now(self.most, state))


@dataclass(frozen=True)
class Made(Chosen):
    """Whatever ``make`` makes of what is given, or refuses."""

    make: Callable[[Any], Any]

    def check(self, what: str, found: Any, state: State) -> Any:
        """Return what was made."""
        return self.make(found)

    def settle(self, what: str, now: Any, state: State) -> Any:
        """Return ``now``: it hangs on no other value."""
        return now


def frozen(what: str, found: Any) -> np.ndarray:
    """Return numbers as a read-only array of their own: integers stay integers, None becomes NaN."""
    found = found.numpy(force=True) if hasattr(found, "detach") else found  # a tensor
    try:
        array = np.array(found)
        array = array if array.dtype.kind in "iuf" else np.array(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise unexpected(what, found, "it must be numbers in a list, an array or a tensor") from None
    array.flags.writeable = False
    return array


def as_json(value: Any) -> Any:
    """Return a value as the page's model has it: lists for arrays, null for a gap."""
    if isinstance(value, np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, Mapping):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [None if isinstance(each, float) and math.isnan(each) else as_json(each) for each in value]
    return value


def computed(value: Any) -> Any:
    """Return what a page computed as Python has it: arrays for lists of numbers, NaN for what JSON cannot write."""
    if isinstance(value, dict):
        return {name: computed(each) for name, each in value.items()}
    if isinstance(value, list) and not any(isinstance(each, str) for each in value):
        return frozen("what the page computed", value)
    return value


def _is(kind: type, found: Any) -> bool:
    return isinstance(found, kind) and not isinstance(found, bool)


def _now(bound: Any, state: State) -> Any:
    return bound(state) if callable(bound) else bound


def _range(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f" from {low:g} to {high:g}"
    return f" of at least {low:g}" if math.isfinite(low) else f" of at most {high:g}" if math.isfinite(high) else ""
