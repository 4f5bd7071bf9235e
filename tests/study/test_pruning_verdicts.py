"""Claims 5, 6 and 10 on imagined pruned networks: each part of a rule can fail, and then the verdict says so."""

import dataclasses

import numpy as np
import pytest

from sl1lib.book.reasons import reason
from sl1lib.fast import init_params
from sl1lib.pruning import multiply_adds
from sl1lib.study import Answer, Table, load_study
from sl1lib.study.experiments.pruned_networks import PRUNING
from sl1lib.study.experiments.pruning_rules import FULL_COST, SAVERS, frontier_sides

CLAIMS = {claim.number: claim for claim in load_study("paper").claims}
STRENGTHS = CLAIMS[5].settings["strengths"]
ROW = {
    "stage": "", "method": "", "seed": 0, "kind": "", "target": "", "nodes": 192, "grouping": "node",
    "strength": np.nan, "factor": np.nan,
    "multiply_adds": FULL_COST, "error": 0.01, "error_before": 0.01,
}  # fmt: skip


def evidence(rows):
    return Table.of_rows([ROW | row for row in rows], name="pruning")


def finals(stage="table finals", gone=20, lost=0.0, ahead=0.002, seeds=10):
    """SL1 and its rival: how many nodes go, what that costs, and how much better SL1 is then."""
    noise = np.random.default_rng(1).normal(0, 1e-4, (2, seeds))
    rows = []
    for seed in range(seeds):
        before = 0.012 + noise[0, seed]
        after = before + lost + noise[1, seed] * (lost != 0)
        here = gone[seed] if isinstance(gone, list) else gone
        ours = {"kind": "threshold", "method": "SL1", "nodes": 192 - here, "error_before": before, "error": after}
        rival = {"kind": "matched", "method": "none", "nodes": 192 - here, "error": after + ahead}
        rows += [{"stage": stage, "seed": seed} | side for side in (ours, rival)]
    return rows


def beyond(ahead=(0.0, 0.01, 0.05), seeds=5):
    """SL1 and its rival at the strengths of the frontier; the rivals stand last seed first."""
    rows = []
    for factor, lead in zip(STRENGTHS, ahead, strict=True):
        strength = factor / 1e4
        ours = {"kind": "threshold", "method": "SL1", "factor": factor, "strength": strength}
        rows += [ours | {"seed": seed, "error": 0.01 * seed} for seed in range(seeds)]
        rival = {"kind": "matched", "method": "none", "target": f"{strength:g}"}
        rows += [rival | {"seed": seed, "error": 0.01 * seed + lead} for seed in reversed(range(seeds))]
    return [{"stage": "frontier", "nodes": 100} | row for row in rows]


def claim_5(table=None, text=None):
    rows = finals(**(table or {})) + finals("text finals", **(text or {})) + beyond()
    return PRUNING.decide(CLAIMS[5], evidence(rows))


def test_full_cost_is_the_full_networks():
    assert multiply_adds(init_params()) == FULL_COST


def test_claim_5_holds_if_nodes_go_at_no_cost_and_the_rival_is_worse():
    found = claim_5()
    assert found.answer == Answer.HOLDS
    assert [comparison.favours for comparison in found.comparisons] == [1] * 6
    assert all(comparison.effect.n == 10 for comparison in found.comparisons)


@pytest.mark.parametrize(
    ("failing", "place"),
    [({"gone": [0] + [20] * 9}, 0), ({"lost": 0.002}, 1), ({"ahead": 0.0}, 2), ({"ahead": -0.002}, 2)],
    ids=["a seed without a node", "costs accuracy", "rival as good", "rival better"],
)
def test_claim_5_holds_in_part_if_one_condition_fails_in_one_reading(failing, place):
    found = claim_5(text=failing)
    assert found.answer == Answer.IN_PART
    signs = [comparison.favours for comparison in found.comparisons]
    assert [i for i, sign in enumerate(signs) if sign != 1] == [3 + place]
    assert (signs[3 + place] == -1) == (failing.get("ahead", 0) < 0)


def test_claim_5_fails_if_nothing_holds():
    nothing = {"gone": 0, "lost": 0.002, "ahead": 0.0}
    found = claim_5(nothing, nothing)
    assert found.answer == Answer.FAILS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ({}, "nodes go in 10 of 10 seeds, no more than 0.1 points are lost, magnitude pruning is worse (p = 0.0039)"),
        (
            {"gone": [0] + [20] * 9, "lost": 0.002, "ahead": 0.0},
            "nodes go in 9 of 10 seeds, perhaps more than 0.1 points are lost, magnitude pruning is not shown to be "
            "worse (p = 1)",
        ),
        (
            {"gone": 0, "ahead": -0.002, "seeds": 12},
            "nodes go in 0 of 12 seeds, no more than 0.1 points are lost, magnitude pruning is better (p < 0.001)",
        ),
    ],
    ids=["all", "nothing", "against"],
)
def test_claim_5_says_of_each_reading_what_decided(text, said):
    table, other = reason(claim_5(text=text)).split("; ")
    assert table.startswith("table finals: nodes go in 10 of 10 seeds")
    assert other == f"text finals: {said}"


