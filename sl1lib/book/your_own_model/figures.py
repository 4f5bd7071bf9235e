"""Figures of the chapter *Your own model*: lengths of groups over the strength, and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..style import INK, METHOD_STYLES, WIDTH, finish

_LIVE, _OTHER = METHOD_STYLES["SL1"].color, "#9aa3ad"


def strength_path(strengths: np.ndarray, norms: np.ndarray, eps: float, relevant: Sequence[int] = ()) -> Figure:
    r"""Draw the length of each group against :math:`\lambda`, on two logarithmic axes.

    Parameters
    ----------
    strengths : ndarray, shape (S,)
    norms : ndarray, shape (S, G)
    eps : float
        Drawn as a horizontal line.
    relevant : sequence of int
        Groups to draw in colour and to number; the others are grey.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.6))
    for group in sorted(range(norms.shape[1]), key=lambda g: g in relevant):
        color, width = (_LIVE, 1.9) if group in relevant else (_OTHER, 1.0)
        axes.plot(strengths, np.maximum(norms[:, group], 1e-6), color=color, linewidth=width)
    heights = np.log10(norms[0, list(relevant)])
    order, rank = np.argsort(heights), 0.19 * np.arange(len(heights))
    apart = np.maximum.accumulate(heights[order] - rank) + rank  # names that would overlap are moved up ...
    heights[order] = apart - (apart - heights[order]).mean()  # ... and all of them down by the mean of that
    for group, height in zip(relevant, heights, strict=True):
        place = (strengths[0], 10.0**height)
        axes.annotate(
            str(group), place, xytext=(-6, 0), textcoords="offset points", ha="right", va="center", color=_LIVE,
            fontweight="bold",
        )  # fmt: skip
    axes.axhline(eps, color=INK, linewidth=0.8)
    axes.annotate(rf"$\varepsilon$ = {eps:g}", (1.01, eps), xycoords=("axes fraction", "data"), va="center")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(eps / 60, 2.5 * norms.max())
    axes.set_xlabel(r"strength $\lambda$")
    axes.set_ylabel("length of the weights leaving an input")
    return finish(figure)


def layer_norms(layers: Mapping[str, np.ndarray], eps: float) -> Figure:
    r"""Draw the lengths of the groups of several layers, sorted, those below :math:`\varepsilon` in grey.

    Parameters
    ----------
    layers : mapping from str to ndarray
        The name of a layer → the lengths of its groups.
    eps : float

    Returns
    -------
    Figure
    """
    lowest = eps / 60
    figure, row = plt.subplots(1, len(layers), figsize=(WIDTH, 2.7), sharey=True, squeeze=False)
    for axes, (name, norms) in zip(row[0], layers.items(), strict=True):
        ordered = np.sort(norms)[::-1]
        colors = [_LIVE if norm >= eps else _OTHER for norm in ordered]
        axes.vlines(np.arange(1, len(ordered) + 1), lowest, np.maximum(ordered, lowest), color=colors, linewidth=3)
        axes.axhline(eps, color=INK, linewidth=0.8)
        axes.set_yscale("log")
        axes.set_ylim(lowest, None)
        axes.set_title(name, fontsize=10, fontweight="normal", loc="left")
        axes.set_xlabel("channel, sorted")
    row[0][0].set_ylabel(r"length  ($\varepsilon$: the line)")
    return finish(figure)
