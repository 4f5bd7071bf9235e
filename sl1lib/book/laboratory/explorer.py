"""The laboratory: the whole network on one page, to draw for, to train and to prune."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ...architecture import NODES
from ...data import Dataset, digits, load_data
from ...errors import require_choice, require_count, unexpected
from ...reference import PROFILES
from ...training import Run, RunConfig
from ..choices import Made, Number, OneOf, Switch, Whole, frozen
from ..explorer import Explorer, whole_module
from .experiments import experiments
from .stored import packed, stored, stored_params

#: A drawing to begin with: a 4, small and in a corner, which is read right only where it is centred.
FIRST_DRAWING: Final = (
    ((0.63, 0.1), (0.61, 0.17), (0.6, 0.22), (0.59, 0.27), (0.68, 0.28), (0.77, 0.27), (0.83, 0.26)),
    ((0.77, 0.11), (0.75, 0.2), (0.73, 0.3), (0.72, 0.38), (0.71, 0.44)),
)

#: The settings at the start: SL1 with the strength that the study chose for the digits, and a rate that keeps it calm.
FIRST_SETTINGS: Final[dict[str, Any]] = {
    "profile": "huber",
    "grouping": "node",
    "step": "gradient",
    "strength": 3e-3,
    "eps": 1e-2,
    "lr": 0.05,
    "momentum": 0.2,
}

_BATCH: Final = 50


def laboratory(run: Run | None = None, data: Dataset | None = None) -> Explorer:
    """Return a figure in which the whole network reads drawings, trains while its settings change, and loses nodes.

    It works without a kernel: the network is computed in JavaScript, in float64, and trains in a worker on the embedded
    digits. In a live notebook, where anywidget is installed, it is a `Laboratory`: the engine trains in the kernel, on
    MNIST where it can be had.

    Parameters
    ----------
    run : Run, optional
        Whose weights and settings it begins with, in a live notebook. None: weights that were trained on MNIST.
    data : Dataset, optional
        What it trains on, in a live notebook. None: the run's, or MNIST, or else the digits.

    Raises
    ------
    ValueError
        For a run of another reading than ``"table"``, or a value that is refused when it is assigned.

    Examples
    --------
    >>> laboratory()
    <laboratory: the network of 3,898 parameters, 1,415 digits to train on>
    """
    state = _state(run)
    try:
        from .kernel import Laboratory
    except ImportError:  # no anywidget
        return Explorer(**state)
    config, start = (RunConfig(data="auto"), stored_params()) if run is None else (run.config, run.params)
    return Laboratory(start, config, lambda: load_data(config.data) if data is None else data, **state)


def laboratory_page(run: Run | None = None) -> str:
    """Return the laboratory as a page of its own, which `sl1 lab` shows: one file that asks for nothing."""
    alone = [{**each, "page": None} for each in experiments()]  # the chapters are elsewhere
    figure = Explorer(**(_state(run) | {"experiments": alone}))
    return f"""\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Laboratory</title></head>
<body style="max-width: 60rem; margin: 0 auto; padding: 0 1rem">
{figure.html}
</body>
</html>
"""


def check_run(run: Run) -> None:
    """Raise unless the page can show what a run has trained."""
    if not isinstance(run, Run):
        raise unexpected("run", run, "it must be a Run, as train and Run.load return")
    if run.config.reading.name != "table":
        raise unexpected("the reading of the run", run.config.reading.name, "the laboratory has the network of 'table'")


def settings_of(config: RunConfig) -> dict[str, Any]:
    """Return the settings that a run was trained with: its first learning rate, its last momentum."""
    rates = {"lr": config.lr, "momentum": config.momentum.end}
    if config.penalty is None:
        return rates | {"strength": 0.0}
    return rates | asdict(config.penalty) | {"eps": max(config.penalty.eps, 1e-5)}


def _state(run: Run | None) -> dict[str, Any]:
    """Return what `Explorer` takes."""
    known, settings = stored(), FIRST_SETTINGS
    begun = {"weights": known["weights"], "error": known["test_error"], "name": "MNIST’s weights"}
    if run is not None:
        check_run(run)
        settings = FIRST_SETTINGS | settings_of(run.config)
        error = run.held_out_error if len(run.history.held_out_error) else None
        begun = {"weights": packed(run.params), "error": error, "name": "the run’s weights"}

    def steps(state: Mapping[str, Any]) -> tuple[str, ...]:
        return ("gradient", "proximal") if PROFILES[state["profile"]].convex else ("gradient",)

    return {
        "source": __file__,
        "plain": "laboratory: the network of 3,898 parameters, 1,415 digits to train on",
        "computed": ("told", "updates", "running", "error", "weights", "left", "read", "probability", "image"),
        "worker": _worker(),
        "digits": {
            "images": _packed("digits-images-8x8.idx.gz"),
            "labels": _packed("digits-labels.idx.gz"),
            "training": digits.TRAINING_IMAGES,
            "perEpoch": -(-digits.TRAINING_IMAGES // _BATCH),
        },
        "stored": begun,
        "experiments": experiments(),
        "profile": OneOf(settings["profile"], PROFILES),
        "grouping": OneOf(settings["grouping"], ("node", "weight", "map")),
        "step": OneOf(settings["step"], steps),
        "strength": Number(settings["strength"], 0, 1),
        "eps": Number(settings["eps"], 1e-5, 1),
        "lr": Number(settings["lr"], 1e-3, 3.2),
        "momentum": Number(settings["momentum"], 0, 0.95),
        "strokes": Made(FIRST_DRAWING, _strokes),
        "picked": Made(None, _picked),
        "centred": Switch(True),
        "chosen": Made({"field": "stage1", "at": 510}, _place),
        "node": Whole(80, 0, NODES - 1),
        "seed": Whole(0, 0, 2**32 - 1),
        "shift": Whole(0, -40, 40),
        "latest": Switch(False),
        "experiment": Made(None, _picked),
    }


def _strokes(strokes: Any) -> list[list[list[float]]]:
    """Return a drawing: strokes of points (x, y), each from 0 to 1."""
    found = [frozen("a stroke", stroke) for stroke in strokes]
    for stroke in found:
        if stroke.ndim != 2 or stroke.shape[1] != 2 or not ((stroke >= 0) & (stroke <= 1)).all():
            raise unexpected("a stroke", stroke.tolist(), "it must be points (x, y) with numbers from 0 to 1")
    return [stroke.tolist() for stroke in found]


def _picked(number: Any) -> Any:
    """Return the number of an image or an experiment, or None."""
    if number is not None:
        require_count("the number", number, least=0)
    return number


def _place(place: Any) -> dict[str, Any]:
    """Return a place in a field of the page."""
    fields = ("image", "stage1", "stage2", "lengths", "scores")
    if not isinstance(place, Mapping) or set(place) != {"field", "at"}:
        raise unexpected("chosen", place, "it must have a field and the number of a place in it, at")
    require_choice("the field", place["field"], fields)
    require_count("the place", place["at"], least=0)
    return dict(place)


def _worker() -> str:
    """Return the trainer's module as a script: some browsers start no worker with a module that is no file."""
    return re.sub(r"^export ", "", whole_module(Path(__file__).with_name("worker.js")), flags=re.MULTILINE)


def _packed(name: str) -> str:
    return b64encode((Path(digits.__file__).parent / name).read_bytes()).decode()
