"""The laboratory: the whole network on one page, to draw for, to train and to prune."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from ...data import digits
from ..explorer import Explorer, whole_module
from .experiments import experiments
from .stored import stored

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
    "lr": 0.1,
    "momentum": 0.2,
}

_BATCH: Final = 50


def laboratory() -> Explorer:
    """Return a figure in which the whole network reads drawings, trains while its settings change, and loses nodes.

    It works without a kernel: the network is computed in JavaScript, in float64, and trains in a worker on the embedded
    digits. The weights that it begins with were trained on MNIST.

    Examples
    --------
    >>> laboratory()
    <laboratory: the network of 3,898 parameters, 1,415 digits to train on>
    """
    return Explorer(
        __file__,
        "laboratory: the network of 3,898 parameters, 1,415 digits to train on",
        worker=_worker(),
        digits={
            "images": _packed("digits-images-8x8.idx.gz"),
            "labels": _packed("digits-labels.idx.gz"),
            "training": digits.TRAINING_IMAGES,
            "perEpoch": -(-digits.TRAINING_IMAGES // _BATCH),
        },
        stored={"weights": stored()["weights"], "error": stored()["test_error"]},
        experiments=experiments(),
        **FIRST_SETTINGS,
        strokes=FIRST_DRAWING,
        picked=None,
        centred=True,
        chosen={"field": "stage1", "at": 0},
        node=80,
        seed=0,
        shift=0,
        experiment=None,
        told=0,
        updates=0,
        running=False,
        error=None,
    )


def _worker() -> str:
    """Return the trainer's module as a script: some browsers start no worker with a module that is no file."""
    return re.sub(r"^export ", "", whole_module(Path(__file__).with_name("worker.js")), flags=re.MULTILINE)


def _packed(name: str) -> str:
    return b64encode((Path(digits.__file__).parent / name).read_bytes()).decode()
