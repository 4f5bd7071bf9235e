"""Figures of the chapter *Pooling*: what averaging does to waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..style import ACCENT, HIGHLIGHT, INK, finish, note, panels


def wave_response(windows: Sequence[int], measured: Mapping[int, tuple[np.ndarray, np.ndarray]]) -> Figure:
    r"""Draw how high a wave of height 1 comes out of averaging, against its frequency :math:`\omega`.

    A line for each of at most three sizes of the window; ``measured`` has frequencies and heights by size, for dots.
    """
    figure, (axes,) = panels(1, 2.9)
    frequencies = np.linspace(1e-6, np.pi, 400)
    for k, color, style in zip(windows, (ACCENT, HIGHLIGHT, INK), ("-", "--", ":"), strict=False):
        height = np.abs(np.sin(k * frequencies / 2) / (k * np.sin(frequencies / 2)))
        axes.plot(frequencies, height, color=color, linestyle=style)
        at = int(np.argmin(np.abs(frequencies - 2.2 / k)))
        note(axes, f"$k = {k}$", (frequencies[at], height[at]), (7, 4), color=color, fontweight="bold")
        axes.plot(*measured[k], "o", color=color, markersize=4.5, clip_on=False)
    axes.set(xlabel=r"frequency $\omega$ (radians for each pixel)", ylabel="height after averaging")
    axes.set_xticks([0, np.pi / 4, np.pi / 2, 3 * np.pi / 4, np.pi], ["0", "π/4", "π/2", "3π/4", "π"])
    axes.set(xlim=(0, np.pi), ylim=(0, 1.05))
    return finish(figure)
