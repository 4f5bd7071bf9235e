"""The benchmark of threads runs, and lets nobody pass who gives other bits. No time is asserted."""

import json

import pytest

from benchmarks import contenders, threads
from benchmarks.measure import WrongAnswerError
from sl1lib import load_data


def test_a_short_run_times_every_way_quiet_and_busy(tmp_path, capsys):
    arguments = ["--data", "digits", "--models", "1", "2", "--batches", "32", "--threads", "2", "--rounds", "2"]
    assert threads.main([*arguments, "--turn", "0.001", "--output", str(tmp_path)]) == 0
    (written,) = tmp_path.glob("*-threads.json")
    found = json.loads(written.read_text())["timings"]
    ways = {(t["models"], t["state"], t["way"]) for t in found}
    assert ways == {
        (m, state, way)
        for m in (1, 2)
        for state in ("quiet", "busy")
        for way in threads.WAYS
        if (m, way) != (1, "processes")
    }
    assert all(len(t["seconds"]) == 2 for t in found)
    assert "batch  32, M = 2, busy  processes" in capsys.readouterr().out


def test_other_bits_are_refused():
    case = contenders.Case("table", 32, load_data("digits"))
    ways = [threads.Way(name, case, 1, 2) for name in ("one", "chosen")]
    ways[1].advance(1)
    with pytest.raises(WrongAnswerError, match="chosen and one differ in K1"):
        threads.gate(ways)
