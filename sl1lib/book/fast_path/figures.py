"""Figures of speed: banded matrices, strips in memory, times side by side, the roofline, the parts of an update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...clock import Timing
from ...errors import unexpected
from ..style import (
    ACCENT,
    HIGHLIGHT,
    INK,
    PAPER,
    SERIES,
    SMALL,
    WIDTH,
    Look,
    centre_title,
    finish,
    hide_frame,
    label_ends,
    note,
    panels,
)
from .counts import Work
from .machine import Machine

PLATE: Look = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}  # behind words that a line runs through


def band_patterns(patterns: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Draw which entries of matrices are not 0, one beside the other, all on one scale of entries.

    The entries of ``patterns``, integers, are 0 where the matrix is, and otherwise decide the colour, 1 and up.
    """
    rows, columns = (max(pattern.shape[axis] for pattern in patterns) for axis in (0, 1))
    widths = [pattern.shape[1] / columns for pattern in patterns]
    height = min(WIDTH * rows / columns / max(1.0, sum(widths)) + 0.6, 5.0)
    figure, row = panels(len(patterns), height, width_ratios=widths)
    most = max(int(pattern.max()) for pattern in patterns)
    shades = mpl.colormaps["viridis"](np.linspace(0.15, 0.85, most))
    colors = mpl.colors.ListedColormap(["#ffffff", *(tuple(shade) for shade in shades)])
    for axes, pattern, title in zip(row, patterns, titles, strict=True):
        axes.imshow(pattern, cmap=colors, vmin=0, vmax=most, aspect="equal", interpolation="none")
        axes.set_title(title, fontsize=10, fontweight="normal")
        hide_frame(axes)
        axes.set_anchor("NW")
    return finish(figure)


def strips_in_memory(rows: int, width: int, height: int, shown: int = 3) -> Figure:
    """Draw a tile (rows, width), and its numbers in the order of memory with the first strips of some ``height``."""
    if not 1 <= shown <= rows - height + 1:
        raise unexpected("shown", shown, f"a tile of {rows} rows has {rows - height + 1} strips of {height}")
    figure, (tile, memory) = panels(1, 3.6, rows=2, height_ratios=[rows, shown + 2])
    shades = mpl.colormaps["viridis"](np.linspace(0.15, 0.9, rows))
    for row, column in np.ndindex(rows, width):
        at, ink = row * width + column, "w" if row < rows / 2 else INK
        for axes, x, y in ((tile, column, row), (memory, at, 0)):
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=shades[row], edgecolor="white", linewidth=0.6))
        tile.text(column + 0.5, row + 0.5, f"{at}", ha="center", va="center", fontsize=SMALL, color=ink)
    for strip in range(shown):
        first, last, level = strip * width, (strip + height) * width, 1.75 + strip
        memory.plot([first, last], [level, level], color=HIGHLIGHT, linewidth=2.2, solid_capstyle="butt")
        for end in (first, last):
            memory.plot([end, end], [level - 0.3, level + 0.3], color=HIGHLIGHT)
        memory.text(last + 0.4, level, f"strip {strip}", va="center", fontsize=10, color=HIGHLIGHT)
    tile.set(xlim=(0, width), ylim=(rows, 0), aspect="equal")
    memory.set(xlim=(0, max(rows * width, (shown - 1 + height) * width + 4)), ylim=(shown + 1.6, -0.3))
    for axes, title in ((tile, "a tile"), (memory, "the same numbers in memory")):
        centre_title(axes, title)
        axes.axis("off")
    figure.tight_layout()
    return finish(figure)


