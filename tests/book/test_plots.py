"""The figures of runs and arrays: each is returned closed, fits its width, and draws a method always alike."""

import warnings
from itertools import pairwise, product

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from sl1lib import PROFILES, History, Penalty, Run, RunConfig, method_name, train
from sl1lib.book.arrays import image_row, matrices
from sl1lib.book.full_training import figures as plots
from sl1lib.book.style import METHOD_STYLES, WIDTH, method_style, use_style
from sl1lib.settings import GROUPINGS

PENALTIES = {
    "none": None,
    "SL1": Penalty(0.01, 0.05),
    "L2": Penalty(0.01, profile="squared"),
    "group lasso": Penalty(0.05, profile="abs", step="proximal"),
}


@pytest.fixture(scope="module", autouse=True)
def style():
    with mpl.rc_context(), mpl.rc_context({"backend": "agg"}):
        use_style()
        yield


@pytest.fixture(scope="module")
def runs():
    config = RunConfig(data="digits", n_train=300, batch_size=20, epochs=2, lr=0.2)
    return [train(config.replace(penalty=penalty), progress=False) for penalty in PENALTIES.values()]


@pytest.fixture(scope="module")
def double():
    config = RunConfig(data="digits", reading="text", n_train=40, epochs=1, dtype="float64", lr=1.0)
    return train(config, progress=False)


IMAGE = np.arange(28 * 28, dtype=np.uint16).reshape(28, 28).astype(np.uint8)
X, K = np.arange(9.0).reshape(3, 3), np.array([[1.0, -1.0], [0.5, np.nan]])
FIGURES = {
    "loss_curves": lambda runs: plots.loss_curves(runs),
    "loss_curves of E": lambda runs: plots.loss_curves(runs, "E", keep=0, skip=0),
    "loss_curves of one": lambda runs: plots.loss_curves(runs[:1]),
    "node_norms": lambda runs: plots.node_norms(runs, eps=0.05),
    "kernels": lambda runs: plots.kernels(runs),
    "kernels of one": lambda runs: plots.kernels(runs[:1]),
    "network_maps": lambda runs: plots.network_maps(runs[0], IMAGE),
    "matrices": lambda runs: matrices([X, K, X @ X], ["x", "K", "y"], ["∗", "="], {0: (0, 1, 2, 2)}),
    "image_row": lambda runs: image_row([IMAGE, IMAGE, X], ["a", "b", "c"]),
    "image_row of signed": lambda runs: image_row([K[:1], np.zeros((2, 2))], ["a", "b"], diverging=True),
}


def drawn(figure):
    """Draw for real: missing glyphs and the like warn only then."""
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_returned_closed_and_draws_without_a_warning(runs, draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = drawn(draw(runs))
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []
    assert figure.get_figwidth() <= WIDTH


def test_the_maps_of_a_run_in_float64_are_drawn_too(double):
    figure = drawn(plots.network_maps(double, IMAGE))
    assert len(figure.axes) == 1 + 6 + 12 + 1
    heights = [bar.get_height() for bar in figure.axes[-1].patches]
    scores = double.predict(IMAGE[None])[0]
    np.testing.assert_allclose(heights, np.exp(scores) / np.exp(scores).sum(), rtol=1e-9)


def test_a_run_broken_off_early_can_be_drawn(runs):
    curve = np.array([2.3, 2.2, 2.1])
    broken = Run(runs[0].config, runs[0].params, History(curve, 0 * curve, *(np.zeros(0),) * 3), complete=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(plots.loss_curves([broken, runs[1]]))


def test_curves_show_the_histories_values_in_the_methods_colours(runs):
    axes = drawn(plots.loss_curves(runs, "E", keep=0.5, skip=3)).axes[0]
    for line, run in zip(axes.lines, runs, strict=True):
        # exact: what is drawn is what was computed
        np.testing.assert_array_equal(line.get_ydata(), run.history.smoothed("E", 0.5)[3:])
        assert line.get_xdata()[-1] == 2  # epochs
        assert line.get_color() == method_style(run.config.method).color
    names = {text.get_text(): text.get_color() for text in axes.texts}
    assert names == {run.config.method: method_style(run.config.method).color for run in runs}


def test_norms_are_drawn_sorted_against_eps(runs):
    axes = drawn(plots.node_norms(runs, eps=0.05)).axes[0]
    for line, run in zip(axes.lines, runs, strict=False):
        np.testing.assert_allclose(line.get_ydata(), np.sort(np.maximum(run.node_norms, 1e-6))[::-1])
    assert list(axes.lines[-1].get_ydata()) == [0.05, 0.05]
    assert any("0.05" in text.get_text() for text in axes.texts)


def test_names_at_the_lines_ends_do_not_overlap(runs):
    figure = drawn(plots.loss_curves([*runs, *runs]))
    boxes = sorted((text.get_window_extent() for text in figure.axes[0].texts), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 + 2 for lower, upper in pairwise(boxes))


def test_kernels_share_one_scale(runs):
    figure = plots.kernels(runs)
    limits = {image.get_clim() for axes in figure.axes[:-1] for image in axes.images}
    [(low, high)] = limits
    assert -low == high == pytest.approx(max(np.abs(run.params["K1"]).max() for run in runs))


def test_matrices_write_minus_signs_and_question_marks():
    words = [text.get_text() for text in matrices([K], ["K"]).axes[0].texts]
    assert words == ["1", "−1", "0.5", "?", "K"]


@pytest.mark.parametrize("quantity", ["E1", "penalty", None])
def test_an_unknown_quantity_is_refused(runs, quantity):
    with pytest.raises(ValueError, match=r"quantity is .*; it must be one of 'E0', 'E'"):
        plots.loss_curves(runs, quantity)
    assert plt.get_fignums() == []


def test_every_method_has_a_style_of_its_own():
    assert len({style.color for style in METHOD_STYLES.values()}) == len(METHOD_STYLES)
    assert set(PENALTIES) <= set(METHOD_STYLES)


def test_every_penalty_can_be_drawn_as_the_method_it_is_a_variant_of():
    for profile, grouping, step in product(PROFILES, GROUPINGS, ("gradient", "proximal")):
        if (profile, step) == ("sqrt_quartic", "proximal"):  # there is no such map
            continue
        name = method_name(Penalty(1, 0.1, profile, grouping, step))
        base = next(b for b in ("smoothed L1/2", "group lasso", "SL1", "L1", "L2") if name.startswith(b))
        assert method_style(name) is METHOD_STYLES[base], name


def test_an_unknown_method_is_refused():
    for name in ("dropout", "SL1quartic", "L1/2"):
        with pytest.raises(ValueError, match=rf"method is '{name}'; it must be one of 'none'"):
            method_style(name)
