"""What is left behind: a header that says on what it ran, a JSON file, a plot."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import sl1lib
from sl1lib.book.fast_path.counts import epoch_operations
from sl1lib.book.fast_path.machine import matrix_rate
from sl1lib.clock import processor_name

from .measure import Timing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def header(data: str, threads: int) -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "threads": threads,
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "matrix product, GFLOP/s": round(matrix_rate() / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "sl1lib": sl1lib.__version__,
        "data": data,
    }


def floor(reading: str, images: int, rate: float) -> float:
    """Return the seconds that an epoch's arithmetic alone takes at ``rate`` operations a second."""
    return epoch_operations(reading, images) / rate


def write(
    path: Path,
    head: dict[str, Any],
    timings: Sequence[Timing],
    growth: Sequence[Timing],
    threads: Mapping[int, Sequence[Timing]],
) -> None:
    """Write everything as JSON."""
    found = {
        "header": head,
        "timings": [t.to_dict() for t in timings],
        "growth": [t.to_dict() for t in growth],
        "threads": {str(count): [t.to_dict() for t in each] for count, each in threads.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def plot(path: Path, head: dict[str, Any], timings: Sequence[Timing], growth: Sequence[Timing]) -> None:
    """Draw seconds an epoch of one model over the number of models, the batch and the size of the data."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.5), layout="constrained")
    (banded, compiled), (over_batch, over_data) = figure.subplots(2, 2)
    done = [t for t in timings if t.seconds]
    styles = (("table", "-"), ("text", "--"))
    for axes, letter, title in ((banded, "e", "banded products"), (compiled, "k", "loops in C")):
        engine = [t for t in done if t.contender.startswith(letter)]
        for reading, style in styles:
            for batch in sorted({t.batch for t in engine if t.reading == reading}):
                points = sorted((t.models, t.median) for t in engine if (t.reading, t.batch) == (reading, batch))
                axes.plot(*zip(*points, strict=True), "o" + style, label=f"{reading}, batch {batch}")
        _scale(axes, f"models M, {title}", {t.models for t in engine})
    for reading, style in styles:
        for name in sorted({t.contender for t in done}):
            points = sorted((t.batch, t.median) for t in done if (t.reading, t.contender) == (reading, name))
            if points:
                over_batch.plot(*zip(*points, strict=True), "o" + style, label=f"{reading}, {name}")
        for name in sorted({t.contender for t in growth}):
            points = sorted(
                (t.images, t.median / t.images * 1e6)
                for t in growth
                if (t.reading, t.contender) == (reading, name) and t.seconds
            )
            if points:
                over_data.plot(*zip(*points, strict=True), "o" + style, label=f"{reading}, {name}")
    _scale(over_batch, "images a batch", {t.batch for t in done})
    over_data.set(xlabel="images in the data set", ylabel="µs an image and model", xscale="log", ylim=(0, None))
    over_data.legend(fontsize=6)
    figure.suptitle(
        f"{head['processor']}, {head['threads']} threads, torch {head['torch']}, {head['data']}", fontsize=8
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def _scale(axes: Axes, x: str, values: set[int]) -> None:
    """Let both axes be logarithmic, with plain numbers at the values that were measured."""
    axes.set(xlabel=x, ylabel="seconds an epoch and model", xscale="log", yscale="log")
    axes.set_xticks(sorted(values), [str(value) for value in sorted(values)])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10])
    if axes.lines:
        axes.legend(fontsize=6, ncols=2)
