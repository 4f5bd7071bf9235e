"""The ledger and the book agree: every labelled equation has an entry, every entry an equation, and all pass."""

import math
import re
import subprocess
import sys
from contextlib import suppress
from functools import reduce
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

import sl1lib
from sl1lib import reference
from sl1lib.book import ledger
from sl1lib.book.convolution.equations import chapter
from sl1lib.book.ledger import LEDGER, Chapter, Checks, Entry, Measured, check, check_all, labels_in, matching

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
    assert (entry.compare is None) == bool(entry.because), f"{label} needs a check, or else a reason for having none"
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


def entry_that(compare, **settings):
    """Return an entry of the chapter *Convolution*, which has no such equation."""
    return Entry("eq-conv-x", "x", "x", compare=compare, **settings)


def result_of(monkeypatch, entry):
    monkeypatch.setitem(chapter.entries, entry.label, entry)
    return check(entry.label)


def test_badge_turns_red(monkeypatch):
    result = result_of(monkeypatch, entry_that(lambda check: check("one against two", 1e-9, 1.0, 2.0)))
    assert result.failed
    assert not result.passed
    assert 'class="sl1-check failed"' in result._repr_html_()
    assert "✗" in repr(result)


def test_a_check_that_breaks_down_fails_by_name(monkeypatch):
    def compare(check):
        check("one against one", 1e-9, 1.0, 1.0)
        check("one against none", 1e-9, 1 / 0)

    result = result_of(monkeypatch, entry_that(compare))
    assert [measured.passed for measured in result.measured] == [True, False]
    assert "eq-conv-x" in repr(result)
    assert "one against none" in repr(result)
    assert "ZeroDivisionError" in repr(result)


def test_an_equation_that_compares_nothing_fails(monkeypatch):
    """A loop over no cases must not pass."""
    result = result_of(monkeypatch, entry_that(lambda check: None))
    assert result.failed
    assert "nothing was compared" in repr(result)


def test_comparisons_of_one_name_count_as_the_worst():
    check = Checks()
    for found in (1.0, 1.5, math.nan, 1.1):
        check("against 1", 0.2, found, 1.0)
        check("above 1", 0.2, found - 1)
    check("against 1", 0.9, 1.5, 1.0)
    against, above, generous = check.measured
    assert math.isnan(against.deviation)
    assert math.isnan(above.deviation)
    assert (generous.deviation, generous.passed) == (0.5, True)


@pytest.mark.parametrize(
    ("found", "expected", "deviation"),
    [
        (np.array([1.0, 3.0]), np.array([1.0, 4.0]), 0.25),  # relative to the largest
        (torch.tensor([1.0, 3.0], requires_grad=True), [1.0, 4.0], 0.25),
        (np.array([1.0, 1.0]), 1.0, math.inf),  # shapes differ
        (np.array([-3.0, 0.5]), None, 0.5),
        (-3.0, None, 0.0),  # a bound that holds
        (np.array([False, True]), None, 1.0),
    ],
)
def test_deviation_of_arrays_tensors_and_numbers(found, expected, deviation):
    check = Checks()
    check("x", 1.0, found, expected)
    assert check.measured == (Measured("x", deviation, 1.0),)


def test_a_chapter_refuses_a_label_twice():
    twice = Chapter("paper")
    twice.definition("eq-a", "a", because="it says what a is")
    with pytest.raises(ValueError, match="label is 'eq-a'"):
        twice.definition("eq-a", "a", because="it says so again")


def test_functions_are_named_where_a_user_finds_them():
    assert LEDGER["eq-conv"].functions == ("reference.conv2d", "fast.conv2d")
    assert LEDGER["eq-fast-band"].functions == ("book.fast_path.steps.band_matrix",)
    assert LEDGER["eq-own-prox"].functions == ("fast.NodePenalty.prox_",)


def test_a_chapter_is_loaded_when_one_of_its_labels_is_asked_for():
    code = """
import sys
from sl1lib.book import ledger
assert "torch" not in sys.modules
assert ledger.matching("eq-pool-s") == ["eq-pool-size", "eq-pool-separable", "eq-pool-split", "eq-pool-shift"]
assert ledger.check("eq-pool-size").passed
print(*(name for name in sys.modules if name.endswith(".equations")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["sl1lib.book.pooling.equations"]


def test_every_label_is_found_by_what_it_begins_with():
    assert [label for label in LEDGER if label not in matching(label)] == []
    assert matching() == matching("eq-") == list(LEDGER)
    assert len(LEDGER) == len(set(LEDGER))


def test_check_all_covers_the_ledger_and_an_unknown_label_is_named():
    assert [result.label for result in check_all()] == list(LEDGER)
    with pytest.raises(ValueError, match=r"label is 'eq-cnov'.*did you mean 'eq-conv'"):
        check("eq-cnov")
    with pytest.raises(ValueError, match=r"^.{1,160}$"):  # one line, not a hundred labels
        check("eq-cnov")


def test_an_equation_that_cannot_be_checked_here_is_skipped_and_not_passed(monkeypatch):
    entry = entry_that(lambda check: check("x", 0, 0.0), needs=("scipy", "no_such_thing"))
    result = result_of(monkeypatch, entry)
    assert not result.passed
    assert not result.failed
    assert result.skipped == "no_such_thing is not installed: pip install 'sl1lib[study]'"
    assert result.measured == ()
    assert math.isnan(result.deviation)
    assert repr(result) == f"– eq-conv-x: x. Skipped: {result.skipped}."
    assert '<span class="sl1-check skipped">skipped</span>' in result._repr_html_()


def test_a_missing_package_skips_only_what_needs_it(monkeypatch):
    monkeypatch.setattr(ledger, "find_spec", lambda name: None if name == "statsmodels" else name)
    skipped = [label for label in matching("eq-comparison", "eq-claims") if check(label).skipped]
    assert skipped == ["eq-comparison-holm", "eq-claims-needed"]


@pytest.mark.parametrize("page", ["network/dense-and-entropy", "paper"])
def test_a_softmax_without_its_shift_turns_the_page_red(monkeypatch, page):
    """It is right for scores of ordinary size, and NaN from 710 on."""

    def naive(s):
        return np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True)

    for module in (reference, reference.losses):
        monkeypatch.setattr(module, "softmax", naive)
    assert not all(check(label).passed for label, entry in LEDGER.items() if entry.chapter == page)
