"""The benchmarks run, let nobody pass who gives another answer, and write what they promise. No time is asserted."""

import json
import re

import numpy as np
import pytest
from support import has_compiled_loops

from benchmarks import __main__ as command
from benchmarks import contenders, four_methods, measure, report
from sl1lib import load_data

IN_C = ("k1", "k4") if has_compiled_loops() else ()


@pytest.fixture(scope="module")
def case():
    return contenders.Case("table", 32, load_data("digits"))


@pytest.mark.parametrize("reading", ["table", "text"])
def test_all_contenders_give_the_same_answer(reading):
    case = contenders.Case(reading, 32, load_data("digits"))
    measure.gate({name: contenders.build(name, case) for name in ("b", "a", "d", "e1", "e4", *IN_C, "p4")})


def test_another_answer_is_refused(case, monkeypatch):
    wrong = contenders.build("e1", case)
    monkeypatch.setattr(wrong, "params", lambda: {"U": np.ones((10, 192))})
    with pytest.raises(measure.WrongAnswerError, match=r"e1 and b differ by .* in U after 5 updates"):
        measure.gate({"b": contenders.build("b", case), "e1": wrong})


def test_without_a_compiler_that_contender_is_skipped_with_a_reason(case, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    lines = []
    timings = measure.compare(["b", "c"], case, rounds=1, turn=0.001, report=lines.append)
    assert [timing.contender for timing in timings if timing.skipped] == ["c"]
    assert any("skipped: there is no C++ compiler (no-such-compiler)" in line for line in lines)


def test_a_short_run_writes_numbers_and_a_plot(tmp_path, capsys):
    arguments = ["--quick", "--data", "digits", "--rounds", "2", "--turn", "0.001", "--batches", "64"]
    assert command.main([*arguments, "--output", str(tmp_path)]) == 0
    (written,) = tmp_path.glob("*-digits-quick-*.json")
    found = json.loads(written.read_text())
    assert {"processor", "threads", "torch", "data"} <= set(found["header"])
    assert {(t["reading"], t["contender"]) for t in found["timings"]} == {
        (reading, name) for reading in ("table", "text") for name in ("b", "e1", "e8", "k1", "k8", "p8")
    }
    assert all(len(t["seconds"]) == len(t["ratios"]) == 2 for t in found["timings"] if not t["skipped"])
    assert written.with_suffix(".png").stat().st_size > 1000
    out = capsys.readouterr().out
    assert "table batch  64: e8 against (b)" in out
    assert re.search(
        r"four methods, table, batch 50, 1 of 10 epochs, .*: compare in \d processes \d+\.\d s, \(b\) \d+\.\d s, ", out
    )
    four = found["header"]["four methods"]
    assert four["ratio"] == four["b"] / four["compare"] > 0
    for ours, theirs in four["test errors"].values():
        assert abs(ours - theirs) < 0.02


def test_the_four_methods_must_give_the_same_errors(monkeypatch):
    right = four_methods._penalty
    monkeypatch.setattr(four_methods, "_penalty", lambda weight, penalty: 100 * right(weight, penalty))
    with pytest.raises(measure.WrongAnswerError, match=r"compare and \(b\), L2: E0 differs by"):
        four_methods.time_four_methods(load_data("digits"), epochs=1)


def test_the_floor_counts_the_products():
    assert report.floor("table", 1, rate=1.0) == 2 * (2 * 31_104 + 3 * 41_472 + 3 * 1_920)
    assert report.floor("text", 1, rate=1.0) == 2 * (2 * 86_400 + 3 * 115_200 + 3 * 1_920)
