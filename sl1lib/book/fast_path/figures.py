"""Figures of speed: banded matrices, strips in memory, times side by side, the roofline, the parts of an update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...clock import Timing
from ...errors import unexpected
from ..style import ACCENT, HIGHLIGHT, INK, PAPER, WIDTH, finish, hide_frame, label_ends
from .counts import Work
from .machine import Machine

PART_COLORS = (ACCENT, HIGHLIGHT, "#00815c", "#9a4fa3", "#666666")
PLATE = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}  # behind words that a line runs through


def band_patterns(patterns: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Draw which entries of matrices are not 0, one beside the other, all on one scale of entries.

    Parameters
    ----------
    patterns : sequence of ndarray of int, two axes each
        0 where the matrix is 0; otherwise a number that decides the colour, 1 and up.
    titles : sequence of str

    Returns
    -------
    Figure
    """
    rows, columns = (max(pattern.shape[axis] for pattern in patterns) for axis in (0, 1))
    widths = [pattern.shape[1] / columns for pattern in patterns]
    figure, row = plt.subplots(
        1,
        len(patterns),
        figsize=(WIDTH, min(WIDTH * rows / columns / max(1.0, sum(widths)) + 0.6, 5.0)),
        squeeze=False,
        gridspec_kw={"width_ratios": widths},
    )
    most = max(int(pattern.max()) for pattern in patterns)
    shades = mpl.colormaps["viridis"](np.linspace(0.15, 0.85, most))
    colors = mpl.colors.ListedColormap(["#ffffff", *(tuple(shade) for shade in shades)])
    for axes, pattern, title in zip(row[0], patterns, titles, strict=True):
        axes.imshow(pattern, cmap=colors, vmin=0, vmax=most, aspect="equal", interpolation="none")
        axes.set_title(title, fontsize=10, fontweight="normal")
        hide_frame(axes)
        axes.set_anchor("NW")
    return finish(figure)


def strips_in_memory(rows: int, width: int, height: int, shown: int = 3) -> Figure:
    """Draw a tile, and its numbers in the order of memory with the strips that begin in it.

    Parameters
    ----------
    rows, width : int
        Of the tile.
    height : int
        Rows of a strip.
    shown : int
        How many strips.

    Returns
    -------
    Figure
    """
    if not 1 <= shown <= rows - height + 1:
        raise unexpected("shown", shown, f"a tile of {rows} rows has {rows - height + 1} strips of {height}")
    figure, (tile, memory) = plt.subplots(2, 1, figsize=(WIDTH, 3.6), gridspec_kw={"height_ratios": [rows, shown + 2]})
    shades = mpl.colormaps["viridis"](np.linspace(0.15, 0.9, rows))
    for row in range(rows):
        dark = row < rows / 2
        for column in range(width):
            at = row * width + column
            for axes, x, y in ((tile, column, row), (memory, at, 0)):
                axes.add_patch(Rectangle((x, y), 1, 1, facecolor=shades[row], edgecolor="white", linewidth=0.6))
            tile.text(
                column + 0.5, row + 0.5, f"{at}", ha="center", va="center", fontsize=9.5, color="w" if dark else INK
            )
    for strip in range(shown):
        first, level = strip * width, 1.75 + strip
        memory.plot(
            [first, first + height * width], [level, level], color=HIGHLIGHT, linewidth=2.2, solid_capstyle="butt"
        )
        memory.plot([first] * 2, [level - 0.3, level + 0.3], color=HIGHLIGHT)
        memory.plot([first + height * width] * 2, [level - 0.3, level + 0.3], color=HIGHLIGHT)
        memory.text(first + height * width + 0.4, level, f"strip {strip}", va="center", fontsize=10, color=HIGHLIGHT)
    tile.set(xlim=(0, width), ylim=(rows, 0), aspect="equal")
    tile.set_title("a tile", fontsize=10.5, fontweight="normal", loc="center")
    memory.set(xlim=(0, max(rows * width, (shown - 1 + height) * width + 4)), ylim=(shown + 1.6, -0.3))
    memory.set_title("the same numbers in memory", fontsize=10.5, fontweight="normal", loc="center")
    for axes in (tile, memory):
        axes.axis("off")
    figure.tight_layout()
    return finish(figure)


