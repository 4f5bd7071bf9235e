"""Explorers as widgets: traits with checks, the same figure with and without anywidget, and a page's answers."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from test_explorer import CURVE, EXPLORERS, IMAGE

from sl1lib import RunConfig, train_many
from sl1lib.book.backpropagation.explorer import backpropagation_stepper
from sl1lib.book.comparison.explorer import pair_explorer
from sl1lib.book.convolution.explorer import convolution_explorer
from sl1lib.book.dense_and_entropy.explorer import softmax_explorer
from sl1lib.book.explorer import Explorer
from sl1lib.book.fast_path.explorer import band_explorer
from sl1lib.book.pooling.explorer import pooling_explorer
from sl1lib.book.pruning.explorer import PrunedCurve, pruning_explorer
from sl1lib.book.the_corner.explorer import corner_explorer
from sl1lib.book.your_own_model.explorer import path_explorer
from sl1lib.pruning import prune

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def without_anywidget(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    for name in ("sl1lib.book.live", "sl1lib.book.laboratory.kernel"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_a_notebook_gets_the_widget_and_the_same_figure_for_where_there_is_none(chapter):
    explorer = EXPLORERS[chapter]()
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle[VIEW]["model_id"] == explorer.model_id
    assert bundle["text/plain"] == repr(explorer)
    assert explorer._repr_html_() == explorer.html


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_without_anywidget_the_figure_is_the_same(chapter, request):
    html = EXPLORERS[chapter]().html
    request.getfixturevalue("without_anywidget")
    explorer = EXPLORERS[chapter]()
    assert type(explorer) is Explorer
    assert explorer.html == html


def test_without_anywidget_values_can_be_assigned_and_are_checked(without_anywidget):
    explorer = corner_explorer()
    explorer.eps = 0.05
    assert explorer.state["eps"] == explorer.eps == 0.05  # exact: as assigned
    assert explorer.path is None
    with pytest.raises(ValueError, match=r"^eps is 3; it must be a finite number from 0.01 to 0.5$"):
        explorer.eps = 3
    with pytest.raises(AttributeError, match=r"pip install 'sl1lib\[notebooks\]'"):
        explorer.observe(print, "eps")


def test_the_book_s_modules_load_neither_widgets_nor_ipython():
    code = "import sys, sl1lib.book.explorer; print({'anywidget', 'ipywidgets', 'IPython'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_an_assigned_value_is_seen_by_whoever_observes_it_and_sent_to_the_page():
    explorer, seen = corner_explorer(), []
    explorer.observe(lambda change: seen.append((change["name"], change["old"], change["new"])), ["eps", "z"])
    explorer.eps = 0.05
    explorer.z = np.float32(0.5)
    assert seen == [("eps", 0.2, 0.05), ("z", 0.0, 0.5)]
    assert explorer.get_state()["eps"] == explorer.state["eps"] == 0.05  # exact: as assigned


def test_what_a_page_says_arrives_as_numbers_and_arrays():
    explorer = corner_explorer()
    assert explorer.path is None  # nothing has drawn it yet
    explorer.set_state({"lr": 0.3, "t": 7, "path": [1.5, 1, None], "spread": 0.25})
    assert (explorer.lr, explorer.t, explorer.spread) == (0.3, 7, 0.25)
    np.testing.assert_array_equal(explorer.path, [1.5, 1, np.nan])  # exact: as sent
    stepper = backpropagation_stepper()
    stepper.set_state({"params": {"K": None, "β": -3, "U": 3, "b": 0}, "disagree": ["K"], "gradients": {"Y": [0, 1]}})
    assert stepper.params["K"] is None
    assert stepper.disagree == ["K"]
    assert stepper.gradients["Y"].tolist() == [0, 1]


def test_an_array_is_a_copy_that_cannot_be_changed_unseen():
    mine = np.zeros((28, 28), np.uint8)
    explorer = convolution_explorer(mine)
    mine[0, 0] = 9
    assert explorer.image[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        explorer.image[0, 0] = 9
    explorer.image = mine
    assert explorer.state["image"][0][0] == 9


@pytest.mark.parametrize(
    ("make", "name", "value", "message"),
    [
        (corner_explorer, "t", 61, "t is 61; it must be a whole number from 0 to 60"),
        (corner_explorer, "t", 1.5, "t is 1.5; it must be a whole number from 0 to 60"),
        (corner_explorer, "lr", "fast", "lr is 'fast'; it must be a finite number from 0.02 to 0.5"),
        (corner_explorer, "method", "plain L", "did you mean 'plain L1'?"),
        (softmax_explorer, "relu", 1, "relu is 1; it must be True or False"),
        (softmax_explorer, "label", 3, "label is 3; it must be one of 0, 1, 2"),
        (softmax_explorer, "scores", [1, np.inf], "scores[1] is inf; it must be a finite number from -100 to 100"),
        (backpropagation_stepper, "pixels", [1, 2], "the shape of pixels is (2,); it must be (4,)"),
        (backpropagation_stepper, "params", {"K": 1}, "it must have K, β, U, b, a number each"),
        (pooling_explorer, "image", np.zeros((5, 5)), "an even number of pixels from 4 to 12"),
        (pooling_explorer, "kernel", np.zeros((7, 7)), "an odd number of places from 1 to 5"),
        (band_explorer, "width", 11, "width is 11; it must be one of 5, 6, 7, 8,"),
        (band_explorer, "layers", {"mine": (4, 1, 1, 5, 1)}, "it must fit into 4 rows, in steps of 1"),
        (EXPLORERS["convolution"], "kernel", np.zeros((5, 4)), "it must be square, from (1, 1) to (9, 9)"),
        (EXPLORERS["convolution"], "kernels", [1], "it must be kernels by name, or a Run"),
        (EXPLORERS["comparison"], "values", {"x": {"SL1": [1, 2], "L2": [1]}}, "the numbers of seeds is [1, 2]"),
        (EXPLORERS["pruning"], "networks", {"mine": 3}, "network 'mine' is 3; it must be a PrunedCurve or a Run"),
        (EXPLORERS["claims"], "rates", np.zeros((2, 2)), "the shape of rates is (2, 2); it must be (2, 2, 1)"),
        (EXPLORERS["your_own_model"], "path", {"norms": 1}, "a dict of strengths, norms, pulls, errors, relevant"),
    ],
)
def test_a_wrong_value_is_refused_says_what_would_be_right_and_changes_nothing(make, name, value, message):
    explorer = make()
    before = explorer.state
    with pytest.raises(ValueError, match=re.escape(message)):
        setattr(explorer, name, value)
    assert explorer.state == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("epss", "has no 'epss' (did you mean 'eps'?)"),
        ("path", "path is what the page computes"),
        ("updates", "updates stays as it was when <a weight at the corner: 60 updates> was made"),
    ],
)
def test_what_is_not_a_reader_s_cannot_be_assigned(name, message):
    with pytest.raises(AttributeError, match=re.escape(message)):
        setattr(corner_explorer(), name, 1)


def test_what_no_longer_fits_becomes_the_nearest_that_does():
    explorer = convolution_explorer(IMAGE)
    explorer.place = [23, 2]
    explorer.image = np.ones((12, 20)) / 2  # as fractions of 255
    assert explorer.place.tolist() == [7, 2]
    assert explorer.image[0, 0] == 127.5  # exact: half of 255
    with pytest.raises(ValueError, match=r"the shape of image is \(4, 20\)"):
        explorer.image = np.ones((4, 20))  # the kernel would not fit into it
    bands = band_explorer()
    bands.layer = "layer 2"
    assert bands.width == 12
    scores = softmax_explorer([1, 2, 3, 4], label=3)
    scores.scores = torch.tensor([0.5, -0.5], requires_grad=True)
    assert scores.label == 1


def test_a_run_s_kernels_are_offered(run):
    explorer = convolution_explorer(IMAGE, run)
    assert list(explorer.kernels) == [f"map {number}" for number in range(6)]
    np.testing.assert_allclose(explorer.kernel, run.params["K1"][0, 0], atol=5e-4)  # three decimals are shown


def test_a_run_s_nodes_are_removed_as_prune_removes_them(run):
    curve = PrunedCurve.of(run, points=5)
    explorer = pruning_explorer({"SL1": CURVE})
    explorer.networks = {"mine": run}
    assert explorer.network == "mine"
    for count, folded, forgotten in zip(curve.left[1:], curve.errors[1:], curve.unfolded[1:], strict=True):
        for fold, error in ((True, folded), (False, forgotten)):
            report = prune(run, count=192 - count, fold=fold, latency=False).report
            assert error == pytest.approx(
                report.error_after, abs=1.5 / report.images
            )  # float32, added in another order
    assert curve.errors[0] == pytest.approx(run.held_out_error)


def test_runs_of_two_methods_are_paired_by_seed(small):
    configs = [
        small.replace(epochs=1, seed=seed, penalty=penalty) for penalty in (small.penalty, None) for seed in (1, 0)
    ]
    runs = train_many(configs, progress=False)
    explorer = pair_explorer(runs)
    assert (explorer.favoured, explorer.method, explorer.count) == ("SL1", "none", 2)
    np.testing.assert_allclose(
        explorer.values["error in %"]["none"], [100 * runs[at].held_out_error for at in (3, 2)], rtol=1e-6
    )
    with pytest.raises(ValueError, match="the seeds of the runs"):
        pair_explorer(runs[:3])


def test_another_path_has_other_strengths():
    explorer = EXPLORERS["your_own_model"]()
    explorer.path = {
        "strengths": [0.1, 0.2], "norms": np.ones((2, 4)), "pulls": np.ones((2, 4)), "errors": [1, 2], "relevant": [],
    }  # fmt: skip
    assert explorer.strength == 0.2  # exact: the nearest of those given
    assert isinstance(path_explorer(np.ones(1), np.ones((1, 3)), np.ones((1, 3)), np.ones(1), 0.01, [0]), Explorer)


def test_a_run_config_is_no_run():
    with pytest.raises(ValueError, match="it must be kernels by name, or a Run"):
        convolution_explorer(IMAGE, RunConfig())
