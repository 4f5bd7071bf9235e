"""Figures of descent: an error under its parabola, courses over updates, and where chatter begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..style import ACCENT, HIGHLIGHT, INK, finish, label_ends, method_style, note, panels

STYLES = (method_style("SL1"), method_style("L1"), method_style("L2"), method_style("group lasso"))


def courses(curves: Mapping[str, np.ndarray], ylabel: str) -> Figure:
    """Draw at most four quantities over the updates, on a logarithmic axis, each line named at its end."""
    figure, (axes,) = panels(1, 3.2)
    for (name, values), style in zip(curves.items(), STYLES, strict=False):
        axes.plot(values, **style.line, linewidth=1.4, label=name)
    axes.set_yscale("log")
    axes.set(xlim=(0, max(map(len, curves.values())) - 1), xlabel="update $t$", ylabel=ylabel)
    label_ends(axes)
    return finish(figure)


def bouncing(paths: Mapping[str, np.ndarray], titles: Sequence[str]) -> Figure:
    """Draw one weight's course on a parabola, a panel a path, all on one scale."""
    figure, row = panels(len(paths), 2.7, sharey=True)
    limit = 1.15 * max(float(np.abs(path).max()) for path in paths.values())
    for axes, (name, path), title, style in zip(row, paths.items(), titles, STYLES[1::-1], strict=True):
        axes.axhline(0, color="#c4cad2", linewidth=0.8)
        axes.plot(path, "o-", color=style.color, markersize=3.5, linewidth=1.1)
        axes.text(0.97, 0.04, name, transform=axes.transAxes, ha="right", color=style.color, fontweight="bold")
        axes.set(title=title, xlabel="update $t$", ylim=(-limit, limit))
    row[0].set_ylabel("weight $w_t$")
    figure.tight_layout()
    return finish(figure)


def parabola_bound() -> Figure:
    r"""Draw :math:`\ln\cosh w`, whose second derivative is at most 1, and the parabola that touches it from above."""
    figure, (axes,) = panels(1, 3.0)
    w = np.linspace(-2.6, 3.2, 301)
    at = 2.2

    def error(x: np.ndarray | float) -> np.ndarray:
        return np.asarray(np.logaddexp(x, -np.asarray(x)) - np.log(2))

    here, slope = float(error(at)), float(np.tanh(at))

    def parabola(x: np.ndarray | float) -> np.ndarray:
        return np.asarray(here + slope * (x - at) + (x - at) ** 2 / 2)

    axes.plot(w, error(w), color=INK)
    axes.plot(w, parabola(w), color=ACCENT, linestyle=(0, (5, 1.5)))
    axes.plot(at, here, "o", color=HIGHLIGHT)
    for factor, side, away in ((1, "center", (0, 7)), (2, "left", (8, 4))):
        x = at - factor * slope
        value = float(parabola(x))
        axes.plot([x, x], [float(error(x)), value], color="#9aa3ad", linewidth=1)
        axes.plot(x, value, "o", color=ACCENT, markersize=4.5)
        note(axes, rf"$\eta = {factor}/L$", (x, value), away, ha=side, color=ACCENT)
    axes.axhline(here, color="#c4cad2", linewidth=0.8, zorder=0)
    note(axes, "here we stand", (at, here), (-4, 10), ha="right", color=HIGHLIGHT)
    axes.text(-2.3, 1.05, "$E$", fontsize=12)
    axes.text(-0.35, 2.6, "its parabola", color=ACCENT, fontweight="bold")
    axes.set(xlabel="$w$", ylim=(-0.1, 3.2))
    return finish(figure)


def chatter_transition(ratios: np.ndarray, spreads: np.ndarray, bound: float, surely: float) -> Figure:
    r"""Draw how far dead weights swing against :math:`\eta\lambda/\varepsilon`, and where theory puts the change.

    For each training of ``ratios`` (T,), ``spreads`` (T,) has the largest peak to peak of a dead node's weight, in
    units of :math:`\eta\lambda`. Beyond ``bound`` rest is impossible; below ``surely`` it is certain.
    """
    figure, (axes,) = panels(1, 3.3)
    axes.axvspan(surely, bound, color="#e6e9ed", zorder=0)
    axes.axvline(bound, color=INK, linewidth=1)
    axes.plot(ratios, spreads, "o-", color=method_style("SL1").color, markersize=5)
    note(axes, r"$2(1+\mu)$", (bound, spreads.min()), (6, 2))
    axes.text(0.03, 0.5, "comes to rest", transform=axes.transAxes, fontweight="bold")
    axes.text(0.97, 0.6, "chatters", transform=axes.transAxes, ha="right", fontweight="bold")
    ylabel = r"peak to peak, in units of $\eta\lambda$"
    axes.set(yscale="log", xlabel=r"$\eta\lambda/\varepsilon$", ylabel=ylabel)
    return finish(figure)
