"""The figures of pruning: closed, within the book's width, drawn without a warning, and true to their numbers."""

import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sl1lib.book.pruning import figures as plots
from sl1lib.book.style import WIDTH, method_style, use_style, variant_style

LEFT = np.array([192, 128, 64, 32, 8, 1])
ERRORS = np.array([[0.012, 0.012, 0.013, 0.02, 0.3, 0.8], [0.014, 0.014, 0.016, 0.03, 0.4, 0.9]])
CURVES = [
    plots.Curve("SL1", LEFT, ERRORS, method_style("SL1")),
    plots.Curve("none", LEFT, 2 * ERRORS, method_style("none")),
]
LENGTHS = {
    "none": np.geomspace(0.1, 2, 50),
    "SL1": np.concatenate([np.full(10, 0.002), np.geomspace(0.1, 2, 40)]),
    "group lasso": np.concatenate([np.zeros(30), np.geomspace(0.1, 2, 20)]),
}
PRUNINGS = [
    plots.Prunings(
        "SL1", np.array([[0, 0.01], [0.1, 0.3]]), np.array([[0.01, 0.02], [0.02, 0.03]]), variant_style("SL1"),
    ),
    plots.Prunings(
        "SL1 map-wise", np.array([[0.0, 0.0], [0.2, 0.4]]), np.array([[0.01, 0.02], [0.02, 0.04]]),
        variant_style("SL1 map-wise"), np.array([[0.01, 0.03]]),
    ),
]  # fmt: skip
FIGURES = {
    "error_by_nodes": lambda: plots.error_by_nodes(CURVES, "validation"),
    "length_histograms": lambda: plots.length_histograms(LENGTHS, 0.01),
    "length_histograms, one": lambda: plots.length_histograms({"none": LENGTHS["none"]}, 0.01),
    "cost_frontier": lambda: plots.cost_frontier(PRUNINGS, 0.0094, "validation"),
    "leads": lambda: plots.leads({"before": np.array([0.1, -0.4]), "after": np.array([-0.2, -0.3])}, "AB"),
}


@pytest.fixture(scope="module", autouse=True)
def style():
    with mpl.rc_context(), mpl.rc_context({"backend": "agg"}):
        use_style()
        yield


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_returned_closed_and_draws_without_a_warning(draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw()
        figure.canvas.draw()
    assert plt.get_fignums() == []
    assert figure.get_figwidth() <= WIDTH


def test_lines_are_means_in_percent_and_bands_reach_from_seed_to_seed():
    axes = plots.error_by_nodes(CURVES, "validation").axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), 100 * ERRORS.mean(axis=0))
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((100 * ERRORS.min(), 100 * ERRORS.max()))
    assert axes.get_xlim() == (192, 0)
    names = {text.get_text(): text.get_color() for text in axes.get_legend().get_texts()}
    assert names == {name: method_style(name).color for name in ("SL1", "none")}


def test_bars_are_shares_and_zeros_stand_apart():
    panels = plots.length_histograms(LENGTHS, 0.01).axes
    for axes, values in zip(panels, LENGTHS.values(), strict=True):
        bars = [(bar.get_x(), bar.get_width(), bar.get_height(), bar.get_facecolor()) for bar in axes.patches]
        assert sum(height for _, _, height, _ in bars) == pytest.approx(100)
        assert bars[-1][2] == pytest.approx(100 * np.mean(values == 0))  # the bar of zeros is the last drawn
        grey = sum(height for x, width, height, _ in bars if x + width <= 0.0101)
        assert grey == pytest.approx(100 * np.mean(values < 0.01))


def test_lines_go_through_the_means_of_the_strengths_and_crosses_reach_the_extreme_seeds():
    axes = plots.cost_frontier(PRUNINGS, 0.0094, "validation").axes[0]
    line, _, (across, up) = axes.containers[1]
    np.testing.assert_allclose(line.get_xdata(), [0, 30])
    np.testing.assert_allclose(line.get_ydata(), [1.5, 3])
    np.testing.assert_allclose(across.get_segments()[1][:, 0], [20, 40])
    np.testing.assert_allclose(up.get_segments()[1][:, 1], [2, 4])
    (tuned,) = [each for each in axes.lines if each.get_markerfacecolor() == "none"]
    np.testing.assert_allclose([tuned.get_xdata(), tuned.get_ydata()], [[30], [2]])
    assert "all 192 nodes, without maps: 0.94 %" in [text.get_text() for text in axes.texts]


def test_a_wrong_answer_is_marked_as_such():
    axes = plots.leads({"before": np.array([0.1, -0.4]), "after": np.array([-0.2, -0.3])}, "AB").axes[0]
    wrong = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "s"]
    assert wrong == [-0.2]
    assert [text.get_text() for text in axes.texts] == ["A", "B", "A", "B"]


def test_what_is_clipped_is_named_so():
    axes = plots.length_histograms({"SL1": np.array([1e-9, 0.1, 1.0])}, 0.01).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()][:2] == ["0", "≤ 0.0001"]
