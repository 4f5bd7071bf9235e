"""Ledger entries of the chapter *Your own model*."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import torch
from torch import nn

from ...fast import NodePenalty, penalty, remove_nodes
from ..entry import Chapter, Checks
from ..measure import DIFFERENCE, EQUAL, SAME, differences, normal, run, tensor, two_cases

chapter = Chapter("using/your-own-model")
STRENGTH, EPS = 0.3, 0.5
GROUPINGS = (("input", 1), ("output", 1), ("weight", 1), ("input", 3))  # with the inputs in a block
# Iterations that contract run until float64 moves no more; what is left is rounding, a few digits above SAME.
AT_REST = 1e-9


def layer_of(*shape: int) -> nn.Parameter:
    """Return random weights whose inputs have lengths on both sides of the cap's edge, and one of 0."""
    weight = tensor(normal(9, shape)[0])
    lengths = weight.transpose(0, 1).flatten(1).norm(dim=1)
    wanted = torch.linspace(0, 2 * EPS, shape[1], dtype=weight.dtype) + 0.01
    wanted[0] = 0
    return nn.Parameter(weight * (wanted / lengths).reshape(1, -1, *[1] * (len(shape) - 2)))


def gradient_of(regulariser: NodePenalty, layer: torch.Tensor) -> torch.Tensor:
    """Return what the penalty adds to the gradient of its layer."""
    layer.grad = None
    regulariser.add_gradient_()
    assert layer.grad is not None
    return layer.grad


@chapter.equation("eq-own-groups", "the penalty on any layer's groups of weights", NodePenalty.forward)
def groups(check: Checks) -> None:
    """Collect the groups by plain indexing."""
    for shape in ((4, 6), (5, 6, 3), (5, 6, 2, 3)):
        for group, block in GROUPINGS:
            weight = layer_of(*shape).detach()
            parts = {
                "output": list(weight),
                "weight": list(weight.flatten()),
                "input": [weight[:, k : k + block] for k in range(0, weight.shape[1], block)],
            }
            h = [two_cases(math.hypot(*part.flatten().tolist()), EPS) for part in parts[group]]
            found = NodePenalty(weight, STRENGTH, EPS, grouping=group, block=block)()
            what = "against sums one group at a time; 3 shapes, 4 groupings"
            check(what, SAME, found, STRENGTH * math.fsum(h))


@chapter.equation("eq-own-gradient", "the gradient that is added after the error's own", NodePenalty.add_gradient_)
def gradient(check: Checks) -> None:
    for group in ("input", "output", "weight"):
        layer = layer_of(4, 5, 2)
        regulariser = NodePenalty(layer, STRENGTH, EPS, "quartic", group)  # no kink that differences would feel
        (expected,) = differences(partial(run, regulariser.penalty), layer.detach().numpy())
        found = gradient_of(regulariser, layer)
        check("against central differences, every entry", DIFFERENCE, found, STRENGTH * expected)
    for profile in ("huber", "quartic", "pseudo_huber", "log_cosh", "abs", "squared", "sqrt_quartic"):
        layer = layer_of(4, 5, 2)
        regulariser = NodePenalty(layer, STRENGTH, EPS, profile)
        theirs = torch.autograd.grad(regulariser(), layer)[0]
        check("against autograd, all seven profiles", SAME, gradient_of(regulariser, layer), theirs)


@chapter.equation("eq-own-prox", "the proximal step", NodePenalty.prox_)
def proximal_step(check: Checks) -> None:
    """At the minimum the derivative is 0: what came, plus the pull at what came, is what went in."""
    for group, block in GROUPINGS:
        weight, layer = layer_of(4, 6, 2).detach(), layer_of(4, 6, 2)
        regulariser = NodePenalty(layer, STRENGTH, EPS, grouping=group, block=block)
        regulariser.prox_(lr=0.7)
        went_in = layer.detach() + 0.7 * gradient_of(regulariser, layer)
        check("against the condition for its minimum, 4 groupings", SAME, went_in, weight)

    weight, layer = layer_of(4, 6).detach(), layer_of(4, 6)
    NodePenalty(layer, STRENGTH, EPS).prox_(lr=0.7)

    def total(v: torch.Tensor) -> float:
        return float((v - weight).square().sum() / 2 + 0.7 * STRENGTH * penalty(v, EPS))

    for power, direction in enumerate(normal(10, *[(4, 6)] * 5)):
        moved = layer.detach() + 10.0**-power * tensor(direction)
        check("a search for a lower sum finds none", EQUAL, total(layer.detach()) - total(moved))


@cache
def regression() -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return data of a linear model with 3 of 8 inputs relevant, and the Lipschitz constant of its error."""
    x, truth, noise = normal(11, (60, 8), (2, 8), (60, 2))
    truth[:, 3:] = 0
    y = x @ truth.T + 0.3 * noise
    return tensor(x), tensor(y), float(np.linalg.eigvalsh(x.T @ x / 60)[-1])


def error_gradient(weight: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the regression's mean squared error, halved."""
    x, y, _ = regression()
    return (x @ weight.T - y).T @ x / len(x)


def minimise(strength: float, profile: str = "huber", eps: float = EPS) -> torch.Tensor:
    """Minimise the penalised regression by proximal gradient steps of length 1/L, until nothing moves."""
    _, _, lipschitz = regression()
    weight = torch.zeros(2, 8, dtype=torch.float64)
    regulariser = NodePenalty(weight, strength, eps, profile)
    for _ in range(1500):
        weight -= error_gradient(weight) / lipschitz
        regulariser.prox_(1 / lipschitz)
    return weight


