"""Figures of computations as graphs: forward down one side, backward up the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ...readings import find_reading
from ..style import ACCENT, HIGHLIGHT, INK, SMALL, Look, finish, panels

BOX_WIDTH, BOX_HEIGHT, ROW = 3.0, 0.62, 1.3


def chain_graph(nodes: Sequence[str], forward: Sequence[str], backward: Sequence[str] = ()) -> Figure:
    """Draw a chain of arrays from top to bottom, with what leads from each to the next, and back.

    ``forward[i]`` stands beside the arrow down from box ``i`` to box ``i + 1``, ``backward[i]`` beside the arrow up.
    Without ``backward`` only the way forward is drawn.
    """
    height = ROW * (len(nodes) - 1) + BOX_HEIGHT
    figure, (axes,) = panels(1, 0.56 * height + 0.5)
    for row, node in enumerate(nodes):
        _box(axes, node, -ROW * row)
    for side, name, color, rules in ((-1, "forward", ACCENT, forward), (1, "backward", HIGHLIGHT, backward)):
        for row, rule in enumerate(rules):
            _arrow(axes, -ROW * row, side, rule, color)
        if rules:
            align = "right" if side < 0 else "left"
            axes.text(2.0 * side, 0, name, color=color, ha=align, va="center", fontweight="bold")
    axes.set(xlim=(-4.9, 4.9), ylim=(-height + BOX_HEIGHT / 2 - 0.05, BOX_HEIGHT / 2 + 0.05))
    axes.axis("off")
    return finish(figure)


def network_graph(reading: str) -> Figure:
    """Draw the whole network in a reading, with the shapes of its arrays for one image, forward and backward."""
    pool_first = find_reading(reading).pool_first
    nodes, forward, backward = ["x   1×28×28"], [], []
    for i, (maps, wide, narrow) in enumerate(((6, 24, 12), (12, 8, 4)), start=1):
        nodes.append(f"conv{i}   {maps}×{wide}×{wide}")
        forward.append(f"convolve with K{i}, add b{i}")
        into = "" if i == 1 else ",\nconvolve with turned K2"
        backward.append(f"gives dK{i}, db{i}{into}")
        small, large = f"{maps}×{narrow}×{narrow}", f"{maps}×{wide}×{wide}"
        if pool_first:
            nodes += [f"pool{i}   {small}", f"act{i}   {small}"]
            forward += ["mean of 2×2", "ReLU"]
            backward += ["a quarter to each of 4", f"pass where pool{i} > 0"]
        else:
            nodes += [f"act{i}   {large}", f"pool{i}   {small}"]
            forward += ["sigmoid", "mean of 2×2"]
            backward += [f"times act{i} (1 − act{i})", "a quarter to each of 4"]
    nodes += ["features   192", "scores   10", "$E_0$   1"]
    forward += ["flatten", "times U, add b", "softmax, entropy"]
    backward += ["fold into 12×4×4", "gives dU, db,\ntimes U", "softmax − ideal output"]
    return chain_graph(nodes, forward, backward)


def _box(axes: Axes, text: str, y: float) -> None:
    corner = (-BOX_WIDTH / 2, y - BOX_HEIGHT / 2)
    look: Look = {"boxstyle": "round,pad=0,rounding_size=0.1", "facecolor": "#f4f6f8", "edgecolor": "#aab2bd"}
    axes.add_patch(FancyBboxPatch(corner, BOX_WIDTH, BOX_HEIGHT, **look))
    axes.text(0, y, text, ha="center", va="center", color=INK, fontsize=10)


def _arrow(axes: Axes, y: float, side: int, text: str, color: str) -> None:
    """Draw an arrow between the box at ``y`` and the next: down on the left (-1), up on the right (1)."""
    x, top, bottom = 0.9 * side, y - BOX_HEIGHT / 2, y - ROW + BOX_HEIGHT / 2
    start, end = (top, bottom) if side < 0 else (bottom, top)
    look: Look = {"arrowstyle": "-|>", "color": color, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (x, end), (x, start), arrowprops=look)
    align = "right" if side < 0 else "left"
    axes.text(x + 0.22 * side, y - ROW / 2, text, ha=align, va="center", color=color, fontsize=SMALL, linespacing=1.05)


def difference_errors(steps: np.ndarray, deviations: np.ndarray) -> Figure:
    r"""Draw how far central differences are from the slope, against their rising steps, and the two laws beside it."""
    figure, (axes,) = panels(1, 3.4)
    best = int(np.argmin(deviations))
    rising, falling = steps[best + 1 :], steps[:best]
    axes.loglog(rising, deviations[-2] * (rising / steps[-2]) ** 2, color="#8a929c", linestyle="--", linewidth=1)
    axes.loglog(falling, deviations[0] * steps[0] / falling, color="#8a929c", linestyle="--", linewidth=1)
    axes.loglog(steps, deviations, color=ACCENT, marker="o", markersize=4)
    axes.text(steps[-3], deviations[-3] / 30, r"formula: $\delta^2$", color=INK, va="top")
    axes.text(steps[0], deviations[0] * 1e-5, r"rounding: $1/\delta$", color=INK, va="top", ha="left")
    axes.set(xlabel=r"step $\delta$", ylabel="relative deviation")
    return finish(figure)
