r"""Figures of the corner of :math:`|w|`: what it does to a minimum, and what it does to descent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from ...reference import penalty_prox, smooth_abs_prox
from ..style import ACCENT, HIGHLIGHT, INK, WIDTH, finish, label_ends, method_style

QUIET = "#8b94a0"


def one_weight_errors(z: float, strengths: Sequence[float]) -> Figure:
    r"""Draw :math:`\tfrac12 (w-z)^2 + \lambda |w|` for several strengths, with the minimum of each marked.

    Parameters
    ----------
    z : float
    strengths : sequence of float

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.3))
    w = np.linspace(-1, 2, 601)
    ends = []
    for strength, color in zip(strengths, ("#666666", ACCENT, HIGHLIGHT), strict=False):
        error = (w - z) ** 2 / 2 + strength * np.abs(w)
        best = float(smooth_abs_prox(np.array(z), strength))
        axes.plot(w, error, color=color)
        axes.plot(best, (best - z) ** 2 / 2 + strength * abs(best), "o", color=color, markersize=7)
        ends.append((rf"$\lambda$ = {strength:g}", float(error[-1]), color))
    axes.set_xlim(w[0], w[-1])
    axes.set_ylim(0, None)
    axes.set_xlabel("weight $w$")
    axes.set_ylabel("error $E(w)$")
    label_ends(axes, ends)
    return finish(figure)


def threshold_maps(strength: float) -> Figure:
    """Draw where the minimum lies against where the data want it: without a penalty, under L2, under L1.

    Parameters
    ----------
    strength : float

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.3))
    z = np.linspace(-3, 3, 601)
    lines = {
        "none": z,
        "L2": smooth_abs_prox(z, strength, profile="squared"),
        "L1": smooth_abs_prox(z, strength),
    }
    for name, best in lines.items():
        style = method_style(name)
        axes.plot(z, best, color=style.color, linestyle=style.linestyle, linewidth=2.4 if name == "L1" else 1.8)
    label_ends(axes, [(name, float(best[-1]), method_style(name).color) for name, best in lines.items()])
    axes.axvspan(-strength, strength, color=method_style("L1").color, alpha=0.1, linewidth=0)
    axes.annotate("exactly 0", (0, -2.6), ha="center", color=method_style("L1").color)
    axes.set_xlim(-3, 3)
    axes.set_xlabel("$z$, where the data want the weight")
    axes.set_ylabel("$w^*$, where it ends")
    return finish(figure)


def touching_level_lines(centre: tuple[float, float], matrix: np.ndarray, size: float) -> Figure:
    r"""Draw level lines of a quadratic error that touch a disc and a diamond of one size.

    Parameters
    ----------
    centre : pair of float
        Where the error is smallest.
    matrix : ndarray, shape (2, 2)
        :math:`E_0(w) = \tfrac12 (w-z)^\top M (w-z)`.
    size : float
        Half the width of both shapes.

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.1), sharey=True)
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
        style = method_style(name)
        axes.add_patch(Polygon(edge, facecolor=style.color, alpha=0.16, edgecolor="none"))
        axes.add_patch(Polygon(edge, fill=False, edgecolor=style.color, linewidth=1.8))
        axes.contour(x, y, level, levels=[touching * f for f in (0.2, 0.55, 1, 1.6)], colors=QUIET, linewidths=0.9)
        axes.contour(x, y, level, levels=[touching], colors=INK, linewidths=1.3)
        axes.plot(*best, "o", color=style.color, markersize=8)
        axes.plot(*z, "+", color=INK, markersize=8)
        _cross(axes)
        axes.set_title(f"{name}: ({best[0] + 0:.2f}, {best[1] + 0:.2f})", fontweight="normal", loc="center")
        axes.set_xlabel("$w_0$")
    row[0].set_ylabel("$w_1$")
    return finish(figure)


