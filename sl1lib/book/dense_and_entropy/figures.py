"""Figures of the chapter *Dense layer and entropy*: lines below ReLU, scores as probabilities, and two errors."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ...reference import relu, sigmoid, softmax
from ..style import ACCENT, HIGHLIGHT, INK, WIDTH, finish


def relu_subgradients(slopes: Sequence[float], wrong: float) -> Figure:
    """Draw ReLU with lines through its corner: those that stay below it, and one that does not.

    Parameters
    ----------
    slopes : sequence of float
        Subgradients at 0, drawn in blue.
    wrong : float
        A slope above 1, drawn dashed in vermilion.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 2.7))
    x = np.linspace(-2, 2, 401)
    for slope in slopes:
        axes.plot(x, slope * x, color=ACCENT, linewidth=1)
        axes.annotate(
            f"{slope:g}", (-2, -2 * slope), xytext=(-4, 0), textcoords="offset points", ha="right", va="center"
        )
    axes.plot(x, wrong * x, color=HIGHLIGHT, linewidth=1.4, linestyle="--")
    axes.annotate(f"slope {wrong:g}: above ReLU", (1.25, wrong * 1.25), xytext=(-8, 0), textcoords="offset points",
                  ha="right", va="center", color=HIGHLIGHT)  # fmt: skip
    axes.plot(x, relu(x), color=INK, linewidth=2.6)
    axes.set_ylim(-2.1, 2.1)
    axes.set_xlim(-2, 2)
    axes.set_xlabel("$x$")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    return finish(figure)


def scores_to_probabilities(scores: np.ndarray) -> Figure:
    """Draw the three steps of softmax as bars: scores, their powers of e, their shares.

    Parameters
    ----------
    scores : ndarray, shape (C,)

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, 3, figsize=(WIDTH, 2.3), gridspec_kw={"wspace": 0.35})
    steps = ((scores, "scores $s_c$"), (np.exp(scores), r"powers $e^{s_c}$"), (softmax(scores), "shares of their sum"))
    for axes, (values, title) in zip(row, steps, strict=True):
        axes.bar(range(len(scores)), values, color=ACCENT, width=0.65)
        for c, value in enumerate(values):
            text = f"{value:.3g}".replace("-", "−")
            above = value >= 0
            axes.annotate(text, (c, value), xytext=(0, 3 if above else -3), textcoords="offset points",
                          ha="center", va="bottom" if above else "top", fontsize=9.5)  # fmt: skip
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_title(title, fontsize=10, fontweight="normal", loc="center")
        axes.set_xticks(range(len(scores)), [f"$c={c}$" for c in range(len(scores))])
        axes.set_yticks([])
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        axes.margins(y=0.2)
    return finish(figure)


def entropy_against_squares() -> Figure:
    """Draw, for two classes, both errors and their slopes against how far the right score is ahead.

    Returns
    -------
    Figure
    """
    ahead = np.linspace(-8, 8, 400)
    p = sigmoid(ahead)  # softmax of two scores
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 2.7), gridspec_kw={"wspace": 0.3})
    lines = (
        ("error", np.logaddexp(0, -ahead), (1 - p) ** 2),
        ("slope", p - 1, -2 * p * (1 - p) ** 2),
    )
    for axes, (title, entropy, squared) in zip(row, lines, strict=True):
        axes.plot(ahead, entropy, color=ACCENT)
        axes.plot(ahead, squared, color=HIGHLIGHT, linestyle="--")
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.set_title(title, loc="left")
        axes.set_xlabel("right score − wrong score")
        axes.set_xticks([-8, -4, 0, 4, 8], ["−8", "−4", "0", "4", "8"])
    row[0].annotate("entropy", (-5, 5), xytext=(6, 2), textcoords="offset points", color=ACCENT, fontweight="bold")
    row[0].annotate("squared", (-7.8, 1.3), color=HIGHLIGHT, fontweight="bold")
    row[1].annotate("entropy", (0.6, -0.6), color=ACCENT, fontweight="bold")
    row[1].annotate("squared", (-7.8, -0.36), color=HIGHLIGHT, fontweight="bold")
    row[1].set_yticks([-1, -0.5, 0], ["−1", "−0.5", "0"])
    return finish(figure)
