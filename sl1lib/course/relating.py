"""Say how wrong answers follow from the right ones, where no known mistake explains them: by a factor, say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations, permutations, product
from typing import Any, Final

import numpy as np

from .comparing import Raised, agrees, alike, leaves
from .conduct import Finding
from .diagnosis import SLACK

NEARLY: Final = 1e-5  # of the largest number: what a small constant added somewhere leaves right
FEWEST: Final = 4  # so many answers with numbers other than 0 show a factor
BASES: Final = {"a logarithm to base 2": 1 / math.log(2), "a logarithm to base 10": 1 / math.log(10)}


@dataclass(frozen=True)
class Answered:
    """A call with the numbers that it was given by name, and one array of what it answered and should have."""

    given: Mapping[str, float]
    received: np.ndarray
    expected: np.ndarray


def relation(calls: Sequence[tuple[Mapping[str, Any], Any, Any]], tolerance: float) -> Finding | None:
    """Return how the answers follow from the right ones in all calls, each with its arguments, received and expected.

    Where an answer has several values, one is wrong, or all of them in one way. Two of one way agree to ``SLACK`` times
    the tolerance.
    """
    if any(isinstance(received, Raised) for _, received, _ in calls) or _handed_back(calls):
        return None
    count = len(leaves(calls[0][2]))
    if any(len(leaves(value)) != count for call in calls for value in call[1:]):
        return None
    given = [dict(_named(arguments)) for arguments, _, _ in calls]
    found: dict[Finding | None, list[int]] = {}
    for place in range(count):
        answers = [Answered(g, leaves(a)[place], leaves(b)[place]) for g, (_, a, b) in zip(given, calls, strict=True)]
        if not all(_same(each.received, each.expected, tolerance) for each in answers):
            found.setdefault(_how(answers, SLACK * tolerance), []).append(place + 1)
    (finding, places), *others = found.items()
    if finding is None or others or 1 < len(places) < count:
        return None
    name, sentence = finding
    return name, sentence.format("Your answer" if len(places) == count else f"Value {places[0]} of your answer")


def _handed_back(calls: Sequence[tuple[Mapping[str, Any], Any, Any]]) -> bool:
    """Whether one argument is the answer in all calls: that takes no thought."""
    numbers = [name for name, value in calls[0][0].items() if isinstance(value, np.ndarray | int | float)]
    return any(all(agrees(received, given[name], 0) for given, received, _ in calls) for name in numbers)


def _how(answers: Sequence[Answered], tolerance: float) -> Finding | None:
    ways = (_factor, _constant, _order, _whole, _partly)
    return _nearly(answers) or next(filter(None, (way(answers, tolerance) for way in ways)), None)


def _named(arguments: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers that a call was given, and how long its arrays are, by what a sentence calls them."""
    for name, value in arguments.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"`{name}`", float(value)
        for axis, length in enumerate(np.shape(value) if isinstance(value, np.ndarray) else ()):
            yield f"the length of axis {axis} of `{name}`", float(length)


