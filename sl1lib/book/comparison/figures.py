"""Figures of the chapter *Comparing fairly*: curves, errors and settings of many trainings, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
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
    MUTED,
    PALE,
    PAPER,
    SMALL,
    Look,
    MethodStyle,
    finish,
    name_rows,
    note,
    panels,
    plain_log_ticks,
    variant_style,
)

_OWN: Final = MethodStyle(ACCENT, "-")  # of rows that are no method: a momentum, an error function
_VALIDATION: Final = "error on validation images (%)"


def unpaired_and_paired(a: ArrayLike, b: ArrayLike, names: tuple[str, str], quantity: str) -> Figure:
    """Draw two methods' numbers (n,) as two unpaired samples, and beside them with a line for each pair."""
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    green = METHOD_STYLES["SL1"].color
    figure, row = panels(2, 2.8, sharey=True)
    for axes, title in zip(row, ("unpaired", "the same, in pairs"), strict=True):
        axes.set(title=title, xlim=(-0.5, 1.5))
        axes.set_xticks([0, 1], names)
        axes.plot(np.zeros_like(one), one, "o", color=INK)
        axes.plot(np.ones_like(other), other, "o", color=green)
    for pair in zip(one, other, strict=True):
        color = green if pair[1] < pair[0] else HIGHLIGHT
        row[1].plot([0, 1], pair, color=color, linewidth=1.2, zorder=0)
    row[0].set_ylabel(quantity)
    return finish(figure)


