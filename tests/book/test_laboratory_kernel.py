"""The laboratory's trainer in the kernel: the engine's numbers, settings that change meanwhile, runs to go on with."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from sl1lib import MomentumRamp, Penalty, Run, fast, prune
from sl1lib.book.explorer import Explorer
from sl1lib.book.laboratory.experiments import experiments
from sl1lib.book.laboratory.explorer import FIRST_SETTINGS, laboratory
from sl1lib.book.laboratory.stored import stored_params
from sl1lib.engine import Training, make_engine

PATIENCE = 60  # seconds


@pytest.fixture
def lab(digits):
    """The laboratory on the digits; `told` is what a page would hear."""
    made = laboratory(data=digits)
    made._told = []
    made._trainer._tell = lambda content, buffers: made._told.append((content, buffers))
    yield made
    made.close()


def test_updates_and_epochs_are_the_engine_s(lab, digits):
    lab.start(40)
    assert lab.wait(PATIENCE)
    settings = FIRST_SETTINGS | {"strength": 3e-3}
    penalty = Penalty(**{name: settings[name] for name in ("strength", "eps", "profile", "grouping", "step")})
    start = {name: torch.tensor(array, dtype=torch.float32) for name, array in stored_params().items()}
    momentum = MomentumRamp(settings["momentum"], settings["momentum"], updates=0)
    x, labels = torch.tensor(digits.x_train).unsqueeze(1), torch.tensor(digits.y_train)
    engine = make_engine([Training(start, settings["lr"], momentum, penalty)], x, labels)
    costs, run = engine.advance(40), lab.run
    np.testing.assert_array_equal(run.history.E0, costs.E0[:, 0])  # exact: the same engine on one machine
    np.testing.assert_array_equal(run.params["U"], engine.params()["U"].numpy())  # exact: likewise
    assert len(run.history.seconds) == 1
    assert not run.complete
    lab.epoch()
    assert lab.wait(PATIENCE)
    assert len(lab.run.history.E0) == 58
    assert lab.run.complete


def test_the_run_can_be_had_while_it_trains(lab):
    assert lab.wait(PATIENCE)  # nothing is to be done yet
    lab.start()
    counts = [len(lab.run.history.E0) for _ in range(20)]
    lab.pause()
    assert lab.wait(PATIENCE)
    assert counts == sorted(counts)
    assert len(lab.run.history.E0) >= counts[-1]


def test_settings_hold_from_the_next_update_and_the_run_says_so(lab, tmp_path):
    lab.start()
    lab.strength, lab.eps = 0.05, 0.05
    lab.profile = "quartic"
    lab.pause()
    assert lab.wait(PATIENCE)
    lab.start(1)
    assert lab.wait(PATIENCE)
    run = lab.run
    assert run.config.penalty == Penalty(0.05, 0.05, "quartic")
    expected = 0.05 * fast.penalty(torch.tensor(run.params["U"]), 0.05, "quartic")
    before = run.history.penalty[-1]
    assert before == pytest.approx(float(expected), rel=0.1)  # one update lies between them
    assert Run.load(run.save(tmp_path / "mine")).config == run.config
    assert "laboratory" in run.provenance


def test_a_page_hears_the_same_as_from_the_worker(lab):
    lab._trainer.do({"type": "hello"})
    lab._trainer.do({"type": "watch", "node": 7})
    lab._trainer.do({"type": "reset", "seed": 3, "plan": [{"type": "start", "updates": 5}, {"type": "update"}]})
    assert lab.wait(PATIENCE)
    (about, (images, labels)), *snapshots = lab._told
    assert about == {"about": {"name": "digits", "perEpoch": 29}}
    assert (len(images), len(labels)) == (382 * 784, 382)
    fresh = [place for place, (snapshot, _) in enumerate(snapshots) if snapshot["fresh"]]
    since = [snapshot for snapshot, _ in snapshots[fresh[-1] :]]
    assert since[0]["step"] == 0
    assert [row[0] for snapshot in since for row in snapshot["losses"]] == list(range(6))
    assert since[-1]["step"] == 6
    assert not since[-1]["running"]
    assert since[-1]["watched"] == 7
    assert {len(row) for snapshot in since for row in snapshot["trail"]} == {11}
    weights = np.frombuffer(snapshots[-1][1][0])
    np.testing.assert_array_equal(weights[-10:], lab.run.params["b"])  # exact: a copy
    assert len(weights) == 3898


def test_removed_nodes_stay_away_while_it_trains_and_come_back(lab, digits):
    lab.start(300)
    lab.strength, lab.eps = 0.05, 0.05
    assert lab.wait(PATIENCE)
    run = lab.run
    gone = run.nodes_below(0.05)
    assert 0 < gone < 192
    lab.remove()
    assert lab.wait(PATIENCE)
    removed, pruned = lab._told[-1][0]["removed"], prune(run, data=digits, latency=False)
    assert len(removed["nodes"]) == gone
    assert removed["at"] == 300
    assert removed["errorFolded"] == pytest.approx(pruned.report.error_after, abs=1.5 / 382)  # float32
    lab.start(5)
    assert lab.wait(PATIENCE)
    assert (lab.run.params["U"] == 0).all(axis=0).sum() == gone  # exact: zeros
    lab.restore()
    assert lab.wait(PATIENCE)
    np.testing.assert_array_equal(lab.run.params["U"], run.params["U"])  # exact: kept


def test_a_run_is_looked_into_and_trained_further(run, digits):
    lab = laboratory(run, digits)
    assert (lab.strength, lab.eps, lab.lr) == (0.02, 0.05, 0.2)
    np.testing.assert_array_equal(lab.run.params["K1"], run.params["K1"])  # exact: a copy
    lab.start(2)
    assert lab.wait(PATIENCE)
    lab.load(run)
    assert lab.wait(PATIENCE)
    np.testing.assert_array_equal(lab.run.params["U"], run.params["U"])  # exact: a copy
    lab.close()


def test_ctrl_c_while_waiting_pauses(lab, monkeypatch):
    lab.start()

    def interrupted(timeout):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(lab._trainer.beside, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lab.wait()
    assert lab.wait(PATIENCE)
    assert not lab._told[-1][0]["running"]
    assert np.isfinite(lab.run.params["U"]).all()


def test_what_goes_wrong_is_told(digits):
    def missing():
        raise OSError("no such file")

    lab = laboratory(data=digits)
    lab._trainer._load, told = missing, []
    lab._trainer._tell = lambda content, buffers: told.append(content)
    lab.start(1)
    assert lab.wait(PATIENCE)
    assert told == [{"trouble": "OSError: no such file"}]
    lab.close()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lr", 9, "lr is 9; it must be a finite number from 0.001 to 3.2"),
        ("strokes", [[[2, 0]]], "it must be points"),
        ("chosen", {"field": "map", "at": 0}, "the field is 'map'"),
        ("picked", -1, "the number is -1"),
    ],
)
def test_wrong_values_are_refused(lab, name, value, message):
    with pytest.raises(ValueError, match=message):
        setattr(lab, name, value)


def test_a_page_hears_from_which_update_on_a_setting_holds(lab):
    lab.start(3)
    assert lab.wait(PATIENCE)
    lab.lr = 0.2
    lab._trainer.do({"type": "settings", "lr": 0.2, "strength": lab.strength})  # the page tells what it knows, too
    assert lab.wait(PATIENCE)
    assert [row for content, _ in lab._told for row in content["changes"]] == [[3, {"lr": 0.2}]]


def test_a_profile_without_proximal_map_is_taken_by_its_gradient(lab):
    lab.step = "proximal"
    lab.profile = "sqrt_quartic"
    assert lab.step == "gradient"
    lab.start(1)
    assert lab.wait(PATIENCE)
    assert not [content for content, _ in lab._told if "trouble" in content]


def test_every_experiment_sets_what_can_be_set(lab):
    for experiment in experiments():
        for name, value in experiment["values"].items():
            setattr(lab, name, value)
            assert getattr(lab, name) == value
        lab._trainer.do({"type": "reset", "seed": 0, "stored": True, "plan": experiment["commands"]})
        lab.pause()
    assert lab.wait(PATIENCE)
    assert not [content for content, _ in lab._told if "trouble" in content]


def test_what_is_no_run_of_this_network_is_refused(run):
    with pytest.raises(ValueError, match="it must be a Run"):
        laboratory("run.npz")
    other = Run(run.config.replace(reading="text"), run.params, run.history)
    with pytest.raises(ValueError, match="the reading of the run is 'text'"):
        laboratory(other)


def test_without_anywidget_it_is_the_page_s(monkeypatch):
    monkeypatch.setitem(sys.modules, "sl1lib.book.laboratory.kernel", None)
    assert type(laboratory()) is Explorer


@pytest.mark.parametrize("used", ["", "lab.start(3); lab.wait()", "lab.start()"])
def test_python_ends_with_a_laboratory_that_trains_or_was_never_used(used):
    code = f"""
from sl1lib import load_data
from sl1lib.book.laboratory.explorer import laboratory
lab = laboratory(data=load_data("digits"))
{used}
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
