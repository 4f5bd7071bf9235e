"""Other choices than the declared ones: failures counted, diverged trainings kept, one family, one decade, noise."""

import dataclasses

import numpy as np
import pytest

from sl1lib.book.claims import robustness
from sl1lib.study import Answer, Claim, Comparison, Effect, Table, Verdict, proportion
from sl1lib.study import compare_trainings as judge

SEEDS = 8
CLAIM = Claim(3, "?", stages=["finals"], measures=["held_out_error"], favoured="SL1", against=["none"])


def table(**errors):
    """Rows of the stage "finals", from the errors of all seeds by method."""
    names = [name for name, values in errors.items() for _ in values]
    column = np.concatenate([np.asarray(values, dtype=float) for values in errors.values()])
    return Table(
        {
            "stage": np.array(["finals"] * len(names)),
            "method": np.array(names),
            "seed": np.concatenate([np.arange(len(values)) for values in errors.values()]),
            "held_out_error": column,
            "failed": (np.isnan(column) | (column > 0.5)).astype(float),
        },
        [],
    )


def test_failures_are_counted_with_exact_intervals():
    stage = table(none=[0.1, 0.9, np.nan, 0.1], SL1=[0.1] * 4)
    found = robustness.failure_rates(stage)
    assert found["none"] == (2, 4, *proportion(2, 4)[1:])
    assert found["SL1"][:2] == (0, 4)


def test_pairs_that_a_verdict_drops_are_counted():
    base = 0.02 + 0.001 * np.arange(SEEDS)
    ours = base - 0.001
    ours[:2] = np.nan
    stage = table(none=base, SL1=ours)
    assert robustness.diverged(stage, CLAIM) == 2
    assert judge(CLAIM, stage).comparisons[0].effect.dropped == 2


def test_only_the_claims_own_sides_count_as_diverged():
    stage = table(none=[0.1, 0.1], SL1=[0.1, 0.1], L2=[np.nan, np.nan])
    assert robustness.diverged(stage, CLAIM) == 0


def test_one_decade_leaves_the_far_strengths_out():
    rows = []
    for factor in (0.03, 0.316, 1.0, 3.16, 31.6):
        for method in ("SL1", "none"):
            for seed in range(SEEDS):
                far = factor in (0.03, 31.6)
                worse = 0.05 * far if method == "none" else 0.01 * (factor == 3.16)
                rows.append(("finals", method, seed, factor, 0.02 + worse + 1e-4 * seed * factor, 0.0))
    names = ("stage", "method", "seed", "strength_factor", "held_out_error", "failed")
    stage = Table(dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True)), [])
    claim = dataclasses.replace(CLAIM, spread_over="strength_factor")
    assert judge(claim, stage).answer == Answer.HOLDS
    near = robustness.decide_by_one_decade(claim, stage)
    assert near.answer == Answer.FAILS
    assert near.comparisons[0].favours == -1


def compared(p, corrected, tested=True):
    effect = Effect(-1.0, -2.0, 0.0, p, 8, direction=-1)
    return Comparison("finals", "held_out_error", {}, "none", effect, corrected, 1, tested=tested)


def test_all_claims_as_one_family_can_only_lose():
    first = Verdict(CLAIM, Answer.HOLDS, (compared(0.001, 0.002), compared(0.02, 0.02)))
    alone = Verdict(CLAIM, Answer.HOLDS, (compared(0.06, 0.03),))  # one-sided
    counted = Verdict(CLAIM, Answer.HOLDS, (compared(0.5, 0.5, tested=False), compared(0.9, 0.9)))
    found = robustness.one_family([first, alone, counted])
    assert (found.tests, found.before, found.after) == (4, 3, 1)
    assert [number for number, _ in found.lost] == [3, 3]
    assert found.lost[0][1].effect.p == 0.02
    assert robustness.one_family([]) == robustness.OneFamily(0, 0, 0, ())


def test_noise_says_how_many_candidates_two_seeds_cannot_tell_apart():
    means = [0.010, 0.0101, 0.02, 0.03, np.nan]
    rows = [
        ("none", lr, seed, mean + 0.001 * (seed - 0.5))
        for lr, mean in zip((0.1, 0.2, 0.3, 0.4, 0.5), means, strict=True)
        for seed in (0, 1)
    ]
    names = ("method", "lr", "seed", "held_out_error")
    columns = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
    columns |= {"strength": np.zeros(len(rows)), "failed": np.isnan(columns["held_out_error"]).astype(float)}
    found = robustness.choice_noise(Table(columns, []))["none"]
    assert found.noise == pytest.approx(np.sqrt(2 * 0.001**2 / 2 / 2))  # the variance of two numbers 0.001 apart
    assert found.behind == pytest.approx([0, 0.0001, 0.01, 0.02, np.inf])
    assert found.alike == 2
