"""Rows computed again beside stored ones: what is compared, what is left out, what cannot agree."""

import json

import numpy as np
import pytest

from sl1lib.book.claims.agreement import agreement
from sl1lib.study import StoreError, Table
from sl1lib.study.evidence import evidence_path, load_evidence, save_evidence

STORED = Table(
    {
        "method": np.array(["L1", "L1", "SL1", "SL1"]),
        "rate": np.array([0.1, 0.2, 0.1, 0.1]),
        "swing": np.array([2.0, -4.0, 0.0, np.nan]),
        "error": np.array([1.0, np.nan, 1.0, 1.0]),
    },
    name="swings",
)
KEYS = ("method", "rate")


def row(rate=0.1, swing=2.0, error=1.0, method="L1"):
    return {"method": method, "rate": rate, "swing": swing, "error": error}


def test_the_stored_rows_themselves_agree():
    fresh = STORED.take(np.array([0, 1])).rows()
    assert agreement(fresh, STORED, KEYS, ["swing", "error"]) == (2, 0.0)


def test_the_largest_deviation_of_all_numbers_is_relative_to_the_stored_one():
    fresh = [row(swing=2.1, error=1.2), row(rate=0.2, swing=-5.0, error=np.nan)]
    rows, deviation = agreement(fresh, STORED, KEYS, ["swing", "error"])
    assert rows == 2
    assert deviation == pytest.approx(0.25)
    assert agreement(fresh[:1], STORED, KEYS, ["swing"])[1] == pytest.approx(0.05)


def test_rows_without_a_counterpart_are_left_out_unless_none_has_one():
    assert agreement([row(), row(rate=0.3, swing=99.0)], STORED, KEYS, ["swing"]) == (1, 0.0)
    for fresh in ([row(rate=0.3)], []):
        with pytest.raises(ValueError, match=r"rows of 'swings' that were computed again is 0; there must be some"):
            agreement(fresh, STORED, KEYS, ["swing"])


@pytest.mark.parametrize(("swing", "error"), [(np.nan, 1.0), (2.0, np.nan)])
def test_a_number_and_a_missing_one_never_agree(swing, error):
    assert agreement([row(swing=swing, error=error)], STORED, KEYS, ["swing", "error"])[1] == np.inf
    assert agreement([row(rate=0.2, swing=-4.0, error=1.0)], STORED, KEYS, ["error"])[1] == np.inf


def test_nothing_but_0_agrees_with_0():
    one = STORED.take(np.array([2]))
    assert agreement([row(method="SL1", swing=0.0)], one, KEYS, ["swing"]) == (1, 0.0)
    assert agreement([row(method="SL1", swing=1e-300)], one, KEYS, ["swing"]) == (1, np.inf)


def test_keys_that_name_two_rows_are_refused():
    with pytest.raises(ValueError, match=r"rows of 'swings' with .*'SL1'.* is 2; keys must tell rows apart"):
        agreement([row(method="SL1")], STORED, KEYS, ["swing"])


def write(folder, change):
    """Save the rows, and change what stands in the file."""
    path = save_evidence(STORED, folder)
    parts = json.loads(path.read_text(encoding="utf-8"))
    change(parts)
    path.write_text(json.dumps(parts), encoding="utf-8")


def test_evidence_is_read_as_it_was_saved_also_where_it_has_no_digest_yet(tmp_path):
    for change in (lambda parts: None, lambda parts: parts.pop("sha256")):
        write(tmp_path, change)
        found = load_evidence(tmp_path, "swings")
        assert repr(found.rows()) == repr(STORED.rows())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda parts: parts["rows"].pop(), "the SHA-256 of its rows is .*; they were written with"),
        (lambda parts: parts["rows"][0].__setitem__(2, 2.5), "the SHA-256 of its rows"),
        (lambda parts: (parts.pop("sha256"), parts.update(rows=2 * parts["rows"])), "some of its rows are the same"),
        (lambda parts: parts.update(provenance="here"), "provenance is 'here'; it must be a dict"),
        (lambda parts: parts.update(rows={}), "rows is {}; it must be a list"),
        (lambda parts: parts["columns"].__setitem__(0, "rate"), "columns is .*; it must be a list of texts, each once"),
        (lambda parts: parts.pop("name"), "KeyError: 'name'"),
        (lambda parts: (parts.pop("sha256"), parts["rows"][0].__setitem__(2, "2")), "column 'swing' must have a text"),
        (lambda parts: (parts.pop("sha256"), parts["rows"][0].__setitem__(2, None)), "column 'swing' must have a text"),
    ],
)
def test_what_is_not_as_it_was_written_is_named(tmp_path, change, message):
    write(tmp_path, change)
    with pytest.raises(
        StoreError, match=rf"swings\.json holds no evidence \(.*{message}.*\); delete it, and `sl1 study"
    ):
        load_evidence(tmp_path, "swings")


def test_what_cannot_be_read_is_not_to_be_deleted(tmp_path):
    evidence_path(tmp_path, "swings").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"swings\.json cannot be read \(.*\); make it readable"):
        load_evidence(tmp_path, "swings")
