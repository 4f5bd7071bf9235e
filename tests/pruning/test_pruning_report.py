"""The report is a table of what was done; times are taken side by side after a check of the answers."""

import re
import time

import numpy as np
import pytest
import torch
from networks import random_params, tensors

from sl1lib import prune
from sl1lib.fast import Network
from sl1lib.pruning import DifferentAnswersError, Latency, Report, Score, Size, latency
from sl1lib.pruning.latency import compare_latency

SIZE = Size.of(random_params())
SCORES = (Score("before", 0.1, 0.02), Score("removed", 0.25, 0.04), Score("after 2 epochs of fine-tuning", 0.2, 0.03))
TIMES = Latency(1, (2e-4, 3e-4, 2e-4), (1e-4, 1e-4, 2e-4), "cpu: a processor", "float32", 2)


def report(**changes):
    fields = {
        "criterion": "‖u_k‖ < 0.01",
        "folded": True,
        "interrupted": False,
        "data_name": "digits",
        "held_out": "validation",
        "images": 1234,
        "pools_first": True,
        "before": SIZE,
        "after": SIZE,
        "scores": SCORES,
        "latency": (TIMES,),
    }
    return Report(**{**fields, **changes})


def test_it_prints_every_number_that_it_has():
    text = str(report())
    lines = [re.sub(r"  +", " | ", line) for line in text.splitlines()]
    assert lines[:2] == [
        "‖u_k‖ < 0.01: 0 of 192 nodes removed, their means folded into the biases",
        "on digits, 1,234 validation images",
    ]
    for line in (
        "nodes | 192 | 192",
        "maps of layer 1 | 6 | 6",
        "maps of layer 2 | 12 | 12",
        "parameters | 3,898 | 3,898",
        "multiply-adds | 203,520 | 203,520",
        "multiply-adds, pooling composed | 74,496 | 74,496",
        "E0, nats | 0.1000 | 0.2500",
        "error | 2.00 % | 4.00 %",
        "E0, nats, after 2 epochs of fine-tuning | 0.1000 | 0.2000",
        "error, after 2 epochs of fine-tuning | 2.00 % | 3.00 %",
        "time of 1 image | 200 µs | 100 µs",
    ):
        assert line in lines
    assert lines[-3:] == ["times are medians [quartiles]:", str(TIMES), "cpu: a processor, 2 threads, float32"]
    assert len({len(line) for line in text.splitlines()[2:-3]}) == 1  # columns stand under one another


def test_it_leaves_out_what_was_not_done():
    text = str(report(folded=False, pools_first=False, latency=(), scores=SCORES[:2]))
    assert "nothing folded into the biases" in text
    for word in ("composed", "time", "fine-tuning"):
        assert word not in text
    assert report(latency=()).notes() == []


def test_rows_are_the_table():
    assert all(len(row) == 3 and all(isinstance(cell, str) for cell in row) for row in report().rows())
    assert (report().error_before, report().error_after) == (0.02, 0.03)


def test_it_survives_json():
    assert Report.from_dict(report().to_dict()) == report()
    for broken in ({}, {**report().to_dict(), "more": 1}, {**report().to_dict(), "scores": [{}]}):
        with pytest.raises(ValueError, match="not the fields of a Report"):
            Report.from_dict(broken)
    with pytest.raises(ValueError, match="the number of scores is 1"):
        report(scores=SCORES[:1])


def test_sizes_are_read_off_the_shapes():
    assert Size(192, 6, 12, 3898, 203520, 74496) == SIZE


# Times


def test_medians_quartiles_and_ratios():
    assert str(TIMES) == (
        "1 image at once: 200 µs [200, 250] before, 100 µs [100, 150] after, 2.00× [1.50, 2.50] (3 rounds)"
    )
    np.testing.assert_allclose(TIMES.ratio, np.percentile([2, 3, 1], [25, 50, 75]))
    assert str(Latency(500, (1.0,), (2.0,), "", "", 1)).startswith("500 images at once: ")
    with pytest.raises(ValueError, match=r"the number of times before and after is \(2, 1\)"):
        Latency(1, (1.0, 1.0), (1.0,), "", "", 1)
    with pytest.raises(ValueError, match="batch is 0"):
        Latency(0, (1.0,), (1.0,), "", "", 1)


