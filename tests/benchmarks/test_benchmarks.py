"""The benchmarks run, let nobody pass who gives another answer, and write what they promise. No time is asserted."""

import contextlib
import json
import re

import numpy as np
import pytest
from support import has_compiled_loops

from benchmarks import __main__ as command
from benchmarks import accuracy, contenders, four_methods, measure, report, startup
from sl1lib import load_data

IN_C = ("k1", "k4") if has_compiled_loops() else ()


@pytest.fixture(scope="module")
def case():
    return contenders.Case("table", 32, load_data("digits"))


@pytest.mark.parametrize("reading", ["table", "text"])
def test_all_contenders_give_the_same_answer(reading):
    case = contenders.Case(reading, 32, load_data("digits"))
    measure.gate({name: measure.build(name, case) for name in ("b", "a", "d", "e1", "e4", *IN_C, "p4")})


@pytest.mark.parametrize("reading", ["table", "text"])
def test_what_else_a_user_would_pick_gives_the_same_answer_too(reading):
    """Those that compile only as long as the test runs: torch.compile and what JAX does are left to the benchmark."""
    case = contenders.Case(reading, 32, load_data("digits"))
    built = {name: measure.build(name, case) for name in ("b", "v2", "l2")}
    if reading == "table":
        built |= {name: measure.build(name, case) for name in ("b+", "v2+", "l2+")}
    with contextlib.suppress(contenders.SkippedError):
        built |= {name: measure.build(name, case) for name in ("j2", "s1", "s2+" if reading == "table" else "s2")}
    assert all(seconds > 0 for seconds in measure.gate(built).values())
    before = built["l2"].params()["U"]
    measure.gate(built)  # and on from there, whichever process has which model
    assert np.abs(built["l2"].params()["U"] - before).max() > 0


def test_updates_that_were_made_elsewhere_are_left_out(case):
    batches = case.batches()
    whole = [next(batches) for _ in range(100)]
    for first in (0, 3, 44, 45, 99):
        np.testing.assert_array_equal(next(case.batches(first)), whole[first])  # exact: a selection


def test_nothing_is_composed_through_a_sigmoid():
    case = contenders.Case("text", 32, load_data("digits"))
    first, other = measure.compare(["b", "b+"], case, 1, 0.001, lambda line: None)
    assert (first.contender, other.contender) == ("b+", "b")  # what is skipped is told first
    assert first.skipped == "pooling after a sigmoid cannot be part of the convolution"
    assert other.start > 0


def test_time_to_accuracy_says_when_and_by_how_many():
    found = accuracy.time_to_accuracy(load_data("digits"), seeds=2)
    for target, seconds in found["seconds"].items():
        for passed, updates, best in zip(seconds, found["updates"][target], found["accuracy"], strict=True):
            assert (passed is None) == (updates is None)
            assert passed is None or passed > 0
            assert best < float(target) or passed is not None
    head, *lines, last = accuracy.report(found | {"seconds": {"0.97": [0.5, None], "0.98": [None, None]}})
    assert head.startswith("time to accuracy, one network, batches of 50")
    assert lines == [" 97.0%  0.50 s [0.50, 0.50] (1 of 2 seeds)", " 98.0%  0 of 2 seeds"]
    assert "test accuracy" in last


def test_start_up_is_measured_in_new_processes():
    found = startup.measure_startup(1)
    assert all(len(found[way]) == 1 and found[way][0] > 0 for way in startup.WAYS)
    assert re.fullmatch(r"start-up: first use compiles in -?\d+\.\d s, .* n = 1", startup.sentence(found))


def test_another_answer_is_refused(case, monkeypatch):
    wrong = measure.build("e1", case)
    monkeypatch.setattr(wrong, "params", lambda: {"U": np.ones((10, 192))})
    with pytest.raises(measure.WrongAnswerError, match=r"e1 and b differ by .* in U after 5 updates"):
        measure.gate({"b": measure.build("b", case), "e1": wrong})


def test_without_a_compiler_that_contender_is_skipped_with_a_reason(case, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    lines = []
    timings = measure.compare(["b", "c"], case, rounds=1, turn=0.001, report=lines.append)
    assert [timing.contender for timing in timings if timing.skipped] == ["c"]
    assert any("skipped: there is no C++ compiler (no-such-compiler)" in line for line in lines)


def test_a_short_run_writes_numbers_and_a_plot(tmp_path, capsys, monkeypatch):
    seconds = {way: [3.0 - n] for n, way in enumerate(startup.WAYS)}
    monkeypatch.setattr(startup, "measure_startup", lambda rounds: seconds)
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
    assert set(found["threads"]) == {"1", str(found["header"]["threads"])}
    out = capsys.readouterr().out
    assert "start-up: first use compiles in 1.0 s, wanted at most 10; later starts take +1000 ms" in out
    assert "\ntime to accuracy, one network" in out
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