def test_claim_5_corrects_over_both_readings():
    """Six seeds give p = 0.031 at best: enough for one reading, not for the larger of two."""
    found = claim_5({"seeds": 6}, {"seeds": 6})
    beaten = [comparison for comparison in found.comparisons if comparison.measure == "error_pruned"]
    assert [comparison.effect.p for comparison in beaten] == [0.03125] * 2
    assert [comparison.p_corrected for comparison in beaten] == [0.0625] * 2
    assert [comparison.favours for comparison in beaten] == [0, 0]


def test_claim_5_waits_for_both_readings():
    assert PRUNING.decide(CLAIMS[5], evidence(finals() + beyond())).answer == Answer.OPEN


def test_claim_5_reports_the_frontier_and_lets_the_finals_decide():
    """Without a node gone and behind its rival everywhere in the finals, SL1 wins nothing by the frontier."""
    nothing = {"gone": 0, "lost": 0.002, "ahead": 0.0}
    found = claim_5(nothing, nothing)
    assert found.answer == Answer.FAILS
    assert len(found.comparisons) == 6
    assert [round(found.numbers[f"behind.{each:g}"].value, 9) for each in STRENGTHS] == [0.0, -1.0, -5.0]
    assert found.numbers["behind.31.6"].n == 5
    assert "frontier" not in reason(found)


def test_claim_5_waits_for_the_frontier():
    rows = finals() + finals("text finals") + [row for row in beyond() if row.get("factor") != STRENGTHS[1]]
    assert PRUNING.decide(CLAIMS[5], evidence(rows)).answer == Answer.OPEN


def test_claim_5_does_not_leave_out_a_frontier_that_could_decide():
    with pytest.raises(ValueError, match=r"the number of seeds of 'frontier' is 6; a test could be significant"):
        PRUNING.decide(CLAIMS[5], evidence(finals() + finals("text finals") + beyond(seeds=6)))


def test_rivals_of_the_frontier_are_those_of_the_same_strength_and_seed():
    ours, theirs = frontier_sides(evidence(beyond()), STRENGTHS[2])
    assert ours["seed"].tolist() == theirs["seed"].tolist() == list(range(5))
    np.testing.assert_allclose(theirs["error"] - ours["error"], 0.05)
    mixed = [row | {"strength": row.get("seed", 0)} for row in beyond()]
    with pytest.raises(ValueError, match="the strengths at 100 times the middle one"):
        frontier_sides(evidence(mixed), STRENGTHS[2])


def test_claim_5_refuses_a_seed_that_counts_twice():
    twice = finals() + finals()[:1] + finals("text finals") + beyond()
    with pytest.raises(ValueError, match="SL1 has several trainings of one seed"):
        PRUNING.decide(CLAIMS[5], evidence(twice))


def frontier(node_wise, weight_wise, tolerance="0.002"):
    """For each seed and strength how many nodes go; None: the full network is too bad already."""
    rows = []
    for method, counts in (("SL1 quartic", node_wise), ("SL1 quartic weight-wise", weight_wise)):
        for seed, by_strength in enumerate(counts):
            for gone in by_strength:
                about = {"stage": "frontier", "method": method, "seed": seed}
                rows.append(about | {"kind": "threshold"})
                if gone is not None:
                    rows.append(about | {"kind": "within", "target": tolerance, "nodes": 192 - gone})
    return rows


def test_claim_6_takes_the_most_over_strengths_and_compares_by_seed():
    node_wise = [[10, 90 + seed] for seed in range(5)]
    weight_wise = [[50, 40, None] for _ in range(5)]
    found = PRUNING.decide(CLAIMS[6], evidence(frontier(node_wise, weight_wise)))
    assert found.answer == Answer.HOLDS
    (comparison,) = found.comparisons
    assert (comparison.effect.effect, comparison.effect.n) == (42.0, 5)
    assert comparison.p_corrected == 1 / 32


@pytest.mark.parametrize("last", [40, 30], ids=["a tie", "a seed against it"])
def test_claim_6_needs_all_of_five_seeds(last):
    found = PRUNING.decide(CLAIMS[6], evidence(frontier([[90]] * 4 + [[last]], [[40]] * 5)))
    assert found.answer == Answer.FAILS
    assert found.comparisons[0].favours == 0


