"""The ledger and the book agree: every labelled equation has an entry, every entry an equation, and all pass."""

import math
import re
from contextlib import suppress
from functools import reduce
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import sl1lib
from sl1lib import reference
from sl1lib.book.ledger import LEDGER, Check, Entry, Measured, check, check_all, labels_in

BOOK = Path(__file__).parents[2] / "book"
MENTION = re.compile(r"``(eq-[\w-]+)``")


def test_every_labelled_equation_has_an_entry_and_every_entry_an_equation():
    in_book, in_ledger = labels_in(BOOK), {label: entry.chapter for label, entry in LEDGER.items()}
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
        with suppress(ModuleNotFoundError):  # what holds it is a module, or a class
            import_module(f"sl1lib.{path}".rpartition(".")[0])
        assert callable(reduce(getattr, path.split("."), sl1lib)), f"{label} names {path}, which is no function"


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


def test_an_equation_that_cannot_be_checked_here_is_skipped_and_not_passed(monkeypatch):
    entry = Entry("eq-x", "x", "x", checks=(Check("x", 0, lambda: 0.0),), needs=("scipy", "no_such_thing"))
    monkeypatch.setitem(LEDGER, "eq-x", entry)
    result = check("eq-x")
    assert not result.passed
    assert not result.failed
    assert result.skipped == "no_such_thing is not installed: pip install 'sl1lib[study]'"
    assert result.measured == ()
    assert math.isnan(result.deviation)
    assert repr(result) == f"– eq-x: x. Skipped: {result.skipped}."
    assert '<span class="sl1-check skipped">skipped</span>' in result._repr_html_()


@pytest.mark.parametrize("page", ["network/dense-and-entropy", "paper"])
def test_a_softmax_without_its_shift_turns_the_page_red(monkeypatch, page):
    """It is right for scores of ordinary size, and NaN from 710 on."""

    def naive(s):
        return np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True)

    for module in (reference, reference.losses):
        monkeypatch.setattr(module, "softmax", naive)
    assert not all(check(label).passed for label, entry in LEDGER.items() if entry.chapter == page)