def curve_panels(stage: Table, methods: Sequence[str], skip: int = 20) -> Figure:
    r"""Draw the smoothed :math:`E_0` of the batches against the update, a panel for each method, after Figure 3.

    The line is the median over the seeds of a ``stage`` whose trainings made equally many updates; the band holds the
    middle 80 % of them. Thin lines are trainings that ended with more than half of their answers wrong. The median
    without a penalty is repeated in grey. The first updates are left out: there the average still carries its start.

    Raises
    ------
    ValueError
        If no training of a method came to its end.
    """
    figure, row = _grid(len(methods))
    updates, repeated = _curves(stage, "none")
    shown = updates >= skip
    for axes, method in zip(row, methods, strict=True):
        color = variant_style(method).color
        _, curves = _curves(stage, method)
        axes.plot(updates[shown], np.median(repeated, axis=0)[shown], color=MUTED, linewidth=1)
        low, high = np.quantile(curves, [0.1, 0.9], axis=0)
        axes.fill_between(updates[shown], low[shown], high[shown], color=color, alpha=0.3, lw=0)
        for curve in _curves(stage.where(failed=1.0), method)[1]:
            axes.plot(updates[shown], curve[shown], color=color, linewidth=0.7)
        axes.plot(updates[shown], np.median(curves, axis=0)[shown], color=color, linewidth=1.6)
        axes.set(xscale="log", yscale="log", xlim=(updates[shown][0], updates[-1]))
        _panel_title(axes, method)
    plain_log_ticks(row[0])
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

    ``columns`` has numbers by title and method, the same methods in each, for panels side by side, on one scale where
    it is ``shared``. NaN is left out. Where a column has infinite numbers, its middle is the median, without an
    interval. Numbers far off the scale of all others are not drawn, but counted, with the mean that they lead to.
    ``quantity`` is empty where the titles say what is shown.
    """
    rows = list(next(iter(columns.values())))
    figure, row = panels(len(columns), 0.34 * len(rows) + 0.9, sharey=True, sharex=shared)
    for axes, (title, values) in zip(row, columns.items(), strict=True):
        _draw_seeds(axes, [values[name] for name in rows], _styles(rows))
        axes.set_title(title, fontsize=SMALL, fontweight="normal")
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3))
    _name_rows(row[0], rows)
    for axes in row:
        axes.tick_params(axis="y", length=0)
    figure.tight_layout(w_pad=0.6)
    if quantity:
        middle = (row[0].get_position().x0 + row[-1].get_position().x1) / 2
        figure.supxlabel(quantity, fontsize=10.5, x=middle, y=0, va="top")
    return finish(figure)


def paired_rows(
    stages: Mapping[str, tuple[Mapping[str, ArrayLike], Mapping[str, Effect]]], quantity: str, margin: float = 0.0
) -> Figure:
    """Draw all seeds beside the paired differences to SL1: one row per method, a pair of panels for each stage.

    ``stages`` has, by title, the numbers by method, and the differences, SL1 minus the other, for all other methods. A
    band around 0 marks the ``margin`` within which differences do not matter.
    """
    counts = [len(values) for values, _ in stages.values()]
    height = 0.33 * sum(counts) + 0.95 * len(stages)
    figure, grid = panels(2, height, rows=len(stages), height_ratios=counts, width_ratios=[1.15, 1])
    for left, right, (title, (values, effects)) in zip(grid[::2], grid[1::2], stages.items(), strict=True):
        rows = list(values)
        _draw_seeds(left, [values[row] for row in rows], _styles(rows))
        _draw_effects(right, rows, effects, margin)
        _name_rows(left, rows)
        left.set(title=title, xlabel=quantity)
        right.set(ylim=left.get_ylim(), yticks=[], xlabel="SL1 minus it, paired")
        for axes in (left, right):
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3))
    figure.tight_layout(w_pad=0.6, h_pad=1.2)
    return finish(figure)


def tuning_panels(stage: Table, methods: Sequence[str], chosen: Mapping[str, tuple[float, float]]) -> Figure:
    r"""Draw what tuning saw: validation errors against strengths, one line per learning rate, one panel per method.

    Points are means over the seeds of a tuning ``stage``, or of the part of it that one choice was made on; vertical
    bars go from the smallest to the largest. Rings mark the learning rates and strengths that were ``chosen``. The
    method without penalty is drawn against the learning rate.
    """
    figure, row = _grid(len(methods), sharex=False)
    rates = sorted({rate for method in methods if method != "none" for rate in stage.where(method=method)["lr"]})
    shades = mpl.colormaps["viridis"](np.linspace(0.05, 0.75, max(len(rates), 1)))
    top = 3 * np.nanmin(stage["held_out_error"])
    ring: Look = {"color": HIGHLIGHT, "markersize": 11, "markerfacecolor": "none", "markeredgewidth": 1.6}
    for axes, method in zip(row, methods, strict=True):
        rows, (lr, strength) = stage.where(method=method), chosen[method]
        if method == "none":
            _tuning_line(axes, rows, "lr", INK, top)
            axes.text(0.97, 0.94, r"against $\eta$", transform=axes.transAxes, ha="right", va="top", fontsize=SMALL)
        else:
            for rate, shade in zip(rates, shades, strict=True):
                _tuning_line(axes, rows.where(lr=rate), "strength", shade, top)
        best = rows.where(lr=lr, strength=strength)["held_out_error"]
        axes.plot(lr if method == "none" else strength, 100 * best.mean(), "o", **ring)
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_major_locator(mpl.ticker.LogLocator(numticks=4))
        axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        _panel_title(axes, method)
    row[0].set_ylim(None, 115 * top)
    _error_ticks(row[0])
    _label_edges(figure, r"strength $\lambda$", _VALIDATION)
    handles = [mpl.lines.Line2D([], [], color=shade, marker="o", markersize=4) for shade in shades]
    names = [rf"$\eta = {rate:g}$" for rate in rates]
    figure.legend(handles, names, loc="lower center", ncols=len(rates), bbox_to_anchor=(0.55, 0.985), fontsize=SMALL)
    return finish(figure)


def _tuning_line(axes: Axes, rows: Table, axis: str, color: Any, top: float) -> None:
    """Draw means and ranges along an axis; what is off the scale stands at its top as an arrow."""
    x, errors = _by_axis(rows, axis, chance=1.0)
    means = errors.mean(axis=1)
    inside = means <= 100 * top
    axes.plot(x, np.where(inside, means, np.nan), "o-", color=color, markersize=3.5, linewidth=1.3)
    axes.plot(x[~inside], np.full((~inside).sum(), 100 * top), "^", color=color, markersize=5)
    lowest, highest = errors.min(axis=1), np.minimum(errors.max(axis=1), 100 * top)
    axes.vlines(x[inside], lowest[inside], highest[inside], color=color, linewidth=1)


def strength_panels(stage: Table, methods: Sequence[str]) -> Figure:
    """Draw the validation error against the column ``strength_factor``, the strength over the tuned one.

    Points are medians over the seeds, those of SL1 repeated in grey; bands go from the smallest to the largest. A
    training that diverged counts as a network that guesses.
    """
    figure, row = _grid(len(methods))
    for axes, method in zip(row, methods, strict=True):
        style = variant_style(method)
        factors, errors = _by_axis(stage.where(method="SL1"), "strength_factor")
        axes.plot(factors, np.median(errors, axis=1), color=MUTED, linewidth=1)
        factors, errors = _by_axis(stage.where(method=method), "strength_factor")
        axes.fill_between(factors, errors.min(1), errors.max(1), color=style.color, alpha=0.3, lw=0)
        axes.plot(factors, np.median(errors, axis=1), color=style.color, marker=style.marker, markersize=4)
        axes.set(xscale="log", yscale="log")
        axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
        axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        _panel_title(axes, method)
    _error_ticks(row[0])
    _label_edges(figure, "strength, in units of the tuned one", _VALIDATION)
    return finish(figure)


def smoothing_widths(stage: Table, methods: Sequence[str], thresholds: Mapping[str, float]) -> Figure:
    r"""Draw the validation error and the nodes below :math:`\varepsilon` against :math:`\varepsilon`.

    Points are medians over the trainings of a ``stage`` that learn, and bands go from the smallest to the largest; a
    cross at the top stands for one that never learns. Vertical lines mark the ``thresholds`` below which a weight near
    0 chatters.
    """
    figure, (top, bottom) = panels(1, 4.6, rows=2, sharex=True, height_ratios=[1.25, 1])
    for place, method in enumerate(methods):
        style, rows = variant_style(method), stage.where(method=method)
        failed = rows.take(rows["failed"] > 0)["eps"]
        cross: Look = {"color": style.color, "markersize": 5, "transform": top.get_xaxis_transform()}
        top.plot(failed, np.full(len(failed), 0.96 - 0.08 * place), "x", **cross)
        rows = rows.take(rows["failed"] == 0)
        for axes, measure, scale in ((top, "held_out_error", 100), (bottom, "nodes_below", 1)):
            widths = np.unique(rows["eps"])
            values = [scale * rows.where(eps=width)[measure] for width in widths]
            low, middle, high = (np.array([each(x) for x in values]) for each in (np.min, np.median, np.max))
            axes.fill_between(widths, low, high, color=style.color, alpha=0.22, lw=0)
            axes.plot(widths, middle, **style.line, marker=style.marker, markersize=5, label=method)
            axes.axvline(thresholds[method], color=INK, linewidth=0.9, linestyle=style.linestyle)
    top.set(xscale="log", yscale="log", ylabel="validation error (%)")
    _error_ticks(top)
    top.legend(fontsize=SMALL, loc="upper left", bbox_to_anchor=(0.28, 0.9))
    bottom.set(xlabel=r"width of the smoothing $\varepsilon$", ylabel=r"nodes below $\varepsilon$", ylim=(-6, 198))
    figure.align_ylabels()
    return finish(figure)


def interval_widths(widths: Mapping[int, np.ndarray], unit: str, scale: float = 1.0) -> Figure:
    r"""Draw how the half width of an interval falls with the number of seeds, beside :math:`1/\sqrt n`.

    ``widths`` has the half widths of many draws by the number of seeds; the band holds the middle 90 % of them.
    """
    counts = np.array(sorted(widths))
    draws = [np.quantile(scale * widths[n], [0.05, 0.5, 0.95]) for n in counts.tolist()]
    low, middle, high = np.transpose(draws)
    law = middle[-1] * np.sqrt(counts[-1] / counts)
    figure, (axes,) = panels(1, 3)
    axes.fill_between(counts, low, high, color=ACCENT, alpha=0.25, lw=0)
    axes.plot(counts, middle, "o-", color=ACCENT, markersize=4)
    axes.plot(counts, law, color=INK, linewidth=1, linestyle=(0, (4, 2)))
    note(axes, r"$\propto 1/\sqrt{n}$", (counts[0], law[0]), (0, -15))
    axes.set_yscale("log")
    plain_log_ticks(axes)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
    axes.set(xlabel="seeds", ylabel=f"half width ({unit})")
    return finish(figure)


def _grid(count: int, sharex: bool = True) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many panels, three a row, with one scale."""
    rows = -(-count // 3)
    figure, grid = panels(3, 1.65 * rows + 0.5, rows=rows, sharex=sharex, sharey=True, layout="constrained")
    for axes in grid[count:]:
        axes.set_visible(False)
    return figure, grid[:count]


def _error_ticks(axes: Axes) -> None:
    """Write plain numbers on a logarithmic axis, and enough of them where it spans less than a decade."""
    plain_log_ticks(axes)
    low, high = axes.get_ylim()
    if high < 3 * low:
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
        axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())


