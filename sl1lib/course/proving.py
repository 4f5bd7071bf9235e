"""Whether an exercise keeps what its check promises: a teacher asks that before a class does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .checking import judge
from .comparing import Raised, agrees
from .diagnosis import SLACK
from .exercise import Exercise, Mistake
from .sandbox import run_here
from .shelf import exercise as find_exercise
from .verdict import Verdict
from .wire import Tensor

MORE_CALLS = 30  # beside those of a check: two mistakes that give the same there, too, are one


class Proof(tuple[str, ...]):
    """What is wrong with an exercise, a sentence each; empty where all holds.

    Parameters
    ----------
    exercise : Exercise
    faults : iterable of str
    """

    def __new__(cls, exercise: Exercise, faults: Iterator[str]) -> Proof:
        """Keep what was found, and of which exercise."""
        self = super().__new__(cls, faults)
        self.exercise = exercise
        return self

    exercise: Exercise

    def __repr__(self) -> str:
        if self:
            return "\n".join([f"{self.exercise.name}:", *(f"  - {fault}" for fault in self)])
        count = len(self.exercise.mistakes)
        return (
            f"{self.exercise.name}: the solution passes, the stub is not attempted, each of {count} mistakes is named "
            "as itself, and no answer without thought passes."
        )


def prove(exercise: Exercise | str | os.PathLike[str]) -> Proof:
    """Find what is wrong with an exercise, one of your own say, before somebody is graded by it.

    Its solution must pass and its stub must not; each case must have an answer, and each mistake must be named as
    itself; zeros, ones, an argument handed back and the like must not pass. All of it runs in this process, without a
    limit of time.

    Parameters
    ----------
    exercise : Exercise, str or path
        An exercise, or what `sl1lib.course.exercise` takes.

    Returns
    -------
    tuple of str
        What is wrong; empty where all holds.

    Raises
    ------
    ModuleNotFoundError
        For an exercise on tensors without PyTorch, or a derivation without SymPy.

    Examples
    --------
    >>> prove("dense")
    dense: the solution passes, the stub is not attempted, each of ... mistakes is named as itself, and no answer ...
    """
    q = exercise if isinstance(exercise, Exercise) else find_exercise(exercise)
    return Proof(q, _faults(q))


def _faults(q: Exercise) -> Iterator[str]:
    broken = [*_without_answer(q), *_not_to_be_made(q)]
    if broken:
        yield from broken
        return
    found = judge(q, q.function, run_here)
    if not found.passed:
        yield f"The solution does not pass. {found}"
        return
    if (found := judge(q, stub(q), run_here)).mistake != "not_attempted":
        yield f"The stub is taken for an answer. {found}"
    yield from _misnamed(q)
    careless = replace(q, forbids=())  # they know the right answer's shape from the solution
    for what, function in trivial_answers(q):
        found = judge(careless, function, run_here)
        if found.passed or found.credit:
            yield f"An answer without thought, {what}, gets {found.credit:g} of 1: add a case that it fails."


def _without_answer(q: Exercise) -> Iterator[str]:
    """Yield what keeps the calls of a check from being made."""
    try:
        trials = q.trials
    except ModuleNotFoundError:
        raise
    except Exception as error:  # of a teacher's own function
        names = ", ".join(q.sizes)
        yield (
            f"`inputs` stops with {type(error).__name__}: {error}. It is called with a `Draw` and with the names of "
            f"`sizes`, {names}, and returns the arguments, a tuple."
        )
        return
    for trial in trials:
        if len(trial.arguments) != len(q.parameters):
            count, takes = len(trial.arguments), ", ".join(q.parameters)
            yield f"A call has {count} argument{'s' * (count != 1)}; the solution takes ({takes}): {trial.words}."
        elif isinstance(trial.expected, Raised):
            yield f"The solution stops with {trial.expected.name} in a call of the check: {trial.words}."
        elif not q.is_sound(trial.arguments):
            yield f"The right answer is not finite in a call of the check: {trial.words}."


def _not_to_be_made(q: Exercise) -> Iterator[str]:
    """Yield the mistakes that are no changes of the solution's source."""
    for mistake in q.ways:
        try:
            q.wrong(mistake)
        except (ValueError, SyntaxError) as error:
            yield f"The mistake {mistake.name} cannot be made: {error}."


def stub(q: Exercise) -> Callable[..., Any]:
    """Return the stub as a function."""
    namespace = dict(q.function.__globals__)
    exec(compile(str(q.stub()), f"<the stub of {q.name}>", "exec"), namespace)
    return namespace[q.name]


def _misnamed(q: Exercise) -> Iterator[str]:
    """Yield the mistakes that a check does not name as what they are."""
    known: list[tuple[str, Sequence[Any]]] = [("", answers(q, q.truth))]
    for mistake in q.ways:
        function = q.wrong(mistake)
        given = answers(q, function)
        twin = next((name for name, others in known if alike(q, given, others)), None)
        known.append((mistake.name, given))
        if twin is not None:
            whose = f"those of {twin}" if twin else "right"
            whose = "the same in two of its ways" if twin == mistake.name else whose
            yield f"The answers of the mistake {mistake.name} are {whose} in all calls of the check and in more."
        else:
            yield from _taken_for_another(mistake, judge(q, function, run_here))


def _taken_for_another(mistake: Mistake, found: Verdict) -> Iterator[str]:
    if found.mistake != mistake.name:
        what = "right" if found.passed else found.mistake or "none that is known"
        yield f"The check takes the mistake {mistake.name} for {what}: no case tells them apart."


def answers(q: Exercise, function: Callable[..., Any]) -> list[Any]:
    """Return what a function answers in the calls of a check and in more."""
    calls = [trial.arguments for trial in q.trials] + [q.draw(3, number) for number in range(MORE_CALLS)]
    return [q.answer(function, call) for call in calls]


def alike(q: Exercise, one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two lists of answers hold the same, up to rounding."""
    return all(agrees(a, b, SLACK * q.tolerance) for a, b in zip(one, other, strict=True))


def trivial_answers(q: Exercise) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield what somebody hands in who hopes that nobody looks, with what it is."""
    for value in (0.0, 1.0, -1.0, 0.5):
        yield f"{value:g} everywhere", lambda *given, value=value: _filled(q.answer(q.truth, given), value)
    for place, name in enumerate(q.parameters):
        yield f"the argument {name}", lambda *given, place=place: given[place]
        yield f"a copy of {name}", lambda *given, place=place: np.copy(given[place])
    yield "random numbers", lambda *given: _filled(q.answer(q.truth, given), np.random.default_rng().normal())
    yield "an identity", lambda *given: np.eye(*np.shape(given[0])[-2:]) if np.ndim(given[0]) > 1 else np.eye(2)
    first = q.trials[0].expected
    yield "the first answer, always", lambda *given: first.array if isinstance(first, Tensor) else first


def _filled(like: Any, value: float) -> Any:
    """Return an answer of the same form as another, with one number everywhere."""
    if isinstance(like, Tensor):
        import torch

        return torch.full(like.array.shape, float(value), dtype=torch.float64)
    if isinstance(like, dict):
        return {name: _filled(each, value) for name, each in like.items()}
    if isinstance(like, tuple):
        return tuple(_filled(each, value) for each in like)
    return np.full(np.shape(like), value, dtype=np.asarray(like).dtype)[()]
