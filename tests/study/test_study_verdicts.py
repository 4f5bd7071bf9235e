"""From tables to verdicts: planted results get the verdict that the rule gives them."""

import numpy as np
import pytest

from sl1lib.book.reasons import reason
from sl1lib.study import Answer, Claim, Table
from sl1lib.study import compare_trainings as judge
from sl1lib.study.verdicts import CHANCE, decide

METHODS = ("SL1", "none", "L2")


def table(means, n=12, noise=0.0004, stage="finals", measure="held_out_error", **columns):
    rng = np.random.default_rng(0)
    rows = {"stage": [], "method": [], "seed": [], measure: []} | {name: [] for name in columns}
    for method, mean in means.items():
        rows["stage"] += [stage] * n
        rows["method"] += [method] * n
        rows["seed"] += range(n)
        rows[measure] += list(mean + rng.normal(0, noise, n))
        for name, value in columns.items():
            rows[name] += [value] * n
    return Table({name: np.array(values) for name, values in rows.items()}, [])


def join(*tables):
    return Table({name: np.concatenate([t[name] for t in tables]) for name in tables[0].columns}, [])


def claim(**changes):
    settings = {"stages": ["finals"], "measures": ["held_out_error"], "favoured": "SL1", "against": ["none", "L2"]}
    return Claim(**{"number": 3, "statement": "SL1 is more accurate."} | settings | changes)


@pytest.mark.parametrize(
    ("means", "verdict"),
    [
        ((0.010, 0.012, 0.013), Answer.HOLDS),
        ((0.010, 0.012, 0.010), Answer.IN_PART),
        ((0.010, 0.012, 0.008), Answer.IN_PART),
        ((0.010, 0.010, 0.010), Answer.FAILS),
        ((0.012, 0.010, 0.012), Answer.FAILS),
    ],
)
def test_planted_results(means, verdict):
    found = judge(claim(), table(dict(zip(METHODS, means, strict=True))))
    assert found.answer == verdict
    assert len(found.comparisons) == 2
    assert all(comparison.effect.n == 12 for comparison in found.comparisons)


def test_the_direction_counts():
    better = table({"SL1": 90.0, "none": 80.0, "L2": 85.0}, noise=1, measure="nodes_below")
    assert judge(claim(measures=["nodes_below"], better="higher"), better).answer == Answer.HOLDS
    assert judge(claim(measures=["nodes_below"]), better).answer == Answer.FAILS


def test_families_are_corrected_as_a_whole():
    # With 6 pairs the smallest p is 2/64: enough for one comparison, too large for two.
    few = table({"SL1": 0.010, "none": 0.014, "L2": 0.014}, n=6)
    assert judge(claim(against=["none"]), few).answer == Answer.HOLDS
    found = judge(claim(), few)
    assert found.answer == Answer.FAILS
    assert all(comparison.p_corrected == pytest.approx(2 * comparison.effect.p) for comparison in found.comparisons)


def test_stages_are_families_of_their_own():
    both = join(table({"SL1": 0.010, "none": 0.014}), table({"SL1": 0.010, "none": 0.010}, stage="text"))
    found = judge(claim(stages=["finals", "text"], against=["none"]), both)
    assert found.answer == Answer.IN_PART
    assert [comparison.favours for comparison in found.comparisons] == [1, 0]
    assert [comparison.p_corrected == comparison.effect.p for comparison in found.comparisons] == [True, True]


def test_columns_can_divide_the_pairs():
    both = join(
        table({"SL1": 0.010, "none": 0.014}, n_train=500.0), table({"SL1": 0.014, "none": 0.010}, n_train=1000.0)
    )
    found = judge(claim(against=["none"], each=["n_train"]), both)
    assert [(c.where, c.favours) for c in found.comparisons] == [({"n_train": 500}, 1), ({"n_train": 1000}, -1)]
    with pytest.raises(ValueError, match=r"method 'SL1' has several trainings of one seed"):
        judge(claim(against=["none"]), both)  # pseudo-replication