def _same(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return a.shape == b.shape and bool(alike(a, b, tolerance).all())


def _nearly(answers: Sequence[Answered]) -> Finding | None:
    if not all(_same(each.received, each.expected, NEARLY) for each in answers):
        return None
    digits = next(n for n in range(15, 0, -1) if all(_same(a.received, a.expected, 10.0**-n) for a in answers))
    return "nearly_right", (
        f"{{}} is right to about {digits} digits and differs in those behind. Do you add a small number somewhere, "
        "as against a division by 0, or compute in float32?"
    )


def _factor(answers: Sequence[Answered], tolerance: float) -> Finding | None:
    shown = [each for each in answers if each.received.shape == each.expected.shape and np.any(each.expected)]
    if len(shown) < FEWEST:
        return None
    for words, factors in [*_one_factor(shown[0], len(answers)), *_factors_given(answers)]:
        if all(_same(each.received, c * each.expected, tolerance) for each, c in zip(answers, factors, strict=True)):
            sentence = f"is the right one {words}, in every call. Which factor is missing, or one too many?"
            return (
                "off_by_a_factor",
                f"{{}} {'has the opposite sign, in every call.' if factors[0] == -1 else sentence}",
            )
    return None


def _one_factor(answered: Answered, calls: int) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield what a call's answer is multiplied with, for all calls, with its words; nothing for 0."""
    largest = np.unravel_index(np.argmax(np.abs(answered.expected)), answered.expected.shape)
    factor = float(answered.received[largest]) / float(answered.expected[largest])
    if factor and math.isfinite(factor):
        whole = round(1 / factor)
        divided = abs(whole) > 1 and abs(factor * whole - 1) < NEARLY
        base = next((f" ({name})" for name, value in BASES.items() if abs(factor / value - 1) < NEARLY), "")
        yield f"divided by {whole}" if divided else f"times {factor:.4g}{base}", [factor] * calls


def _factors_given(answers: Sequence[Answered]) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield powers of the numbers that calls were given, one for each call, with their words."""
    for name in answers[0].given:
        values = [each.given[name] for each in answers]
        for power in (1, -1, 2, -2) if all(values) else ():
            square = " squared" if abs(power) == 2 else ""
            yield f"{'times' if power > 0 else 'divided by'} {name}{square}", [value**power for value in values]


def _constant(answers: Sequence[Answered], tolerance: float) -> Finding | None:
    first = answers[0]
    if any(each.received.shape != each.expected.shape for each in answers) or first.expected.dtype.kind == "b":
        return None
    more = abs(float((first.received - first.expected).flat[0]))
    constants = [(f"{more:.4g}", [more] * len(answers))] if more and math.isfinite(more) else []
    constants += [(name, [each.given[name] for each in answers]) for name in first.given]
    for (words, numbers), sign in product(constants, (1, -1)):
        shifted = [each.expected + sign * number for each, number in zip(answers, numbers, strict=True)]
        if all(_same(each.received, right, tolerance) for each, right in zip(answers, shifted, strict=True)):
            size = "large" if sign * numbers[0] > 0 else "small"
            return "off_by_a_constant", f"{{}} is too {size} by {words}, in every call."
    return None


def _order(answers: Sequence[Answered], tolerance: float) -> Finding | None:
    axes = range(answers[0].expected.ndim)
    if any(each.expected.ndim != len(axes) for each in answers):
        return None
    for words, change in _orders(axes):
        if all(_same(each.received, change(each.expected), tolerance) for each in answers):
            return "rearranged", f"{{}} holds the right numbers in another order: {words}."
    return None


def _orders(axes: range) -> Iterator[tuple[str, Callable[[np.ndarray], np.ndarray]]]:
    """Yield ways to bring an array into another order, with their words."""
    for some in chain.from_iterable(combinations(axes, count) for count in range(1, len(axes) + 1)):
        yield f"turned round along {_listed(some)}", partial(np.flip, axis=some)
    for order in list(permutations(axes))[1:]:
        moved = [axis for axis, other in enumerate(order) if axis != other]
        yield f"with {_listed(moved)} exchanged", partial(np.transpose, axes=order)
    for axis, places in product(axes, (1, -1)):
        yield f"moved along axis {axis}", partial(np.roll, shift=places, axis=axis)


def _whole(answers: Sequence[Answered], tolerance: float) -> Finding | None:
    if 2 * sum(bool(np.any(each.received)) for each in answers) < len(answers):
        return None
    for words, change in {"down": np.floor, "towards 0": np.trunc, "to the nearest one": np.rint}.items():
        if all(_same(each.received, change(each.expected), tolerance) for each in answers):
            sentence = f"is the right one, rounded {words}. Do you divide with `//`, or write into whole numbers?"
            return "rounded", f"{{}} {sentence}"
    return None


def _partly(answers: Sequence[Answered], tolerance: float) -> Finding | None:
    if any(each.received.shape != each.expected.shape or not each.expected.ndim for each in answers):
        return None
    right = [alike(each.received, each.expected, tolerance) for each in answers]
    if not all((good | (each.received == 0)).all() for good, each in zip(right, answers, strict=True)):
        return None
    shown = [(good & (each.expected != 0)).any() for good, each in zip(right, answers, strict=True)]
    if 2 * sum(shown) < len(shown):
        return None
    return "partly_zero", (
        "{} is right where it is not 0, and 0 in places where it should not be. Does a loop end too early, does a "
        "`return` stand inside of it, or is a condition too strict?"
    )


def _listed(axes: Sequence[int]) -> str:
    names = " and ".join(map(str, axes))
    return f"ax{'es' if len(axes) > 1 else 'is'} {names}"
