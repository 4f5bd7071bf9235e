"""Figures of the chapter *Pooling*: what averaging does to waves."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..style import ACCENT, HIGHLIGHT, INK, WIDTH, finish


def wave_response(windows: Sequence[int], measured: dict[int, tuple[np.ndarray, np.ndarray]] | None = None) -> Figure:
    r"""Draw how high a wave of height 1 comes out of averaging, against its frequency :math:`\omega`.

    Parameters
    ----------
    windows : sequence of int
        Window sizes :math:`k`, one line each; at most 3.
    measured : dict, optional
        Frequencies and heights that were measured, by window: drawn as dots.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 2.9))
    frequencies = np.linspace(1e-6, np.pi, 400)
    for k, color, style in zip(windows, (ACCENT, HIGHLIGHT, INK), ("-", "--", ":"), strict=False):
        height = np.abs(np.sin(k * frequencies / 2) / (k * np.sin(frequencies / 2)))
        axes.plot(frequencies, height, color=color, linestyle=style)
        at = int(np.argmin(np.abs(frequencies - 2.2 / k)))
        axes.annotate(
            f"$k = {k}$",
            (frequencies[at], height[at]),
            xytext=(7, 4),
            textcoords="offset points",
            color=color,
            fontweight="bold",
        )
        if measured and k in measured:
            axes.plot(*measured[k], "o", color=color, markersize=4.5, clip_on=False)
    axes.set_xlabel(r"frequency $\omega$ (radians for each pixel)")
    axes.set_ylabel("height after averaging")
    axes.set_xticks([0, np.pi / 4, np.pi / 2, 3 * np.pi / 4, np.pi], ["0", "π/4", "π/2", "3π/4", "π"])
    axes.set_xlim(0, np.pi)
    axes.set_ylim(0, 1.05)
    return finish(figure)
