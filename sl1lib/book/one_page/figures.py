"""Figures of the chapter *The whole thing on one page*: all nodes while a network trains."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..style import (
    INK,
    WIDTH,
    finish,
    method_style,
    plain_log_ticks,
)


def length_courses(
    lengths: Mapping[str, np.ndarray], eps: float, least: float = 1e-3
) -> Figure:
    r"""Draw the length of every node after each update, a panel for each training, all on one scale.

    Parameters
    ----------
    lengths : mapping of str to ndarray, shape (updates, nodes)
        By the name of the method.
    eps : float
        Marked by a horizontal line: the width of the smoothing.
    least : float
        The lower end of the axis; shorter nodes are drawn there.

    Returns
    -------
    Figure

    Examples
    --------
    >>> len(length_courses({"SL1": np.geomspace([1, 1], [1, 0.01], 20)}, eps=0.05).axes)
    1
    """
    figure, panels = plt.subplots(
        1,
        len(lengths),
        figsize=(WIDTH, 3.3),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, (method, course) in zip(
        panels[0], lengths.items(), strict=True
    ):
        updates = np.arange(1, len(course) + 1)
        axes.plot(
            updates,
            np.maximum(course, least),
            color=method_style(method).color,
            linewidth=0.6,
            alpha=0.5,
        )
        axes.axhline(eps, color=INK, linewidth=1.0, linestyle="--")
        axes.set_title(method)
        axes.set_yscale("log")
        axes.set_xlim(0, len(course))
        axes.set_xlabel("update")
    panels[0, 0].annotate(
        rf"$\varepsilon$ = {eps:g}",
        (0, eps),
        xytext=(4, -4),
        textcoords="offset points",
        va="top",
    )
    panels[0, 0].set_ylim(bottom=least)
    plain_log_ticks(panels[0, 0])
    panels[0, 0].set_ylabel(
        r"$\Vert u_k \Vert$, the length of a node's weights"
    )
    return finish(figure)
