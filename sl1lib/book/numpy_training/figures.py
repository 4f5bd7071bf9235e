"""Figures of trainings update by update: the error, and how far two trainings drift apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from ..style import INK, SERIES, finish, label_ends, panels, plain_log_ticks


def error_curves(curves: Mapping[str, np.ndarray], start: float = float("nan")) -> Figure:
    """Draw the error of each update's batch, at most five trainings named at their right ends.

    A horizontal line marks ``start``, the error of a network that knows nothing.
    """
    figure, (axes,) = panels(1, 3.5)
    for color, (name, curve) in zip(SERIES, curves.items(), strict=False):
        axes.plot(np.arange(len(curve)), curve, color=color, linewidth=1.4, label=name)
    axes.axhline(start, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yscale("log")
    plain_log_ticks(axes)
    axes.set(xlim=(0, None), xlabel="update", ylabel="$E_0$ of the batch (nats)")
    label_ends(axes, last=5)
    return finish(figure)


def drift_curves(curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw how far at most five trainings are from a reference after each update, relative, on a logarithmic axis."""
    figure, (axes,) = panels(1, 3.2)
    for color, (name, curve) in zip(SERIES, curves.items(), strict=False):
        axes.semilogy(np.arange(1, len(curve) + 1), np.maximum(curve, 1e-17), color=color, label=name)
    axes.set(xlim=(0, None), ylim=(1e-17, 1e-1), xlabel="update", ylabel="largest relative deviation")
    label_ends(axes)
    return finish(figure)
