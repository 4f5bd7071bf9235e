"""Ledger entries of the chapter *Full training*."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ... import fast, reference
from ...settings import LearningRate, MomentumRamp
from ..entry import Check, Entry
from ..measure import SAME, deviation

Arrays = dict[str, np.ndarray]


def _heavy_ball(engine: str) -> float:
    """Follow a quadratic for 30 updates, and let PyTorch's own SGD with momentum follow it too."""
    # The momentum starts above 0: PyTorch keeps no velocity from an update without momentum.
    rng = np.random.default_rng(8)
    factor, start, lr, ramp = rng.normal(size=(4, 4)), rng.normal(size=4), 0.02, MomentumRamp(0.1, 0.6, updates=20)
    matrix = factor @ factor.T
    theirs = torch.tensor(start, requires_grad=True)
    sgd = torch.optim.SGD([theirs], lr=lr)
    ours, velocity = {"w": start}, {"w": np.zeros(4)}
    for update in range(30):
        momentum = ramp.at(update)
        ours, velocity = _step(engine, ours, velocity, {"w": matrix @ ours["w"]}, lr, momentum)
        sgd.param_groups[0]["momentum"] = momentum
        theirs.grad = torch.tensor(matrix) @ theirs.detach()
        sgd.step()
    return deviation(ours["w"], theirs.detach().numpy())


def _step(engine: str, w: Arrays, v: Arrays, g: Arrays, lr: float, momentum: float) -> tuple[Arrays, Arrays]:
    if engine == "reference":
        return reference.heavy_ball_step(w, v, g, lr, momentum)
    w_tensors, v_tensors, g_tensors = (
        {name: torch.tensor(array) for name, array in part.items()} for part in (w, v, g)
    )
    w_new, v_new = fast.heavy_ball_step(w_tensors, v_tensors, g_tensors, lr, momentum)
    return {"w": w_new["w"].numpy()}, {"w": v_new["w"].numpy()}


def _ramp() -> float:
    expected = [0.2 * min(t / 20, 1) for t in range(60)]
    return max(abs(MomentumRamp().at(t) - value) for t, value in enumerate(expected))


def _decay() -> float:
    rate = LearningRate(0.2, end=0, updates=40)
    return max(abs(rate.at(t) - 0.2 * (1 - t / 40)) for t in range(40))


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter = "training/full-training"
    yield Entry(
        "eq-heavy-ball",
        "gradient descent with momentum",
        chapter,
        ("reference.heavy_ball_step", "fast.heavy_ball_step"),
        (
            Check("reference against PyTorch's SGD over 30 updates", SAME, lambda: _heavy_ball("reference")),
            Check("fast against PyTorch's SGD over 30 updates", SAME, lambda: _heavy_ball("fast")),
        ),
    )
    yield Entry(
        "eq-momentum-ramp",
        "the momentum of each update",
        chapter,
        ("MomentumRamp",),
        (Check("against the formula, 60 updates", SAME, _ramp),),
    )
    yield Entry(
        "eq-lr-decay",
        "the learning rate of each update",
        chapter,
        ("LearningRate",),
        (Check("against the formula, 40 updates", SAME, _decay),),
    )
