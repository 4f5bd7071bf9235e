"""The ledger and the book agree: every labelled equation has an entry, every entry an equation, and all pass."""

import re
from functools import reduce
from pathlib import Path

import nbformat
import pytest

import sl1lib
from sl1lib.ledger import LEDGER, Check, Entry, Measured, check, check_all

BOOK = Path(__file__).parents[1] / "book"
LABEL = re.compile(r"^\$\$\s*\((eq-[\w-]+)\)|^:label:\s*(eq-[\w-]+)", re.MULTILINE)
MENTION = re.compile(r"``(eq-[\w-]+)``")


def sources():
    """Yield each page's path without suffix, as in _toc.yml, and its Markdown."""
    for path in sorted(BOOK.rglob("*.md")):
        yield path.relative_to(BOOK).with_suffix("").as_posix(), path.read_text(encoding="utf-8")
    for path in sorted(BOOK.rglob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        yield path.relative_to(BOOK).with_suffix("").as_posix(), text


def labels():
    """Return label -> page for every labelled equation of the book."""
    found = {}
    for page, text in sources():
        for match in LABEL.finditer(text):
            label = match.group(1) or match.group(2)
            assert label not in found, f"{label} labels an equation in {found[label]} and another in {page}"
            found[label] = page
    return found


def test_every_labelled_equation_has_an_entry_and_every_entry_an_equation():
    in_book, in_ledger = labels(), {label: entry.chapter for label, entry in LEDGER.items()}
    assert in_book == in_ledger


@pytest.mark.parametrize("label", LEDGER)
def test_equation_passes(label):
    result = check(label)
    assert result.passed, f"{label} ({LEDGER[label].title}) fails:\n{result}"


@pytest.mark.parametrize("label", LEDGER)
def test_entry_has_a_check_or_a_reason_and_names_functions_that_exist(label):
    entry = LEDGER[label]
    assert entry.checks or entry.because, f"{label} has neither a check nor a reason for having none"
    for path in entry.functions:
        assert callable(reduce(getattr, path.split("."), sl1lib)), f"{label} names {path}, which is not in sl1lib"


def test_docstrings_mention_only_labels_that_exist():
    root = Path(sl1lib.__file__).parent
    mentioned = {
        (path.name, label) for path in root.rglob("*.py") for label in MENTION.findall(path.read_text(encoding="utf-8"))
    }
    assert mentioned, "no docstring names an equation"
    assert {label for _, label in mentioned} <= set(LEDGER), sorted(mentioned)


def test_a_deviation_above_its_tolerance_fails_and_so_does_nan():
    assert not Measured("x", 2e-9, 1e-9).passed
    assert not Measured("x", float("nan"), 1e-9).passed
    assert Measured("x", 0.0, 0.0).passed


def test_badge_turns_red(monkeypatch):
    broken = Entry("eq-x", "x", "x", checks=(Check("one against two", 1e-9, lambda: 1.0),))
    monkeypatch.setitem(LEDGER, "eq-x", broken)
    result = check("eq-x")
    assert not result.passed
    assert 'class="sl1-check failed"' in result._repr_html_()
    assert "✗" in repr(result)


def test_a_check_that_breaks_down_fails_by_name(monkeypatch):
    broken = Entry("eq-x", "x", "x", checks=(Check("one against none", 1e-9, lambda: 1 / 0),))
    monkeypatch.setitem(LEDGER, "eq-x", broken)
    result = check("eq-x")
    assert not result.passed
    assert "eq-x" in repr(result)
    assert "ZeroDivisionError" in repr(result)


def test_check_all_covers_the_ledger_and_an_unknown_label_is_named():
    assert [result.label for result in check_all()] == list(LEDGER)
    with pytest.raises(ValueError, match=r"label is 'eq-cnov'.*did you mean 'eq-conv'"):
        check("eq-cnov")
    with pytest.raises(ValueError, match=r"^.{1,160}$"):  # one line, not a hundred labels
        check("eq-cnov")
