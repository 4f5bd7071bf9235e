"""Figures of the chapter *Dense layer and entropy*: lines below ReLU, scores as probabilities, and two errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ...reference import relu, sigmoid, softmax
from ..style import ACCENT, HIGHLIGHT, INK, SMALL, centre_title, finish, note, panels


def relu_subgradients(slopes: Sequence[float], wrong: float) -> Figure:
    """Draw ReLU with lines through its corner: those of ``slopes`` stay below it, that of ``wrong`` does not."""
    figure, (axes,) = panels(1, 2.7)
    x = np.linspace(-2, 2, 401)
    for slope in slopes:
        axes.plot(x, slope * x, color=ACCENT, linewidth=1)
        note(axes, f"{slope:g}", (-2, -2 * slope), (-4, 0), ha="right", va="center")
    axes.plot(x, wrong * x, color=HIGHLIGHT, linewidth=1.4, linestyle="--")
    place = (1.25, wrong * 1.25)
    note(axes, f"slope {wrong:g}: above ReLU", place, (-8, 0), ha="right", va="center", color=HIGHLIGHT)
    axes.plot(x, relu(x), color=INK, linewidth=2.6)
    axes.set(xlim=(-2, 2), ylim=(-2.1, 2.1), xlabel="$x$", yticks=[])
    axes.spines["left"].set_visible(False)
    return finish(figure)


def scores_to_probabilities(scores: np.ndarray) -> Figure:
    """Draw the three steps of softmax as bars: scores (C,), their powers of e, their shares."""
    figure, row = panels(3, 2.3, gridspec_kw={"wspace": 0.35})
    steps = ((scores, "scores $s_c$"), (np.exp(scores), r"powers $e^{s_c}$"), (softmax(scores), "shares of their sum"))
    for axes, (values, title) in zip(row, steps, strict=True):
        axes.bar(range(len(scores)), values, color=ACCENT, width=0.65)
        for c, value in enumerate(values):
            text = f"{value:.3g}".replace("-", "−")
            up, side = (3, "bottom") if value >= 0 else (-3, "top")
            note(axes, text, (c, value), (0, up), ha="center", va=side, fontsize=SMALL)
        axes.axhline(0, color=INK, linewidth=0.8)
        centre_title(axes, title, 10)
        axes.set_xticks(range(len(scores)), [f"$c={c}$" for c in range(len(scores))])
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
        axes.margins(y=0.2)
    return finish(figure)


def entropy_against_squares() -> Figure:
    """Draw, for two classes, both errors and their slopes against how far the right score is ahead."""
    ahead = np.linspace(-8, 8, 400)
    p = sigmoid(ahead)  # softmax of two scores
    figure, row = panels(2, 2.7, gridspec_kw={"wspace": 0.3})
    lines = (
        ("error", np.logaddexp(0, -ahead), (1 - p) ** 2),
        ("slope", p - 1, -2 * p * (1 - p) ** 2),
    )
    for axes, (title, entropy, squared) in zip(row, lines, strict=True):
        axes.plot(ahead, entropy, color=ACCENT)
        axes.plot(ahead, squared, color=HIGHLIGHT, linestyle="--")
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.set(title=title, xlabel="right score − wrong score")
        axes.set_xticks([-8, -4, 0, 4, 8], ["−8", "−4", "0", "4", "8"])
    error, slope = row
    note(error, "entropy", (-5, 5), (6, 2), color=ACCENT, fontweight="bold")
    for axes, text, place, color in (
        (error, "squared", (-7.8, 1.3), HIGHLIGHT),
        (slope, "entropy", (0.6, -0.6), ACCENT),
        (slope, "squared", (-7.8, -0.36), HIGHLIGHT),
    ):
        axes.annotate(text, place, color=color, fontweight="bold")
    slope.set_yticks([-1, -0.5, 0], ["−1", "−0.5", "0"])
    return finish(figure)
