"""Figures of the chapter *From near-zero norms to a smaller network*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ...architecture import NODES
from ..style import (
    FAINT,
    HIGHLIGHT,
    INK,
    METHOD_STYLES,
    SMALL,
    Look,
    MethodStyle,
    finish,
    method_style,
    panels,
    plain_log_ticks,
)

_SHORT = "#9aa3ad"


@dataclass(frozen=True)
class Curve:
    """Errors of pruned networks, seed by seed."""

    name: str
    left: np.ndarray  #: how many nodes are left, shape (P,)
    errors: np.ndarray  #: shares of wrong answers, shape (seeds, P)
    style: MethodStyle


def error_by_nodes(curves: Sequence[Curve], images: str) -> Figure:
    """Draw the error on some ``images``, up to 20 %, against the nodes left: the mean over seeds in their range."""
    figure, (axes,) = panels(1, 3.7)
    for curve in curves:
        errors, style = 100 * curve.errors, curve.style
        band: Look = {"color": style.color, "alpha": 0.15, "linewidth": 0}
        axes.fill_between(curve.left, errors.min(axis=0), errors.max(axis=0), **band)
        axes.plot(curve.left, errors.mean(axis=0), **style.line, label=curve.name)
    axes.set(yscale="log", ylim=(90 * min(float(curve.errors.min()) for curve in curves), 20))
    plain_log_ticks(axes)
    axes.set(xlim=(NODES, 0), xticks=range(0, NODES + 1, 32))
    axes.set(xlabel="nodes left, of 192", ylabel=f"{images} error (%)")
    axes.legend(loc="upper left", labelcolor="linecolor", handlelength=2.6)
    return finish(figure)


def length_histograms(lengths: Mapping[str, np.ndarray], eps: float) -> Figure:
    r"""Draw how long the nodes of all seeds are, a panel for each method; what is exactly 0 has a bar of its own.

    Bars left of the line at ``eps`` are grey.
    """
    positive = np.concatenate([values[values > 0] for values in lengths.values()])
    low, high = np.floor(np.log10(max(positive.min(), eps / 100))), np.ceil(np.log10(positive.max()) * 4) / 4
    edges = 10.0 ** np.linspace(low, high, 1 + round(8 * (high - low)))
    edges = np.sort(np.append(edges[np.abs(np.log(edges / eps)) > 0.05], eps))  # no bar on both sides of ε
    zero = 10.0 ** (low - 0.5)
    rows = len(lengths)
    figure, column = panels(1, 1.25 * rows + 0.7, rows=rows, sharex=True, sharey=True)
    look: Look = {"edgecolor": "white", "linewidth": 0.4}
    for axes, (method, values) in zip(column, lengths.items(), strict=True):
        shares = 100 * np.histogram(np.clip(values, edges[0], None), edges)[0] / len(values)
        zeros = 100 * np.mean(values == 0)
        shares[0] -= zeros
        colors = [_SHORT if right <= eps * 1.001 else method_style(method).color for right in edges[1:]]
        axes.bar(edges[:-1], shares, np.diff(edges), align="edge", color=colors, **look)
        axes.bar(zero, zeros, zero / 2, color=_SHORT, **look)
        axes.axvline(eps, color=INK, linewidth=0.8)
        axes.set_title(method, color=method_style(method).color, fontsize=10)
    axes.set(xscale="log", xlim=(zero / 1.7, edges[-1]))
    ticks = [zero, *(10.0**power for power in range(int(low), int(np.floor(high)) + 1))]
    names = [f"{tick:g}" for tick in ticks[1:]]
    names[0] = f"≤ {names[0]}" if positive.min() < 10.0**low else names[0]
    axes.set_xticks(ticks, ["0", *names])
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.set_xlabel(rf"length of a node, $\Vert u_k \Vert$; the line is $\varepsilon$ = {eps:g}")
    column[rows // 2].set_ylabel("share of nodes (%)")
    figure.align_ylabels()
    figure.subplots_adjust(hspace=0.55)
    return finish(figure)


@dataclass(frozen=True)
class Prunings:
    """Pruned networks of one penalty, for several strengths and seeds."""

    name: str
    saved: np.ndarray  #: share of the multiply-adds that the pruning saves, shape (strengths, seeds)
    errors: np.ndarray  #: shape (strengths, seeds)
    style: MethodStyle
    tuned: np.ndarray | None = None  #: errors of the last strengths after fine-tuning, drawn hollow


def cost_frontier(prunings: Sequence[Prunings], bound: float, images: str) -> Figure:
    """Draw error against saved multiply-adds: a line through the means of the strengths, crosses to the extreme seeds.

    A vertical line marks ``bound``, the share of the multiply-adds that all nodes together have.
    """
    figure, (axes,) = panels(1, 3.9)
    for kind in prunings:
        saved, errors, style = 100 * kind.saved, 100 * kind.errors, kind.style
        x, y = saved.mean(axis=1), errors.mean(axis=1)
        look: Look = {"marker": style.marker, "markersize": 6, "elinewidth": 0.6, "linewidth": 1.6}
        axes.errorbar(x, y, xerr=_reach(saved), yerr=_reach(errors), **style.line, **look, label=kind.name)
        if kind.tuned is not None:
            tuned = 100 * kind.tuned.mean(axis=1)
            hollow: Look = {"markersize": 8, "markerfacecolor": "none", "markeredgewidth": 1.4}
            axes.plot(x[-len(tuned) :], tuned, style.marker, color=style.color, **hollow)
    axes.axvline(100 * bound, color=HIGHLIGHT, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.annotate(
        f"all 192 nodes, without maps: {100 * bound:.2f} %", (100 * bound, 0.985), xycoords=("data", "axes fraction"),
        xytext=(4, 0), textcoords="offset points", color=HIGHLIGHT, va="top", fontweight="bold",
    )  # fmt: skip
    axes.set(xlim=(-1.5, None), xlabel="multiply-adds saved (%)", ylabel=f"{images} error (%)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, fontsize=SMALL)
    return finish(figure)


def _reach(values: np.ndarray) -> np.ndarray:
    """Return how far the smallest and the largest value of each row lie from its mean, shape (2, rows)."""
    mean = values.mean(axis=1)
    return np.stack([mean - values.min(axis=1), values.max(axis=1) - mean])


def leads(values: Mapping[str, np.ndarray], classes: str) -> Figure:
    """Draw the lead of class A over class B for each sample, one row per network, its own class in its mark.

    ``values`` has a network's scores of A minus those of B (N,): above 0 the answer is A. ``classes`` has a letter for
    each sample.
    """
    figure, (axes,) = panels(1, 0.62 * len(values) + 0.9)
    for place, lead in enumerate(values.values()):
        axes.axhline(place, color=FAINT, linewidth=1, zorder=0)
        for x, letter in zip(lead, classes, strict=True):
            right = (x > 0) == (letter == "A")
            color, marker = (METHOD_STYLES["SL1"].color, "o") if right else (HIGHLIGHT, "s")
            axes.plot(x, place, marker, color=color, markersize=15)
            axes.annotate(letter, (x, place), color="white", ha="center", va="center", fontweight="bold")
    axes.axvline(0, color=INK, linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(values)), list(values))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(len(values) - 0.5, -0.5), xlabel="score of A minus score of B")
    axes.margins(x=0.08)
    return finish(figure)
