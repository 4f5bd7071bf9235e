"""Tables of studies, for programs and for people; the command that prints them; what a study costs."""

import sys

import numpy as np
import pytest
from study_support import METHODS, Serial, imagine_batch, imagined, small_study

from sl1lib import RunConfig, cli
from sl1lib.study import Claim, Record, Results, Stage, Store, Study, Table, load_study, run, runner
from sl1lib.study.cost import core_seconds, model_epochs
from sl1lib.study.table import training_row
from sl1lib.study.terminal import plan_text, show_text, stage_rows
from sl1lib.study.worker import Batch
from sl1lib.training import processes

CLAIMS = (
    Claim(1, "SL1 is more accurate.", ["finals"], ["held_out_error"], favoured="SL1", against=["none", "L2"]),
    Claim(2, "It is best.", untested="Best of all cannot be shown."),
    Claim(3, "It prunes.", words="Pruning decides."),
)
STUDY = small_study(claims=CLAIMS)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "train_batch", imagine_batch)
    run(STUDY, tmp_path / "small", executor=Serial(), progress=False)
    return tmp_path


def test_a_table_has_a_row_for_each_training_and_a_column_for_each_quantity(results):
    table = Results(STUDY, results / "small").trainings
    assert len(table) == 24 + 9
    finals = table.where(stage="finals", method="SL1")
    assert finals["seed"].tolist() == [0, 1, 2]
    assert finals["strength"].tolist() == [3e-4] * 3
    assert finals["eps"].tolist() == [0.05] * 3
    assert set(finals["momentum"]) == {"ramp"}
    assert [record.config.seed for record in finals.records] == [0, 1, 2]
    # exact: the same subtraction
    np.testing.assert_array_equal(finals["gap"], finals["held_out_error"] - finals["train_error"])
    a, b = table.where(stage="finals").pairs("held_out_error", "method", "none", "L2")
    assert a.tolist() == pytest.approx([0.1, 0.101, 0.102])  # at the rate 0.2 that was selected
    assert b.tolist() == pytest.approx([0.2, 0.201, 0.202])
    with pytest.raises(ValueError, match=r"column is 'eror'; it must be one of"):
        table["eror"]


@pytest.mark.parametrize(
    ("axis", "values"),
    [("lr_end", (0.1, 0.5)), ("dtype", ("float32", "float64")), ("momentum", ("none", 0.9)), ("eps", (0.1, 0.2))],
)
@pytest.mark.parametrize("where", ["grid", "instead"])
def test_no_setting_is_counted_as_another_seed(tmp_path, monkeypatch, axis, values, where):
    monkeypatch.setattr(runner, "train_batch", imagine_batch)
    stage = Stage("a", "?", ["SL1"], [0, 1], **{where: {axis: values} if where == "grid" else {"SL1": {axis: values}}})
    study = Study("s", "?", METHODS, [stage], base={"data": "digits", "epochs": 1})
    run(study, tmp_path, executor=Serial(), progress=False)
    header, *rows = stage_rows(stage, Results(study, tmp_path).trainings)
    assert [row[header.index(axis)] for row in rows] == [str(value) for value in values]
    assert [row[header.index("n")] for row in rows] == ["2", "2"]


def test_groups_take_missing_numbers_together():
    table = Table({"method": np.array(["none", "none", "SL1"]), "eps": np.array([np.nan, np.nan, 0.1])}, [])
    assert [(values, len(rows)) for values, rows in table.groups("method", "eps")] == [
        (("none", None), 2),
        (("SL1", 0.1), 1),
    ]
    assert len(Table({}, [])) == 0


def test_what_failed_is_counted():
    cell = STUDY.cells(STUDY.stages[0])[0]
    assert [
        training_row(cell, record)["failed"] for record in (imagined(cell.config, 0.1), imagined(cell.config, 0.6))
    ] == [
        0,
        1,
    ]
    wild = training_row(cell, Record.of_divergence(cell.config, 4))
    assert (wild["failed"], wild["diverged_at"]) == (1, 4)


def test_show_prints_choices_means_and_verdicts(results):
    text = show_text(Results(STUDY, results / "small"))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "none 0.2 – 10.05 % 4 0 0 –" in lines
    assert "L2 0.1 0.0001 20.05 % 4 3 0 lr, strength" in lines
    assert "none 0.2 0 3 10.100 % 0.100 0.1010 1.0 0" in lines


