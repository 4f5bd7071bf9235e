"""The figures that a reader sees first: small enough to be kept in git, and nothing written over anything else."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from sl1lib import load_data
from sl1lib.book.neighbours.figures import error_by_parameters
from sl1lib.book.neighbours.published import PUBLISHED
from sl1lib.book.paper.figures import landing_figure, network_figure, smooth_figure

ROOT = Path(__file__).resolve().parents[2]
IMAGE = load_data("digits").x_test[0]
OURS = {"none": (1.35, 1.30, 1.40), "SL1": (1.47, 1.31, 1.64)}
FIGURES = {
    "landing": lambda: landing_figure(IMAGE),
    "network": lambda: network_figure(IMAGE),
    "smooth": smooth_figure,
    "neighbours": lambda: error_by_parameters(PUBLISHED, 3898, OURS),
}


def words(figure):
    """Return the boxes of all texts, in pixels."""
    figure.canvas.draw()
    ticks = [each for axes in figure.axes if axes.axison for each in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    texts = [*ticks, *(text for axes in figure.axes for text in axes.texts)]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("name", FIGURES)
def test_no_words_overlap_and_none_is_cut_off(name):
    figure = FIGURES[name]()
    found = [each for each in words(figure) if each[1].width > 0]
    assert found
    whole = figure.bbox.padded(1)
    assert [text for text, box in found if not (whole.x0 <= box.x0 and box.x1 <= whole.x1)] == []
    overlapping = [(a, b) for (a, first), (b, second) in itertools.combinations(found, 2) if first.overlaps(second)]
    assert overlapping == []


def test_the_smooth_function_meets_the_arms_at_eps():
    (axes,) = smooth_figure(0.5).axes
    corner, smooth = (np.asarray(line.get_ydata()) for line in axes.lines[:2])
    w = np.asarray(axes.lines[0].get_xdata())
    np.testing.assert_allclose(smooth[np.abs(w) >= 0.5], corner[np.abs(w) >= 0.5], atol=1e-12)
    assert smooth[150] == pytest.approx(0.25)


def test_the_readme_shows_a_picture_that_is_small_enough_to_keep():
    picture = ROOT / "book" / "_static" / "landing.png"
    assert picture.stat().st_size < 100_000
    assert "](book/_static/landing.png)" in (ROOT / "README.md").read_text(encoding="utf-8")
