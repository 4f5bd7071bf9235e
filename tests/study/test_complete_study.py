"""The declared study with imagined results, all of them there: every claim is decided, and the page's parts follow."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sl1lib.book.claims import robustness
from sl1lib.book.claims.figures import forest
from sl1lib.book.claims.glance import show_glance
from sl1lib.book.claims.summary import findings_of
from sl1lib.book.reasons import reason
from sl1lib.book.verdict_tables import headline, number_text
from sl1lib.study import Answer, Results, Table, load_study
from sl1lib.study import compare_trainings as judge
from sl1lib.study.layout import first_selection
from sl1lib.study.record import NUMBERS
from sl1lib.study.table import training_row

STUDY = load_study("paper")
BY_TRAININGS = [claim for claim in STUDY.claims if claim.stages]


def imagined(cell, rng):
    """Numbers of one training: SL1 is a little better at everything, and everything depends on the seed."""
    luck = np.random.default_rng(cell.config.seed).normal()
    better = 0.002 * (cell.method == "SL1") + 0.01 * (cell.config.loss == "cross_entropy")
    error = 0.03 - better + 0.0005 * luck + 1e-4 * rng.normal()
    numbers = dict.fromkeys(NUMBERS, 0.0) | {
        "held_out_error": error,
        "train_error": error - 0.01 + better,
        "held_out_E0": 3 * error,
        "train_E0": 2 * error,
        "updates_to_0.5": round(1000 * error),
        "updates_to_0.2": round(2000 * error),
        "updates_to_0.1": round(3000 * error) if luck < 2 else np.inf,
    }
    return SimpleNamespace(config=cell.config, numbers=numbers, diverged=False)


@pytest.fixture(scope="module")
def table():
    rng, rows = np.random.default_rng(0), []
    for stage in STUDY.stages:
        cells = STUDY.cells(stage, first_selection(STUDY, stage))
        rows += [training_row(cell, imagined(cell, rng)) for cell in cells]
    return Table.of_rows(rows)


@pytest.fixture(scope="module")
def verdicts(table):
    return {claim.number: judge(claim, table) for claim in BY_TRAININGS}


def test_every_claim_that_trainings_decide_has_all_its_comparisons(verdicts):
    for claim in BY_TRAININGS:
        found = verdicts[claim.number]
        assert "only" not in reason(found)
        sizes = {"small finals": 3}
        expected = sum(len(claim.measures) * len(claim.against) * sizes.get(stage, 1) for stage in claim.stages)
        assert len(found.comparisons) == expected, claim.number
        assert headline(found), claim.number
        assert all(number_text(number).count("[") == 1 for number in headline(found))
    assert {n: str(verdicts[n].answer) for n in (1, 2, 3, 4, 12)} == dict.fromkeys((1, 2, 3, 4, 12), "holds")
    assert verdicts[11].answer == Answer.FAILS  # all momenta are alike here


def test_other_choices_can_be_made_on_all_of_it(table, verdicts):
    assert robustness.decide_by_one_decade(verdicts[14].claim, table).comparisons
    assert all(robustness.diverged(table, verdicts[n].claim) == 0 for n in (3, 11, 12, 13))
    one_rate = dataclasses.replace(verdicts[3].claim, stages=("one rate",))
    assert judge(one_rate, table).answer == Answer.HOLDS
    assert set(robustness.failure_rates(table.where(stage="table finals"))) == set(STUDY.stages[1].methods)
    noise = robustness.choice_noise(table.where(stage="table tuning"))
    assert {len(each.behind) for each in noise.values()} == {15}
    family = robustness.one_family(list(verdicts.values()))
    assert family.tests == sum(len(each.comparisons) for each in verdicts.values())
    assert family.after <= family.before


def test_the_glance_and_the_forest_hold_all_of_it(verdicts, capsys):
    show_glance(list(verdicts.values()), dict.fromkeys((claim.topic for claim in STUDY.claims), ""))
    lines = capsys.readouterr().out.split("<details")[1:]
    assert [line.count("\n- ") for line in lines] == [2, 2, 2, 4, 1, 2, 2, 1]
    figure = forest(list(verdicts.values()))
    width, height = figure.get_size_inches()
    assert height < 3.2 * width
    assert len(figure.axes[0].get_yticks()) == 6 + 4 + 2 + 2 + 2 + 2 + 2 + 1


def rounded_otherwise(value, rng):
    """What another order of adding up gives: every number of a judgement, off in its last digits."""
    if isinstance(value, float) and np.isfinite(value) and value != 0:
        return value * (1 + 1e-13 * rng.uniform(-1, 1)) + 1e-16 * rng.uniform(-1, 1)
    if isinstance(value, Mapping):
        return {name: rounded_otherwise(each, rng) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(rounded_otherwise(each, rng) for each in value)
    if dataclasses.is_dataclass(value):
        names = [each.name for each in dataclasses.fields(value) if each.name != "claim"]
        return dataclasses.replace(value, **{name: rounded_otherwise(getattr(value, name), rng) for name in names})
    return value


def test_no_last_digit_decides_what_the_stored_results_are_said_to_be(capsys):
    """9.85 nodes on average and 0.0005 points are on the edge between two roundings."""
    stored = Results.open(Path(__file__).parents[2] / "results" / "paper").verdicts
    links = dict.fromkeys((claim.topic for claim in STUDY.claims), "")

    def glance(verdicts):
        show_glance(verdicts, links)
        return capsys.readouterr().out

    shown, findings = glance(stored), findings_of(stored)
    assert "+9.8 nodes" in shown
    for seed in range(10):
        rng = np.random.default_rng(seed)
        other = [rounded_otherwise(each, rng) for each in stored]
        assert glance(other) == shown
        assert findings_of(other) == findings
