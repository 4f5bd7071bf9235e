"""Figures of trained networks: loss curves, node norms, kernels, and the maps of one image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...engine import images_to_tensor
from ...errors import require_choice
from ...fast import trace
from ...training.run import Run
from ..style import HIGHLIGHT, INK, WIDTH, finish, hide_frame, label_ends, method_style, note, panels, plain_log_ticks


def loss_curves(runs: Sequence[Run], quantity: str = "E0", keep: float = 0.99, skip: int = 20) -> Figure:
    r"""Draw the error against the epoch, one line for each run, after the paper's Figure 3.

    Parameters
    ----------
    runs : sequence of Run
    quantity : {"E0", "E"}
        The configuration's error function, comparable between methods, or that with the penalty, which is not.
    keep : float
        Mini-batch errors are smoothed by ``History.smoothed(keep=keep)``; 0 shows them raw.
    skip : int
        Leave out the first updates, where the average still carries its start.
    """
    require_choice("quantity", quantity, ("E0", "E"))
    figure, (axes,) = panels(1, 3.6)
    for run in runs:
        curve = run.history.smoothed(quantity, keep)
        epochs = np.arange(1, len(curve) + 1) / max(len(curve) / max(len(run.history.seconds), 1), 1)
        shown = slice(min(skip, len(curve) - 1), None)  # a run that ended early has its end at least
        axes.plot(epochs[shown], curve[shown], **method_style(run.config.method).line, label=run.config.method)
    axes.set_yscale("log")
    plain_log_ticks(axes)
    symbol = r"$E_0$" if quantity == "E0" else r"$E = E_0 + \lambda\,\Sigma h$"
    entropy = all(run.config.loss == "cross_entropy" for run in runs)  # only the entropy error has a unit
    axes.set(xlim=(0, None), xlabel="epoch", ylabel=f"{symbol}  ({'nats, ' if entropy else ''}smoothed)")
    label_ends(axes)
    return finish(figure)


def node_norms(runs: Sequence[Run], eps: float) -> Figure:
    r"""Draw the 192 node norms of each run, sorted, with a line at the threshold :math:`\varepsilon`."""
    figure, (axes,) = panels(1, 3.6)
    for run in runs:
        norms = np.maximum(np.sort(run.node_norms)[::-1], 1e-6)
        rank = np.arange(1, len(norms) + 1)
        axes.plot(rank, norms, **method_style(run.config.method).line, label=run.config.method)
    axes.axhline(eps, color=INK, linewidth=0.8)
    note(axes, rf"$\varepsilon$ = {eps:g}", (1, eps), (2, 3), va="bottom")
    axes.set(xlim=(0, len(runs[0].node_norms)), xlabel="node, sorted by norm")
    axes.set(yscale="log", ylabel=r"$\Vert u_k \Vert$, the norm of a node's weights")
    label_ends(axes)
    return finish(figure)


def kernels(runs: Sequence[Run]) -> Figure:
    """Draw the six kernels of the first layer of each run, one run per row, all on one scale."""
    stacks = [run.params["K1"][:, 0] for run in runs]
    limit = max(float(np.abs(stack).max()) for stack in stacks)
    count = len(stacks[0])
    figure, grid = panels(count, 1.05 * len(runs) + 0.3, rows=len(runs), gridspec_kw={"hspace": 0.12})
    for axes, kernel in zip(grid, np.concatenate(stacks), strict=True):
        image = axes.imshow(kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
        hide_frame(axes)
    for axes, run in zip(grid[::count], runs, strict=True):
        axes.set_ylabel(run.config.method, rotation=0, ha="right", va="center", labelpad=8)
    bar = figure.colorbar(image, ax=grid, fraction=0.025, pad=0.03, label="weight")
    bar.outline.set_visible(False)
    return finish(figure)


def network_maps(run: Run, image: np.ndarray) -> Figure:
    """Draw what every layer makes of one image, uint8 (28, 28), after the paper's Figure 2.

    From top to bottom: the image; what stage 1 hands on; what stage 2 hands on; the probabilities of the ten digits.
    """
    params = run.tensors()
    x = images_to_tensor(image[None], params["U"].dtype)
    steps = {name: tensor.numpy()[0] for name, tensor in trace(params, x, run.config.reading).items()}
    powers = np.exp(steps["logits"] - steps["logits"].max())
    figure = plt.figure(figsize=(WIDTH, 5.6))
    rows = figure.add_gridspec(4, 1, height_ratios=[2.2, 1.7, 1.6, 2.0], hspace=0.42)
    _map_row(figure, rows[0], [image], "input, 28×28")
    _map_row(figure, rows[1], list(steps["stage1"]), "after stage 1, 6 maps of 12×12")
    _map_row(figure, rows[2], list(steps["stage2"]), "after stage 2, 12 maps of 4×4: the 192 nodes")
    _probability_bars(figure.add_subplot(rows[3]), powers / powers.sum())
    return finish(figure)


def _map_row(figure: Figure, place: Any, maps: list[np.ndarray], title: str) -> None:
    """Draw the maps of one layer on one grey scale, dark where the map is large."""
    grid = place.subgridspec(1, len(maps), wspace=0.08)
    low, high = min(m.min() for m in maps), max(m.max() for m in maps)
    for column, image in enumerate(maps):
        axes = figure.add_subplot(grid[column])
        axes.imshow(image, vmin=low, vmax=high)
        hide_frame(axes)
        if column == 0:
            x = 0.5 if len(maps) == 1 else 0.0
            axes.set_title(title, fontsize=10, fontweight="normal", loc="center" if len(maps) == 1 else "left", x=x)


def _probability_bars(axes: Axes, probabilities: np.ndarray) -> None:
    best = int(probabilities.argmax())
    colors = [HIGHLIGHT if digit == best else "#9aa3ad" for digit in range(10)]
    axes.bar(range(10), probabilities, color=colors, width=0.7)
    axes.set(xticks=range(10), yticks=[0, 0.5, 1], ylim=(0, 1.18))
    axes.set_title("softmax: probability of each digit", fontsize=10, fontweight="normal")
    note(axes, f"{probabilities[best]:.3f}", (best, probabilities[best]), (0, 2), ha="center")