def pulls_to_zero(strength: float) -> Figure:
    """Draw where points of the plane go under the two corners: weight by weight, and as one group.

    Parameters
    ----------
    strength : float

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=True)
    grid = np.linspace(-2.2, 2.2, 7)
    points = np.stack([axis.ravel() for axis in np.meshgrid(grid, grid)])
    for axes, name, grouping in zip(row, ("L1", "group lasso"), ("weight", "node"), strict=True):
        color = method_style(name).color
        ends = penalty_prox(points, strength, grouping=grouping)
        axes.quiver(
            *points, *(ends - points), angles="xy", scale_units="xy", scale=1, width=0.008, color=QUIET, headwidth=4
        )
        axes.plot(*ends, "o", color=color, markersize=3)
        if grouping == "weight":
            axes.axvspan(-strength, strength, color=color, alpha=0.1, linewidth=0)
            axes.axhspan(-strength, strength, color=color, alpha=0.1, linewidth=0)
        else:
            axes.add_patch(Circle((0, 0), strength, facecolor=color, alpha=0.14, edgecolor="none"))
        _cross(axes)
        axes.set_xlim(-2.5, 2.5)
        axes.set_ylim(-2.5, 2.5)
        axes.set_title(name, fontweight="normal", loc="center")
        axes.set_xlabel("$z_0$")
    row[0].set_ylabel("$z_1$")
    return finish(figure)


def supporting_lines(slopes: Sequence[float], at: float = -0.9) -> Figure:
    """Draw |w| with lines below it: several through its corner, one where it is smooth.

    Parameters
    ----------
    slopes : sequence of float
        Slopes of the lines through the corner, all in [-1, 1].
    at : float
        Where the single line of the smooth part touches.

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 2.7), sharey=True)
    w = np.linspace(-2, 2, 401)
    for axes in row:
        axes.plot(w, np.abs(w), color=INK, linewidth=2.2)
        axes.set_xlabel("$w$")
        axes.set_ylim(-1.3, 2.05)
    row[0].plot(w, np.abs(at) + np.sign(at) * (w - at), color=ACCENT)
    row[0].plot(at, np.abs(at), "o", color=ACCENT)
    row[0].set_title("off 0: one line", fontweight="normal", loc="center")
    for slope in slopes:
        row[1].plot(w, slope * w, color=HIGHLIGHT, linewidth=1.2)
    row[1].plot(0, 0, "o", color=HIGHLIGHT)
    row[1].set_title("at 0: a fan of lines", fontweight="normal", loc="center")
    row[0].set_ylabel("$|w|$ and lines below it")
    return finish(figure)


def weight_paths(
    paths: Mapping[str, np.ndarray], colors: Sequence[str], band: tuple[float, float] | None = None
) -> Figure:
    """Draw weights against the update, one dotted path each, named at its end.

    Parameters
    ----------
    paths : mapping of str to ndarray, shape (T,)
    colors : sequence of str
    band : pair of float, optional
        Shade what lies between.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.0))
    if band is not None:
        axes.axhspan(*band, color=HIGHLIGHT, alpha=0.12, linewidth=0)
    axes.axhline(0, color=QUIET, linewidth=0.8)
    for path, color in zip(paths.values(), colors, strict=True):
        axes.plot(path, color=color, linewidth=0.9, marker="o", markersize=2.6)
    axes.set_xlim(0, max(len(path) for path in paths.values()) - 1)
    axes.set_xlabel("update $t$")
    axes.set_ylabel("weight $w_t$")
    ends = [(name, float(path[-2:].mean()), color) for (name, path), color in zip(paths.items(), colors, strict=True)]
    label_ends(axes, ends)
    return finish(figure)


def chatter_by_momentum(momenta: np.ndarray, spreads: np.ndarray) -> Figure:
    r"""Draw how far a weight spreads when it chatters, against the momentum, with the two derived curves.

    Parameters
    ----------
    momenta : ndarray, shape (M,)
    spreads : ndarray, shape (M, S)
        Peak to peak, in units of :math:`\eta\lambda`, for S starts.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.3))
    mu = np.linspace(momenta.min(), momenta.max(), 201)
    axes.plot(np.repeat(momenta, spreads.shape[1]), spreads.ravel(), "o", color=INK, alpha=0.12, markersize=3)
    axes.plot(mu, 1 / (1 + mu), color=HIGHLIGHT)
    axes.plot(mu, 2 / (1 + mu**2), color=ACCENT, linestyle=(0, (5, 1.5)))
    axes.set_xlim(mu[0], mu[-1])
    axes.set_ylim(0, None)
    label_ends(
        axes,
        [("two-cycle", float(1 / (1 + mu[-1])), HIGHLIGHT), ("four-cycle", float(2 / (1 + mu[-1] ** 2)), ACCENT)],
    )
    axes.set_xlabel(r"momentum $\mu$")
    axes.set_ylabel(r"peak to peak, in units of $\eta\lambda$")
    return finish(figure)


def _cross(axes: Axes) -> None:
    """Draw the axes through 0, and make both directions equally long."""
    axes.axhline(0, color=QUIET, linewidth=0.7, zorder=0)
    axes.axvline(0, color=QUIET, linewidth=0.7, zorder=0)
    axes.set_aspect("equal")
