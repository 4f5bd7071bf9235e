"""The book's figures: one style, one colour for each method, and the plots that come back in several chapters.

Every function returns a `matplotlib.figure.Figure` that pyplot no longer knows, so a notebook shows it once, as the
value of its cell, and nothing stays open. Widths are chosen so that the type is legible on a telephone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .errors import require_choice
from .experiment.run import Run
from .fast import images_to_tensor, trace

WIDTH: Final = 5.8  # inches: 10.5 pt type is then 10 px high on a 390 px screen

INK, PAPER = "#1b1f24", "#ffffff"
ACCENT, HIGHLIGHT = "#0072b2", "#d55e00"


@dataclass(frozen=True)
class MethodStyle:
    """How a method is drawn in every figure of the book: the line style repeats what the colour says."""

    color: str
    linestyle: Any


METHOD_STYLES: Final = MappingProxyType(
    {
        "none": MethodStyle("#666666", "-"),
        "L2": MethodStyle("#0072b2", (0, (5, 1.5))),
        "L1": MethodStyle("#d55e00", (0, (1, 1))),
        "group lasso": MethodStyle("#9a4fa3", (0, (6, 1.5, 1, 1.5))),
        "SL1": MethodStyle("#00815c", "-"),
        "smoothed L1/2": MethodStyle("#b8860b", (0, (3, 1, 1, 1, 1, 1))),
    }
)

STYLE: Final[Mapping[Any, Any]] = MappingProxyType(
    {
        "figure.dpi": 110,
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "savefig.bbox": "tight",
        "savefig.pad_inches": 0.08,
        "svg.hashsalt": "sl1lib",
        "font.size": 10.5,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 10.5,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": 9.5,
        "ytick.labelsize": 9.5,
        "lines.linewidth": 1.8,
        "legend.frameon": False,
        "mathtext.fontset": "cm",
        "image.cmap": "gray_r",
        "image.interpolation": "nearest",
    }
)


def use_style() -> None:
    """Give every figure drawn from now on the book's style, at twice the resolution in a notebook.

    Examples
    --------
    >>> use_style()
    >>> mpl.rcParams["font.size"]
    10.5
    """
    mpl.rcParams.update(STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # no notebook here
        return
    from IPython.core.getipython import get_ipython

    if get_ipython() is not None:
        set_matplotlib_formats("retina")


def method_style(method: str) -> MethodStyle:
    """Return the style of a method; a variant, ``"SL1 quartic"`` say, is drawn as what it is a variant of.

    Examples
    --------
    >>> method_style("SL1 quartic weight-wise").color == method_style("SL1").color
    True
    """
    for name in sorted(METHOD_STYLES, key=len, reverse=True):
        if method == name or method.startswith(name + " "):
            return METHOD_STYLES[name]
    require_choice("method", method, METHOD_STYLES)
    raise AssertionError("unreachable")


def loss_curves(runs: Sequence[Run], quantity: str = "E0", keep: float = 0.99, skip: int = 20) -> Figure:
    r"""Draw the error against the epoch, one line a run, after the paper's Figure 3.

    Parameters
    ----------
    runs : sequence of Run
    quantity : {"E0", "E"}
        The entropy error, comparable between methods, or the error with the penalty, which is not.
    keep : float
        Mini-batch errors are smoothed by ``History.smoothed(keep=keep)``; 0 shows them raw.
    skip : int
        Leave out the first updates, where the average still carries its start.

    Returns
    -------
    Figure
    """
    require_choice("quantity", quantity, ("E0", "E"))
    figure, axes = plt.subplots(figsize=(WIDTH, 3.6))
    ends = []
    for run in runs:
        curve = run.history.smoothed(quantity, keep)
        epochs = np.arange(1, len(curve) + 1) / max(len(curve) / max(len(run.history.seconds), 1), 1)
        style = method_style(run.config.method)
        axes.plot(epochs[skip:], curve[skip:], color=style.color, linestyle=style.linestyle)
        ends.append((run.config.method, curve[-1], style.color))
    axes.set_yscale("log")
    _plain_log_ticks(axes)
    axes.set_xlabel("epoch")
    symbol = r"$E_0$" if quantity == "E0" else r"$E = E_0 + \lambda\,\Sigma h$"
    axes.set_ylabel(f"{symbol}  (nats, smoothed)")
    axes.set_xlim(0, None)
    _label_ends(axes, ends)
    return _finish(figure)


def node_norms(runs: Sequence[Run], eps: float) -> Figure:
    r"""Draw the 192 node norms of each run, sorted, against the threshold :math:`\varepsilon`.

    Parameters
    ----------
    runs : sequence of Run
    eps : float
        Drawn as a horizontal line.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.6))
    ends = []
    for run in runs:
        norms = np.sort(run.node_norms)[::-1]
        style = method_style(run.config.method)
        rank = np.arange(1, len(norms) + 1)
        axes.plot(rank, np.maximum(norms, 1e-6), color=style.color, linestyle=style.linestyle)
        ends.append((run.config.method, max(norms[-1], 1e-6), style.color))
    axes.axhline(eps, color=INK, linewidth=0.8)
    axes.annotate(rf"$\varepsilon$ = {eps:g}", (1, eps), xytext=(2, 3), textcoords="offset points", va="bottom")
    axes.set_yscale("log")
    axes.set_xlabel("node, sorted by norm")
    axes.set_ylabel(r"$\Vert u_k \Vert$, the norm of a node's weights")
    axes.set_xlim(0, len(runs[0].node_norms))
    _label_ends(axes, ends)
    return _finish(figure)


