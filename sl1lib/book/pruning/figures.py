"""Figures of the chapter *From near-zero norms to a smaller network*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ...architecture import NODES
from ..style import HIGHLIGHT, INK, METHOD_STYLES, WIDTH, MethodStyle, finish, method_style, plain_log_ticks

_SHORT = "#9aa3ad"


@dataclass(frozen=True)
class Curve:
    """Errors of pruned networks, seed by seed.

    Parameters
    ----------
    name : str
        Written in the legend, in the line's colour.
    left : ndarray, shape (P,)
        How many nodes are left.
    errors : ndarray, shape (seeds, P)
        Shares of wrong answers, in [0, 1].
    style : MethodStyle
    """

    name: str
    left: np.ndarray
    errors: np.ndarray
    style: MethodStyle


def error_by_nodes(curves: Sequence[Curve], images: str, most: float = 0.2) -> Figure:
    """Draw the error against the nodes that are left, from all of them to none: the mean over seeds in their range.

    Parameters
    ----------
    curves : sequence of Curve
    images : str
        Which images the error is of, ``"validation"`` say.
    most : float
        The largest error that is drawn.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.7))
    for curve in curves:
        errors, color = 100 * curve.errors, curve.style.color
        axes.fill_between(curve.left, errors.min(axis=0), errors.max(axis=0), color=color, alpha=0.15, linewidth=0)
        axes.plot(curve.left, errors.mean(axis=0), color=color, linestyle=curve.style.linestyle, label=curve.name)
    axes.set_yscale("log")
    axes.set_ylim(90 * min(float(curve.errors.min()) for curve in curves), 100 * most)
    plain_log_ticks(axes)
    axes.set_xlim(NODES, 0)
    axes.set_xticks(range(0, NODES + 1, 32))
    axes.set_xlabel("nodes left, of 192")
    axes.set_ylabel(f"{images} error (%)")
    axes.legend(loc="upper left", labelcolor="linecolor", handlelength=2.6)
    return finish(figure)


