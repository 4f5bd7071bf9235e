"""Figures of the chapter *Comparing fairly*: curves, errors and settings of many trainings, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ...errors import unexpected
from ...study import Effect, Record, Table, curve_updates, mean_interval
from ..style import (
    ACCENT,
    HIGHLIGHT,
    INK,
    METHOD_STYLES,
    PAPER,
    WIDTH,
    MethodStyle,
    finish,
    plain_log_ticks,
    variant_style,
)

QUIET: Final = "#8b94a0"
PALE: Final = "#d5dae1"
_OWN: Final = MethodStyle(ACCENT, "-")  # of rows that are no method: a momentum, an error function
COLUMNS: Final = 3


def unpaired_and_paired(a: ArrayLike, b: ArrayLike, names: tuple[str, str], quantity: str) -> Figure:
    """Draw two methods' numbers as two heaps of dots, and beside it with a line for each pair.

    Parameters
    ----------
    a, b : array_like, shape (n,)
    names : (str, str)
    quantity : str
        With its unit.

    Returns
    -------
    Figure
    """
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 2.8), sharey=True)
    for axes, title in zip(row, ("two heaps", "the same, in pairs"), strict=True):
        axes.set_title(title)
        axes.set_xlim(-0.5, 1.5)
        axes.set_xticks([0, 1], names)
        axes.plot(np.zeros_like(one), one, "o", color=INK)
        axes.plot(np.ones_like(other), other, "o", color=METHOD_STYLES["SL1"].color)
    for first, second in zip(one, other, strict=True):
        color = METHOD_STYLES["SL1"].color if second < first else HIGHLIGHT
        row[1].plot([0, 1], [first, second], color=color, linewidth=1.2, zorder=0)
    row[0].set_ylabel(quantity)
    return finish(figure)


def curve_panels(stage: Table, methods: Sequence[str], reference: str = "none", skip: int = 20) -> Figure:
    r"""Draw the smoothed :math:`E_0` of the batches against the update, a panel a method, after the paper's Figure 3.

    Parameters
    ----------
    stage : Table
        One stage, whose trainings made equally many updates.
    methods : sequence of str
    reference : str
        A method whose middle curve is repeated in every panel, in grey.
    skip : int
        Leave out the first updates, where the average still carries its start.

    Returns
    -------
    Figure
        The line is the median over the seeds, the band holds the middle 80 % of them. Thin lines are trainings that
        ended with more than half of their answers wrong.

    Raises
    ------
    ValueError
        If no training of a method came to its end.
    """
    figure, panels = _grid(len(methods))
    updates, repeated = _curves(stage, reference)
    for axes, method in zip(panels, methods, strict=True):
        style = variant_style(method)
        _, curves = _curves(stage, method)
        shown = updates >= skip
        axes.plot(updates[shown], np.median(repeated, axis=0)[shown], color=QUIET, linewidth=1)
        low, high = np.quantile(curves, [0.1, 0.9], axis=0)
        axes.fill_between(updates[shown], low[shown], high[shown], color=style.color, alpha=0.3, lw=0)
        for curve in _curves(stage.where(failed=1.0), method)[1]:
            axes.plot(updates[shown], curve[shown], color=style.color, linewidth=0.7)
        axes.plot(updates[shown], np.median(curves, axis=0)[shown], color=style.color, linewidth=1.6)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(updates[shown][0], updates[-1])
        _panel_title(axes, method)
    plain_log_ticks(panels[0])
    _label_edges(figure, "update", "$E_0$ of the batches (nats, smoothed)")
    return finish(figure)


def _curves(stage: Table, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return updates, counted from 1, and the curves of all seeds that came to their end."""
    records: list[Record] = [record for record in stage.where(method=method).records if not record.diverged]
    lengths = {int(record.numbers["updates"]) for record in records}
    if not records and len(stage) == int(np.sum(stage["failed"])):
        return np.zeros(0), np.zeros((0, 0))
    if len(lengths) != 1:
        raise unexpected(f"the numbers of updates of {method}", sorted(lengths), "there must be one, for all seeds")
    return curve_updates(lengths.pop()) + 1, np.stack([record.arrays["curve"] for record in records])