def _panel_title(axes: Axes, method: str) -> None:
    axes.set_title(method.replace(" weight-wise", "\nweight-wise"), fontsize=SMALL, color=variant_style(method).color)


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
    name_rows(axes, {row: style.color for row, style in zip(rows, _styles(rows), strict=True)})


def _fence(values: Sequence[np.ndarray]) -> float:
    """Return what is far outside of all these numbers: a network that learnt nothing would hide all others."""
    pooled = np.concatenate(values)
    low, high = np.quantile(pooled[np.isfinite(pooled)], [0.25, 0.75])
    return float(high + 6 * (high - low))


def _draw_seeds(axes: Axes, values: Sequence[ArrayLike], styles: Sequence[MethodStyle]) -> None:
    """Draw a dot for each seed, mean and interval below the dots; what is off the scale is counted in words."""
    numbers = [np.asarray(row, dtype=np.float64) for row in values]
    numbers = [row[~np.isnan(row)] for row in numbers]
    fence = _fence(numbers)
    median = any(np.isinf(row).any() for row in numbers)  # infinite numbers have no mean
    bar: Look = {"color": INK, "markersize": 7, "markeredgewidth": 1.6}
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
            words = _count_missing(row, fence) if median else f"off: {len(row) - len(here)}, mean {row.mean():.2g}"
            _write_on_plate(axes, words, 1.0, place + 0.26, style.color, "right")
        axes.axhline(place + 0.5, color=PALE, linewidth=0.5, zorder=0)