def test_equivalence_is_told_beside_the_verdict():
    found = judge(claim(margin=0.001), table({"SL1": 0.0101, "none": 0.0100, "L2": 0.0130}))
    same, other = (comparison.equivalent for comparison in found.comparisons)
    assert same.p < 0.05 < other.p


def test_dependence_on_a_setting():
    flat = [table({"SL1": 0.010, "none": 0.010}, strength_factor=f) for f in (0.1, 1.0)]
    steep = table({"SL1": 0.011, "none": 0.030}, strength_factor=10.0)
    found = judge(claim(against=["none"], spread_over="strength_factor"), join(*flat, steep))
    assert found.answer == Answer.HOLDS
    steep["held_out_error"][steep["method"] == "SL1"] = np.nan  # it diverged: that is no robustness
    found = judge(claim(against=["none"], spread_over="strength_factor"), join(*flat, steep))
    assert found.answer == Answer.FAILS
    assert found.comparisons[0].effect.effect == pytest.approx(CHANCE - 0.03, abs=0.002)


def test_spread_over_seeds():
    narrow, wide = table({"SL1": 0.01}, noise=1e-4, n=20), table({"none": 0.01}, noise=3e-3, n=20)
    found = judge(claim(against=["none"], spread_over="seed"), join(narrow, wide))
    assert found.answer == Answer.HOLDS


def test_times_are_compared_with_censoring():
    times = table({"SL1": 300.0, "none": 500.0}, noise=10, measure="updates_to_0.1")
    times["updates_to_0.1"][times["method"] == "none"] = np.inf
    found = judge(claim(measures=["updates_to_0.1"], against=["none"]), times)
    assert found.answer == Answer.HOLDS
    assert found.comparisons[0].effect.effect == -np.inf


def test_what_is_missing_is_not_decided():
    found = judge(claim(stages=["finals", "text"]), table({"SL1": 0.010, "none": 0.014, "L2": 0.014}))
    assert (found.answer, reason(found)) == (Answer.UNTESTED, "trainings that it needs are missing")
    part = judge(claim(), table({"SL1": 0.010, "none": 0.014}))
    assert part.answer == Answer.IN_PART
    assert reason(part).endswith("only 1 of at least 2 comparisons")
    assert decide([]) == Answer.UNTESTED


def test_failed_trainings_are_left_out_of_pairs_and_counted():
    some = table({"SL1": 0.010, "none": 0.014})
    some["held_out_error"][0] = np.nan
    (comparison,) = judge(claim(against=["none"]), some).comparisons
    assert (comparison.effect.n, comparison.effect.dropped) == (11, 1)


def test_half_of_the_trainings_are_not_looked_at():
    some = table({"SL1": 0.010, "none": 0.014, "L2": 0.014})
    found = judge(claim(), some, {"finals": 3, "text": 9})
    assert (found.answer, found.comparisons) == (Answer.OPEN, ())
    assert reason(found) == "trainings that it needs are missing: 3 of 'finals'"
    assert judge(claim(), some, {"finals": 0, "text": 9}).answer == Answer.HOLDS


def test_most_pairs_decide_the_direction_where_one_decides_the_mean():
    some = table({"SL1": 0.010, "none": 0.014}, noise=1e-6)
    some["held_out_error"][0] = 0.9  # SL1's first seed learnt nothing
    (comparison,) = judge(claim(against=["none"]), some).comparisons
    assert comparison.effect.effect > 0
    assert comparison.favours == 1


def test_the_reason_says_what_counts_do_not():
    some = table({"SL1": 0.0101, "none": 0.0100, "L2": 0.0130})
    some["held_out_error"][1] = np.nan
    told = reason(judge(claim(margin=0.001), some))
    assert ", 1 shown to be equal within the margin; 2 pairs left out, since a training of theirs diverged" in told