def seed_rows(columns: Mapping[str, Mapping[str, ArrayLike]], quantity: str = "", shared: bool = True) -> Figure:
    """Draw the numbers of all seeds, one row per method, with the mean and its interval.

    Parameters
    ----------
    columns : mapping of str to mapping of str to array_like
        By title, side by side, the same rows in each. NaN is left out. Where a column has infinite numbers, its
        middle is the median, without an interval.
    quantity : str
        What all columns show, with its unit; empty where the titles say it.
    shared : bool
        One scale for all columns.

    Returns
    -------
    Figure
        Numbers far off the scale of all others are not drawn, but counted, with the mean that they lead to.
    """
    rows = list(next(iter(columns.values())))
    figure, grid = plt.subplots(
        1, len(columns), figsize=(WIDTH, 0.34 * len(rows) + 0.9), sharey=True, sharex=shared, squeeze=False,
    )  # fmt: skip
    for axes, (title, values) in zip(grid[0], columns.items(), strict=True):
        _draw_seeds(axes, [values[row] for row in rows], _styles(rows))
        axes.set_title(title, fontsize=9.5, fontweight="normal")
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3))
    _name_rows(grid[0][0], rows)
    for axes in grid[0]:
        axes.tick_params(axis="y", length=0)
    figure.tight_layout(w_pad=0.6)
    if quantity:
        middle = (grid[0][0].get_position().x0 + grid[0][-1].get_position().x1) / 2
        figure.supxlabel(quantity, fontsize=10.5, x=middle, y=0, va="top")
    return finish(figure)


def paired_rows(
    panels: Mapping[str, tuple[Mapping[str, ArrayLike], Mapping[str, Effect]]],
    quantity: str,
    favoured: str = "SL1",
    margin: float = 0.0,
) -> Figure:
    """Draw all seeds beside the paired differences to one method: one row per method, a pair of panels for each stage.

    Parameters
    ----------
    panels : mapping of str to (mapping of str to array_like, mapping of str to Effect)
        By title: the numbers by method, and the differences, ``favoured`` minus the other, for all other methods.
    quantity : str
        With its unit.
    favoured : str
    margin : float
        Drawn as a band around 0: differences within it do not matter.

    Returns
    -------
    Figure
    """
    counts = [len(values) for values, _ in panels.values()]
    figure, grid = plt.subplots(
        len(panels), 2, figsize=(WIDTH, 0.33 * sum(counts) + 0.95 * len(panels)), squeeze=False,
        gridspec_kw={"height_ratios": counts, "width_ratios": [1.15, 1]},
    )  # fmt: skip
    for (left, right), (title, (values, effects)) in zip(grid, panels.items(), strict=True):
        rows = list(values)
        _draw_seeds(left, [values[row] for row in rows], _styles(rows))
        _draw_effects(right, rows, effects, margin)
        _name_rows(left, rows)
        right.set_ylim(left.get_ylim())
        right.set_yticks([])
        left.set_title(title)
        for axes, label in ((left, quantity), (right, f"{favoured} minus it, paired")):
            axes.set_xlabel(label)
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3))
    figure.tight_layout(w_pad=0.6, h_pad=1.2)
    return finish(figure)


