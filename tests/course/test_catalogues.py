"""Every solution passes, every stub is not attempted, every mistake is named as itself; no trivial answer passes."""

import dataclasses
import json
import linecache
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sl1lib
from sl1lib import course
from sl1lib.course.chapters import CHAPTERS
from sl1lib.course.checking import judge
from sl1lib.course.proving import alike, answers, prove
from sl1lib.course.sandbox import run_here

BOOK = Path(__file__).resolve().parents[2] / "book"
EXERCISES = list(course.exercises())
IDS = [q.name for q in EXERCISES]
every_exercise = pytest.mark.parametrize("q", EXERCISES, ids=IDS)


def verdict(q, function):
    return judge(q, function, run_here)


def lenient(q):
    """The exercise, for functions of a test that call the solution."""
    return dataclasses.replace(q, forbids=())


def test_there_are_exercises_over_all_chapters_with_enough_mistakes():
    assert len(EXERCISES) >= 24
    assert sum(len(q.mistakes) for q in EXERCISES) >= 150
    assert {q.name: len(q.mistakes) for q in EXERCISES if len(q.mistakes) < 5} == {}
    assert {q.chapter for q in EXERCISES} == set(CHAPTERS)
    assert {q.level for q in EXERCISES} == {"derivation", "line", "function", "update"}


@cache
def prose(page):
    cells = json.loads((BOOK / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def headings(page):
    return re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)


@every_exercise
def test_its_chapter_names_it(q):
    exercises = prose(CHAPTERS[q.chapter][1]).partition("## Exercises\n\n")[2]
    paragraph = exercises.partition("\n\n")[0]
    assert f"`{q.name}`" in paragraph or f'`q = course.exercise("{q.name}")`' in paragraph


@every_exercise
def test_sections_are_headings_of_the_chapter_and_equations_are_in_the_ledger(q):
    title, page = CHAPTERS[q.chapter]
    assert headings(page)[0] == title
    assert {mistake.section for mistake in q.mistakes} <= set(headings(page))
    assert [label for label in q.equations if label not in sl1lib.ledger.LEDGER] == []


@every_exercise
def test_names_are_used_once_and_explanations_are_two_sentences_or_three(q):
    names = [mistake.name for mistake in q.mistakes]
    assert len(set(names)) == len(names)
    assert [name for name in names if not name.isidentifier()] == []
    assert [m.name for m in q.mistakes if not 2 <= len(re.findall(r"[.:;?](?= |$)", m.why)) <= 4] == []


@every_exercise
def test_the_solution_passes_and_agrees_with_the_reference(q):
    found = verdict(q, q.function)
    assert found.passed, found
    assert found.credit == 1
    assert alike(q, answers(q, q.function), answers(q, q.truth))


@every_exercise
def test_the_stub_is_not_attempted(q):
    source, name = str(q.stub()), f"<stub of {q.name}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    for file in (name, "<a stub whose source is not known>"):
        namespace = {"np": np}
        exec(compile(source, file, "exec"), namespace)
        found = verdict(q, namespace[q.name])
        assert (found.mistake, found.credit) == ("not_attempted", 0), found


def one_mistake():
    """Every mistake of every exercise, in each way to make it."""
    ways = [(q, way, n) for q in EXERCISES for m in q.mistakes for n, way in enumerate(m.ways)]
    return [pytest.param(q, way, id=f"{q.name}-{way.name}{n or ''}") for q, way, n in ways]


@pytest.mark.parametrize(("q", "mistake"), one_mistake())
def test_each_mistake_is_named_as_itself_and_as_no_other(q, mistake):
    function = q.wrong(mistake)
    found = verdict(q, function)
    assert found.mistake == mistake.name, found
    assert not found.passed
    assert mistake.why in found.message
    assert found.credit == mistake.credit
    assert max(np.size(value) for value in found.case.arguments.values()) <= 16


@every_exercise
def test_it_keeps_what_its_check_promises(q):
    """No two mistakes are one, or right, and no answer without thought gets anything."""
    assert prove(q) == ()


@every_exercise
def test_two_mistakes_at_once_are_both_named(q):
    """Where another mistake, or two others, give the same answers, that is said, or nothing; and never another."""
    catalogue = [*q.catalogue.single, *q.catalogue.pairs]
    names = {id(each): "+".join(mistake.name for mistake in each.mistakes) for each in catalogue}
    given = {id(each): answers(q, each.function) for each in catalogue}
    for pair in q.catalogue.pairs:
        found = verdict(q, pair.function)
        same = {names[id(each)] for each in catalogue if alike(q, given[id(each)], given[id(pair)])}
        assert found.passed == alike(q, given[id(pair)], answers(q, q.truth)), names[id(pair)]
        assert found.passed or found.mistake in same | ({None} if len(same) > 1 else set()), names[id(pair)]


def slightly_off(value):
    if isinstance(value, dict):
        return {name: slightly_off(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(slightly_off(each) for each in value)
    if np.asarray(value).dtype.kind == "b":
        return value ^ (np.arange(len(value)) % 2 == 0)
    return value * 1.0123 + 0.0321


@every_exercise
def test_a_mistake_that_nobody_knows_gets_a_failing_case_of_at_most_4_by_4_numbers(q):
    found = verdict(lenient(q), lambda *given: slightly_off(q.function(*given)))
    assert found.mistake is None, found
    assert found.case is not None
    assert max(np.size(value) for value in found.case.arguments.values()) <= 16
    assert "expected" in str(found)
