"""Figures of the page on the paper, which are the first that a reader sees: the network, and the smooth function."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...architecture import CLASSES, MAPS, NODES
from ...reference import smooth_abs
from ..style import ACCENT, BORDER, HIGHLIGHT, INK, METHOD_STYLES, MUTED, PAPER, finish, panels

#: Of each step its left edge, the width of a map, how many are drawn, what stands below and above.
_STEPS: Final = (
    (0.0, 1.0, 1, "28×28", "image"),
    (1.75, 0.86, MAPS[0], f"{MAPS[0]}×24×24", "convolution"),
    (3.75, 0.5, MAPS[0], f"{MAPS[0]}×12×12", "pooling"),
    (5.15, 0.36, MAPS[1], f"{MAPS[1]}×8×8", "convolution"),
    (6.85, 0.22, MAPS[1], f"{MAPS[1]}×4×4", "pooling"),
)
_SHIFT: Final = 0.055  # how far a map stands behind the one before it
_NODES: Final = (8.35, 24)  # where the column of nodes stands, and how many stand for all of them
_OUTPUTS: Final = 10.0


def network_figure(image: np.ndarray) -> Figure:
    """Draw the network, from an image of 28×28 grey levels to ten scores; ten weights leave one of its nodes."""
    figure, (axes,) = panels(1, 2.1)
    draw_network(axes, image)
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    return finish(figure)


def landing_figure(image: np.ndarray, eps: float = 0.5) -> Figure:
    """Draw both, the network above and the smooth function below it: the picture of the README."""
    figure, (above, below) = panels(1, 3.7, rows=2)
    draw_network(above, image)
    draw_smooth(below, eps)
    above.set_position((0, 0.5, 1, 0.5))
    below.set_position((0.22, 0.13, 0.52, 0.34))
    return finish(figure)


def draw_network(axes: Axes, image: np.ndarray) -> None:
    """Draw the network into axes."""
    for left, width, count, size, step in _STEPS:
        for k in reversed(range(count)):
            corner = (left + _SHIFT * k, -width / 2 + _SHIFT * (k - count / 2))
            axes.add_patch(Rectangle(corner, width, width, facecolor=PAPER, edgecolor=ACCENT, linewidth=0.9))
        middle = left + (width + _SHIFT * (count - 1)) / 2
        axes.text(middle, -0.98, size, ha="center", va="top", fontsize=9.5)
        axes.text(middle, 0.92, step, ha="center", va="bottom", fontsize=9.5)
    axes.imshow(image, extent=(0, 1, -0.5 - _SHIFT / 2, 0.5 - _SHIFT / 2), cmap="gray_r", zorder=3)
    _draw_last_layer(axes)
    axes.set(xlim=(-0.1, _OUTPUTS + 0.75), ylim=(-1.3, 1.25), aspect="equal")
    axes.axis("off")


def _draw_last_layer(axes: Axes) -> None:
    """Draw some of the nodes in a column, the ten scores, and the weights that leave one node."""
    x, shown = _NODES
    heights, scores = np.linspace(0.8, -0.8, shown), np.linspace(0.75, -0.75, CLASSES)
    node = heights[shown // 3]
    for score in scores:
        axes.plot([x, _OUTPUTS], [node, score], color=HIGHLIGHT, linewidth=0.9)
    axes.plot([x] * shown, heights, "o", color=BORDER, markersize=3.2)
    axes.plot([x], [node], "o", color=HIGHLIGHT, markersize=6)
    axes.plot([_OUTPUTS] * CLASSES, scores, "o", color=INK, markersize=4)
    for digit in (0, CLASSES - 1):
        axes.text(_OUTPUTS + 0.2, scores[digit], str(digit), va="center", fontsize=9.5)
    for place, count, what in ((x, NODES, "nodes"), (_OUTPUTS, CLASSES, "scores")):
        axes.text(place, -0.98, str(count), ha="center", va="top", fontsize=9.5)
        axes.text(place, 0.92, what, ha="center", va="bottom", fontsize=9.5)
    axes.text((x + _OUTPUTS) / 2, 0.62, "$u_k$", ha="center", va="bottom", color=HIGHLIGHT, fontsize=11)


def smooth_figure(eps: float = 0.5) -> Figure:
    r"""Draw the smooth function of one weight and the absolute value, whose corner it rounds within ±ε."""
    figure, (axes,) = panels(1, 2.5)
    draw_smooth(axes, eps)
    figure.subplots_adjust(left=0.1, right=0.8, bottom=0.2, top=0.97)
    return finish(figure)


def draw_smooth(axes: Axes, eps: float) -> None:
    """Draw the smooth function into axes."""
    w = np.linspace(-1.5, 1.5, 301)
    axes.axvspan(-eps, eps, color=METHOD_STYLES["SL1"].color, alpha=0.1, linewidth=0)
    axes.plot(w, np.abs(w), color=MUTED, linewidth=1.4, linestyle=(0, (4, 2)))
    axes.plot(w, smooth_abs(w, eps), color=METHOD_STYLES["SL1"].color, linewidth=2.4)
    axes.text(1.53, 1.5, r"$h(w, \varepsilon)$", color=METHOD_STYLES["SL1"].color, va="top")
    axes.text(0.12, 0.02, r"$|w|$", color=INK, va="bottom")
    axes.set(xlim=(-1.5, 1.5), ylim=(0, 1.5), xlabel="weight $w$")
    axes.set_xticks([-1, -eps, 0, eps, 1], ["−1", r"$-\varepsilon$", "0", r"$\varepsilon$", "1"])
    axes.set_yticks([0, eps / 2, eps, 1], ["0", r"$\varepsilon/2$", r"$\varepsilon$", "1"])