def test_claim_6_fails_where_weight_wise_is_better():
    found = PRUNING.decide(CLAIMS[6], evidence(frontier([[40]] * 6, [[90]] * 6)))
    assert found.answer == Answer.FAILS
    assert found.comparisons[0].favours == -1


def test_claim_6_counts_a_method_that_is_never_good_enough_as_no_node():
    found = PRUNING.decide(CLAIMS[6], evidence(frontier([[40]] * 5, [[None]] * 5)))
    assert found.comparisons[0].effect.effect == 40


def work(savings, node_saving=0.009):
    """For each seed what a map-wise and a node-wise network save."""
    rows = []
    for seed, saving in enumerate(savings):
        for grouping, saved in (("map", saving), ("node", node_saving)):
            about = {"stage": "frontier", "seed": seed, "grouping": grouping, "method": "x"}
            cost = round(FULL_COST * (1 - saved))
            rows += [about | {"kind": "threshold"}]
            rows += [
                about | {"kind": "within", "target": target, "multiply_adds": cost} for target in ("0.001", "0.002")
            ]
    return rows


@pytest.mark.parametrize(
    ("savings", "verdict"),
    [
        ([0.12, 0.12, 0.08, 0.10, 0.11], Answer.HOLDS),
        ([0.10, 0.09, 0.09, 0.05, 0.05], Answer.IN_PART),
        ([0.0, 0.005, 0.009, 0.009, 0.005], Answer.FAILS),
    ],
)
def test_claim_10_is_decided_by_the_mean_saving_over_seeds(savings, verdict):
    found = PRUNING.decide(CLAIMS[10], evidence(work(savings)))
    assert found.answer == verdict
    best, node_wise = (found.numbers[f"saving.{scope}"] for scope in ("all", "nodes"))
    expected = np.mean(np.maximum(savings, 0.009))
    assert best.value == pytest.approx(100 * expected, abs=1e-3)
    assert best.low <= best.value <= best.high
    assert (node_wise.value, node_wise.n) == (pytest.approx(0.9, abs=1e-3), 5)
    assert "n = 5 seeds" in reason(found)


def test_claim_10_states_smaller_choices_beside_the_one_that_decides():
    rows = work([0.12] * 5)
    for method, saved in (("SL1", 0.02), ("SL1 quartic", 0.06), ("none", 0.03)):
        about = {"stage": "frontier", "kind": "within", "target": "0.001", "method": method}
        rows += [about | {"seed": seed, "multiply_adds": FULL_COST * (1 - saved)} for seed in range(4)]
    found = PRUNING.decide(CLAIMS[10], evidence(rows))
    scopes = ("all", "nodes", "SL1", "SL1 quartic", "none")
    assert list(found.numbers) == [f"saving.{scope}" for scope in scopes] == [f"saving.{scope}" for scope in SAVERS]
    # The fifth seed of the three has no network within the bound, and counts as 0.
    expected = [12, (4 * 6 + 0.9) / 5, 4 * 2 / 5, 4 * 6 / 5, 4 * 3 / 5]
    assert [each.value for each in found.numbers.values()] == pytest.approx(expected, abs=1e-3)


def test_claim_10_says_what_decided_and_with_a_real_minus():
    found = PRUNING.decide(CLAIMS[10], evidence(work([0.05, 0.05, 0.05, 0.05, 0.24])))
    assert reason(found) == (
        "within 0.1 points of a seed's best network, the cheapest one saves 8.80 % [−1.75, +19.35] of the "
        "multiply-adds on average, n = 5 seeds; the bounds are 10 and 1 %"
    )


def test_claim_10_does_not_read_the_bound_of_another_claim():
    rows = [row for row in work([0.2] * 5) if row.get("target") != "0.001"]
    assert PRUNING.decide(CLAIMS[10], evidence(rows)).numbers["saving.all"].value == 0


@pytest.mark.parametrize("number", [6, 10])
def test_without_a_frontier_nothing_is_decided(number):
    assert PRUNING.decide(CLAIMS[number], evidence(finals())).answer == Answer.OPEN


def test_a_bound_that_nothing_was_measured_for_is_refused():
    claim = dataclasses.replace(CLAIMS[6], settings={"loss_points": 0.3})
    with pytest.raises(ValueError, match=r"loss_points / 100 is '0.003'; it must be one of '0.001', '0.002'"):
        PRUNING.decide(claim, evidence(frontier([[1]] * 2, [[1]] * 2)))
