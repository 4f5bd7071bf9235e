"""Figures of trainings update by update: the error, and how far two trainings drift apart."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..style import ACCENT, HIGHLIGHT, INK, WIDTH, finish, label_ends, plain_log_ticks

COLORS = (ACCENT, HIGHLIGHT, "#00815c", "#9a4fa3", "#666666")


def error_curves(curves: Mapping[str, np.ndarray], start: float = float("nan")) -> Figure:
    """Draw the error of each update's batch, one line a training, named at its right end.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (updates,)
        At most five.
    start : float, optional
        Marked by a horizontal line: what a network has that knows nothing.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.5))
    ends = []
    for color, (name, curve) in zip(COLORS, curves.items(), strict=False):
        axes.plot(np.arange(len(curve)), curve, color=color, linewidth=1.4)
        ends.append((name, float(curve[-5:].mean()), color))
    axes.axhline(start, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yscale("log")
    plain_log_ticks(axes)
    axes.set_xlabel("update")
    axes.set_ylabel("$E_0$ of the batch (nats)")
    axes.set_xlim(0, None)
    label_ends(axes, ends)
    return finish(figure)


def drift_curves(curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw how far trainings are from a reference after each update, relative, on a logarithmic axis.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (updates,)

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    ends = []
    for color, (name, curve) in zip(COLORS, curves.items(), strict=False):
        axes.semilogy(np.arange(1, len(curve) + 1), np.maximum(curve, 1e-17), color=color)
        ends.append((name, float(curve[-1]), color))
    axes.set_ylim(1e-17, 1e-1)
    axes.set_xlabel("update")
    axes.set_ylabel("largest relative deviation")
    axes.set_xlim(0, None)
    label_ends(axes, ends)
    return finish(figure)
