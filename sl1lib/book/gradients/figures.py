"""Figures of the penalty: pulls, curvatures, groups of weights, proximal maps, and the threshold for dead nodes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ...architecture import CLASSES, NODES_PER_MAP
from ...reference import smooth_abs_grad, smooth_abs_hess, smooth_abs_prox
from ..style import HIGHLIGHT, INK, SMALL, Look, finish, hide_frame, method_style, note, panels

SHARP, ROUND, QUARTIC = method_style("group lasso"), method_style("SL1"), method_style("smoothed L1/2")


def pulls(strength: float, eps: float, pull: float) -> Figure:
    r"""Draw the penalty's pull against the length, with and without corner, and the constant pull of the error.

    ``pull`` is the length of the error's gradient, below the ``strength`` :math:`\lambda`.
    """
    figure, (axes,) = panels(1, 3.0)
    r = np.linspace(0, 3 * eps, 301)
    axes.plot(r, strength * smooth_abs_grad(r, eps), **ROUND.line)
    axes.plot([0, 0, 3 * eps], [0, strength, strength], **SHARP.line)
    axes.axhline(pull, color=INK, linewidth=1)
    rest = eps * pull / strength
    axes.plot([rest], [pull], "o", color=HIGHLIGHT, markersize=7, zorder=5)
    note(axes, "balance", (rest, pull), (8, -14), color=HIGHLIGHT)
    axes.text(3 * eps, strength * 1.03, "the group lasso pulls", color=SHARP.color, ha="right", fontweight="bold")
    axes.text(0.74 * eps, 0.68 * strength, "Huber's profile pulls", color=ROUND.color, fontweight="bold")
    axes.text(3 * eps, pull * 1.05, "the error pulls", ha="right")
    axes.set(xlim=(-0.06 * eps, 3 * eps), ylim=(0, 1.2 * strength))
    axes.set_xticks([0, eps, 2 * eps, 3 * eps], ["0", r"$\varepsilon$", r"$2\varepsilon$", r"$3\varepsilon$"])
    axes.set(xlabel=r"length $\Vert u \Vert$", ylabel="pull")
    return finish(figure)


def curvatures() -> Figure:
    r"""Draw the two eigenvalues of the Hessian of two profiles against the length, in units of :math:`\varepsilon`."""
    figure, row = panels(2, 2.9, sharey=True)
    r = np.linspace(1e-6, 3, 601)
    blue = method_style("L2")
    for axes, profile in zip(row, ("huber", "quartic"), strict=True):
        along = smooth_abs_hess(r, 1.0, profile)
        across = smooth_abs_grad(r, 1.0, profile) / r
        if profile == "huber":  # a jump is drawn as a gap
            along = np.where(np.abs(r - 1) < 0.004, np.nan, along)
        axes.plot(r, across, **blue.line)
        axes.plot(r, along, color=HIGHLIGHT)
        axes.text(1.75, 0.62, r"across: $\varphi'/r$", color=blue.color, fontweight="bold")
        axes.text(1.75, 0.07, r"along: $\varphi''$", color=HIGHLIGHT, fontweight="bold")
        axes.set(title=profile, xlabel=r"length $\Vert u \Vert / \varepsilon$", xlim=(0, 3), ylim=(-0.04, 1.6))
    row[0].set_ylabel(r"eigenvalue $\times\, \varepsilon$")
    figure.tight_layout()
    return finish(figure)


def groupings() -> Figure:
    """Draw the first three maps' part of U three times, each group in a colour of its own."""
    maps, nodes = 3, 3 * NODES_PER_MAP
    rows, columns = np.indices((CLASSES, nodes))
    # Neighbours never share a colour: 2 rows down is another step than 1 column right.
    numbers = {
        "weight: 1 weight a group": columns + 2 * rows,
        "node: the 10 weights of a column": columns,
        "map: the 160 weights of 16 columns": columns // NODES_PER_MAP,
    }
    colours = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233]]) / 255
    figure, stack = panels(1, 4.6, rows=3)
    for axes, (title, group) in zip(stack, numbers.items(), strict=True):
        axes.imshow(colours[group % len(colours)], aspect="auto")
        for edge in range(NODES_PER_MAP, nodes, NODES_PER_MAP):
            axes.axvline(edge - 0.5, color="#ffffff", linewidth=1.5)
        hide_frame(axes)
        axes.set_title(title, fontsize=10)
        axes.set_yticks([0, CLASSES - 1], ["class 0", f"class {CLASSES - 1}"], fontsize=SMALL)
    middles = [(m + 0.5) * NODES_PER_MAP - 0.5 for m in range(maps)]
    names = [f"map {m}: nodes {16 * m} to {16 * m + 15}" for m in range(maps)]
    stack[-1].set_xticks(middles, names, fontsize=SMALL)
    figure.tight_layout()
    return finish(figure)


