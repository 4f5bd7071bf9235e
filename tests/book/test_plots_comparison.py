"""The figures of the chapter *Comparing fairly* show the stored numbers, every seed and every setting of them."""

import warnings
from itertools import product

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from sl1lib import RunConfig
from sl1lib.book.comparison import figures
from sl1lib.book.style import WIDTH, method_style, use_style, variant_style
from sl1lib.study import Record, Table, curve_updates, load_study, mean_interval, paired_difference
from sl1lib.study.record import NUMBERS

METHODS = load_study("paper").stage("table finals").methods
RATES, STRENGTHS, FACTORS = (0.1, 0.2, 0.4), (1e-5, 1e-4, 1e-3), (0.0316, 0.316, 1.0, 3.16, 31.6)
UPDATES = 3000


@pytest.fixture(scope="module", autouse=True)
def style():
    with mpl.rc_context(), mpl.rc_context({"backend": "agg"}):
        use_style()
        yield


def stage(rows, seed=0):
    """A table of invented trainings: error, gap, nodes and curve are random, all else as given."""
    rng = np.random.default_rng(seed)
    records, columns = [], {}
    for row in rows:
        numbers = dict.fromkeys(NUMBERS, 1.0) | {"diverged_at": np.nan, "updates": UPDATES}
        curve = 2.3 * np.exp(-curve_updates(UPDATES) / 700) + 0.1 * rng.uniform(0.9, 1.1)
        records.append(Record(RunConfig(), numbers, {"curve": curve.astype(np.float32)}))
        measured = {
            "held_out_error": 0.011 + 0.0005 * rng.normal(),
            "gap": 0.01 + 0.001 * rng.normal(),
            "failed": 0.0,
            "nodes_below": float(rng.integers(192)),
        }
        for name, value in (measured | row).items():
            columns.setdefault(name, []).append(value)
    return Table({name: np.array(values) for name, values in columns.items()}, records)


FINALS = stage([{"method": method, "seed": seed} for method, seed in product(METHODS, range(20))])
TUNING = stage(
    [
        {"method": method, "seed": seed, "lr": lr, "strength": strength if method != "none" else 0.0}
        for method, seed, lr, strength in product(METHODS, (1000, 1001), RATES, STRENGTHS)
        if method != "none" or strength == STRENGTHS[0]
    ]
)
CHOSEN = {method: (0.2, 0.0 if method == "none" else 1e-4) for method in METHODS}
STRENGTH = stage(
    [
        {"method": method, "seed": seed, "strength_factor": factor}
        for method, seed, factor in product(METHODS[1:], range(10), FACTORS)
    ]
)
WIDTHS = stage(
    [
        {"method": method, "seed": seed, "eps": eps}
        for method, seed, eps in product(("SL1", "SL1 quartic"), range(5), (1e-5, 1e-3, 1e-2, 1.0))
    ]
)
THRESHOLDS = {"SL1": 2e-5, "SL1 quartic": 3e-5}
BY_METHOD = {method: FINALS.where(method=method)["held_out_error"] for method in METHODS}
EFFECTS = {
    method: paired_difference(*FINALS.pairs("held_out_error", "method", "SL1", method))
    for method in METHODS
    if method != "SL1"
}
FIGURES = {
    "pairs": lambda: figures.unpaired_and_paired([12, 15, 9], [11, 13, 10], ("A", "B"), "wrong of 1,000"),
    "curves": lambda: figures.curve_panels(FINALS, METHODS),
    "rows": lambda: figures.seed_rows({"n = 500": BY_METHOD, "n = 1,000": BY_METHOD, "n = 5,000": BY_METHOD}, "gap"),
    "rows that are no methods": lambda: figures.seed_rows({"error": {"ramp": [1, 2], "0.9": [2.0, np.inf]}}),
    "paired": lambda: figures.paired_rows({"a": (BY_METHOD, EFFECTS), "b": (BY_METHOD, EFFECTS)}, "error", margin=1e-3),
    "tuning": lambda: figures.tuning_panels(TUNING, METHODS, CHOSEN),
    "strength": lambda: figures.strength_panels(STRENGTH, METHODS[1:]),
    "smoothing width": lambda: figures.smoothing_widths(WIDTHS, ("SL1", "SL1 quartic"), THRESHOLDS),
    "interval widths": lambda: figures.interval_widths(
        {2: np.ones(5), 4: np.full(5, 0.5), 8: np.full(5, 0.4)}, "points"
    ),
}


