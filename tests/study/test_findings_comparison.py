"""What the chapter *Comparing fairly* computes from stored trainings: only complete stages, and honest intervals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sl1lib import MomentumRamp, Penalty, RunConfig, load_data
from sl1lib.book.comparison import stored_trainings as comparison
from sl1lib.book.verdict_tables import rival_grid, show_verdict
from sl1lib.study import Results, Store, holm, load_study, mean_interval, paired_difference, resampling
from sl1lib.study.worker import Batch

SMOKE = Path(__file__).parents[2] / "results" / "smoke"


@pytest.fixture(scope="module")
def smoke():
    return Results.open(str(SMOKE))


@pytest.fixture(scope="module")
def finals(smoke):
    return smoke.stage("finals")


def test_a_stage_counts_only_when_it_is_complete(smoke, tmp_path):
    assert all(len(smoke.stage(name)) for name in ("tuning", "finals", "sensitivity"))
    whole, part = Store(SMOKE), tmp_path / "smoke"
    with Store(part) as store:
        for name, facts in list(whole.batches.items()):
            records = [whole.records[key] for key in facts["keys"] if whole.batch_of[key] == name]
            if any(record.config.seed == 6 for record in records):
                continue  # the finals lose a seed
            facts = {key: value for key, value in facts.items() if key != "keys"}
            store.add("all", Batch(records, facts))
    partial = Results.open(part)
    assert not partial.missing["tuning"]
    assert partial.missing["finals"] > 0
    assert len(partial.stage("finals")) == 0 < len(partial.stage("tuning")) == len(smoke.stage("tuning"))


def test_results_that_are_not_there_are_empty_and_a_slip_in_a_name_is_an_error(tmp_path, smoke):
    nothing = Results(load_study("paper"), tmp_path / "paper")
    assert all(nothing.missing[stage.name] for stage in load_study("paper").stages)
    assert not (tmp_path / "paper").exists()
    with pytest.raises(ValueError, match=r"stage is 'final'.*did you mean 'finals'"):
        smoke.stage("final")


def test_a_slice_is_trained_again_and_agrees(smoke):
    findings = comparison.train_again(smoke, 1, ["finals"])
    assert len(findings) > 1
    assert all(finding.passed for finding in findings)
    (stored,) = {finding.stored.config.epochs for finding in findings}
    assert stored == 2


def test_the_interval_of_a_mean_leaves_missing_numbers_out():
    assert mean_interval([1.0, np.nan, 3.0]) == pytest.approx(mean_interval([1.0, 3.0]))
    assert mean_interval([2.0, 2.0]) == (2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="the number of values is 1; an interval needs at least 2"):
        mean_interval([1.0, np.nan])


def test_pairs_that_share_everything_have_no_spread_and_correlation_1():
    a = np.array([1.0, 3.0, 2.0])
    assert resampling.pairing(a, a + 1) == pytest.approx((0.0, np.sqrt(2) * a.std(ddof=1), 1.0))
    assert np.isnan(resampling.pairing([1.0, 1.0], [1.0, 2.0])[2])
    with pytest.raises(ValueError, match="pairs need two lists of one length"):
        resampling.pairing([1.0, 2.0], [1.0])


def test_widths_shrink_with_the_root_of_the_count():
    numbers = np.random.default_rng(1).normal(size=200)
    widths = resampling.widths_by_count(numbers, [10, 160])
    assert np.median(widths[10]) / np.median(widths[160]) == pytest.approx(4 * 2.262 / 1.975, rel=0.1)
    low, high = mean_interval(numbers)[1:]
    assert resampling.widths_by_count(numbers, [200], draws=1)[200][0] == pytest.approx((high - low) / 2)
    for count in (1, 201):
        with pytest.raises(ValueError, match=rf"a count is {count}; it must be from 2 to 200"):
            resampling.widths_by_count(numbers, [count])


def test_winners_look_better_where_they_won():
    noise = np.random.default_rng(2).normal(size=(15, 1000))
    chosen, honest = resampling.winners(noise).mean(axis=0)
    assert chosen == pytest.approx(-1.74, abs=0.1)  # the mean of the smallest of 15 normal numbers
    assert honest == pytest.approx(0.0, abs=0.1)


def test_a_candidate_that_failed_is_never_chosen():
    found = resampling.winners([[np.nan, 3.0], [5.0, 2.0]])
    assert found.tolist() == [[5.0, 2.0], [2.0, 5.0]]


def test_where_every_candidate_failed_there_is_no_winner():
    with pytest.raises(ValueError, match=r"with NaN for every candidate is \[1\]; in each column a candidate must"):
        resampling.winners([[1.0, np.nan], [np.nan, np.nan]])


@pytest.mark.parametrize(
    "call",
    [
        resampling.best_of_networks,
        resampling.false_alarms,
        lambda right: resampling.interval_by_replicate(right, right),
    ],
)
def test_answers_that_are_no_truth_values_are_refused(call):
    for right in (np.ones((3, 8), dtype=int), np.ones(8, dtype=bool)):
        with pytest.raises(ValueError, match=r"right(_a)? is '(int64|int32|bool) \(.*\)'; it must be bool \(networks"):
            call(right)


@pytest.mark.parametrize(
    "call",
    [
        lambda: resampling.best_of_networks(np.ones((3, 8), dtype=bool), draws=0),
        lambda: resampling.interval_by_replicate(*np.ones((2, 3, 8), dtype=bool), draws=0),
        lambda: resampling.widths_by_count([1.0, 2.0, 3.0], [2], draws=0),
    ],
)
def test_no_draws_tell_nothing(call):
    with pytest.raises(ValueError, match="draws is 0; it must be a whole number of at least 1"):
        call()


def test_tuning_winners_has_a_row_for_each_method_and_seed(smoke):
    found = comparison.tuning_winners(smoke.stage("tuning"))
    assert found.shape == (3 * 2, 2)
    rows = smoke.stage("tuning").where(method="L2")
    best = min(rows.where(seed=100)["held_out_error"].tolist())
    assert best in found[:, 0]


def test_among_equal_methods_the_smallest_p_misleads_unless_corrected():
    smallest = resampling.null_families(comparisons=10, seeds=8, families=500)
    assert (smallest < 0.05).mean() > 0.2
    assert (10 * smallest < 0.05).mean() < 0.08
    p = [0.004, *np.linspace(0.2, 0.9, 9)]
    assert any(each < 0.05 for each in holm(p)) == (10 * min(p) < 0.05)  # Holm's first step


def test_answers_are_those_of_the_stored_networks(finals):
    right = comparison.right_answers(finals, load_data("digits"))
    assert {method: rows.shape for method, rows in right.items()} == dict.fromkeys(("none", "L2", "SL1"), (7, 382))
    for method, rows in right.items():
        np.testing.assert_allclose(1 - rows.mean(axis=1), finals.where(method=method)["held_out_error"], atol=1.5 / 382)


def test_other_images_than_those_of_the_study_are_noticed(finals):
    data = load_data("digits")
    turned = replace(data, y_test=np.roll(data.y_test, 1))
    with pytest.raises(ValueError, match=r"the error of none, seed 0, on digits is 0\.\d+; the study stored 0\.1"):
        comparison.right_answers(finals, turned)


def test_the_best_of_one_network_is_not_better_where_it_was_chosen():
    right = np.random.default_rng(3).random((1, 100)) > 0.2
    chosen, honest = resampling.best_of_networks(right).mean(axis=0)
    assert chosen == pytest.approx(honest, abs=0.01)


def test_equal_networks_raise_no_alarm_and_different_ones_do():
    good = np.ones((2, 100), dtype=bool)
    assert resampling.false_alarms(good) == (0, 1)
    bad = good.copy()
    bad[1, :20] = False
    assert resampling.false_alarms(bad) == (1, 1)


def test_each_kind_of_replicate_has_its_own_spread():
    rng = np.random.default_rng(4)
    base = rng.random((1, 500)) > 0.1
    same_seeds = np.repeat(base, 6, axis=0)
    other = np.repeat(rng.random((1, 500)) > 0.1, 6, axis=0)
    found = resampling.interval_by_replicate(same_seeds, other)
    spread = {name: high - low for name, (low, high) in found.items()}
    assert spread["seeds"] == pytest.approx(0, abs=1e-12)  # all trainings alike
    assert spread["images"] > 0.02
    assert spread["both"] == pytest.approx(spread["images"], rel=0.2)
    with pytest.raises(ValueError, match=r"both must be \(seeds, images\)"):
        resampling.interval_by_replicate(base, other)


def test_the_parts_of_the_error_are_those_of_the_stored_networks(finals):
    parts = comparison.penalty_parts(finals)
    assert parts["none"] == (pytest.approx(np.median(finals.where(method="none")["train_E0"])), 0.0)
    rows = finals.where(method="L2")
    squares = [np.square(record.params["U"].astype(np.float64)).sum() / 2 for record in rows.records]
    assert parts["L2"][1] == pytest.approx(np.median(squares) * rows["strength"][0])
    by_hand = [
        record.config.penalty.strength * np.where(norms > 0.05, norms, norms**2 / 0.1 + 0.025).sum()
        for record in finals.where(method="SL1").records
        for norms in [np.linalg.norm(record.params["U"].astype(np.float64), axis=0)]
    ]
    assert parts["SL1"][1] == pytest.approx(np.median(by_hand))


def test_a_claim_waits_for_its_stages_and_is_shown_with_what_led_to_the_verdict(smoke, tmp_path, capsys):
    waiting = Results(load_study("paper"), tmp_path)
    assert smoke.complete
    assert not waiting.complete
    show_verdict(waiting.verdict(1))
    assert "Trainings that it needs are missing: 180 of 'table finals'" in capsys.readouterr().out
    found = smoke.verdict(1)
    assert rival_grid(found) == (["against", "finals: error"], [["none", "·"], ["L2", "·"]])
    show_verdict(found)
    shown = capsys.readouterr().out
    assert f"The study says: {found.answer}." in shown
    assert "▲ SL1 is better, ▼ it is worse, · no difference is shown." in shown
    with pytest.raises(ValueError, match="claim is 3; the claims of study 'smoke' are 1, 2"):
        smoke.verdict(3)


def test_effects_are_the_paired_differences_of_all_others(finals):
    found = comparison.effects(finals, "held_out_error")
    assert found == {
        other: paired_difference(*finals.pairs("held_out_error", "method", "SL1", other)) for other in ("none", "L2")
    }
    assert comparison.scaled(found, 100)["L2"].effect == 100 * found["L2"].effect
    assert comparison.scaled(found, 100)["L2"].p == found["L2"].p


def test_the_width_of_the_chatter_grows_with_rate_and_strength():
    config = RunConfig(penalty=Penalty(1e-3, 0.01), lr=0.24, momentum=MomentumRamp())
    assert comparison.chatter_width(config) == pytest.approx(0.24e-3 / 2.4)
    quartic = config.replace(penalty=Penalty(1e-3, 0.01, "quartic"))
    assert comparison.chatter_width(quartic) == pytest.approx(1.5 * 0.24e-3 / 2.4)
    for penalty in (None, Penalty(1e-3, profile="abs")):
        with pytest.raises(ValueError, match="only a smoothed one has a width"):
            comparison.chatter_width(config.replace(penalty=penalty))