@chapter.equation(
    "eq-own-threshold",
    "a group is shorter than ε exactly if the error pulls it with less than λ",
    NodePenalty.dead,
    NodePenalty.pulls,
)
def threshold(check: Checks) -> None:
    what, seen = "lengths against gradients at the minimum, 9 strengths", set()
    for strength in np.geomspace(0.02, 2, 9).tolist():
        weight = minimise(strength, eps=0.1)
        short = weight.norm(dim=0) < 0.1
        # A long group is pulled with λ itself, up to rounding.
        weakly_pulled = error_gradient(weight).norm(dim=0) < strength * (1 - AT_REST)
        check(what, EQUAL, short != weakly_pulled)
        seen |= set(short.tolist())
    check(what, EQUAL, seen != {True, False})  # there must have been groups of both kinds

    weight = minimise(STRENGTH, eps=0.1)
    dead = weight.norm(dim=0) < 0.1
    formula = -0.1 * error_gradient(weight) / STRENGTH
    check("where dead groups rest, against the formula", AT_REST, weight[:, dead], formula[:, dead])


@chapter.equation("eq-own-lambda-max", "the strength above which every group is zero", NodePenalty.pulls)
def largest_strength(check: Checks) -> None:
    layer = nn.Parameter(torch.zeros(2, 8, dtype=torch.float64))
    layer.grad = error_gradient(layer.detach())
    largest = float(NodePenalty(layer, STRENGTH).pulls().max())
    above, below = minimise(1.001 * largest, "abs"), minimise(0.999 * largest, "abs")
    check("group lasso 0.1 % above it: all weights zero", EQUAL, above.abs())
    check("group lasso 0.1 % below it: one group has left zero", EQUAL, int((below.norm(dim=0) > 0).sum()), 1)


def resting_place(
    optimiser: Callable[[list[torch.Tensor]], torch.optim.Optimizer], prox: float | None, updates: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Train a quadratic until it rests; return the gradients of its error and of the penalty."""
    slope = torch.tensor([[1.0, 0.5, 2.0], [0.7, 1.5, 1.0]], dtype=torch.float64)
    target = torch.tensor([[1.0, 0.9, 0.1], [0.5, -0.4, 0.2]], dtype=torch.float64)
    layer = nn.Parameter(torch.zeros(2, 3, dtype=torch.float64))
    regulariser, steps = NodePenalty(layer, STRENGTH, EPS), optimiser([layer])
    for _ in range(updates):
        layer.grad = slope * (layer.detach() - target)
        if prox is None:
            regulariser.add_gradient_()
        steps.step()
        if prox is not None:
            regulariser.prox_(prox)
    return slope * (layer.detach() - target), gradient_of(regulariser, layer)


@chapter.equation("eq-own-momentum", "the length of the proximal step after SGD with momentum", NodePenalty.prox_)
def momentum(check: Checks) -> None:
    """At rest, gradient of the error and pull cancel: the gradient of E is 0."""
    lr, share = 0.05, 0.8
    for what, nesterov in (
        ("at rest the gradient of E is 0; momentum 0.8", False),
        ("the same with Nesterov's momentum", True),
    ):
        sgd = partial(torch.optim.SGD, lr=lr, momentum=share, nesterov=nesterov)
        error, pull = resting_place(sgd, lr / (1 - share), 2000)
        check(what, AT_REST, -error, pull)


@chapter.equation(
    "eq-own-decoupled",
    "where Adam rests when the pull is applied after its step",
    NodePenalty.prox_,
    NodePenalty.add_gradient_,
)
def decoupled(check: Checks) -> None:
    """At rest, a pull after Adam's step cancels the gradient as Adam scales it; one before it, the gradient itself."""

    def scaled(error: torch.Tensor) -> torch.Tensor:
        return error / (error.abs() + 0.5)

    adam = partial(torch.optim.Adam, lr=0.05, betas=(0.5, 0.5), eps=0.5)
    error, pull = resting_place(adam, 0.05, 3000)
    check("Adam, then the proximal step: at rest", AT_REST, -scaled(error), pull)

    layer = nn.Parameter(torch.zeros(2, 3, dtype=torch.float64))
    target = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    adamw = torch.optim.AdamW([layer], lr=0.05, betas=(0.5, 0.5), eps=0.5, weight_decay=0.4)
    for _ in range(3000):
        layer.grad = layer.detach() - target
        adamw.step()
    check("AdamW's weight decay: at rest", AT_REST, -scaled(layer - target), 0.4 * layer)

    error, pull = resting_place(adam, None, 3000)
    what = "Adam with the penalty in the gradient: rests where E's gradient is 0"
    check(what, AT_REST, -error, pull)


@chapter.equation("eq-own-removal", "what the removal of nodes changes at most", remove_nodes)
def removal(check: Checks) -> None:
    """Remove 3 of 8 nodes; only rounding may exceed the bound."""
    random = torch.Generator().manual_seed(12)
    before, after = nn.Linear(5, 8).double(), nn.Linear(8, 3).double()
    with torch.no_grad():
        for parameter in (*before.parameters(), *after.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=random, dtype=torch.float64))
        x = torch.randn(40, 5, generator=random, dtype=torch.float64)
        dead = torch.tensor([True, False, False, True, False, True, False, False])
        values = torch.sigmoid(before(x))
        away = (values - values.mean(dim=0))[:, dead]
        smaller, follower = remove_nodes(before, after, dead, values.mean(dim=0))
        change = follower(torch.sigmoid(smaller(x))) - after(values)
        weights = after.weight[:, dead]
        bound = away.abs() @ weights.norm(dim=0)
    check("the change against the formula, 40 samples", SAME, change, -away @ weights.T)
    check("the change exceeds the bound for none of them", SAME, change.norm(dim=1) / bound - 1)