def drawn(figure):
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_returned_closed_and_draws_without_a_warning(draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = drawn(draw())
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []
    assert figure.get_figwidth() <= WIDTH


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_no_words_are_cut_off_or_too_small_for_a_phone(draw):
    figure = drawn(draw())
    width = (
        figure.get_tightbbox().width
    )  # inches, as it is saved: scaled to 390 pixels less 2 × 16 of the page's margin
    words = [text for axes in figure.axes for text in (axes.title, *axes.texts, *axes.get_xticklabels())]
    for text in words:
        if text.get_text():
            assert text.get_fontsize() / 72 * 358 / width >= 6.5, text


def test_a_panel_shows_the_median_and_all_seeds_of_its_method():
    figure = drawn(figures.curve_panels(FINALS, METHODS, skip=50))
    assert [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes] == list(METHODS)
    updates = curve_updates(UPDATES) + 1
    for axes, method in zip(figure.axes, METHODS, strict=True):
        curves = np.stack([record.arrays["curve"] for record in FINALS.where(method=method).records])
        line = axes.lines[1]
        # exact: what is drawn is what was given
        np.testing.assert_array_equal(line.get_ydata(), np.median(curves, axis=0)[updates >= 50])
        # exact: what is drawn is what was given
        np.testing.assert_array_equal(line.get_xdata(), updates[updates >= 50])
        assert line.get_color() == method_style(method).color
        band = axes.collections[0].get_paths()[0].vertices[:, 1]
        low, high = np.quantile(curves, [0.1, 0.9], axis=0)
        assert band.min() == pytest.approx(low[updates >= 50].min())
        assert band.max() == pytest.approx(high[updates >= 50].max())
        assert len(axes.lines) == 2  # no training failed


def test_curves_of_different_lengths_are_refused():
    short = stage([{"method": "none", "seed": 0}])
    short.records[0].numbers["updates"] = 7
    both = Table({"method": np.array(["none"] * 2), "failed": np.zeros(2)}, [short.records[0], FINALS.records[0]])
    with pytest.raises(ValueError, match=r"the numbers of updates of none is \[7, 3000\]; there must be one"):
        figures.curve_panels(both, ["none"])
    assert plt.get_fignums() == [] or plt.close("all") is None


def test_every_seed_is_a_dot_and_the_bar_is_the_interval_of_the_mean():
    axes = drawn(figures.seed_rows({"error": BY_METHOD})).axes[0]
    dots = [line for line in axes.lines if line.get_alpha() == 0.55]
    for line, values in zip(dots, BY_METHOD.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), values)  # exact: what is drawn is what was given
    bars = [line for line in axes.lines if line.get_linewidth() == 1.6 and len(line.get_xdata()) == 2]
    intervals = [mean_interval(values)[1:] for values in BY_METHOD.values()]
    drawn_bars = [tuple(bar.get_xdata()) for bar in bars if bar.get_xdata()[0] != 0]
    np.testing.assert_allclose(drawn_bars, intervals)
    assert [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()] == list(BY_METHOD)


def test_what_never_happened_is_counted_and_not_drawn_as_a_number():
    axes = drawn(figures.seed_rows({"updates": {"none": [3.0, np.inf, np.inf], "SL1": [2.0, 3.0, np.nan]}})).axes[0]
    assert [text.get_text() for text in axes.texts] == ["never: 2"]
    assert all(np.isfinite(line.get_xdata()).all() for line in axes.lines)


def test_differences_are_drawn_with_their_intervals_and_the_margin():
    figure = drawn(figures.paired_rows({"a": (BY_METHOD, EFFECTS)}, "error", margin=1e-3))
    left, right = figure.axes
    spans = {tuple(line.get_xdata()) for line in right.lines if len(line.get_xdata()) == 2}
    assert {(effect.low, effect.high) for effect in EFFECTS.values()} <= spans
    assert left.get_ylim() == right.get_ylim()
    assert len(right.patches) == 1


def test_tuning_shows_the_whole_grid_and_rings_the_choice():
    figure = drawn(figures.tuning_panels(TUNING, METHODS, CHOSEN))
    for axes, method in zip(figure.axes, METHODS, strict=True):
        rows = TUNING.where(method=method)
        points = {
            (float(x), round(float(y), 9))
            for line in axes.lines
            if line.get_markersize() == 3.5
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        }
        expected = {
            ((lr if method == "none" else strength), round(100 * float(each["held_out_error"].mean()), 9))
            for (lr, strength), each in rows.groups("lr", "strength")
        }
        assert points == expected
        (ring,) = [line for line in axes.lines if line.get_markersize() == 11]
        lr, strength = CHOSEN[method]
        assert ring.get_ydata()[0] == pytest.approx(100 * rows.where(lr=lr, strength=strength)["held_out_error"].mean())


