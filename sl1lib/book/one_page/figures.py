"""Figures of the chapter *The whole thing on one page*: all nodes while a network trains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from ..style import (
    INK,
    finish,
    method_style,
    note,
    panels,
    plain_log_ticks,
)


def length_courses(
    lengths: Mapping[str, np.ndarray], eps: float, least: float = 1e-3
) -> Figure:
    r"""Draw the lengths (updates, nodes) of all nodes after each update, a panel for each method, all on one scale.

    A horizontal line marks ``eps``, the width of the smoothing. Nodes shorter than ``least`` are drawn there.

    Examples
    --------
    >>> len(length_courses({"SL1": np.geomspace([1, 1], [1, 0.01], 20)}, eps=0.05).axes)
    1
    """
    figure, row = panels(
        len(lengths), 3.3, sharey=True, layout="constrained"
    )
    for axes, (method, course) in zip(row, lengths.items(), strict=True):
        color = method_style(method).color
        updates = np.arange(1, len(course) + 1)
        shown = np.maximum(course, least)
        axes.plot(updates, shown, color=color, linewidth=0.6, alpha=0.5)
        axes.axhline(eps, color=INK, linewidth=1.0, linestyle="--")
        axes.set(title=method, yscale="log")
        axes.set(xlim=(0, len(course)), xlabel="update")
    first = row[0]
    note(first, rf"$\varepsilon$ = {eps:g}", (0, eps), (4, -4), va="top")
    first.set_ylim(bottom=least)
    plain_log_ticks(first)
    first.set_ylabel(r"$\Vert u_k \Vert$, the length of a node's weights")
    return finish(figure)