def time_ladder(timings: Mapping[str, Timing], per: float, unit: str, floor: float = float("nan")) -> Figure:
    """Draw the shortest times as bars on a logarithmic axis, with lines to the upper quartiles.

    Parameters
    ----------
    timings : mapping of str to Timing
    per : float
        What the seconds are multiplied with.
    unit : str
        What comes out, for the axis.
    floor : float, optional
        A time that none can beat, in the same unit; drawn as a dotted line.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 0.5 * len(timings) + 0.9))
    for y, timing in enumerate(timings.values()):
        least, high = per * timing.least, per * timing.quartiles[1]
        axes.barh(y, least, height=0.36, color=ACCENT)
        axes.plot([least, high], [y, y], color=INK, linewidth=1.2)
        axes.annotate(_plain(least), (high, y), (5, 0), textcoords="offset points", va="center")
    for y, name in enumerate(timings):
        axes.text(0, y - 0.26, name, transform=axes.get_yaxis_transform(), va="bottom", fontsize=9.8, bbox=PLATE)
    if np.isfinite(floor):
        axes.axvline(floor, color=HIGHLIGHT, linewidth=1.4, linestyle=":")
        axes.annotate(
            "floor", (floor, len(timings) - 0.55), (4, 0), textcoords="offset points", color=HIGHLIGHT, va="center"
        )
    values = [per * timing.least for timing in timings.values()]
    axes.set_xscale("log")
    axes.set_xlim(min([*values, floor] if np.isfinite(floor) else values) / 3, max(values) * 6)
    axes.set_ylim(len(timings) - 0.3, -0.85)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(unit)
    axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    return finish(figure)


def roofline(machine: Machine, points: Mapping[str, tuple[Work, float]]) -> Figure:
    """Draw steps under the roofs of a machine: all operations filled, the useful ones hollow.

    Parameters
    ----------
    machine : Machine
    points : mapping of str to (Work, seconds)

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 4.6))
    intensities = [work.intensity for work, _ in points.values()]
    x = np.geomspace(min(0.1, *intensities) / 1.5, max(100.0, *intensities) * 1.5, 200)
    for within, style, name in ((True, "--", "own cache"), (False, "-", "memory")):
        axes.plot(x, [machine.roof(at, within) / 1e9 for at in x], color=INK, linestyle=style, linewidth=1.3)
        rate = machine.cache if within else machine.memory
        # The slope's name stands on it, at the left end.
        axes.annotate(
            f"{name}, {rate / 1e9:.0f} GB/s", (x[4], rate * x[4] / 1e9), (0, 5), textcoords="offset points",
            rotation=_slope(axes, figure, x, machine, points), rotation_mode="anchor", fontsize=9,
        )  # fmt: skip
    axes.annotate(
        f"products, {machine.operations / 1e9:.0f} GFLOP/s", (x[-1], machine.operations / 1e9), (0, 13),
        textcoords="offset points", ha="right", fontsize=9,
    )  # fmt: skip
    for number, (name, (work, seconds)) in enumerate(points.items(), 1):
        color = PART_COLORS[(number - 1) % len(PART_COLORS)]
        made, useful = (count / seconds / 1e9 for count in (work.operations, work.useful))
        axes.plot([work.intensity] * 2, [useful, made], color=color, linewidth=1.2)
        axes.plot(work.intensity, useful, "o", markerfacecolor="white", color=color, markersize=7)
        axes.plot(work.intensity, made, "o", color=color, markersize=11)
        axes.text(work.intensity, made, f"{number}", color="w", ha="center", va="center", fontsize=8, fontweight="bold")
        axes.text(
            0.02, -0.11 - 0.06 * number, f"{number}", transform=axes.transAxes, color=color, fontweight="bold",
            fontsize=9.8, va="top",
        )  # fmt: skip
        axes.text(0.055, -0.11 - 0.06 * number, name, transform=axes.transAxes, fontsize=9.8, va="top")
    axes.set(xscale="log", yscale="log", xlim=(x[0], x[-1]))
    axes.set_ylim(*_range(machine, points))
    axes.set_xlabel("operations per byte")
    axes.set_ylabel("operations a second (GFLOP/s)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    return finish(figure)


def _range(machine: Machine, points: Mapping[str, tuple[Work, float]]) -> tuple[float, float]:
    least = min(work.useful / seconds for work, seconds in points.values())
    return min(least, machine.memory * 0.1) / 2e9, machine.operations * 4 / 1e9


def _slope(
    axes: Axes, figure: Figure, x: np.ndarray, machine: Machine, points: Mapping[str, tuple[Work, float]]
) -> float:
    """Return the angle, in degrees, of a line of slope 1 in the logarithmic axes."""
    low, high = _range(machine, points)
    box = axes.get_position()
    width, height = box.width * figure.get_figwidth(), box.height * figure.get_figheight()
    return float(np.degrees(np.arctan2(height / np.log(high / low), width / np.log(x[-1] / x[0]))))


def part_bars(parts: Mapping[str, Mapping[str, float]], per: Mapping[str, float], unit: str) -> Figure:
    """Draw what an update's time is made of, one bar a setting, its parts side by side in one order.

    Parameters
    ----------
    parts : mapping of str to mapping of str to float
        Setting to part to seconds; all settings have the same parts.
    per : mapping of str to float
        What the seconds of each setting are multiplied with.
    unit : str
        What comes out, for the axis.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 0.62 * len(parts) + 1.7))
    for y, (setting, seconds) in enumerate(parts.items()):
        left = 0.0
        for (name, value), color in zip(seconds.items(), PART_COLORS, strict=True):
            axes.barh(y, per[setting] * value, left=left, height=0.42, color=color, label=name if y == 0 else None)
            left += per[setting] * value
        axes.annotate(_plain(left), (left, y), (5, 0), textcoords="offset points", va="center")
        axes.text(0, y - 0.27, setting, va="bottom", fontsize=10)
    axes.set_ylim(len(parts) - 0.5, -0.75)
    axes.set_xlim(0, 1.12 * max(per[setting] * sum(seconds.values()) for setting, seconds in parts.items()))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(unit)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper left", ncols=2, fontsize=9.5, bbox_to_anchor=(0.1, 1.0))
    figure.subplots_adjust(top=1 - 0.85 / figure.get_figheight())
    return finish(figure)


def costs_by_models(curves: Mapping[str, Mapping[int, float]], unit: str) -> Figure:
    """Draw the cost of each model against how many are trained at once, one line per setting.

    Parameters
    ----------
    curves : mapping of str to mapping of int to float
        Setting to number of models to cost; at most five settings.
    unit : str
        Of the cost, for the axis.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    ends = []
    for (name, curve), color in zip(curves.items(), PART_COLORS, strict=False):
        axes.plot(list(curve), list(curve.values()), "o-", color=color, markersize=5)
        ends.append((name, list(curve.values())[-1], color))
    counts = sorted({count for curve in curves.values() for count in curve})
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [f"{count}" for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("models trained at once, $M$")
    axes.set_ylabel(unit)
    axes.set_ylim(0, None)
    axes.set_xlim(counts[0] / 1.1, counts[-1] * 1.05)
    label_ends(axes, ends)
    return finish(figure)


def _plain(value: float) -> str:
    """Write a number with at most three digits, without powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