def proximal_maps() -> Figure:
    r"""Draw the proximal maps of ``abs``, ``huber`` and ``quartic`` for a number :math:`y \ge 0`."""
    tau, eps = 1.0, 0.5
    figure, (axes,) = panels(1, 3.4)
    end = 2 * (tau + eps)
    y = np.linspace(0, end, 401)
    axes.plot(y, y, color="#9aa3ad", linewidth=1)
    axes.text(0.42 * end, 0.45 * end, "unchanged", color="#6a737d", ha="right")
    for profile, style, place, at in (
        ("abs", SHARP, (1.35 * tau, 0.07), 1.1 * tau),
        ("huber", ROUND, (0.5 * tau, 0.42), 0.7 * tau),
        ("quartic", QUARTIC, (1.75 * tau, 0.25), 0.9 * tau),
    ):
        x = smooth_abs_prox(y, tau, eps, profile)
        axes.plot(y, x, **style.line)
        end_of_leader = (at, float(np.interp(at, y, x)))
        leader = {"arrowstyle": "-", "color": style.color, "linewidth": 0.8}
        axes.annotate(profile, end_of_leader, place, color=style.color, fontweight="bold", arrowprops=leader)
    for value, name in ((tau, r"$\tau$"), (tau + eps, r"$\varepsilon + \tau$")):
        axes.axvline(value, color="#c4cad2", linewidth=0.8, zorder=0)
        axes.text(value, -0.02 * end, name, ha="center", va="top")
    axes.set_xticks([0, end / 2, end], ["0", "", ""])
    axes.set(xlim=(0, end), ylim=(0, 0.5 * end), ylabel=r"length after, $\Vert \mathrm{prox}(y) \Vert$")
    axes.set_xlabel(r"length before, $\Vert y \Vert$", labelpad=10)
    return finish(figure)


def threshold(lengths: np.ndarray, gradients: np.ndarray, strength: float, eps: float) -> Figure:
    r"""Draw each node's pull in units of :math:`\lambda` against its length in units of :math:`\varepsilon`.

    ``lengths`` and ``gradients`` (K,) are :math:`\lVert u_k \rVert` and :math:`\lVert \partial E_0/\partial u_k
    \rVert`.
    """
    figure, (axes,) = panels(1, 3.6)
    x, y = lengths / eps, gradients / strength
    line = np.logspace(np.log10(x.min()) - 0.2, np.log10(x.max()) + 0.2, 200)
    axes.plot(line, np.minimum(line, 1), color=INK, linewidth=0.9, zorder=1)
    dead = x < 1
    axes.plot(x[dead], y[dead], "o", color=ROUND.color, markersize=4.5, alpha=0.7)
    axes.plot(x[~dead], y[~dead], "s", color=HIGHLIGHT, markersize=4.5, alpha=0.7)
    axes.axvline(1, color="#9aa3ad", linewidth=0.9, linestyle=(0, (3, 2)), zorder=0)
    bold: Look = {"fontweight": "bold", "transform": axes.transAxes}
    axes.text(0.5, 0.4, f"{dead.sum()} dead nodes", color=ROUND.color, **bold)
    axes.text(0.97, 0.82, f"{(~dead).sum()} live nodes", color=HIGHLIGHT, ha="right", **bold)
    ylabel = r"the error's pull $\Vert \partial E_0/\partial u_k \Vert / \lambda$"
    axes.set(xscale="log", yscale="log", xlabel=r"length $\Vert u_k \Vert / \varepsilon$", ylabel=ylabel)
    return finish(figure)
