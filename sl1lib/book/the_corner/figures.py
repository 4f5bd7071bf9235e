r"""Figures of the corner of :math:`|w|`: what it does to a minimum, and what it does to descent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from ...reference import penalty_prox, smooth_abs_prox
from ..style import ACCENT, HIGHLIGHT, INK, MUTED, Look, centre_title, finish, label_ends, method_style, panels


def one_weight_errors(z: float, strengths: Sequence[float]) -> Figure:
    r"""Draw :math:`\tfrac12 (w-z)^2 + \lambda |w|` for up to three strengths, with the minimum of each marked."""
    figure, (axes,) = panels(1, 3.3)
    w = np.linspace(-1, 2, 601)
    for strength, color in zip(strengths, ("#666666", ACCENT, HIGHLIGHT), strict=False):
        best = float(smooth_abs_prox(np.array(z), strength))
        name = rf"$\lambda$ = {strength:g}"
        axes.plot(w, (w - z) ** 2 / 2 + strength * np.abs(w), color=color, label=name)
        axes.plot(best, (best - z) ** 2 / 2 + strength * abs(best), "o", color=color, markersize=7)
    axes.set(xlim=(w[0], w[-1]), ylim=(0, None), xlabel="weight $w$", ylabel="error $E(w)$")
    label_ends(axes)
    return finish(figure)


def threshold_maps(strength: float) -> Figure:
    """Draw where the minimum lies against where the data want it: without a penalty, under L2, under L1."""
    figure, (axes,) = panels(1, 3.3)
    z = np.linspace(-3, 3, 601)
    lines = {
        "none": z,
        "L2": smooth_abs_prox(z, strength, profile="squared"),
        "L1": smooth_abs_prox(z, strength),
    }
    for name, best in lines.items():
        axes.plot(z, best, **method_style(name).line, linewidth=2.4 if name == "L1" else 1.8, label=name)
    label_ends(axes)
    axes.axvspan(-strength, strength, color=method_style("L1").color, alpha=0.1, linewidth=0)
    axes.annotate("exactly 0", (0, -2.6), ha="center", color=method_style("L1").color)
    axes.set(xlim=(-3, 3), xlabel="$z$, where the data want the weight", ylabel="$w^*$, where it ends")
    return finish(figure)


def touching_level_lines(centre: tuple[float, float], matrix: np.ndarray, size: float) -> Figure:
    r"""Draw level lines of :math:`\tfrac12 (w-z)^\top M (w-z)` that touch a disc and a diamond.

    ``centre`` is :math:`z`, ``matrix`` is :math:`M`, and ``size`` is half the width of both shapes.
    """
    figure, row = panels(2, 3.1, sharey=True)
    x, y = np.meshgrid(np.linspace(-1.2, 2.1, 331), np.linspace(-1.2, 2.1, 331))
    z = np.array(centre)
    away = np.stack([x - z[0], y - z[1]], axis=-1)
    level = np.einsum("...i,ij,...j->...", away, matrix, away) / 2
    angle = np.linspace(0, 2 * np.pi, 4001)
    disc = size * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    diamond = disc / np.abs(disc).sum(axis=1, keepdims=True) * size
    for axes, edge, name in zip(row, (disc, diamond), ("L2", "L1"), strict=True):
        best = edge[np.einsum("ni,ij,nj->n", edge - z, matrix, edge - z).argmin()]
        touching = float((best - z) @ matrix @ (best - z) / 2)
        color = method_style(name).color
        axes.add_patch(Polygon(edge, facecolor=color, alpha=0.16, edgecolor="none"))
        axes.add_patch(Polygon(edge, fill=False, edgecolor=color, linewidth=1.8))
        axes.contour(x, y, level, levels=[touching * f for f in (0.2, 0.55, 1, 1.6)], colors=MUTED, linewidths=0.9)
        axes.contour(x, y, level, levels=[touching], colors=INK, linewidths=1.3)
        axes.plot(*best, "o", color=color, markersize=8)
        axes.plot(*z, "+", color=INK, markersize=8)
        _cross(axes)
        centre_title(axes, f"{name}: ({best[0] + 0:.2f}, {best[1] + 0:.2f})")
        axes.set_xlabel("$w_0$")
    row[0].set_ylabel("$w_1$")
    return finish(figure)


def pulls_to_zero(strength: float) -> Figure:
    """Draw where points of the plane go under the two corners: weight by weight, and as one group."""
    figure, row = panels(2, 3.2, sharey=True)
    grid = np.linspace(-2.2, 2.2, 7)
    points = np.stack([axis.ravel() for axis in np.meshgrid(grid, grid)])
    arrows: Look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.008, "headwidth": 4}
    for axes, name, grouping in zip(row, ("L1", "group lasso"), ("weight", "node"), strict=True):
        color = method_style(name).color
        ends = penalty_prox(points, strength, grouping=grouping)
        axes.quiver(*points, *(ends - points), color=MUTED, **arrows)
        axes.plot(*ends, "o", color=color, markersize=3)
        if grouping == "weight":
            axes.axvspan(-strength, strength, color=color, alpha=0.1, linewidth=0)
            axes.axhspan(-strength, strength, color=color, alpha=0.1, linewidth=0)
        else:
            axes.add_patch(Circle((0, 0), strength, facecolor=color, alpha=0.14, edgecolor="none"))
        _cross(axes)
        axes.set(xlim=(-2.5, 2.5), ylim=(-2.5, 2.5), xlabel="$z_0$")
        centre_title(axes, name)
    row[0].set_ylabel("$z_1$")
    return finish(figure)


def supporting_lines(slopes: Sequence[float]) -> Figure:
    """Draw |w| with lines below it: one where it is smooth, and those of ``slopes`` through its corner."""
    figure, (smooth, corner) = panels(2, 2.7, sharey=True)
    w = np.linspace(-2, 2, 401)
    for axes in (smooth, corner):
        axes.plot(w, np.abs(w), color=INK, linewidth=2.2)
        axes.set(xlabel="$w$", ylim=(-1.3, 2.05))
    smooth.plot(w, -w, color=ACCENT)
    smooth.plot(-0.9, 0.9, "o", color=ACCENT)
    centre_title(smooth, "off 0: one line")
    for slope in slopes:
        corner.plot(w, slope * w, color=HIGHLIGHT, linewidth=1.2)
    corner.plot(0, 0, "o", color=HIGHLIGHT)
    centre_title(corner, "at 0: a fan of lines")
    smooth.set_ylabel("$|w|$ and lines below it")
    return finish(figure)


def weight_paths(
    paths: Mapping[str, np.ndarray], colors: Sequence[str], band: tuple[float, float] | None = None
) -> Figure:
    """Draw weights (T,) against the update, one dotted path each, named at its end; ``band`` is shaded."""
    figure, (axes,) = panels(1, 3.0)
    if band is not None:
        axes.axhspan(*band, color=HIGHLIGHT, alpha=0.12, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    for (name, path), color in zip(paths.items(), colors, strict=True):
        axes.plot(path, color=color, linewidth=0.9, marker="o", markersize=2.6, label=name)
    most = max(len(path) for path in paths.values()) - 1
    axes.set(xlim=(0, most), xlabel="update $t$", ylabel="weight $w_t$")
    label_ends(axes, last=2)
    return finish(figure)


def chatter_by_momentum(momenta: np.ndarray, spreads: np.ndarray) -> Figure:
    r"""Draw how far a chattering weight spreads against the momentum, with the two derived curves.

    ``spreads`` (M, S) are peak to peak, in units of :math:`\eta\lambda`: for each of the ``momenta`` (M,) those of S
    starts.
    """
    figure, (axes,) = panels(1, 3.3)
    mu = np.linspace(momenta.min(), momenta.max(), 201)
    axes.plot(np.repeat(momenta, spreads.shape[1]), spreads.ravel(), "o", color=INK, alpha=0.12, markersize=3)
    axes.plot(mu, 1 / (1 + mu), color=HIGHLIGHT, label="two-cycle")
    axes.plot(mu, 2 / (1 + mu**2), color=ACCENT, linestyle=(0, (5, 1.5)), label="four-cycle")
    if mu[0] == 0:  # exact: an end of the range; without momentum there is no four-cycle
        axes.plot(0, 2, "o", color=ACCENT, markerfacecolor="white", clip_on=False)
    axes.set(xlim=(mu[0], mu[-1]), ylim=(0, None))
    label_ends(axes)
    axes.set(xlabel=r"momentum $\mu$", ylabel=r"peak to peak, in units of $\eta\lambda$")
    return finish(figure)


def _cross(axes: Axes) -> None:
    """Draw the axes through 0, and make both directions equally long."""
    axes.axhline(0, color=MUTED, linewidth=0.7, zorder=0)
    axes.axvline(0, color=MUTED, linewidth=0.7, zorder=0)
    axes.set_aspect("equal")
