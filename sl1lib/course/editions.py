"""The editions of a chapter's exercises, as cells: for students, with solutions, for the teacher, for two graders.

An exercise's file is the one source; nothing is written twice. A cell is Markdown, code, or what a grader reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import unexpected
from .carrying import read_from_outside
from .chapters import CHAPTERS
from .exercise import Exercise
from .preferences import PREFERENCES
from .simplifying import LARGEST

_ASKED_FOR = {"derivation": "A derivation", "line": "One line", "function": "A function", "update": "A whole update"}
STUDENT, SOLUTIONS, TEACHER = "student", "solutions", "teacher"


@dataclass(frozen=True)
class Cell:
    """A piece of a notebook or a script: ``markdown``, ``raw``, ``code``, or ``show``, an expression to look at."""

    kind: str
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What all pages of a course share.

    Parameters
    ----------
    edition : {"student", "solutions", "teacher"}
    install : str
        What pip is given where the library is missing.
    seed : int, optional
        Which case of their own students find.
    solutions : bool
        Whether ``q.solution()`` shows one.
    notebook : bool
        Whether it becomes notebooks, in which a cell can install something.
    """

    edition: str
    install: str
    seed: int | None = None
    solutions: bool = True
    notebook: bool = True


def needs(exercise: Exercise) -> list[str]:
    """Return what a check needs besides this library and NumPy."""
    return ["torch"] * exercise.tensors + ["sympy"] * exercise.symbolic


def address(exercise: Exercise, name: str) -> str:
    """Return what `course.check` is given: a name of the book, or the file beside the notebook."""
    return exercise.name if name == exercise.name else f"exercises/{exercise.name}.py"


def chapter_cells(chapter: str, asked: Sequence[tuple[str, Exercise]], plan: Plan) -> Iterator[Cell]:
    """Yield the cells of a chapter: what to do, then each exercise; ``asked`` has their names or files, and them."""
    yield Cell("markdown", _head(chapter, [q for _, q in asked], plan))
    yield Cell("code", setup([q for _, q in asked], plan))
    for name, exercise in asked:
        yield from _exercise_cells(exercise, address(exercise, name), plan)


def _head(chapter: str, asked: Sequence[Exercise], plan: Plan) -> str:
    title, page = CHAPTERS[chapter]
    edition = {STUDENT: "", SOLUTIONS: ", with solutions", TEACHER: ", for the teacher"}[plan.edition]
    where = f"[{title}]({PREFERENCES.book.rstrip('/')}/{page}.html)" if PREFERENCES.book else f"*{title}*"
    minutes, points = sum(q.minutes for q in asked), sum(q.points for q in asked)
    return (
        f"# {title}: exercises{edition}\n\n"
        f"These belong to the chapter {where}: {len(asked)} in about {minutes} minutes, {points:g} points. Run the "
        "cell below first. Write your code where the dots `...` are, run that cell, then the check. It says what was "
        "verified, or which mistake it is. A hint comes each time its cell runs, three in all. Leave each function's "
        "name and arguments as they are: they are graded by them."
    )


def setup(asked: Sequence[Exercise], plan: Plan) -> str:
    """Return the first cell's code: it installs the library where it is missing, in Colab say."""
    imports = sorted({line for q in asked for line in needed_imports(q)} - {"import numpy as np"})
    own = [line for line in imports if line.startswith("from sl1lib")]
    imports = [line for line in imports if line not in own]
    ours = ["import numpy as np", "from sl1lib import course"]
    lines = [*imports, *[""] * bool(imports)]
    if plan.notebook:
        install = ["%pip install --quiet numpy", f"%pip install --quiet --no-deps {plan.install}"]
        once = "except ModuleNotFoundError:  # once; then go on: the kernel need not be restarted"
        lines += ["try:", *_indented(ours), once, *_indented([*install, *ours])]
    else:
        lines += [ours[0], "", ours[1]]
    lines += own
    if not plan.solutions:
        lines.append("\ncourse.configure(solutions=False)")
    if PREFERENCES.book:
        lines.append(f"\ncourse.configure(book={PREFERENCES.book!r})")
    return "\n".join(lines)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def needed_imports(exercise: Exercise) -> list[str]:
    """Return the imports of what the solution reads from outside; raise for what a student could not import."""
    return [_import(exercise, name, value) for name, value in read_from_outside(exercise.function).items()]