def _count_missing(row: np.ndarray, fence: float) -> str:
    """Say how many numbers are off the scale, and how many infinite."""
    never = int(np.isinf(row).sum())
    off = int((row > fence).sum()) - never
    return ", ".join(f"{name}: {count}" for name, count in (("off", off), ("never", never)) if count)


def _write_on_plate(axes: Axes, words: str, x: float, y: float, color: str, align: str) -> None:
    """Write words over dots and lines, at a share of the axes' width."""
    plate: Look = {"color": PAPER, "pad": 0.5, "alpha": 0.85}
    look: Look = {"ha": align, "va": "center", "fontsize": SMALL, "color": color, "bbox": plate}
    axes.text(x, y, words, transform=axes.get_yaxis_transform(), **look)


def _draw_effects(axes: Axes, rows: Sequence[str], effects: Mapping[str, Effect], margin: float) -> None:
    """Draw differences with their intervals; one that is far wider than the others ends in an arrow and is written."""
    reach = 4 * float(np.median([max(abs(effect.low), abs(effect.high)) for effect in effects.values()]))
    if margin:
        axes.axvspan(-margin, margin, color=PALE, alpha=0.6, lw=0)
    axes.axvline(0, color=INK, linewidth=0.9)
    for place, (row, style) in enumerate(zip(rows, _styles(rows), strict=True)):
        if row not in effects:
            continue
        effect = effects[row]
        low, high = max(effect.low, -reach), min(effect.high, reach)
        axes.plot([low, high], [place] * 2, color=style.color, linewidth=2)
        if abs(effect.effect) <= reach:
            axes.plot(effect.effect, place, style.marker, color=style.color, markersize=6)
        for end, cut, arrow in ((low, low > effect.low, "<"), (high, high < effect.high, ">")):
            if cut:
                axes.plot(end, place, arrow, color=style.color, markersize=6)
        if low > effect.low or high < effect.high:
            words = f"{effect.effect:.2g}, from {effect.low:.2g} to {effect.high:.2g}".replace("-", "−")
            _write_on_plate(axes, words, 0.5, place - 0.3, style.color, "center")
        axes.axhline(place + 0.5, color=PALE, linewidth=0.5, zorder=0)


def _by_axis(rows: Table, axis: str, chance: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a column in order, and for each the errors of all seeds in percent; NaN is a guess."""
    found = sorted(
        ((place[0], each["held_out_error"]) for place, each in rows.groups(axis)), key=lambda point: point[0]
    )
    errors = np.stack([100 * np.nan_to_num(numbers, nan=chance) for _, numbers in found])
    return np.array([place for place, _ in found]), errors