def test_a_setting_that_failed_stands_at_the_top_of_its_panel():
    rows = [
        {"method": "SL1", "seed": seed, "lr": 0.2, "strength": strength, "held_out_error": error}
        for seed in (0, 1)
        for strength, error in ((1e-4, 0.01), (1e-3, 0.5 if seed else np.nan))
    ]
    figure = drawn(figures.tuning_panels(stage(rows), ["SL1"], {"SL1": (0.2, 1e-4)}))
    arrows = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
    assert [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in arrows] == [([1e-3], [3.0])]


def test_strength_and_width_show_means_and_ranges_and_a_failure_counts_as_guessing():
    rows = [
        {"method": "SL1", "seed": seed, "strength_factor": factor, "held_out_error": error}
        for seed in (0, 1)
        for factor, error in ((1.0, 0.01 * (1 + seed)), (31.6, np.nan if seed else 0.02))
    ]
    axes = drawn(figures.strength_panels(stage(rows), ["SL1"])).axes[0]
    assert axes.lines[-1].get_ydata().tolist() == pytest.approx([1.5, 46.0])  # medians of two
    top, bottom = drawn(figures.smoothing_widths(WIDTHS, ("SL1", "SL1 quartic"), THRESHOLDS)).axes
    for axes, measure, scale in ((top, "held_out_error", 100), (bottom, "nodes_below", 1)):
        for method in ("SL1", "SL1 quartic"):
            expected = [scale * np.median(each[measure]) for _, each in WIDTHS.where(method=method).groups("eps")]
            assert any(list(line.get_ydata()) == pytest.approx(expected) for line in axes.lines)
        marked = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
        assert marked == list(THRESHOLDS.values())


def test_a_training_that_never_learns_is_a_cross_and_does_not_widen_the_band():
    rows = [
        {"method": "SL1", "seed": seed, "eps": eps, "held_out_error": 0.9 if failed else 0.012, "failed": float(failed)}
        for seed, eps in product(range(5), (1e-3, 1.0))
        for failed in [seed == 3 and eps < 1]
    ]
    top, _ = drawn(figures.smoothing_widths(stage(rows), ["SL1"], THRESHOLDS)).axes
    crosses = [line.get_xdata().tolist() for line in top.lines if line.get_marker() == "x"]
    assert crosses == [[1e-3]]
    assert top.get_ylim()[1] < 20


def test_variants_keep_their_colour_and_differ_in_line_and_marker():
    names = list(load_study("paper").methods)
    styles = [variant_style(name) for name in names]
    assert len({(style.color, style.marker) for style in styles}) == len(names)
    assert len({(style.color, str(style.linestyle)) for style in styles}) == len(names)
    assert all(style.color == method_style(name).color for style, name in zip(styles, names, strict=True))


def test_a_training_that_learnt_nothing_is_a_thin_line_of_its_own():
    rows = [{"method": "none", "seed": seed, "failed": float(seed == 3)} for seed in range(10)]
    table = stage(rows)
    table.records[3].arrays["curve"][:] = 2.3
    axes = drawn(figures.curve_panels(table, ["none"])).axes[0]
    thin = [line for line in axes.lines if line.get_linewidth() == 0.7]
    assert len(thin) == 1
    np.testing.assert_array_equal(thin[0].get_ydata(), np.float32(2.3))  # exact: what is drawn is what was given


def test_numbers_far_off_the_scale_are_counted_and_do_not_hide_the_others():
    values = {"none": [1.1, 1.2, 1.3, 1.15], "SL1": [1.2, 1.25, 1.1, 88.6]}
    effects = {"none": paired_difference(values["SL1"], values["none"])}
    left, right = drawn(figures.paired_rows({"a": (values, effects)}, "error")).axes
    assert left.get_xlim()[1] < 3
    assert [text.get_text() for text in left.texts] == ["off: 1, mean 23"]
    assert not right.texts  # alone it has nothing to be wider than
    wide = effects | {
        "L2": paired_difference([1, 2, 1, 2], [1.1, 1.9, 1.2, 2.1]),
        "L1": paired_difference([1, 2, 1, 2], [2, 2, 1, 3]),
    }
    values |= {"L2": [1.0, 1.1], "L1": [1.0, 1.1]}
    left, right = drawn(figures.paired_rows({"a": (values, wide)}, "error")).axes
    (words,) = [text.get_text() for text in right.texts]
    assert words.startswith("22, from ")
    assert max(abs(edge) for edge in right.get_xlim()) < 10
