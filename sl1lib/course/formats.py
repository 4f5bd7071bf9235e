"""Write cells as files: notebooks, scripts, and what Otter-Grader and nbgrader expect of an assignment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from .chapters import CHAPTERS
from .conduct import FINDINGS
from .editions import Cell, Plan, address, between, chapter_cells, credits, setup, task
from .exercise import Exercise

Asked = Mapping[str, Sequence[tuple[str, Exercise]]]  # exercises by chapter, with their names or files


def notebook(cells: Iterable[Cell]) -> str:
    """Return a notebook of format 4.5; the standard library is enough for that."""
    written = [_notebook_cell(number, cell) for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    document = {"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _notebook_cell(number: int, cell: Cell) -> dict[str, Any]:
    kind = "code" if cell.kind == "show" else cell.kind
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {
        "cell_type": kind,
        "id": sha256(f"{number} {cell.source}".encode()).hexdigest()[:8],
        "metadata": cell.metadata,
        "source": cell.source.splitlines(keepends=True),
        **code,
    }


def script(cells: Iterable[Cell]) -> str:
    """Return a Python script whose cells begin with ``# %%``, which VS Code, Spyder and PyCharm run one by one."""
    parts = []
    for cell in cells:
        if cell.kind == "markdown":
            text = "\n".join(f"# {line}".rstrip() for line in cell.source.split("\n"))
            parts.append(f"# %% [markdown]\n{text}\n")
        else:
            parts.append(f"# %%\n{f'print({cell.source})' if cell.kind == 'show' else cell.source}\n")
    return "\n".join(parts)


def editions(asked: Asked, plans: Sequence[Plan], ending: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each chapter's page in each edition."""
    write = {".ipynb": notebook, ".py": script}[ending]
    for plan in plans:
        for chapter, exercises in asked.items():
            yield f"{plan.edition}/{chapter}{ending}", write(chapter_cells(chapter, exercises, plan))


def nbgrader(asked: Asked, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield nbgrader's course folder: an assignment for each chapter, whose tests return a score."""
    yield (
        "nbgrader_config.py",
        "c = get_config()  # noqa: F821 (nbgrader runs this file)\nc.CourseDirectory.course_id = 'sl1lib'\n",
    )
    for chapter, exercises in asked.items():
        yield f"source/{chapter}/{chapter}.ipynb", notebook(_nbgrader_cells(chapter, exercises, plan))


def _nbgrader_cells(chapter: str, asked: Sequence[tuple[str, Exercise]], plan: Plan) -> Iterator[Cell]:
    yield Cell("markdown", f"# {CHAPTERS[chapter][0]}: exercises", _graded("title", locked=True))
    yield Cell("code", setup([q for _, q in asked], plan), _graded("setup", locked=True))
    for name, exercise in asked:
        yield Cell("markdown", task(exercise), _graded(f"{exercise.name}-task", locked=True))
        source = between(exercise, "### BEGIN SOLUTION", "### END SOLUTION")
        yield Cell("code", source, _graded(exercise.name, solution=True))
        verdict = f"verdict = course.check({json.dumps(address(exercise, name))}, {exercise.name})"
        check = f"{verdict}\nprint(verdict)\nverdict.score"
        yield Cell("code", check, _graded(f"{exercise.name}-check", locked=True, grade=True, points=exercise.points))


def _graded(name: str, **more: Any) -> dict[str, Any]:
    """Return the metadata by which nbgrader knows a cell."""
    general = {"schema_version": 3, "grade_id": name, "locked": False, "grade": False, "solution": False, "task": False}
    return {"nbgrader": {**general, **more}}


def otter(asked: Asked, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield a notebook for each chapter from which ``otter assign`` makes the students' and the autograder."""
    for chapter, exercises in asked.items():
        yield f"{chapter}/{chapter}.ipynb", notebook(_otter_cells(chapter, exercises, plan))


def _otter_cells(chapter: str, asked: Sequence[tuple[str, Exercise]], plan: Plan) -> Iterator[Cell]:
    own = sorted(address(q, name) for name, q in asked if name != q.name)
    config = ["# ASSIGNMENT CONFIG", "init_cell: true", "check_all_cell: true", "export_cell: false"]
    config += ["generate: true", "tests:", "  ok_format: false", f"requirements: [{plan.install!r}]"]
    yield Cell("raw", "\n".join(config + [f"files: {json.dumps(own)}"] * bool(own)))
    yield Cell("markdown", f"# {CHAPTERS[chapter][0]}: exercises")
    yield Cell("code", setup([q for _, q in asked], plan))
    for name, exercise in asked:
        yield Cell("raw", f"# BEGIN QUESTION\nname: {exercise.name}\npoints: {exercise.points:g}")
        yield Cell("markdown", task(exercise))
        yield Cell("raw", "# BEGIN SOLUTION")
        yield Cell("code", between(exercise, "# BEGIN SOLUTION", "# END SOLUTION"))
        yield Cell("raw", "# END SOLUTION")
        yield Cell("raw", "# BEGIN TESTS")
        yield from _otter_tests(exercise, address(exercise, name))
        yield Cell("raw", "# END TESTS")
        yield Cell("raw", "# END QUESTION")


def _otter_tests(exercise: Exercise, name: str) -> Iterator[Cell]:
    """Yield a test for each credit that a check may give: together they are worth what the check gives."""
    reached = 0.0
    for number, credit in enumerate(credits(exercise, list(FINDINGS.values()))):
        points = exercise.points * (credit - reached)
        reached = credit
        lines = [
            f'""" # BEGIN TEST CONFIG\npoints: {points!r}\n""" # END TEST CONFIG',
            f"def test_credit_{number}({exercise.name}):",
            "    from sl1lib import course",
            f"    verdict = course.check({json.dumps(name)}, {exercise.name})",
            f"    assert verdict.credit >= {credit!r}, verdict",
        ]
        yield Cell("code", "\n".join(lines))


#: The formats by name, and what each is for.
FORMATS: Final = MappingProxyType(
    {
        "notebooks": "for JupyterLab, VS Code and Colab",
        "scripts": "Python files with cells",
        "otter": "sources for otter assign",
        "nbgrader": "a course folder of nbgrader",
    }
)