def kernels(runs: Sequence[Run]) -> Figure:
    """Draw the six kernels of the first layer of each run, a run a row, all on one scale.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    Figure
    """
    stacks = [run.params["K1"][:, 0] for run in runs]
    limit = max(float(np.abs(stack).max()) for stack in stacks)
    count = len(stacks[0])
    figure, grid = plt.subplots(
        len(runs), count, figsize=(WIDTH, 1.05 * len(runs) + 0.3), squeeze=False, gridspec_kw={"hspace": 0.12}
    )
    for row, run, stack in zip(grid, runs, stacks, strict=True):
        for axes, kernel in zip(row, stack, strict=True):
            image = axes.imshow(kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
            _hide_frame(axes)
        row[0].set_ylabel(run.config.method, rotation=0, ha="right", va="center", labelpad=8)
    bar = figure.colorbar(image, ax=grid, fraction=0.025, pad=0.03, label="weight")
    bar.outline.set_visible(False)
    return _finish(figure)


def network_maps(run: Run, image: np.ndarray) -> Figure:
    """Draw what every layer makes of one image, after the paper's Figure 2.

    Parameters
    ----------
    run : Run
    image : ndarray of uint8, shape (28, 28)

    Returns
    -------
    Figure
        From top to bottom: the image; what stage 1 hands on (6 maps of 12×12); what stage 2 hands on (12 maps of
        4×4); the probabilities of the ten digits.
    """
    steps = {
        name: tensor.detach().numpy()[0]
        for name, tensor in trace(run.tensors(), images_to_tensor(image[None]), run.config.reading).items()
    }
    powers = np.exp(steps["logits"] - steps["logits"].max())
    figure = plt.figure(figsize=(WIDTH, 5.6))
    rows = figure.add_gridspec(4, 1, height_ratios=[2.2, 1.7, 1.6, 2.0], hspace=0.42)
    _map_row(figure, rows[0], [image], "input, 28×28")
    _map_row(figure, rows[1], list(steps["stage1"]), "after stage 1, 6 maps of 12×12")
    _map_row(figure, rows[2], list(steps["stage2"]), "after stage 2, 12 maps of 4×4: the 192 nodes")
    _probability_bars(figure.add_subplot(rows[3]), powers / powers.sum())
    return _finish(figure)


def matrices(
    arrays: Sequence[np.ndarray],
    titles: Sequence[str],
    between: Sequence[str] = (),
    windows: dict[int, tuple[int, int, int, int]] | None = None,
) -> Figure:
    """Draw small matrices side by side with their numbers, and an operator sign between each two.

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
    widths = [array.shape[1] for array in arrays]
    tallest = max(array.shape[0] for array in arrays)
    gap = 0.9
    total = sum(widths) + gap * (len(arrays) - 1)
    figure, axes = plt.subplots(
        figsize=(min(WIDTH, 0.52 * total), 0.52 * min(1, WIDTH / (0.52 * total)) * tallest + 0.4)
    )
    left = 0.0
    for index, (array, title) in enumerate(zip(arrays, titles, strict=True)):
        top = (tallest - array.shape[0]) / 2
        _draw_matrix(axes, array, left, top, (windows or {}).get(index))
        axes.text(left + array.shape[1] / 2, top - 0.18, title, ha="center", va="bottom", fontsize=10)
        left += array.shape[1]
        if index < len(between):
            axes.text(left + gap / 2, tallest / 2, between[index], ha="center", va="center", fontsize=14)
        left += gap
    axes.set_xlim(-0.05, total + 0.05)
    axes.set_ylim(tallest + 0.05, -0.75)
    axes.set_aspect("equal")
    axes.axis("off")
    return _finish(figure)


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
    figure, row = plt.subplots(1, len(images), figsize=(WIDTH, WIDTH / len(images) + 0.3), squeeze=False)
    limit = max(float(np.abs(image).max()) for image in images) or 1.0
    for axes, image, title in zip(row[0], images, titles, strict=True):
        if diverging:
            axes.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit)
        else:
            axes.imshow(image)
        axes.set_title(title, fontsize=9.5, fontweight="normal", loc="center")
        _hide_frame(axes)
    return _finish(figure)


def _draw_matrix(
    axes: Axes, array: np.ndarray, left: float, top: float, window: tuple[int, int, int, int] | None
) -> None:
    for (i, j), value in np.ndenumerate(array):
        inside = window is not None and 0 <= i - window[0] < window[2] and 0 <= j - window[1] < window[3]
        face = "#fde5d4" if inside else "#f4f6f8"
        axes.add_patch(Rectangle((left + j, top + i), 1, 1, facecolor=face, edgecolor="#aab2bd", linewidth=0.8))
        axes.text(left + j + 0.5, top + i + 0.5, f"{value:g}", ha="center", va="center", fontsize=11)
    if window is not None:
        row, column, height, width = window
        frame = Rectangle((left + column, top + row), width, height, fill=False, edgecolor=HIGHLIGHT, linewidth=2.2)
        axes.add_patch(frame)


def _map_row(figure: Figure, place: Any, maps: list[np.ndarray], title: str) -> None:
    """Draw the maps of one layer on one grey scale, dark where the map is large."""
    grid = place.subgridspec(1, len(maps), wspace=0.08)
    low, high = min(m.min() for m in maps), max(m.max() for m in maps)
    for column, image in enumerate(maps):
        axes = figure.add_subplot(grid[column])
        axes.imshow(image, vmin=low, vmax=high)
        _hide_frame(axes)
        if column == 0:
            x = 0.5 if len(maps) == 1 else 0.0
            axes.set_title(title, fontsize=10, fontweight="normal", loc="center" if len(maps) == 1 else "left", x=x)


def _probability_bars(axes: Axes, probabilities: np.ndarray) -> None:
    best = int(probabilities.argmax())
    colors = [HIGHLIGHT if digit == best else "#9aa3ad" for digit in range(10)]
    axes.bar(range(10), probabilities, color=colors, width=0.7)
    axes.set_xticks(range(10))
    axes.set_ylim(0, 1.18)
    axes.set_yticks([0, 0.5, 1])
    axes.set_title("softmax: probability of each digit", fontsize=10, fontweight="normal", loc="left")
    axes.annotate(
        f"{probabilities[best]:.3f}",
        (best, probabilities[best]),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
    )


def _label_ends(axes: Axes, ends: list[tuple[str, float, str]]) -> None:
    """Write each line's name at its right end, moved apart where two would overlap."""
    axes.figure.canvas.draw()
    transform, inverse = axes.transData.transform, axes.transAxes.inverted().transform
    x = axes.get_xlim()[1]
    heights = [float(inverse(transform((x, value)))[1]) for _, value, _ in ends]
    apart = 0.085
    order = np.argsort(heights)
    placed = np.array(heights)[order]
    for _ in range(200):
        for i in range(len(placed) - 1):
            overlap = apart - (placed[i + 1] - placed[i])
            if overlap > 0:
                placed[i] -= overlap / 2
                placed[i + 1] += overlap / 2
        placed += max(0.0, -placed[0])  # no name below the axis
    for position, index in zip(placed, order, strict=True):
        name, _, color = ends[index]
        axes.text(1.02, position, name, color=color, transform=axes.transAxes, va="center", fontweight="bold")


def _plain_log_ticks(axes: Axes) -> None:
    """Write 0.1 and 0.02 on a logarithmic axis, not powers of ten."""
    axes.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())


def _hide_frame(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color("#c4cad2")


def _finish(figure: Figure) -> Figure:
    plt.close(figure)
    return figure
