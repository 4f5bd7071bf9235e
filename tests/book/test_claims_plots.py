"""The figures of the chapter on the claims show what the numbers say."""

import numpy as np
import pytest

from sl1lib.book.claims.figures import (
    REACH,
    candidates_behind,
    chatter_onset,
    distances,
    forest,
    gradient_courses,
    half_widths,
)
from sl1lib.book.claims.robustness import Noise
from sl1lib.study import Answer, Comparison, Effect, Table, Verdict, load_study

CLAIMS = {claim.number: claim for claim in load_study("paper").claims}


def comparison(effect, other="L2", measure="held_out_error", p=0.01, stage="table finals", tested=True):
    return Comparison(stage, measure, {}, other, effect, p, 1, tested=tested)


def verdict(number, *comparisons):
    return Verdict(CLAIMS[number], Answer.HOLDS, comparisons)


def dots(axes):
    return [line for line in axes.lines if len(line.get_xdata()) == 1]


def test_the_forest_draws_in_favour_to_the_right_and_what_is_significant_filled():
    better, worse = Effect(-0.3, -0.5, -0.1, 0.01, 20), Effect(0.3, 0.1, 0.5, 0.2, 20)
    more = Effect(22.0, 11.0, 33.0, 0.01, 5)
    figure = forest(
        [
            verdict(3, comparison(better), comparison(worse, "none", p=0.2)),
            verdict(5, comparison(worse, measure="nodes_removed", tested=False)),
            verdict(6, comparison(more, "SL1 quartic weight-wise", "nodes_removed", 0.03, "frontier")),
            verdict(11, comparison(better, "0.9")),
        ]
    )
    (axes,) = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["L2", "none", "SL1 quartic weight-wise"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "3  table: error",
        "6  frontier: nodes removed",
        "11  table: error",
    ]
    found = dots(axes)
    assert [line.get_xdata()[0] for line in found] == pytest.approx([1.5, -1.5, 2.0, 1.5])
    assert [line.get_markerfacecolor() == "white" for line in found] == [False, True, False, False]


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Effect(-5, -np.inf, 3, 0.01, 20, direction=-1), (-REACH,) * 3),
        (Effect(0.2, 0.2, 0.2, 0.01, 20), (REACH,) * 3),
        (Effect(0.0, 0.0, 0.0, 1.0, 20, direction=-1), (0.0,) * 3),
        (Effect(0.0, -1.0, 1.0, 1.0, 20), (0.0, -1.0, 1.0)),
    ],
)
def test_an_interval_without_a_width_has_only_its_sign(effect, expected):
    assert half_widths(effect) == expected


def test_what_lies_beyond_the_forests_edge_is_a_triangle_on_its_side():
    far = Effect(-50.0, -51.0, -49.0, 0.01, 20)
    (axes,) = forest([verdict(3, comparison(far))]).axes
    assert [line.get_marker() for line in dots(axes)] == ["s", ">"]
    assert dots(axes)[0].get_xdata()[0] == REACH


def test_chatter_is_filled_where_weights_jump():
    rows = [
        {"method": method, "share": share, "swing": swing, "jumping": jumping}
        for method, share, swing, jumping in (
            ("SL1", 0.9, 1e-4, 0.0), ("SL1", 0.97, 0.0, 0.0), ("SL1", 1.03, 1.0, 0.5), ("SL1 quartic", 2.0, 1.0, 0.5),
            ("L1", np.inf, 3.0, 1.0), ("group lasso", np.inf, 3.0, 1.0),
        )
    ]  # fmt: skip
    left, right = chatter_onset(Table.of_rows(rows, name="chatter")).axes
    counts = {line.get_label(): len(line.get_xdata()) for line in left.lines if "SL1" in str(line.get_label())}
    assert counts == {"SL1, jumps": 1, "SL1, at rest": 2, "SL1 quartic, jumps": 1, "SL1 quartic, at rest": 0}
    at_rest = next(line for line in left.lines if line.get_label() == "SL1, at rest")
    assert at_rest.get_markerfacecolor() == "white"
    assert min(at_rest.get_ydata()) > 0  # a logarithmic axis has no 0
    assert len(right.lines) == 2


def test_courses_are_shares_of_their_first_norm():
    rows = [
        {"part": part, "reading": reading, "instance": i, "rate": rate, "momentum": 0.0, "update": t, "gradient": g}
        for part, reading in (("last layer", "table"), ("network", "table"), ("network", "text"))
        for rate in (0.1, 0.3)
        for i in range(2)
        for t, g in ((0, 4.0), (1, 2.0), (5, 1.0))
    ]
    axes = gradient_courses(Table.of_rows(rows, name="convergence"), gone=0.01).axes
    assert [each.get_title("left") + each.get_title() for each in axes] == [
        "last layer",
        "network, table",
        "network, text",
    ]
    for each in axes:
        lines = [line for line in each.lines if len(line.get_xdata()) == 3]
        assert len(lines) == 4
        assert all(list(line.get_ydata()) == [1.0, 0.5, 0.25] for line in lines)
        assert len(each.get_legend().get_texts()) == 2  # a rate, not an instance


def test_distances_have_a_line_an_instance_and_the_tolerance():
    rows = [
        {"instance": i, "eps": eps, "distance": 10 * eps, "tolerance": 1e-9 * (i + 1)}
        for i in range(3)
        for eps in (1e-1, 1e-2, 1e-3, 1e-4)
    ]
    (axes,) = distances(Table.of_rows(rows, name="consistency")).axes
    assert len([line for line in axes.lines if line.get_marker() == "o"]) == 3
    assert [text.get_text() for text in axes.texts] == ["the solver's tolerance", r"  $\propto \varepsilon$"]


def test_candidates_that_are_far_behind_are_counted():
    noise = {"none": Noise(np.array([0.0, 0.001, 0.02, np.inf]), 0.0005), "SL1": Noise(np.array([0.0, 0.001]), 0.001)}
    (axes,) = candidates_behind(noise).axes
    assert [text.get_text() for text in axes.texts] == ["2 more"]
    assert [patch.get_width() for patch in axes.patches] == pytest.approx([0.1, 0.2])
    assert [len(line.get_xdata()) for line in axes.lines] == [2, 2]
