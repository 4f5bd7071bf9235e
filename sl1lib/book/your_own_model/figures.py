"""Figures of the chapter *Your own model*: lengths of groups over the strength, and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..style import INK, METHOD_STYLES, Look, finish, note, panels

_LIVE, _OTHER = METHOD_STYLES["SL1"].color, "#9aa3ad"


def strength_path(strengths: np.ndarray, norms: np.ndarray, eps: float, relevant: Sequence[int]) -> Figure:
    r"""Draw the lengths (S, G) of groups against the strengths (S,), on two logarithmic axes, with :math:`\varepsilon`.

    Groups that are ``relevant`` are drawn in colour and numbered, the others in grey.
    """
    figure, (axes,) = panels(1, 3.6)
    for group in sorted(range(norms.shape[1]), key=lambda g: g in relevant):
        color, width = (_LIVE, 1.9) if group in relevant else (_OTHER, 1.0)
        axes.plot(strengths, np.maximum(norms[:, group], 1e-6), color=color, linewidth=width)
    heights = np.log10(norms[0, list(relevant)])
    order, rank = np.argsort(heights), 0.19 * np.arange(len(heights))
    apart = np.maximum.accumulate(heights[order] - rank) + rank  # names that would overlap are moved up ...
    heights[order] = apart - (apart - heights[order]).mean()  # ... and all of them down by the mean of that
    look: Look = {"ha": "right", "va": "center", "color": _LIVE, "fontweight": "bold"}
    for group, height in zip(relevant, heights, strict=True):
        note(axes, str(group), (strengths[0], 10.0**height), (-6, 0), **look)
    axes.axhline(eps, color=INK, linewidth=0.8)
    axes.annotate(rf"$\varepsilon$ = {eps:g}", (1.01, eps), xycoords=("axes fraction", "data"), va="center")
    axes.set(xscale="log", yscale="log", ylim=(eps / 60, 2.5 * norms.max()))
    axes.set(xlabel=r"strength $\lambda$", ylabel="length of the weights leaving an input")
    return finish(figure)


def layer_norms(layers: Mapping[str, np.ndarray], eps: float) -> Figure:
    r"""Draw the lengths of the groups of each layer, sorted, those below :math:`\varepsilon` in grey."""
    lowest = eps / 60
    figure, row = panels(len(layers), 2.7, sharey=True)
    for axes, (name, norms) in zip(row, layers.items(), strict=True):
        ordered = np.sort(norms)[::-1]
        colors = [_LIVE if norm >= eps else _OTHER for norm in ordered]
        axes.vlines(np.arange(1, len(ordered) + 1), lowest, np.maximum(ordered, lowest), color=colors, linewidth=3)
        axes.axhline(eps, color=INK, linewidth=0.8)
        axes.set(yscale="log", ylim=(lowest, None), xlabel="channel, sorted")
        axes.set_title(name, fontsize=10, fontweight="normal")
    row[0].set_ylabel(r"length  ($\varepsilon$: the line)")
    return finish(figure)