def length_histograms(lengths: Mapping[str, np.ndarray], eps: float) -> Figure:
    r"""Draw how long the nodes of several methods are, a panel a method; what is exactly 0 has a bar of its own.

    Parameters
    ----------
    lengths : mapping of str to ndarray
        A method → :math:`\lVert u_k \rVert` of the nodes of all its seeds.
    eps : float
        A vertical line; bars left of it are grey.

    Returns
    -------
    Figure
    """
    positive = np.concatenate([values[values > 0] for values in lengths.values()])
    low, high = np.floor(np.log10(max(positive.min(), eps / 100))), np.ceil(np.log10(positive.max()) * 4) / 4
    edges = 10.0 ** np.linspace(low, high, 1 + round(8 * (high - low)))
    edges = np.sort(np.append(edges[np.abs(np.log(edges / eps)) > 0.05], eps))  # no bar on both sides of ε
    zero = 10.0 ** (low - 0.5)
    figure, grid = plt.subplots(
        len(lengths), 1, figsize=(WIDTH, 1.25 * len(lengths) + 0.7), sharex=True, sharey=True, squeeze=False
    )
    for axes, (method, values) in zip(grid[:, 0], lengths.items(), strict=True):
        shares = 100 * np.histogram(np.clip(values, edges[0], None), edges)[0] / len(values)
        zeros = 100 * np.mean(values == 0)
        shares[0] -= zeros
        colors = [_SHORT if right <= eps * 1.001 else method_style(method).color for right in edges[1:]]
        axes.bar(edges[:-1], shares, np.diff(edges), align="edge", color=colors, edgecolor="white", linewidth=0.4)
        axes.bar(zero, zeros, zero / 2, color=_SHORT, edgecolor="white", linewidth=0.4)
        axes.axvline(eps, color=INK, linewidth=0.8)
        axes.set_title(method, color=method_style(method).color, fontsize=10)
    axes.set_xscale("log")
    axes.set_xlim(zero / 1.7, edges[-1])
    ticks = [zero, *(10.0**power for power in range(int(low), int(np.floor(high)) + 1))]
    names = [f"{tick:g}" for tick in ticks[1:]]
    names[0] = f"≤ {names[0]}" if positive.min() < 10.0**low else names[0]
    axes.set_xticks(ticks, ["0", *names])
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.set_xlabel(rf"length of a node, $\Vert u_k \Vert$; the line is $\varepsilon$ = {eps:g}")
    grid[len(lengths) // 2, 0].set_ylabel("share of nodes (%)")
    figure.align_ylabels()
    figure.subplots_adjust(hspace=0.55)
    return finish(figure)


@dataclass(frozen=True)
class Prunings:
    """Pruned networks of one penalty, for several strengths and seeds.

    Parameters
    ----------
    name : str
    saved : ndarray, shape (strengths, seeds)
        Share of the multiply-adds that the pruning saves, in [0, 1].
    errors : ndarray, shape (strengths, seeds)
    style : MethodStyle
    tuned : ndarray, shape (tuned, seeds), optional
        Errors of the last strengths after fine-tuning, drawn hollow.
    """

    name: str
    saved: np.ndarray
    errors: np.ndarray
    style: MethodStyle
    tuned: np.ndarray | None = None


def cost_frontier(prunings: Sequence[Prunings], bound: float, images: str) -> Figure:
    """Draw error against saved multiply-adds: a line through the means of the strengths, crosses to the extreme seeds.

    Parameters
    ----------
    prunings : sequence of Prunings
    bound : float
        The share that all nodes together have, in [0, 1]: a vertical line.
    images : str
        Which images the errors are of.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.9))
    for kind in prunings:
        saved, errors, style = 100 * kind.saved, 100 * kind.errors, kind.style
        x, y = saved.mean(axis=1), errors.mean(axis=1)
        axes.errorbar(
            x, y, xerr=_reach(saved), yerr=_reach(errors), color=style.color, linestyle=style.linestyle,
            marker=style.marker, markersize=6, elinewidth=0.6, linewidth=1.6, label=kind.name,
        )  # fmt: skip
        if kind.tuned is not None:
            tuned = 100 * kind.tuned.mean(axis=1)
            axes.plot(
                x[-len(tuned) :], tuned, color=style.color, linestyle="none", marker=style.marker, markersize=8,
                markerfacecolor="none", markeredgewidth=1.4,
            )  # fmt: skip
    axes.axvline(100 * bound, color=HIGHLIGHT, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.annotate(
        f"all 192 nodes, without maps: {100 * bound:.2f} %", (100 * bound, 0.985), xycoords=("data", "axes fraction"),
        xytext=(4, 0), textcoords="offset points", color=HIGHLIGHT, va="top", fontweight="bold",
    )  # fmt: skip
    axes.set_xlim(-1.5, None)
    axes.set_xlabel("multiply-adds saved (%)")
    axes.set_ylabel(f"{images} error (%)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, fontsize=9)
    return finish(figure)


def _reach(values: np.ndarray) -> np.ndarray:
    """Return how far the smallest and the largest value of each row lie from its mean, shape (2, rows)."""
    mean = values.mean(axis=1)
    return np.stack([mean - values.min(axis=1), values.max(axis=1) - mean])


def leads(values: Mapping[str, np.ndarray], classes: str) -> Figure:
    """Draw the lead of class A over class B for each sample, one row per network, its own class in its mark.

    Parameters
    ----------
    values : mapping of str to ndarray, shape (N,)
        A network → score of A minus score of B: above 0 the answer is A.
    classes : str
        N letters, ``"A"`` or ``"B"``: what each sample is.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 0.62 * len(values) + 0.9))
    for place, lead in enumerate(values.values()):
        axes.axhline(place, color="#e4e8ee", linewidth=1, zorder=0)
        for x, letter in zip(lead, classes, strict=True):
            right = (x > 0) == (letter == "A")
            color, marker = (METHOD_STYLES["SL1"].color, "o") if right else (HIGHLIGHT, "s")
            axes.plot(x, place, marker, color=color, markersize=15)
            axes.annotate(letter, (x, place), color="white", ha="center", va="center", fontweight="bold")
    axes.axvline(0, color=INK, linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(values)), list(values))
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("score of A minus score of B")
    axes.margins(x=0.08)
    return finish(figure)