def tuning_panels(stage: Table, methods: Sequence[str], chosen: Mapping[str, tuple[float, float]]) -> Figure:
    r"""Draw what tuning saw: validation errors against strengths, one line per learning rate, one panel per method.

    Parameters
    ----------
    stage : Table
        One tuning stage, or that part of it that one choice was made on.
    methods : sequence of str
        The method without penalty is drawn against the learning rate.
    chosen : mapping of str to (float, float)
        Learning rate and strength, marked by a ring.

    Returns
    -------
    Figure
        Points are means over the seeds, and vertical bars go from the smallest to the largest.
    """
    figure, panels = _grid(len(methods), sharex=False)
    rates = sorted({rate for method in methods if method != "none" for rate in stage.where(method=method)["lr"]})
    shades = mpl.colormaps["viridis"](np.linspace(0.05, 0.75, max(len(rates), 1)))
    top = 3 * np.nanmin(stage["held_out_error"])
    for axes, method in zip(panels, methods, strict=True):
        rows = stage.where(method=method)
        if method == "none":
            _tuning_line(axes, rows, "lr", INK, top)
            axes.text(0.97, 0.94, r"against $\eta$", transform=axes.transAxes, ha="right", va="top", fontsize=9)
        for rate, shade in zip(rates, shades, strict=True):
            if method != "none":
                _tuning_line(axes, rows.where(lr=rate), "strength", shade, top)
        lr, strength = chosen[method]
        best = rows.where(lr=lr, strength=strength)["held_out_error"]
        x = lr if method == "none" else strength
        axes.plot(
            x, 100 * best.mean(), "o", markersize=11, markerfacecolor="none", color=HIGHLIGHT, markeredgewidth=1.6
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_locator(mpl.ticker.LogLocator(numticks=4))
        axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        _panel_title(axes, method)
    panels[0].set_ylim(None, 115 * top)
    _error_ticks(panels[0])
    _label_edges(figure, r"strength $\lambda$", "error on validation images (%)")
    handles = [mpl.lines.Line2D([], [], color=shade, marker="o", markersize=4) for shade in shades]
    figure.legend(
        handles, [rf"$\eta = {rate:g}$" for rate in rates], loc="lower center", ncols=len(rates),
        bbox_to_anchor=(0.55, 0.985), fontsize=9.5,
    )  # fmt: skip
    return finish(figure)


def _tuning_line(axes: Axes, rows: Table, axis: str, color: Any, top: float) -> None:
    """Draw means and ranges along an axis; what is off the scale stands at its top as an arrow."""
    points = [(place[0], 100 * np.nan_to_num(each["held_out_error"], nan=1.0)) for place, each in rows.groups(axis)]
    points.sort(key=lambda point: point[0])
    x = np.array([place for place, _ in points])
    means = np.array([errors.mean() for _, errors in points])
    inside = means <= 100 * top
    axes.plot(x, np.where(inside, means, np.nan), "o-", color=color, markersize=3.5, linewidth=1.3)
    axes.plot(x[~inside], np.full((~inside).sum(), 100 * top), "^", color=color, markersize=5)
    for (place, errors), shown in zip(points, inside, strict=True):
        if shown:
            axes.vlines(place, errors.min(), min(errors.max(), 100 * top), color=color, linewidth=1)


def strength_panels(stage: Table, methods: Sequence[str], reference: str = "SL1") -> Figure:
    """Draw the validation error against the strength, in units of the tuned one, a panel a method.

    Parameters
    ----------
    stage : Table
        One stage with a column ``strength_factor``.
    methods : sequence of str
    reference : str
        A method whose medians are repeated in every panel, in grey.

    Returns
    -------
    Figure
        Points are medians over the seeds, bands go from the smallest to the largest. A training that diverged counts as
        a network that guesses.
    """
    figure, panels = _grid(len(methods))
    for axes, method in zip(panels, methods, strict=True):
        style = variant_style(method)
        for name, color in ((reference, QUIET), (method, style.color)):
            factors, errors = _by_axis(stage.where(method=name), "strength_factor", "held_out_error")
            if name == method:
                axes.fill_between(factors, 100 * errors.min(1), 100 * errors.max(1), color=color, alpha=0.3, lw=0)
            marker = {"marker": style.marker, "markersize": 4} if name == method else {"linewidth": 1}
            axes.plot(factors, 100 * np.median(errors, axis=1), color=color, **marker)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
        axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        _panel_title(axes, method)
    _error_ticks(panels[0])
    _label_edges(figure, "strength, in units of the tuned one", "error on validation images (%)")
    return finish(figure)


def smoothing_widths(stage: Table, methods: Sequence[str], thresholds: Mapping[str, float]) -> Figure:
    r"""Draw the validation error and the nodes below :math:`\varepsilon` against :math:`\varepsilon`.

    Parameters
    ----------
    stage : Table
        One stage with several ``eps``.
    methods : sequence of str
    thresholds : mapping of str to float
        The width of each method below which a weight near 0 chatters, marked by a vertical line.

    Returns
    -------
    Figure
        Points are medians over the trainings that learn, and bands go from the smallest to the largest; a cross at the
        top stands for one that never learns.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(WIDTH, 4.6), sharex=True, height_ratios=[1.25, 1])
    for place, method in enumerate(methods):
        style = variant_style(method)
        rows = stage.where(method=method)
        for width, failed in zip(rows["eps"].tolist(), (rows["failed"] > 0).tolist(), strict=True):
            if failed:
                height = 0.96 - 0.08 * place
                top.plot(width, height, "x", color=style.color, markersize=5, transform=top.get_xaxis_transform())
        rows = rows.take(rows["failed"] == 0)
        for axes, measure, scale in ((top, "held_out_error", 100), (bottom, "nodes_below", 1)):
            widths = np.unique(rows["eps"])
            values = [scale * rows.where(eps=width)[measure] for width in widths]
            low, middle, high = (np.array([each(x) for x in values]) for each in (np.min, np.median, np.max))
            axes.fill_between(widths, low, high, color=style.color, alpha=0.22, lw=0)
            axes.plot(
                widths, middle, color=style.color, linestyle=style.linestyle, marker=style.marker, markersize=5,
                label=method,
            )  # fmt: skip
            axes.axvline(thresholds[method], color=INK, linewidth=0.9, linestyle=style.linestyle)
    top.set_xscale("log")
    top.set_yscale("log")
    _error_ticks(top)
    top.set_ylabel("validation error (%)")
    top.legend(fontsize=9.5, loc="upper left", bbox_to_anchor=(0.28, 0.9))
    bottom.set_ylabel(r"nodes below $\varepsilon$")
    bottom.set_ylim(-6, 198)
    bottom.set_xlabel(r"width of the smoothing $\varepsilon$")
    figure.align_ylabels()
    return finish(figure)


def interval_widths(widths: Mapping[int, np.ndarray], unit: str, scale: float = 1.0) -> Figure:
    r"""Draw how the half width of an interval falls with the number of seeds, beside :math:`1/\sqrt n`.

    Parameters
    ----------
    widths : mapping of int to ndarray
        Half widths of many draws, by the number of seeds.
    unit : str
    scale : float

    Returns
    -------
    Figure
        The band holds the middle 90 % of the draws.
    """
    counts = np.array(sorted(widths))
    low, middle, high = (
        np.array([scale * np.quantile(widths[n], q) for n in counts.tolist()]) for q in (0.05, 0.5, 0.95)
    )
    figure, axes = plt.subplots(figsize=(WIDTH, 3))
    axes.fill_between(counts, low, high, color=ACCENT, alpha=0.25, lw=0)
    axes.plot(counts, middle, "o-", color=ACCENT, markersize=4)
    axes.plot(counts, middle[-1] * np.sqrt(counts[-1] / counts), color=INK, linewidth=1, linestyle=(0, (4, 2)))
    axes.annotate(
        r"$\propto 1/\sqrt{n}$", (counts[0], middle[-1] * np.sqrt(counts[-1] / counts[0])), xytext=(0, -15),
        textcoords="offset points",
    )  # fmt: skip
    axes.set_yscale("log")
    plain_log_ticks(axes)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
    axes.set_xlabel("seeds")
    axes.set_ylabel(f"half width ({unit})")
    return finish(figure)


def _grid(count: int, sharex: bool = True) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many panels, three a row, with one scale."""
    rows = -(-count // COLUMNS)
    figure, grid = plt.subplots(
        rows,
        COLUMNS,
        figsize=(WIDTH, 1.65 * rows + 0.5),
        sharex=sharex,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    panels = list(grid.flat)
    for axes in panels[count:]:
        axes.set_visible(False)
    return figure, panels[:count]


def _error_ticks(axes: Axes) -> None:
    """Write plain numbers on a logarithmic axis, and enough of them where it spans less than a decade."""
    plain_log_ticks(axes)
    low, high = axes.get_ylim()
    if high < 3 * low:
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
        axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())


def _panel_title(axes: Axes, method: str) -> None:
    axes.set_title(method.replace(" weight-wise", "\nweight-wise"), fontsize=9, color=variant_style(method).color)


def _label_edges(figure: Figure, x: str, y: str) -> None:
    figure.supxlabel(x, fontsize=10.5)
    figure.supylabel(y, fontsize=10.5)


def _styles(rows: Sequence[str]) -> list[MethodStyle]:
    """Return the methods' styles; one for all rows if some are no methods: "none" can be a momentum too."""
    try:
        return [variant_style(row) for row in rows]
    except ValueError:
        return [_OWN] * len(rows)


def _name_rows(axes: Axes, rows: Sequence[str]) -> None:
    """Write the rows' names on the left in their colours, the first row on top."""
    axes.set_yticks(range(len(rows)), [row.replace(" weight-wise", "\nweight-wise") for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    for label, style in zip(axes.get_yticklabels(), _styles(rows), strict=True):
        label.set_color(style.color)


def _fence(values: Sequence[np.ndarray]) -> float:
    """Return what is far outside of all these numbers: a network that learnt nothing would hide all others."""
    pooled = np.concatenate(values)
    low, high = np.quantile(pooled[np.isfinite(pooled)], [0.25, 0.75])
    return float(high + 6 * (high - low))


def _draw_seeds(axes: Axes, values: Sequence[ArrayLike], styles: Sequence[MethodStyle]) -> None:
    """Draw a dot a seed, mean and interval below the dots; what is off the scale is counted in words."""
    numbers = [np.asarray(row, dtype=np.float64) for row in values]
    numbers = [row[~np.isnan(row)] for row in numbers]
    fence = _fence(numbers)
    median = any(np.isinf(row).any() for row in numbers)  # infinite numbers have no mean
    bar: dict[str, Any] = {"color": INK, "markersize": 7, "markeredgewidth": 1.6}
    for place, (row, style) in enumerate(zip(numbers, styles, strict=True)):
        here = row[row <= fence]
        lift = 0.11 * (np.arange(len(here)) % 3 - 1) - 0.12  # neighbours side by side, the same every time
        axes.plot(here, place + lift, style.marker, color=style.color, markersize=3.2, alpha=0.55, markeredgewidth=0)
        if median and len(row) and np.median(row) <= fence:
            axes.plot(np.median(row), place + 0.27, "|", **bar)
        elif not median and len(row) > 1 and len(here) == len(row):
            mean, low, high = mean_interval(row)
            axes.plot([low, high], [place + 0.27] * 2, color=INK, linewidth=1.6, solid_capstyle="butt")
            axes.plot(mean, place + 0.27, "|", **bar)
        if len(here) < len(row):
            _write_missing(axes, place, row, len(row) - len(here), None if median else float(row.mean()), style)
        axes.axhline(place + 0.5, color=PALE, linewidth=0.5, zorder=0)


def _write_missing(axes: Axes, place: int, row: np.ndarray, count: int, mean: float | None, style: MethodStyle) -> None:
    """Say at the right edge how many numbers are off the scale, and the mean that they lead to, if there is one."""
    never = int(np.isinf(row).sum())
    parts = [f"off: {count - never}"] * (count > never) + [f"never: {never}"] * (never > 0)
    words = ", ".join(parts) if mean is None else f"off: {count}, mean {mean:.2g}"
    axes.text(
        1.0, place + 0.26, words, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=8.5,
        color=style.color, bbox={"color": PAPER, "pad": 0.5, "alpha": 0.85},
    )  # fmt: skip


def _draw_effects(axes: Axes, rows: Sequence[str], effects: Mapping[str, Effect], margin: float) -> None:
    """Draw differences with their intervals; one that is far wider than the others ends in an arrow and is written."""
    reach = 4 * float(np.median([max(abs(effect.low), abs(effect.high)) for effect in effects.values()]))
    if margin:
        axes.axvspan(-margin, margin, color=PALE, alpha=0.6, lw=0)
    axes.axvline(0, color=INK, linewidth=0.9)
    styles = dict(zip(rows, _styles(rows), strict=True))
    for place, row in enumerate(rows):
        if row not in effects:
            continue
        effect, style = effects[row], styles[row]
        low, high = max(effect.low, -reach), min(effect.high, reach)
        axes.plot([low, high], [place] * 2, color=style.color, linewidth=2)
        if abs(effect.effect) <= reach:
            axes.plot(effect.effect, place, style.marker, color=style.color, markersize=6)
        for end, cut, arrow in ((low, low > effect.low, "<"), (high, high < effect.high, ">")):
            if cut:
                axes.plot(end, place, arrow, color=style.color, markersize=6)
        if low > effect.low or high < effect.high:
            words = f"{effect.effect:.2g}, from {effect.low:.2g} to {effect.high:.2g}".replace("-", "−")
            axes.text(
                0.5, place - 0.3, words, transform=axes.get_yaxis_transform(), ha="center", va="center", fontsize=8.5,
                color=style.color, bbox={"color": PAPER, "pad": 0.5, "alpha": 0.85},
            )  # fmt: skip
        axes.axhline(place + 0.5, color=PALE, linewidth=0.5, zorder=0)


def _by_axis(rows: Table, axis: str, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a column in order, and for each the numbers of all seeds; a failure counts as guessing."""
    found = sorted(((place[0], each[measure]) for place, each in rows.groups(axis)), key=lambda point: float(point[0]))
    chance = 0.9 if measure == "held_out_error" else 0.0
    values = np.stack([np.nan_to_num(numbers, nan=chance) for _, numbers in found])
    return np.array([place for place, _ in found]), values
