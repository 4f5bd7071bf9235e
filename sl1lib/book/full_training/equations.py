"""Ledger entries of the chapter *The full training*."""

from __future__ import annotations

import numpy as np
import torch

from ... import fast, reference
from ...settings import LearningRate, MomentumRamp
from ..entry import Chapter, Checks
from ..measure import SAME, normal, tensor

chapter = Chapter("training/full-training")


@chapter.equation("eq-heavy-ball", "gradient descent with momentum", reference.heavy_ball_step, fast.heavy_ball_step)
def heavy_ball(check: Checks) -> None:
    """Follow a quadratic with both engines, and let PyTorch's own SGD with momentum follow it too."""
    factor, start = normal(8, (4, 4), 4)
    # The momentum starts above 0: PyTorch keeps no velocity from an update without momentum.
    matrix, lr, ramp = factor @ factor.T, 0.02, MomentumRamp(0.1, 0.6, updates=20)
    ours, velocity = {"w": start}, {"w": np.zeros(4)}
    tensors, velocities = {"w": tensor(start)}, {"w": tensor(np.zeros(4))}
    theirs = tensor(start).requires_grad_()
    sgd = torch.optim.SGD([theirs], lr=lr)
    for update in range(30):
        momentum = ramp.at(update)
        ours, velocity = reference.heavy_ball_step(ours, velocity, {"w": matrix @ ours["w"]}, lr, momentum)
        slope = {"w": tensor(matrix) @ tensors["w"]}
        tensors, velocities = fast.heavy_ball_step(tensors, velocities, slope, lr, momentum)
        sgd.param_groups[0]["momentum"] = momentum
        theirs.grad = tensor(matrix) @ theirs.detach()
        sgd.step()
    check("reference against PyTorch's SGD over 30 updates", SAME, ours["w"], theirs)
    check("fast against PyTorch's SGD over 30 updates", SAME, tensors["w"], theirs)


@chapter.equation("eq-momentum-ramp", "the momentum of each update", MomentumRamp)
def momentum_ramp(check: Checks) -> None:
    found, expected = [MomentumRamp().at(t) for t in range(60)], [0.2 * min(t / 20, 1) for t in range(60)]
    check("against the formula, 60 updates", SAME, found, expected)


@chapter.equation("eq-lr-decay", "the learning rate of each update", LearningRate)
def decay(check: Checks) -> None:
    rate = LearningRate(0.2, end=0, updates=40)
    found, expected = [rate.at(t) for t in range(40)], [0.2 * (1 - t / 40) for t in range(40)]
    check("against the formula, 40 updates", SAME, found, expected)
