"""Judge a function: is it right, and if not, which mistake is it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from .calling import Outcome
from .chapters import CHAPTERS
from .comparing import agrees, difference
from .conduct import (
    FINDINGS,
    Finding,
    ends_early,
    forbidden,
    habits,
    in_form,
    not_finite,
    precision,
)
from .diagnosis import SINGLE, answered
from .handed_in import HandedIn, describe
from .preferences import PREFERENCES
from .relating import relation
from .sandbox import Record
from .simplifying import smallest_failure
from .symbols import FUNCTIONS, Compared, function_of, require_sympy
from .verdict import Case, Verdict

if TYPE_CHECKING:
    from .exercise import Exercise, Mistake

Run = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Record]
Ask = Callable[[Sequence[tuple[Any, ...]]], Record]

ASKED_AGAIN: Final = 2  # so many of the first cases are put a second time, after all others


def judge(exercise: Exercise, function: Any, run: Run) -> Verdict:
    """Return the verdict on a function; ``run`` calls it, in another process or in this one."""
    if exercise.symbolic:
        require_sympy()
        function = function_of(function, exercise.name, exercise.parameters)
        if isinstance(function, str):
            return _finding(exercise, ("no_expression", function))
    verdict = judge_handed_in(exercise, describe(function, exercise.parameters), lambda jobs: run(function, jobs))
    return _proved(exercise, verdict, function, run) if exercise.symbolic and verdict.passed else verdict


def _proved(exercise: Exercise, verdict: Verdict, function: Callable[..., Any], run: Run) -> Verdict:
    """Return what becomes of a derivation with the right values, when its expression is compared with the solution."""
    record = run(Compared(function, exercise.function, exercise.parameters), [()])
    if not record.outcomes:  # the comparison took too long: what the numbers say has to do
        return verdict
    outcome = record.outcomes[0]
    if outcome.error is not None:
        told = f"The values are right, but your function takes no symbols ({': '.join(outcome.error)})."
        return _finding(exercise, ("no_expression", told))
    if outcome.result["same"] == "no":
        told = "Your expression has the right values where it was tried, and SymPy finds it not the right one."
        return _finding(exercise, ("no_expression", told))
    if outcome.result["same"] == "unknown":
        return verdict
    return replace(verdict, message=f"{outcome.result['expression']} is right for all positive values, says SymPy.")


def judge_handed_in(exercise: Exercise, handed_in: HandedIn, ask: Ask) -> Verdict:
    """Return the verdict on a function that is known by its answers: ``ask`` has it called, wherever it is."""
    if handed_in.finding:
        return _finding(exercise, handed_in.finding)
    return _Judge(exercise, handed_in, ask).verdict()


class _Judge:
    """One check, from the first call to the verdict."""

    def __init__(self, exercise: Exercise, handed_in: HandedIn, ask: Ask) -> None:
        self.exercise = exercise
        self.handed_in = handed_in
        self.run: Ask = lambda jobs: ask([exercise.given(arguments) for arguments in jobs])

    def verdict(self) -> Verdict:
        """Make all calls and judge what came of them."""
        trials = self.exercise.trials
        again = [trial.arguments for trial in trials[:ASKED_AGAIN]]
        record = self.run([trial.arguments for trial in trials] + again)
        allows = [*self.exercise.allows, *FUNCTIONS.values()]
        if finding := forbidden(self.handed_in.name, record.calls, self.exercise.forbids, allows):
            return _finding(self.exercise, finding)
        outcomes, second = record.outcomes[: len(trials)], record.outcomes[len(trials) :]
        wrong = self._first_wrong(outcomes)
        if wrong is not None:
            return self._not_right(outcomes, wrong)
        if record.ended:
            number = min(len(outcomes), len(trials) - 1)
            return _finding(self.exercise, ends_early(record.ended, record.seconds), self._case(number))
        return self._habit(outcomes) or self._not_repeatable(second) or self._passed()

    def _first_wrong(self, outcomes: Sequence[Outcome]) -> int | None:
        """Return the number of the first outcome that is not the right answer, in float64 or in fewer digits."""
        for number, outcome in enumerate(outcomes):
            if not self._is_right(answered(outcome), number):
                return number
        return None

    def _is_right(self, value: Any, number: int) -> bool:
        tolerance = SINGLE if precision(value) else self.exercise.tolerance
        return agrees(value, self.exercise.trials[number].expected, tolerance)

    def _not_right(self, outcomes: Sequence[Outcome], number: int) -> Verdict:
        """Name the mistake; else what keeps the answer from being one; else show the smallest failing case."""
        outcome, trial = outcomes[number], self.exercise.trials[number]
        finding = in_form(outcome, trial.expected, self.handed_in.file, self.handed_in.first_line)
        if finding is None or finding[0] in ("exception", "wrong_shape"):
            mistakes = self.exercise.catalogue.explain([answered(each) for each in outcomes], self._ask)
            if mistakes:
                return self._explained(mistakes, self._followed(number, outcome))
        if finding is None or finding[0] in ("exception", "wrong_shape"):
            finding = self.handed_in.reads or finding
        if finding is None or finding[0] == "wrong_shape":
            finding = self._related(outcomes) or finding
        finding = finding or not_finite(outcome.result, trial.expected)
        if finding:
            return _finding(self.exercise, finding, self._followed(number, outcome))
        message = "The answer is wrong, and it is none of the known mistakes. Follow this case by hand."
        return _verdict(self.exercise, None, message, self._smallest(number, outcome))

    def _related(self, outcomes: Sequence[Outcome]) -> Finding | None:
        """Say how the answers follow from the right ones."""
        answers = [(trial, answered(outcome)) for trial, outcome in zip(self.exercise.trials, outcomes, strict=False)]
        calls = [(self._named(trial.arguments), value, trial.expected) for trial, value in answers]
        return relation(calls, self.exercise.tolerance)

    def _ask(self, arguments: tuple[Any, ...]) -> Any:
        outcomes = self.run([arguments]).outcomes
        return answered(outcomes[0]) if outcomes else None

    def _explained(self, mistakes: tuple[Mistake, ...], case: Case) -> Verdict:
        credit = min(mistake.credit for mistake in mistakes) / len(mistakes)
        message = " ".join(mistake.why for mistake in mistakes)
        if len(mistakes) > 1:
            message = "Two mistakes at once. " + "\n".join(f"{i + 1}. {m.why}" for i, m in enumerate(mistakes))
        name = "+".join(mistake.name for mistake in mistakes)
        return _verdict(self.exercise, name, message, case, credit, mistakes[0].section)

    def _followed(self, number: int, outcome: Outcome) -> Case:
        """Return a trial as a case, if it is one that a person can follow; else the smallest that is wrong."""
        draw = number >= len(self.exercise.cases)
        return self._smallest(number, outcome) if draw else self._case(number, outcome)

    def _smallest(self, number: int, outcome: Outcome) -> Case:
        """Return the smallest case found in which the answer is wrong, or this trial."""
        arguments = smallest_failure(self.exercise, lambda jobs: self.run(jobs).outcomes)
        if arguments is None or _size(arguments) >= _size(self.exercise.trials[number].arguments):
            return self._case(number, outcome)
        expected = self.exercise.answer(self.exercise.truth, arguments)
        return self._made_case("the smallest in which your answer is wrong", arguments, expected, self._ask(arguments))

    def _case(self, number: int, outcome: Outcome | None = None) -> Case:
        trial = self.exercise.trials[number]
        received = None if outcome is None else outcome.result
        return self._made_case(trial.words, trial.arguments, trial.expected, received)

    def _made_case(self, words: str, arguments: tuple[Any, ...], expected: Any, received: Any) -> Case:
        where = difference(received, expected, self.exercise.tolerance)
        return Case(words, self._named(arguments), expected, received, where)

    def _named(self, arguments: tuple[Any, ...]) -> dict[str, Any]:
        return dict(zip(self.exercise.parameters, arguments, strict=True))

    def _habit(self, outcomes: Sequence[Outcome]) -> Verdict | None:
        for number, outcome in enumerate(outcomes):
            trial = self.exercise.trials[number]
            if finding := habits(outcome, trial.expected, self.exercise.parameters):
                return _finding(self.exercise, finding, self._case(number, outcome))
        return None

    def _not_repeatable(self, second: Sequence[Outcome]) -> Verdict | None:
        for number, outcome in enumerate(second):
            if not agrees(answered(outcome), self.exercise.trials[number].expected, self.exercise.tolerance):
                sentence = (
                    "Asked the same a second time, your function gives another answer: it remembers something between "
                    "calls, or draws random numbers."
                )
                return _finding(self.exercise, ("not_repeatable", sentence), self._case(number, outcome))
        return None

    def _passed(self) -> Verdict:
        exercise, given = self.exercise, len(self.exercise.cases)
        message = (
            f"Checked: {given} case{'s' * (given != 1)} a person can follow, {len(exercise.trials) - given} with "
            f"random numbers, to {exercise.tolerance:g} of the largest number, since {exercise.because}; the arguments "
            "stay as they were, and the same question gets the same answer."
        )
        if self.handed_in.reads:
            message += " It reads something from outside that is not among its arguments: hand that in, too."
        return Verdict(exercise.name, True, None, message, credit=1.0, points=exercise.points)


def _finding(exercise: Exercise, finding: Finding, case: Case | None = None) -> Verdict:
    return _verdict(exercise, finding[0], finding[1], case, FINDINGS[finding[0]])


def _verdict(
    exercise: Exercise, mistake: str | None, message: str, case: Case | None, credit: float = 0.0, section: str = ""
) -> Verdict:
    chapter, page = CHAPTERS[exercise.chapter]
    link = ""
    if PREFERENCES.book:
        anchor = "-".join(re.findall(r"\w+", section.lower()))
        link = f"{PREFERENCES.book.rstrip('/')}/{page}.html" + (f"#{anchor}" if anchor else "")
    if credit:
        message += f" Credit: {credit:g} of 1."
    where = f"{chapter}, section {section}" if section else f"chapter {chapter}"
    return Verdict(exercise.name, False, mistake, message, case, credit, exercise.points, where, link)


def _size(arguments: Sequence[Any]) -> int:
    return sum(getattr(argument, "size", 1) for argument in arguments)
