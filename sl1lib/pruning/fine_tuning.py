"""A little more training for networks that have just lost some of their nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import torch

from ..data import Dataset
from ..errors import require_count, unexpected
from ..fast.network import Tensors
from ..settings import Penalty
from ..training import DivergedError, RunConfig
from ..training.images import Images
from ..training.loop import Start, engine_of
from .pruned import Pruned
from .report import Score
from .sources import images_of

# Of the run's learning rate. Of shares from 0.05 to 1 it gave the lowest or nearly the lowest error on validation
# images of MNIST for light and for heavy prunings, two epochs each.
RATE_SHARE: Final = 0.5


def fine_tune(
    networks: Sequence[Pruned],
    epochs: int,
    lr: float | None = None,
    penalty: Penalty | None = None,
    data: Dataset | None = None,
) -> list[Pruned]:
    r"""Train pruned networks further, side by side, on the images that their runs were trained on.

    The error function and the optimiser are the run's: its batch size, order of the images, momentum and final share of
    the learning rate. What was removed stays removed: the engine trains each network in the full shape, in which the
    removed parameters are 0 and stay 0, and that is the same function.

    Parameters
    ----------
    networks : sequence of Pruned
        Of runs that can be trained side by side, see `RunConfig.shared`, but for their epochs.
    epochs : int
        At least 1.
    lr : float, optional
        The learning rate to begin with. None takes half of each run's.
    penalty : Penalty, optional
        Usually none: it has done its work. Pass ``run.config.penalty`` to keep it.
    data : Dataset, optional
        None loads the runs' own. It must be what the networks' reports have scores on.

    Returns
    -------
    list of Pruned
        New ones, with one more score in their reports and without times; the arguments stay as they are.

    Raises
    ------
    ValueError
        For networks that cannot be trained side by side, data that their reports are not about, or an argument out of
        range.
    DivergedError
        If the error of one becomes NaN or infinite.

    Examples
    --------
    >>> from sl1lib import RunConfig, prune, train
    >>> run = train(RunConfig(data="digits", epochs=2), progress=False)
    >>> (tuned,) = fine_tune([prune(run, count=150, latency=False)], epochs=2)
    >>> [score.stage for score in tuned.report.scores]
    ['before', 'removed', 'after 2 epochs of fine-tuning']
    >>> tuned.report.scores[2].E0 < tuned.report.scores[1].E0
    True
    """
    require_count("epochs", epochs, least=1)
    if isinstance(networks, Pruned) or not len(networks) or not all(isinstance(n, Pruned) for n in networks):
        raise unexpected("networks", networks, "it must be a list of at least one Pruned")
    configs = [
        each.config.replace(epochs=epochs, lr=RATE_SHARE * each.config.lr if lr is None else lr, penalty=penalty)
        for each in networks
    ]
    check_agreement(configs)
    config = configs[0]
    images = images_of(config, networks[0].provenance, data)
    _check_data(networks, images)
    engine = engine_of(configs, images, [_start(each, config.device) for each in networks])
    costs = engine.advance(config.updates(len(images.x)))
    for m, update in costs.first_bad().items():
        raise DivergedError(update, float((costs.E0 + costs.penalty)[update, m]), configs[m])
    stage = f"after {epochs} epoch{'s' if epochs > 1 else ''} of fine-tuning"
    return [_tuned(each, engine.params(m), images, stage) for m, each in enumerate(networks)]


def check_agreement(configs: Sequence[RunConfig]) -> None:
    """Raise unless the trainings can run side by side."""
    first = configs[0].shared()
    for config in configs:
        for name, value in config.shared().items():
            if first[name] != value:
                found = [first[name], value]
                raise unexpected(f"{name} of two networks", found, "fine-tuned side by side, they must agree in it")


def _check_data(networks: Sequence[Pruned], images: Images) -> None:
    """Raise unless the images are those that the networks' reports have scores on."""
    found = images.name, len(images.x_held_out)
    for each in networks:
        if found != (right := (each.report.data_name, each.report.images)):
            raise unexpected(
                "data", f"{found[0]} with {found[1]:,} images to measure on",
                f"the network was measured on {right[0]} with {right[1]:,} when it was pruned, and its report must not "
                "mix them; pass that Dataset as data=, or prune the run on this one",
            )  # fmt: skip


def _start(pruned: Pruned, device: str) -> Start:
    """Return a network's parameters in the full shape, and where nothing is left."""
    present = pruned.parts.widen({name: np.ones_like(array) for name, array in pruned.params.items()})
    params, removed = (
        {name: torch.tensor(array, device=device) for name, array in arrays.items()}
        for arrays in (pruned.full_params(), {name: array == 0 for name, array in present.items()})
    )
    return params, removed


def _tuned(pruned: Pruned, full: Tensors, images: Images, stage: str) -> Pruned:
    params = pruned.parts.take({name: tensor.cpu().numpy() for name, tensor in full.items()})
    tuned = replace(pruned, params=params)
    score = Score.of(stage, tuned.network(images.x.device), images.x_held_out, images.labels_held_out)
    return replace(tuned, report=pruned.report.replace(scores=(*pruned.report.scores, score), latency=()))
