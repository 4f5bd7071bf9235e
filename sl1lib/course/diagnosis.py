"""Find the mistakes of an exercise's catalogue that explain what a function answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from .calling import Outcome
from .comparing import Raised, agrees
from .conduct import precision

if TYPE_CHECKING:
    from .exercise import Exercise, Mistake

MORE_DRAWS: Final = 40  # where two explanations agree on all cases, this many more may tell them apart
SLACK: Final = 100  # another order of the same operations rounds otherwise; mistakes differ by far more
SINGLE: Final = 1e-4  # what float32 leaves after a few operations


@dataclass(eq=False)
class Explanation:
    """One mistake, or two at once, as a function."""

    mistakes: tuple[Mistake, ...]
    function: Callable[..., Any]

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, in whichever way it was made."""
        return tuple(mistake.name for mistake in self.mistakes)


class Catalogue:
    """The explanations that an exercise has, with what they answer in its cases."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._answers: dict[Explanation, list[Any]] = {}
        self._turn = threading.Lock()  # a class's hand-ins are checked side by side

    @cached_property
    def single(self) -> list[Explanation]:
        """One mistake each, in each way to make it."""
        return [Explanation((way,), self._exercise.wrong(way)) for way in self._exercise.ways]

    @cached_property
    def pairs(self) -> list[Explanation]:
        """Two mistakes each, where both can be made at once."""
        return list(self._pairs())

    def _pairs(self) -> Iterator[Explanation]:
        for two in combinations(self._exercise.ways, 2):
            function = None if two[0].name == two[1].name else self._exercise.wrong(*two)
            if function is not None:
                yield Explanation(two, function)

    def explain(self, received: Sequence[Any], ask: Callable[[tuple[Any, ...]], Any]) -> tuple[Mistake, ...]:
        """Return the mistakes that give these answers, none if nothing does or several do.

        ``ask`` gives one more answer of the function, where it takes a further case to tell two explanations apart.
        """
        for kind in ("single", "pairs"):
            with self._turn:
                fitting = [each for each in getattr(self, kind) if self._fits(each, received)]
            if fitting:
                return self._one_of(fitting, ask)
        return ()

    def _fits(self, explanation: Explanation, received: Sequence[Any]) -> bool:
        """Whether an explanation gives these answers; an exception may be of any class, where wrong numbers agree."""
        answers = self._answers.setdefault(explanation, [])
        same_class, shown = True, False
        for number, value in enumerate(received):
            trial = self._exercise.trials[number]
            if number == len(answers):
                answers.append(self._exercise.answer(explanation.function, trial.arguments))
            if isinstance(value, Raised) and isinstance(answers[number], Raised):
                same_class = same_class and value == answers[number]
            elif not agrees(value, answers[number], self._tolerance(value)):
                return False
            else:
                shown = shown or not agrees(value, trial.expected, self._tolerance(value))
        return same_class or shown

    def _tolerance(self, value: Any) -> float:
        return SINGLE if precision(value) else SLACK * self._exercise.tolerance

    def _one_of(self, fitting: list[Explanation], ask: Callable[[tuple[Any, ...]], Any]) -> tuple[Mistake, ...]:
        for number in range(MORE_DRAWS):
            if len({each.names for each in fitting}) == 1:
                break
            arguments = self._exercise.draw(seed=1, number=number)
            answers = [self._exercise.answer(each.function, arguments) for each in fitting]
            if all(agrees(other, answers[0], SLACK * self._exercise.tolerance) for other in answers[1:]):
                continue
            value = ask(arguments)
            fitting = [
                each
                for each, other in zip(fitting, answers, strict=True)
                if agrees(value, other, self._tolerance(value))
            ]
        return fitting[0].mistakes if len({each.names for each in fitting}) == 1 else ()


def answered(outcome: Outcome) -> Any:
    """Return the answer that an outcome holds, or `Raised`."""
    return outcome.result if outcome.error is None else Raised(outcome.error[0])
