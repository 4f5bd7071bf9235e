"""Figures of descent: an error under its parabola, courses over updates, and where chatter begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..style import ACCENT, HIGHLIGHT, INK, WIDTH, finish, label_ends, method_style

COLOURS = (method_style("SL1"), method_style("L1"), method_style("L2"), method_style("group lasso"))


def courses(curves: Mapping[str, np.ndarray], ylabel: str, log: bool = True) -> Figure:
    """Draw quantities over the updates, each line named at its end.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (T,)
        At most four.
    ylabel : str
    log : bool
        A logarithmic vertical axis.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    ends = []
    for (name, values), style in zip(curves.items(), COLOURS, strict=False):
        axes.plot(values, color=style.color, linestyle=style.linestyle, linewidth=1.4)
        ends.append((name, float(values[-1]), style.color))
    if log:
        axes.set_yscale("log")
    axes.set_xlim(0, max(map(len, curves.values())) - 1)
    axes.set_xlabel("update $t$")
    axes.set_ylabel(ylabel)
    label_ends(axes, ends)
    return finish(figure)


def bouncing(paths: Mapping[str, np.ndarray], titles: Sequence[str]) -> Figure:
    """Draw one weight's course on a parabola, a panel a path, all on one scale.

    Parameters
    ----------
    paths : mapping of str to ndarray, shape (T,)
    titles : sequence of str

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, len(paths), figsize=(WIDTH, 2.7), sharey=True, squeeze=False)
    limit = 1.15 * max(float(np.abs(path).max()) for path in paths.values())
    for axes, (name, path), title, style in zip(row[0], paths.items(), titles, COLOURS[1::-1], strict=True):
        axes.axhline(0, color="#c4cad2", linewidth=0.8)
        axes.plot(path, "o-", color=style.color, markersize=3.5, linewidth=1.1)
        axes.set_title(title)
        axes.set_xlabel("update $t$")
        axes.text(0.97, 0.04, name, transform=axes.transAxes, ha="right", color=style.color, fontweight="bold")
        axes.set_ylim(-limit, limit)
    row[0][0].set_ylabel("weight $w_t$")
    figure.tight_layout()
    return finish(figure)


def parabola_bound(steepness: float = 1.0) -> Figure:
    r"""Draw a smooth function of one variable, and the parabola of the descent lemma that touches it from above.

    Parameters
    ----------
    steepness : float
        The function is ``steepness · ln cosh w``, whose second derivative is at most ``steepness``.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.0))
    w = np.linspace(-2.6, 3.2, 301)
    at = 2.2

    def error(x: np.ndarray | float) -> np.ndarray:
        return steepness * (np.logaddexp(x, -np.asarray(x)) - np.log(2))

    slope = steepness * float(np.tanh(at))
    parabola = error(at) + slope * (w - at) + steepness / 2 * (w - at) ** 2
    axes.plot(w, error(w), color=INK)
    axes.plot(w, parabola, color=ACCENT, linestyle=(0, (5, 1.5)))
    lowest, last = at - slope / steepness, at - 2 * slope / steepness
    axes.plot([at], [error(at)], "o", color=HIGHLIGHT)
    for x, name, side in ((lowest, r"$\eta = 1/L$", "center"), (last, r"$\eta = 2/L$", "right")):
        value = float(error(at) + slope * (x - at) + steepness / 2 * (x - at) ** 2)
        axes.plot([x, x], [float(error(x)), value], color="#9aa3ad", linewidth=1)
        axes.plot([x], [value], "o", color=ACCENT, markersize=4.5)
        axes.annotate(name, (x, value), xytext=(0, 7), textcoords="offset points", ha=side, color=ACCENT)
    axes.axhline(float(error(at)), color="#c4cad2", linewidth=0.8, zorder=0)
    axes.annotate("here we stand", (at, float(error(at))), xytext=(-4, 10), textcoords="offset points", ha="right",
                  color=HIGHLIGHT)  # fmt: skip
    axes.text(-2.3, 1.05, "$E$", fontsize=12)
    axes.text(-0.35, 2.6, "its parabola", color=ACCENT, fontweight="bold")
    axes.set_ylim(-0.1, 3.2)
    axes.set_xlabel("$w$")
    return finish(figure)


def chatter_transition(ratios: np.ndarray, spreads: np.ndarray, bound: float, surely: float) -> Figure:
    r"""Draw how far dead weights swing against :math:`\eta\lambda/\varepsilon`, and where theory puts the change.

    Parameters
    ----------
    ratios : ndarray, shape (T,)
        :math:`\eta\lambda\operatorname{Lip}(\nabla h)` of each training.
    spreads : ndarray, shape (T,)
        The largest peak-to-peak of a dead node's weight, in units of :math:`\eta\lambda`.
    bound, surely : float
        Beyond ``bound`` rest is impossible; below ``surely`` it is certain.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.3))
    axes.axvspan(surely, bound, color="#e6e9ed", zorder=0)
    axes.axvline(bound, color=INK, linewidth=1)
    axes.plot(ratios, spreads, "o-", color=method_style("SL1").color, markersize=5)
    axes.annotate(r"$2(1+\mu)$", (bound, spreads.min()), xytext=(6, 2), textcoords="offset points")
    axes.text(0.03, 0.5, "comes to rest", transform=axes.transAxes, fontweight="bold")
    axes.text(0.97, 0.6, "chatters", transform=axes.transAxes, ha="right", fontweight="bold")
    axes.set_yscale("log")
    axes.set_xlabel(r"$\eta\lambda/\varepsilon$")
    axes.set_ylabel(r"peak to peak, in units of $\eta\lambda$")
    return finish(figure)
