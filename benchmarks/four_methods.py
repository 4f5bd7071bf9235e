"""Four methods trained whole: by `compare`, and by loop (b) once each, both measured on the test images every epoch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import nn

from sl1lib import COMPARED_PENALTIES, Dataset, Penalty, RunConfig, compare
from sl1lib.architecture import epoch_order
from sl1lib.engine import images_to_tensor

from .contenders import Network
from .measure import WrongAnswerError

ALIKE, TOLERANCE = 20, 1e-3  # updates over which both must find the same errors, and how closely
TEST_BATCH = 1000


def time_four_methods(data: Dataset, epochs: int, reading: str = "table") -> dict[str, Any]:
    """Return the seconds of `compare` and of loop (b) for the same trainings, from images in memory to test errors.

    Learning rate and momentum stay constant, so that PyTorch's optimizer makes the same updates.

    Raises
    ------
    WrongAnswerError
        If the two do not find the same errors in their first updates.
    """
    config = RunConfig(data.name, reading, epochs=epochs, lr=0.1, lr_end=1, momentum=0.2)
    processes = min(torch.get_num_threads(), len(COMPARED_PENALTIES))  # as `sl1 compare` does
    compare(config.replace(epochs=1), progress=False, data=data.subset(100))  # warm-up
    started = time.perf_counter()
    runs = compare(config, progress=False, data=data, processes=processes)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    theirs = [_loop(run.config, data) for run in runs]
    baseline = time.perf_counter() - started
    for run, (errors, _) in zip(runs, theirs, strict=True):
        gap = np.abs(run.history.E0[:ALIKE] / errors[:ALIKE] - 1).max()
        if not gap <= TOLERANCE:
            raise WrongAnswerError(f"compare and (b), {run.config.method}: E0 differs by {gap:.2g} relatively")
    tests = {run.config.method: [run.test_error, error] for run, (_, error) in zip(runs, theirs, strict=True)}
    return {
        "reading": reading,
        "epochs": epochs,
        "processes": processes,
        "compare": ours,
        "b": baseline,
        "ratio": baseline / ours,
        "test errors": tests,
    }


def sentence(found: dict[str, Any]) -> str:
    """Say what was found."""
    return (
        f"four methods, {found['reading']}, batch 50, {found['epochs']} of 10 epochs, the test images after each: "
        f"compare in {found['processes']} processes {found['compare']:.1f} s, (b) {found['b']:.1f} s, "
        f"{found['ratio']:.2f}×, wanted 5.0×  n = 1"
    )


def _loop(config: RunConfig, data: Dataset) -> tuple[np.ndarray, float]:
    """Train as (b) does; return E0 of each update, and the last test error."""
    net = Network(config.reading.name)
    optimizer = torch.optim.SGD(net.parameters(), lr=config.lr, momentum=config.momentum.end)
    x, x_test = images_to_tensor(data.x_train), images_to_tensor(data.x_test)
    y, y_test = torch.tensor(data.y_train), torch.tensor(data.y_test)
    errors = []
    for epoch in range(config.epochs):
        for chosen in torch.from_numpy(epoch_order(config.seed, epoch, len(x))).split(config.batch_size):
            optimizer.zero_grad()
            error = nn.functional.cross_entropy(net(x[chosen]), y[chosen])
            (error + _penalty(net.fc.weight, config.penalty)).backward()
            optimizer.step()
            errors.append(error.item())
        wrong = _wrong(net, x_test, y_test)
    return np.array(errors), wrong


def _penalty(weight: torch.Tensor, penalty: Penalty | None) -> torch.Tensor | float:
    """Return λ Σ h, written as a textbook has it."""
    if penalty is None:
        return 0.0
    if penalty.profile == "squared":
        return penalty.strength / 2 * weight.square().sum()
    if penalty.profile == "abs":
        return penalty.strength * weight.abs().sum()
    norms = weight.norm(dim=0)
    h = torch.where(norms > penalty.eps, norms, norms**2 / (2 * penalty.eps) + penalty.eps / 2)
    return penalty.strength * h.sum()


def _wrong(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of wrong answers, and find the entropy error on the way, as `compare` does."""
    with torch.no_grad():
        scores = torch.cat([net(part) for part in x.split(TEST_BATCH)])
        nn.functional.cross_entropy(scores, y).item()
    return (scores.argmax(1) != y).double().mean().item()
