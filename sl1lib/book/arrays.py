"""Figures of small arrays: matrices with their numbers, and rows of images."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .style import HIGHLIGHT, SMALL, WIDTH, centre_title, finish, hide_frame, panels


def matrices(
    arrays: Sequence[np.ndarray],
    titles: Sequence[str],
    between: Sequence[str] = (),
    windows: dict[int, tuple[int, int, int, int]] | None = None,
) -> Figure:
    """Draw small matrices side by side with their numbers (NaN as "?"), and a sign between each two.

    Parameters
    ----------
    arrays : sequence of ndarray, two axes each
    titles : sequence of str
    between : sequence of str
        Signs such as ``"∗"`` and ``"="``, one less than arrays.
    windows : dict, optional
        Frame a part: index of the array → (row, column, height, width).

    Returns
    -------
    Figure
    """
    columns, tallest = sum(array.shape[1] for array in arrays), max(array.shape[0] for array in arrays)
    gaps = len(arrays) - 1
    # In inches; a sign keeps its size, however small the cells are.
    cell = min(0.52, WIDTH / (columns + 0.9 * gaps), (WIDTH - 0.32 * gaps) / columns)
    gap = max(0.9, 0.32 / cell)
    total = columns + gap * gaps
    figure, axes = plt.subplots(figsize=(cell * total, cell * tallest + 0.4))
    left = 0.0
    for index, (array, title) in enumerate(zip(arrays, titles, strict=True)):
        top = (tallest - array.shape[0]) / 2
        _draw_matrix(axes, array, left, top, (windows or {}).get(index))
        axes.text(left + array.shape[1] / 2, top - 0.18, title, ha="center", va="bottom", fontsize=10)
        left += array.shape[1]
        if index < len(between):
            axes.text(left + gap / 2, tallest / 2, between[index], ha="center", va="center", fontsize=14)
        left += gap
    axes.set(xlim=(-0.05, total + 0.05), ylim=(tallest + 0.05, -0.75), aspect="equal")
    axes.axis("off")
    return finish(figure)


def image_row(images: Sequence[np.ndarray], titles: Sequence[str], diverging: bool = False) -> Figure:
    """Draw images side by side; ``diverging`` shows signed values, white at 0, all on one scale.

    Parameters
    ----------
    images : sequence of ndarray, two axes each
    titles : sequence of str
    diverging : bool

    Returns
    -------
    Figure
    """
    figure, row = panels(len(images), WIDTH / len(images) + 0.3)
    limit = max(float(np.abs(image).max()) for image in images) or 1.0
    for axes, image, title in zip(row, images, titles, strict=True):
        if diverging:
            axes.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit)
        else:
            axes.imshow(image)
        centre_title(axes, title, SMALL)
        hide_frame(axes)
    return finish(figure)


def _draw_matrix(
    axes: Axes, array: np.ndarray, left: float, top: float, window: tuple[int, int, int, int] | None
) -> None:
    for (i, j), value in np.ndenumerate(array):
        inside = window is not None and 0 <= i - window[0] < window[2] and 0 <= j - window[1] < window[3]
        face = "#fde5d4" if inside else "#f4f6f8"
        axes.add_patch(Rectangle((left + j, top + i), 1, 1, facecolor=face, edgecolor="#aab2bd", linewidth=0.8))
        text = "?" if np.isnan(value) else f"{value:g}".replace("-", "−")
        axes.text(left + j + 0.5, top + i + 0.5, text, ha="center", va="center", fontsize=11)
    if window is not None:
        row, column, height, width = window
        frame = Rectangle((left + column, top + row), width, height, fill=False, edgecolor=HIGHLIGHT, linewidth=2.2)
        axes.add_patch(frame)
