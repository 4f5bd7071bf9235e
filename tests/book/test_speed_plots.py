"""The figures of speed: closed, within the book's width, drawn without a warning, and true to their numbers."""

import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sl1lib.book.fast_path import figures as plots
from sl1lib.book.fast_path.counts import banded_work, direct_work, im2col_work
from sl1lib.book.fast_path.machine import Machine
from sl1lib.book.fast_path.parts import PARTS
from sl1lib.book.style import WIDTH, use_style
from sl1lib.clock import Timing
from sl1lib.engine.bands import Bands

LAYER = Bands(28, 1, 6, 5, 1, 12)
MACHINE = Machine("x", 1, operations=1.7e11, memory=9e9, cache=8e10)
POINTS = {
    "loops": (direct_work(LAYER, 1), 0.01),
    "im2col": (im2col_work(LAYER, 50), 1e-3),
    "banded": (banded_work(LAYER, 50), 1.2e-4),
}
TIMES = {"loops": Timing((0.01, 0.02, 0.03)), "banded": Timing((1e-6, 2e-6, 3e-6))}
SECONDS = dict(zip(PARTS, (1e-4, 2e-4, 3e-5, 4e-5, 5e-5), strict=True))
FIGURES = {
    "band_patterns": lambda: plots.band_patterns([np.eye(6, 4, dtype=int), 2 * np.eye(3, 2, dtype=int)], ["a", "b"]),
    "strips_in_memory": lambda: plots.strips_in_memory(5, 4, 3),
    "time_ladder": lambda: plots.time_ladder(TIMES, 1e6, "µs", floor=0.5),
    "time_ladder without floor": lambda: plots.time_ladder(TIMES, 1e6, "µs"),
    "roofline": lambda: plots.roofline(MACHINE, POINTS),
    "part_bars": lambda: plots.part_bars({"one": SECONDS, "two": SECONDS}, {"one": 1e6, "two": 5e5}, "µs"),
    "costs_by_models": lambda: plots.costs_by_models({"a": {1: 20.0, 2: 15.0}, "b": {1: 12.0, 4: 9.0}}, "µs"),
}


@pytest.fixture(scope="module", autouse=True)
def style():
    with mpl.rc_context(), mpl.rc_context({"backend": "agg"}):
        use_style()
        yield


def drawn(figure):
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_returned_closed_and_draws_without_a_warning(draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = drawn(draw())
    assert plt.get_fignums() == []
    assert figure.get_figwidth() <= WIDTH


def test_points_stand_where_operations_bytes_and_seconds_put_them():
    axes = plots.roofline(MACHINE, POINTS).axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    made = [line for line in marks if line.get_markerfacecolor() != "white"]
    useful = [line for line in marks if line.get_markerfacecolor() == "white"]
    for filled, hollow, (work, seconds) in zip(made, useful, POINTS.values(), strict=True):
        assert filled.get_xdata()[0] == hollow.get_xdata()[0] == work.intensity
        assert filled.get_ydata()[0] == pytest.approx(work.operations / seconds / 1e9)
        assert hollow.get_ydata()[0] == pytest.approx(work.useful / seconds / 1e9)


def test_bars_have_the_shortest_times_and_lines_to_the_quartiles():
    axes = plots.time_ladder(TIMES, 1e6, "µs").axes[0]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([10_000, 1])
    assert list(axes.lines[0].get_xdata()) == pytest.approx([10_000, 25_000])
    words = [text.get_text() for text in axes.texts]
    assert {"10,000", "1", "loops", "banded"} <= set(words)


def test_parts_are_joined_to_their_sum():
    axes = plots.part_bars({"one": SECONDS}, {"one": 1e6}, "µs").axes[0]
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
    assert ends == pytest.approx(np.cumsum([1e6 * value for value in SECONDS.values()]))


def test_strips_that_a_tile_does_not_have_are_refused():
    with pytest.raises(ValueError, match="shown is 4; a tile of 5 rows has 3 strips of 3"):
        plots.strips_in_memory(5, 4, 3, shown=4)
    assert plt.get_fignums() == []