def test_plan_counts_what_is_missing(results):
    words = [line.split() for line in plan_text(Results(STUDY, results / "small"), 2).splitlines()]
    assert ["tuning", "24", "0", "0.5", "0.0", "0.0"] in words
    words = [line.split() for line in plan_text(Results(STUDY, results / "none"), 2).splitlines()]
    assert ["finals", "9", "9", "0.2", "0.0", "0.0"] in words
    assert not (results / "none").exists()


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runner, "train_batch", imagine_batch)
    monkeypatch.setattr(processes, "Processes", lambda count: Serial())
    study = tmp_path / "mine.toml"
    study.write_text(STUDY.to_toml(), encoding="utf-8")
    words = [str(study), "--results", str(tmp_path / "r")]
    assert cli.main(["study", "plan", *words]) == 0
    assert cli.main(["study", "show", *words]) == 0
    streams = capsys.readouterr()
    assert "24 of 24 trainings missing" in streams.out
    remedy = "nothing is trained here; --results names the folder that holds small"
    assert streams.err == f"{tmp_path / 'r' / 'small'} is not there: {remedy}\n"
    assert cli.main(["study", "run", *words]) == 0
    streams = capsys.readouterr()
    assert streams.out == f"33 trainings added to {tmp_path / 'r' / 'small'}, 0 missing\n"
    assert "100%" in streams.err
    assert cli.main(["study", "show", *words]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "1. SL1 is more accurate." in lines
    assert "3. It prunes." in lines
    assert "is not decided yet: Pruning decides." in lines
    assert "cannot be tested: Best of all cannot be shown." in lines
    assert any(line.startswith("does not hold: of 2 comparisons, 0 in favour") for line in lines)


def test_show_without_the_extra_says_what_to_install(results, monkeypatch, capsys):
    study = results / "mine.toml"
    study.write_text(STUDY.to_toml(), encoding="utf-8")
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert cli.main(["study", "show", str(study), "--results", str(results)]) == 2
    assert "scipy is not installed; the verdicts need the extra: python -m pip install" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-3"])
def test_the_command_plans_for_some_processes(capsys, count):
    assert cli.main(["study", "plan", "smoke", "--processes", count]) == 2
    assert f"processes is {count}; it must be a whole number of at least 1" in capsys.readouterr().err


def test_the_command_says_what_failed(tmp_path, monkeypatch, capsys):
    def fails(configs, keep_params=False):
        raise RuntimeError("out of order")

    monkeypatch.setattr(runner, "train_batch", fails)
    monkeypatch.setattr(processes, "Processes", lambda count: Serial())
    assert cli.main(["study", "run", "smoke", "--results", str(tmp_path), "--quiet"]) == 1
    output = capsys.readouterr().out
    assert "RuntimeError: out of order" in output
    assert output.endswith("0 trainings added to " + str(tmp_path / "smoke") + ", 36 missing\n")
    assert cli.main(["study", "audit", "smoke", "--results", str(tmp_path)]) == 2
    assert "has no results of study 'smoke'; run it first" in capsys.readouterr().err
    assert cli.main(["study", "plan", "smok"]) == 2


def test_the_study_of_the_paper_is_what_it_says_it_is(tmp_path):
    study = load_study("paper")
    assert [claim.number for claim in study.claims] == list(range(1, 16))
    finals = {stage.name: stage for stage in study.stages if stage.name.endswith("finals")}
    judged = {*finals, "error function", "error function, text"}
    assert len(finals["table finals"].seeds) >= 20
    assert len(finals["text finals"].seeds) >= 10
    for stage in study.stages:
        assert ("validation" in stage.fields) == (stage.name not in judged)  # the test images are for the finals only
        if stage.name not in finals and stage.select:
            assert not set(stage.seeds) & {seed for each in finals.values() for seed in each.seeds}
    plan = plan_text(Results(study, tmp_path), 2)
    minutes = float(plan.splitlines()[-3].split()[-2])
    assert minutes < 150


def test_costs_grow_with_images_and_with_small_batches():
    assert model_epochs(RunConfig(validation=6000)) == pytest.approx(9)
    assert core_seconds(RunConfig(batch_size=10)) > core_seconds(RunConfig(batch_size=100))
    assert core_seconds(RunConfig(data="digits")) < core_seconds(RunConfig()) / 20


def test_a_batch_of_nothing_but_divergence_can_be_kept(tmp_path):
    config = STUDY.cells(STUDY.stages[0])[0].config
    with Store(tmp_path) as store:
        store.add("tuning", Batch([Record.of_divergence(config, 1)], {"data_sha256": "0"}))
    assert Store(tmp_path).records[imagined(config).key].diverged