def time_ladder(timings: Mapping[str, Timing], per: float, unit: str, floor: float = float("nan")) -> Figure:
    """Draw the shortest times as bars on a logarithmic axis, with lines to the upper quartiles.

    Seconds are multiplied with ``per``, which makes them of the ``unit``. A dotted line at the ``floor`` marks the time
    that none can beat.
    """
    figure, (axes,) = panels(1, 0.5 * len(timings) + 0.9)
    for y, (name, timing) in enumerate(timings.items()):
        least, high = per * timing.least, per * timing.quartiles[1]
        axes.barh(y, least, height=0.36, color=ACCENT)
        axes.plot([least, high], [y, y], color=INK, linewidth=1.2)
        note(axes, _plain(least), (high, y), (5, 0), va="center")
        axes.text(0, y - 0.26, name, transform=axes.get_yaxis_transform(), va="bottom", fontsize=SMALL, bbox=PLATE)
    values = [per * timing.least for timing in timings.values()]
    ends = [*values, floor] if np.isfinite(floor) else values
    if np.isfinite(floor):
        axes.axvline(floor, color=HIGHLIGHT, linewidth=1.4, linestyle=":")
        note(axes, "floor", (floor, len(timings) - 0.55), (4, 0), color=HIGHLIGHT, va="center")
    axes.set(xscale="log", xlabel=unit, xlim=(min(ends) / 3, max(values) * 6))
    axes.set(ylim=(len(timings) - 0.3, -0.85), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter("{x:g}")
    return finish(figure)


def roofline(machine: Machine, points: Mapping[str, tuple[Work, float]]) -> Figure:
    """Draw at most five steps, each with its seconds, under the roofs of a machine.

    Filled points count all operations, hollow ones the useful.
    """
    figure, (axes,) = panels(1, 4.6)
    intensities = [work.intensity for work, _ in points.values()]
    x = np.geomspace(min(0.1, *intensities) / 1.5, max(100.0, *intensities) * 1.5, 200)
    least = min(work.useful / seconds for work, seconds in points.values())
    y = (min(least, machine.memory * 0.1) / 2e9, machine.operations * 4 / 1e9)
    axes.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=y)
    axes.set(xlabel="operations per byte", ylabel="operations a second (GFLOP/s)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
    _draw_roofs(axes, machine, x)
    for number, (color, (name, (work, seconds))) in enumerate(zip(SERIES, points.items(), strict=False), 1):
        made, useful = (count / seconds / 1e9 for count in (work.operations, work.useful))
        axes.plot([work.intensity] * 2, [useful, made], color=color, linewidth=1.2)
        axes.plot(work.intensity, useful, "o", markerfacecolor="white", color=color, markersize=7)
        axes.plot(work.intensity, made, "o", color=color, markersize=11)
        axes.text(
            work.intensity, made, f"{number}", color="w", ha="center", va="center", fontsize=SMALL, fontweight="bold"
        )
        below: Look = {"y": -0.11 - 0.06 * number, "transform": axes.transAxes, "fontsize": SMALL, "va": "top"}
        axes.text(0.02, s=f"{number}", color=color, fontweight="bold", **below)
        axes.text(0.055, s=name, **below)
    return finish(figure)


def _draw_roofs(axes: Axes, machine: Machine, x: np.ndarray) -> None:
    """Draw the slopes of cache and memory, each with its name on it, and the flat part."""
    ((across, up),) = np.diff(axes.transData.transform([(1, 1), (10, 10)]), axis=0)  # of slope 1, as drawn
    look: Look = {"rotation": np.degrees(np.arctan2(up, across)), "rotation_mode": "anchor", "fontsize": SMALL}
    for within, style, name, rate in ((True, "--", "own cache", machine.cache), (False, "-", "memory", machine.memory)):
        axes.plot(x, [machine.roof(at, within) / 1e9 for at in x], color=INK, linestyle=style, linewidth=1.3)
        place = (x[4], rate * x[4] / 1e9)
        note(axes, f"{name}, {rate / 1e9:.0f} GB/s", place, (0, 5), **look)
    flat = machine.operations / 1e9
    note(axes, f"products, {flat:.0f} GFLOP/s", (x[-1], flat), (0, 13), ha="right", fontsize=SMALL)


def part_bars(parts: Mapping[str, Mapping[str, float]], per: Mapping[str, float], unit: str) -> Figure:
    """Draw what an update's time is made of, one bar a setting, its parts side by side in one order.

    ``parts`` has the seconds by setting and part; ``per`` has what those of a setting are multiplied with, to be of the
    ``unit``.
    """
    figure, (axes,) = panels(1, 0.62 * len(parts) + 1.7)
    for y, (setting, seconds) in enumerate(parts.items()):
        left = 0.0
        for (name, value), color in zip(seconds.items(), SERIES, strict=True):
            axes.barh(y, per[setting] * value, left=left, height=0.42, color=color, label=name if y == 0 else None)
            left += per[setting] * value
        note(axes, _plain(left), (left, y), (5, 0), va="center")
        axes.text(0, y - 0.27, setting, va="bottom", fontsize=10)
    most = max(per[setting] * sum(seconds.values()) for setting, seconds in parts.items())
    axes.set(xlim=(0, 1.12 * most), xlabel=unit, ylim=(len(parts) - 0.5, -0.75), yticks=[])
    axes.spines["left"].set_visible(False)
    figure.legend(
        *axes.get_legend_handles_labels(), loc="upper left", ncols=2, fontsize=SMALL, bbox_to_anchor=(0.1, 1.0)
    )
    figure.subplots_adjust(top=1 - 0.85 / figure.get_figheight())
    return finish(figure)


def costs_by_models(curves: Mapping[str, Mapping[int, float]], unit: str) -> Figure:
    """Draw the cost of each model against how many are trained at once, at most five settings named at their ends."""
    figure, (axes,) = panels(1, 3.4)
    for (name, curve), color in zip(curves.items(), SERIES, strict=False):
        axes.plot(list(curve), list(curve.values()), "o-", color=color, markersize=5, label=name)
    counts = sorted({count for curve in curves.values() for count in curve})
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [f"{count}" for count in counts])
    axes.minorticks_off()
    axes.set(xlabel="models trained at once, $M$", xlim=(counts[0] / 1.1, counts[-1] * 1.05))
    axes.set(ylabel=unit, ylim=(0, None))
    label_ends(axes)
    return finish(figure)


def _plain(value: float) -> str:
    """Write a number with at most three digits, without powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