class Clock:
    """Stands for time: each network's answer takes so long."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def network(self, params, seconds, calls):
        clock, inner = self, Network(tensors(params), "table")

        class Timed:
            def __call__(self, x):
                clock.now += seconds[len(calls) % len(seconds)]
                calls.append(self)
                return inner(x)

        return Timed()


def test_both_have_a_turn_in_each_round_and_the_times_are_theirs(monkeypatch):
    clock, calls = Clock(monkeypatch), []
    before, after = clock.network(random_params(), [0.002], calls), clock.network(random_params(), [0.001], calls)
    found = compare_latency(before, after, torch.zeros(3, 1, 28, 28, dtype=torch.float64), rounds=9)
    np.testing.assert_allclose(found.before, [0.002] * 9)
    np.testing.assert_allclose(found.after, [0.001] * 9)
    np.testing.assert_allclose(found.ratio, [2, 2, 2])
    assert (found.batch, found.dtype, found.threads) == (3, "float64", torch.get_num_threads())
    assert re.match("cpu: .", found.device)
    rounds = np.array([call is before for call in calls[-18 * (len(calls[-18:]) // 18) :]])
    assert 0 < rounds.sum() < len(rounds)


def test_each_round_begins_with_either_network(monkeypatch):
    clock, calls = Clock(monkeypatch), []
    monkeypatch.setattr(latency, "TURN", 1e-9)  # one answer a turn
    before, after = (clock.network(random_params(), [0.001], calls) for _ in range(2))
    compare_latency(before, after, torch.zeros(1, 1, 28, 28, dtype=torch.float64), rounds=40)
    turns = np.array([call is before for call in calls[-160:]]).reshape(40, 4)  # each answers once, then is timed
    assert (turns.sum(axis=1) == 2).all()  # exact: counts
    assert (turns[:, 0] == turns[:, 1]).all()  # exact: who has a turn
    assert 10 < turns[:, 0].sum() < 30


def test_networks_that_answer_differently_are_not_timed():
    full, other = random_params(), random_params()
    other["b"] = other["b"] + 1e-6
    networks = Network(tensors(full), "table"), Network(tensors(other), "table")
    x = torch.rand(2, 1, 28, 28, dtype=torch.float64)
    with pytest.raises(DifferentAnswersError, match=r"the scores differ by 1e-06, which is more than rounding"):
        compare_latency(*networks, x)
    other["b"] = other["b"] * np.nan
    with pytest.raises(DifferentAnswersError, match="the scores differ by nan"):
        compare_latency(networks[0], Network(tensors(other), "table"), x)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_a_pruned_network_is_timed_beside_the_full_one_of_the_same_function(strong, digits, reading):
    run = (
        strong
        if reading == "table"
        else type(strong)(strong.config.replace(reading=reading), strong.params, strong.history)
    )
    pruned = prune(run, latency=False)
    timed = pruned.with_latency(digits.x_test, batches=(1, 2, 400), rounds=3)
    assert pruned.report.latency == ()
    assert [found.batch for found in timed.report.latency] == [1, 2, 400]  # more than there are images
    assert all(min(found.before + found.after) > 0 for found in timed.report.latency)
    assert timed.report.replace(latency=()) == pruned.report
    assert "time of 400 images" in str(timed.report)
    with pytest.raises(ValueError, match="device is 'qpu'"):
        pruned.with_latency(digits.x_test, device="qpu")


def test_prune_takes_times_unless_told_not_to(strong):
    assert [found.batch for found in prune(strong).report.latency] == [1, 500]