def _import(exercise: Exercise, name: str, value: Any) -> str:
    if isinstance(value, ModuleType):
        return f"import {value.__name__}" + f" as {name}" * (name != value.__name__)
    home = getattr(value, "__module__", None)
    if home is None or home == exercise.function.__module__:
        right = f"its solution reads {name} from beside it, which students do not have: put that into the function"
        raise unexpected("exercise", exercise.name, right)
    return f"from {home} import {name}"


def _exercise_cells(exercise: Exercise, name: str, plan: Plan) -> Iterator[Cell]:
    yield Cell("markdown", task(exercise))
    yield Cell("code", str(exercise.stub()).rstrip() if plan.edition == STUDENT else exercise.source.rstrip())
    case = own_case(exercise, plan.seed)
    if case is not None:
        yield Cell("markdown", "A case of your own: work out what must come of it, then run the cell.")
        yield Cell("show", f"{exercise.name}({', '.join(case)})")
    yield Cell("show", f"course.check({json.dumps(name)}, {exercise.name})")
    if plan.edition == STUDENT:
        yield Cell("show", f"course.exercise({json.dumps(name)}).hint()")
    elif plan.edition == TEACHER:
        yield Cell("markdown", _catalogue(exercise))


def task(exercise: Exercise) -> str:
    """Return what is asked."""
    worth = f"{exercise.points:g} point{'s' * (exercise.points != 1)}"
    return (
        f"## {exercise.title}\n\n*{_ASKED_FOR[exercise.level]}, about {exercise.minutes} minutes, {worth}*\n\n"
        f"Write `{exercise.name}({', '.join(exercise.parameters)})`. {exercise.task}"
    )


def _catalogue(exercise: Exercise) -> str:
    """Return the hints and the mistakes that the check knows, with what a student reads."""
    hints = "\n".join(f"{number}. {hint}" for number, hint in enumerate(exercise.hints, 1))
    rows = "\n".join(f"| {m.title} | {_in_a_table(m.why)} | {m.credit:g} |" for m in exercise.mistakes)
    return (
        f"The hints:\n\n{hints}\n\nThe mistakes that the check names, with what students read and the share of the "
        f"points they get:\n\n| mistake | explanation | credit |\n|---|---|---|\n{rows}"
    )


def _in_a_table(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def own_case(exercise: Exercise, seed: int | None) -> list[str] | None:
    """Return the arguments of a small call that depends on ``seed``, as source; None where there is none."""
    if seed is None or exercise.tensors:
        return None
    sizes = sorted(product(*exercise.sizes.values()), key=lambda each: (sum(each), each))
    for number, choice in enumerate(reversed(sizes[: len(sizes) // 2 + 1])):  # the smallest differ too little
        of_size = dict(zip(exercise.sizes, choice, strict=True))
        arguments = exercise.draw_of_size(of_size, [3, seed, number], whole=True)
        written = [_literal(argument) for argument in arguments]
        small = max(map(np.size, arguments)) <= LARGEST
        if small and None not in written and exercise.is_sound(arguments):
            return [text for text in written if text is not None]
    return None


def _literal(value: Any) -> str | None:
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, dict):
        pairs = {key: _literal(each) for key, each in value.items()}
        return (
            None if None in pairs.values() else "{" + ", ".join(f"{key!r}: {text}" for key, text in pairs.items()) + "}"
        )
    if isinstance(value, list | tuple):
        items = [_literal(each) for each in value]
        return None if None in items else f"[{', '.join(text for text in items if text is not None)}]"
    return None


def split(exercise: Exercise) -> tuple[list[str], list[str], list[str]]:
    """Return the solution's lines: those that a student is given, those to be written, and again some given."""
    lines = exercise.source.rstrip().split("\n")
    if exercise.blank:
        place = next(number for number, line in enumerate(lines) if exercise.blank in line)
        return lines[:place], lines[place : place + 1], lines[place + 1 :]
    body = next(number for number, line in enumerate(lines) if line.rstrip().endswith(":")) + 1
    return lines[:body], lines[body:], []


def between(exercise: Exercise, begin: str, end: str) -> str:
    """Return the solution with marks around what a student is to write, for tools that cut it out."""
    before, written, after = split(exercise)
    indent = written[0][: len(written[0]) - len(written[0].lstrip())]
    return "\n".join([*before, indent + begin, *written, indent + end, *after])


def credits(exercise: Exercise, findings: Sequence[float]) -> list[float]:
    """Return all credits above 0 that a check of this exercise may give, in ascending order."""
    own = [mistake.credit for mistake in exercise.mistakes]
    return sorted({1.0, *findings, *own, *(credit / 2 for credit in own)} - {0.0})
