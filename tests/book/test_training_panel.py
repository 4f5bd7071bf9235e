"""The panel trains as `train` does, can be stopped, loses nothing, and says in words what its picture shows."""

import _thread
import base64
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from sl1lib import Penalty, RunConfig, load_data, train
from sl1lib.book.full_training import panel as module
from sl1lib.book.full_training.panel import PENALTIES, TrainingPanel, in_words, panel_figure
from sl1lib.training.watching import train_watched

pytest.importorskip("ipywidgets", reason="ipywidgets is not installed: the panel has no controls")


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


@pytest.fixture
def panel(digits):
    made = TrainingPanel(digits, epochs=2)
    yield made
    made.stop()
    made.wait()


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_choice_of_penalty_is_the_method_of_that_name(panel, name):
    panel.penalty.value, panel.strength.value, panel.eps.value = name, 1e-3, 0.1
    config = panel.config()
    assert config.method == name
    assert (config.penalty is None) == panel.strength.disabled
    assert panel.eps.disabled == (name != "SL1")
    if config.penalty:
        assert config.penalty.strength == pytest.approx(1e-3)  # a slider's power of ten


def test_the_button_trains_as_train_does(panel, digits):
    panel.penalty.value, panel.strength.value = "L2", 1e-3
    config = panel.config()
    panel.run_button.click()
    panel.wait()
    [run] = panel.runs
    expected = train(config, progress=False, data=digits)
    assert run.complete
    assert run.config == config == RunConfig(data="digits", penalty=Penalty(1e-3, profile="squared"), epochs=2)
    for name, array in expected.params.items():
        np.testing.assert_array_equal(run.params[name], array)  # exact: one seed, one machine, the same operations
    assert panel.run_button.disabled is panel.clear_button.disabled is False
    assert panel.stop_button.disabled


def test_curves_grow_while_it_trains_and_the_stop_button_keeps_the_run(panel):
    pictures = []
    panel.picture.observe(lambda change: pictures.append(change["new"]), "value")
    panel.epochs.value = 60
    panel.run()
    assert panel.run_button.disabled
    with pytest.raises(ValueError, match="it is training already"):
        panel.run()
    until(lambda: len(pictures) >= 2)
    assert panel.bar.value > 0
    panel.stop_button.click()
    panel.wait()
    [run] = panel.runs
    assert not run.complete
    assert 0 < len(run.history.E0) < run.config.updates(1415)
    assert len(set(pictures)) > 1
    assert "no update yet" not in panel.picture.value


def test_ctrl_c_while_waiting_stops_the_training(panel):
    panel.epochs.value = 60
    panel.run()
    threading.Timer(0.5, _thread.interrupt_main).start()
    panel.wait()
    assert not panel.runs[0].complete


def test_python_ends_with_a_panel_that_trains():
    code = """
from sl1lib import load_data
from sl1lib.book.full_training.panel import TrainingPanel
panel = TrainingPanel(load_data("digits"), epochs=50)
panel.run()
while panel.bar.value == 0:
    pass
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_training_that_diverges_is_told_and_another_can_begin(panel, monkeypatch):
    explosive = Penalty(1000, profile="squared")
    monkeypatch.setattr(panel, "config", lambda: RunConfig(data="digits", lr=0.2, penalty=explosive, epochs=1))
    panel.run()
    panel.wait()
    assert panel.runs == []
    assert "update" in panel.message.value
    assert not panel.run_button.disabled


def test_what_cannot_be_drawn_does_not_cost_the_run(panel, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("no font")

    monkeypatch.setattr(module, "panel_figure", broken)
    panel.run()
    panel.wait()
    assert [run.complete for run in panel.runs] == [True]


def test_every_control_has_a_name_and_every_button_says_what_it_does(panel):
    for control in (panel.penalty, panel.strength, panel.eps, panel.epochs, panel.bar):
        assert control.description
    for button in (panel.run_button, panel.stop_button, panel.clear_button):
        assert button.description
        assert button.tooltip


def test_clear_takes_the_runs_out(digits):
    panel = TrainingPanel(digits, [train(RunConfig(data="digits", epochs=1), progress=False)])
    assert "1, none" in panel.picture.value
    panel.clear_button.click()
    assert panel.runs == []
    assert "nothing is trained yet" in panel.picture.value


def test_a_page_has_the_picture_in_words_and_a_notebook_the_controls(digits):
    run = train(RunConfig(data="digits", penalty=Penalty(1e-2, 0.1), epochs=1), progress=False)
    data, metadata = TrainingPanel(digits, [run])._repr_mimebundle_()
    assert data["text/plain"] == "<training panel: 1 run>"
    assert "application/vnd.jupyter.widget-view+json" in data
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG")
    assert metadata["image/png"]["width"] < 700
    words = metadata["mystnb"]["image"]["alt"]
    assert "1, SL1 with λ 0.01: the error ends at" in words
    assert f"{run.nodes_below(0.1)} nodes are shorter than 0.1." in words


def test_without_ipywidgets_it_is_a_picture_that_says_what_is_missing(digits, monkeypatch):
    monkeypatch.setattr(module, "ipywidgets", None)
    panel = TrainingPanel(digits)
    data, _ = panel._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}
    with pytest.raises(ValueError, match=r"sl1lib\[notebooks\]"):
        panel.run()


def test_the_figure_numbers_its_runs(digits):
    runs = [train(RunConfig(data="digits", epochs=1, penalty=p), progress=False) for p in (None, Penalty(1e-2, 0.1))]
    figure = panel_figure(runs, len(digits.x_train))
    for axes in figure.axes:
        assert {text.get_text() for text in axes.texts} == {"1 none", "2 SL1"}
    [epochs] = {line.get_xdata()[-1] for line in figure.axes[0].lines}
    assert epochs == 1  # exact: a quotient of equal integers
    assert in_words(runs).count("nodes are shorter") == 2


def test_a_watched_training_is_seen_on_its_way_and_stopped_from_outside(digits):
    seen = []
    config = RunConfig(data="digits", epochs=30)
    run = train_watched(config, digits, seen.append, lambda: len(seen) >= 3, every=0)
    assert len(seen) == 3
    assert len(seen[0].history.E0) < len(seen[2].history.E0) == len(run.history.E0)
    assert not run.complete
