"""Find the smallest call in which a function is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .calling import Outcome
from .comparing import agrees
from .diagnosis import answered

if TYPE_CHECKING:
    from .exercise import Exercise

SIZES: Final = 40  # so many combinations of sizes, from the smallest on
DRAWS: Final = 3  # each of whole numbers, and as many of any
LARGEST: Final = 16  # a person looks through no more numbers of one array

Arguments = tuple[Any, ...]
Run = Callable[[Sequence[Arguments]], Sequence[Outcome]]


def smallest_failure(exercise: Exercise, run: Run) -> Arguments | None:
    """Return the arguments of the smallest call found whose answer is wrong."""
    candidates = list(_small_calls(exercise))
    outcomes = run(candidates)
    for arguments, outcome in zip(candidates, outcomes, strict=False):
        if _is_wrong(exercise, arguments, outcome):
            return _simplified(exercise, arguments, run)
    return None


def _small_calls(exercise: Exercise) -> Iterator[Arguments]:
    """Yield calls of whole numbers from the smallest on, and then of any: some mistakes need these."""
    sizes = sorted(product(*exercise.sizes.values()), key=lambda each: (sum(each), each))
    for whole, choice in product((True, False), sizes[:SIZES]):
        for number in range(DRAWS):
            yield exercise.draw_of_size(dict(zip(exercise.sizes, choice, strict=True)), [2, number], whole)


def _is_wrong(exercise: Exercise, arguments: Arguments, outcome: Outcome) -> bool:
    return not agrees(answered(outcome), exercise.answer(exercise.truth, arguments), exercise.tolerance)


def _fails(exercise: Exercise, arguments: Arguments, run: Run) -> bool:
    """Whether the answer is wrong; one that does not come tells nothing here."""
    return any(_is_wrong(exercise, arguments, outcome) for outcome in run([arguments]))


def _simplified(exercise: Exercise, arguments: Arguments, run: Run) -> Arguments:
    """Replace numbers by 0, or 1, or one with fewer digits, while the answer stays wrong and the question stays one."""
    for place, argument in enumerate(arguments):
        if not isinstance(argument, np.ndarray) or argument.dtype.kind != "f" or argument.size > LARGEST:
            continue
        for index in np.ndindex(argument.shape):
            for simple in (0.0, 1.0, round(float(argument[index]), 1)):
                if arguments[place][index] == simple:
                    break
                changed = arguments[place].copy()
                changed[index] = simple
                attempt = (*arguments[:place], changed, *arguments[place + 1 :])
                if exercise.is_sound(attempt) and _fails(exercise, attempt, run):
                    arguments = attempt
                    break
    return arguments
