"""Ledger entries of the chapter *Your own model*."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from ...fast import NodePenalty, penalty, remove_nodes
from ..entry import Check, Entry
from ..measure import DIFFERENCE, SAME, central_differences, deviation

STRENGTH, EPS = 0.3, 0.5
# Iterations that contract run until float64 moves no more; what is left is rounding, a few digits above SAME.
AT_REST = 1e-9


def _weight(*shape: int) -> torch.Tensor:
    """Return random weights whose inputs have lengths on both sides of the cap's edge, and one of 0."""
    weight = torch.tensor(np.random.default_rng(9).normal(size=shape))
    lengths = weight.transpose(0, 1).flatten(1).norm(dim=1)
    wanted = torch.linspace(0, 2 * EPS, shape[1], dtype=weight.dtype) + 0.01
    wanted[0] = 0
    return weight * (wanted / lengths).reshape(1, -1, *[1] * (len(shape) - 2))


def _h(group: list[float]) -> float:
    """Compute h of one group as its two cases are read."""
    length = math.sqrt(math.fsum(w * w for w in group))
    return length if length > EPS else length**2 / (2 * EPS) + EPS / 2


def _lists(weight: torch.Tensor, group: str, block: int) -> list[list[float]]:
    """Collect the groups by plain indexing."""
    if group == "output":
        return [weight[i].flatten().tolist() for i in range(weight.shape[0])]
    if group == "weight":
        return [[w] for w in weight.flatten().tolist()]
    starts = range(0, weight.shape[1], block)
    return [weight[:, k : k + block].flatten().tolist() for k in starts]


def _groups() -> float:
    """Go over layers and groupings; return the worst relative difference of the sums."""
    worst = 0.0
    for shape in ((4, 6), (5, 6, 3), (5, 6, 2, 3)):
        for group, block in (("input", 1), ("output", 1), ("weight", 1), ("input", 3)):
            weight = _weight(*shape)
            received = NodePenalty(weight, STRENGTH, EPS, group=group, block=block)().item()
            expected = STRENGTH * math.fsum(map(_h, _lists(weight, group, block)))
            worst = max(worst, abs(received - expected) / expected)
    return worst


def _gradient_by_differences() -> float:
    worst = 0.0
    for group in ("input", "output", "weight"):
        weight = _weight(4, 5, 2)
        layer = nn.Parameter(weight.clone())
        regulariser = NodePenalty(layer, STRENGTH, EPS, "quartic", group)  # no kink that differences would feel
        regulariser.add_gradient_()

        def error(value: np.ndarray, regulariser: NodePenalty = regulariser) -> float:
            return STRENGTH * float(regulariser.penalty(torch.tensor(value)))

        assert layer.grad is not None
        worst = max(worst, deviation(layer.grad.numpy(), central_differences(error, weight.numpy())))
    return worst


def _gradient_by_autograd() -> float:
    worst = 0.0
    for profile in ("huber", "quartic", "pseudo_huber", "log_cosh", "abs", "squared", "sqrt_quartic"):
        layer = nn.Parameter(_weight(4, 5, 2))
        regulariser = NodePenalty(layer, STRENGTH, EPS, profile)
        (expected,) = torch.autograd.grad(regulariser(), layer)
        regulariser.add_gradient_()
        assert layer.grad is not None
        worst = max(worst, deviation(layer.grad.numpy(), expected.numpy()))
    return worst


def _prox_condition() -> float:
    """At the minimum the derivative is 0: what came, plus the pull at what came, is what went in."""
    worst = 0.0
    for group, block in (("input", 1), ("output", 1), ("weight", 1), ("input", 3)):
        weight = _weight(4, 6, 2)
        layer = nn.Parameter(weight.clone())
        regulariser = NodePenalty(layer, STRENGTH, EPS, group=group, block=block)
        regulariser.prox_(lr=0.7)
        regulariser.add_gradient_()
        assert layer.grad is not None
        worst = max(worst, deviation((layer.detach() + 0.7 * layer.grad).numpy(), weight.numpy()))
    return worst


def _prox_search() -> float:
    """Look for weights near the proximal map's that have a lower sum; return by how much the best is lower."""
    weight = _weight(4, 6)
    layer = nn.Parameter(weight.clone())
    regulariser = NodePenalty(layer, STRENGTH, EPS)
    regulariser.prox_(lr=0.7)

    def total(v: torch.Tensor) -> float:
        return float((v - weight).square().sum() / 2 + 0.7 * STRENGTH * penalty(v, EPS))

    best, rng = total(layer.detach()), np.random.default_rng(10)
    moved = [total(layer.detach() + 10.0**-power * torch.tensor(rng.normal(size=(4, 6)))) for power in range(5)]
    return max(0.0, best - min(moved))


def _regression() -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return data of a linear model with 3 of 8 inputs relevant, and the Lipschitz constant of its error."""
    rng = np.random.default_rng(11)
    x, truth = rng.normal(size=(60, 8)), rng.normal(size=(2, 8))
    truth[:, 3:] = 0
    y = x @ truth.T + 0.3 * rng.normal(size=(60, 2))
    return torch.tensor(x), torch.tensor(y), float(np.linalg.eigvalsh(x.T @ x / 60)[-1])


def _error_gradient(weight: torch.Tensor) -> torch.Tensor:
    x, y, _ = _regression()
    return (x @ weight.T - y).T @ x / len(x)


def _minimise(strength: float, profile: str = "huber", eps: float = EPS) -> torch.Tensor:
    """Minimise the penalised regression by proximal gradient steps of length 1/L, until nothing moves."""
    x, y, lipschitz = _regression()
    gram, cross = x.T @ x / len(x), y.T @ x / len(x)
    weight = torch.zeros(2, 8, dtype=torch.float64)
    regulariser = NodePenalty(weight, strength, eps, profile)
    for _ in range(1500):
        weight -= (weight @ gram - cross) / lipschitz
        regulariser.prox_(1 / lipschitz)
    return weight


def _threshold() -> float:
    """Count groups, over nine strengths, whose length and whose gradient give different answers."""
    wrong, seen = 0, set()
    for strength in np.geomspace(0.02, 2, 9):
        weight = _minimise(float(strength), eps=0.1)
        short = weight.norm(dim=0) < 0.1
        # A long group is pulled with λ itself, up to rounding.
        weakly_pulled = _error_gradient(weight).norm(dim=0) < strength * (1 - AT_REST)
        wrong += int((short != weakly_pulled).sum())
        seen |= set(short.tolist())
    return float(wrong) if seen == {True, False} else math.inf


def _resting_place() -> float:
    weight = _minimise(STRENGTH, eps=0.1)
    dead = weight.norm(dim=0) < 0.1
    expected = -0.1 * _error_gradient(weight) / STRENGTH
    return deviation(weight[:, dead].numpy(), expected[:, dead].numpy()) if dead.any() else math.inf


def _largest_strength() -> tuple[float, float]:
    """Return λ_max, and the largest weight of the group lasso 0.1 % above it."""
    x, y, _ = _regression()
    layer = nn.Parameter(torch.zeros(2, 8, dtype=torch.float64))
    ((x @ layer.T - y).square().sum() / (2 * len(x))).backward()
    largest = float(NodePenalty(layer, STRENGTH).pulls().max())
    return largest, float(_minimise(1.001 * largest, "abs").abs().max())


def _below_the_largest() -> float:
    """Return 0 if one group, and only one, has left 0 just below λ_max."""
    largest, _ = _largest_strength()
    return abs(int((_minimise(0.999 * largest, "abs").norm(dim=0) > 0).sum()) - 1)


def _rest(
    optimiser: Callable[[list[torch.Tensor]], torch.optim.Optimizer], prox: float | None, updates: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Train a quadratic until it rests; return weight, gradient of its error, gradient of the penalty's sum."""
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
    error = slope * (layer.detach() - target)
    layer.grad = None
    regulariser.add_gradient_()
    assert layer.grad is not None
    return layer.detach(), error, layer.grad / STRENGTH


def _momentum(momentum: float, nesterov: bool) -> float:
    """At rest, gradient of the error and pull cancel: the gradient of E is 0."""
    lr = 0.05
    _, error, pull = _rest(
        lambda weights: torch.optim.SGD(weights, lr=lr, momentum=momentum, nesterov=nesterov),
        lr / (1 - momentum),
        2000,
    )
    return deviation((-error).numpy(), (STRENGTH * pull).numpy())


def _scaled(error: torch.Tensor) -> torch.Tensor:
    return error / (error.abs() + 0.5)


def _adam_prox() -> float:
    _, error, pull = _rest(lambda weights: torch.optim.Adam(weights, lr=0.05, betas=(0.5, 0.5), eps=0.5), 0.05, 3000)
    return deviation((-_scaled(error)).numpy(), (STRENGTH * pull).numpy())


def _adam_gradient() -> float:
    _, error, pull = _rest(lambda weights: torch.optim.Adam(weights, lr=0.05, betas=(0.5, 0.5), eps=0.5), None, 3000)
    return deviation((-error).numpy(), (STRENGTH * pull).numpy())


def _adamw_decay() -> float:
    """AdamW without our penalty, at rest: the scaled gradient cancels the decay."""
    layer = nn.Parameter(torch.zeros(2, 3, dtype=torch.float64))
    target = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    steps = torch.optim.AdamW([layer], lr=0.05, betas=(0.5, 0.5), eps=0.5, weight_decay=0.4)
    for _ in range(3000):
        layer.grad = layer.detach() - target
        steps.step()
    error = layer.detach() - target
    return deviation((-_scaled(error)).numpy(), (0.4 * layer.detach()).numpy())


def _removed() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Remove 3 of 8 nodes; return the change of the outputs, what the equation says it is, and its bound."""
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
    return change, -away @ weights.T, away.abs() @ weights.norm(dim=0)


def _removal_change() -> float:
    change, formula, _ = _removed()
    return deviation(change.numpy(), formula.numpy())


def _removal_bound() -> float:
    """Return by how much the change exceeds the bound; rounding alone may."""
    change, _, bound = _removed()
    return float((change.norm(dim=1) / bound - 1).clamp(min=0).max())


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    chapter = "using/your-own-model"
    yield Entry(
        "eq-own-groups",
        "the penalty on any layer's groups of weights",
        chapter,
        ("fast.NodePenalty.forward",),
        (Check("against sums one group at a time; 3 shapes, 4 groupings", SAME, _groups),),
    )
    yield Entry(
        "eq-own-gradient",
        "the gradient that is added after the error's own",
        chapter,
        ("fast.NodePenalty.add_gradient_",),
        (
            Check("against central differences, every entry", DIFFERENCE, _gradient_by_differences),
            Check("against autograd, all seven profiles", SAME, _gradient_by_autograd),
        ),
    )
    yield Entry(
        "eq-own-prox",
        "the proximal step",
        chapter,
        ("fast.NodePenalty.prox_",),
        (
            Check("against the condition for its minimum, 4 groupings", SAME, _prox_condition),
            Check("a search for a lower sum finds none", 0.0, _prox_search),
        ),
    )
    yield Entry(
        "eq-own-threshold",
        "a group is shorter than ε exactly if the error pulls it with less than λ",
        chapter,
        ("fast.NodePenalty.dead", "fast.NodePenalty.pulls"),
        (
            Check("lengths against gradients at the minimum, 9 strengths", 0.0, _threshold),
            Check("where dead groups rest, against the formula", AT_REST, _resting_place),
        ),
    )
    yield Entry(
        "eq-own-lambda-max",
        "the strength above which every group is zero",
        chapter,
        ("fast.NodePenalty.pulls",),
        (
            Check("group lasso 0.1 % above it: all weights zero", 0.0, lambda: _largest_strength()[1]),
            Check("group lasso 0.1 % below it: one group has left zero", 0.0, _below_the_largest),
        ),
    )
    yield Entry(
        "eq-own-momentum",
        "the length of the proximal step after SGD with momentum",
        chapter,
        ("fast.NodePenalty.prox_",),
        (
            Check("at rest the gradient of E is 0; momentum 0.8", AT_REST, lambda: _momentum(0.8, nesterov=False)),
            Check("the same with Nesterov's momentum", AT_REST, lambda: _momentum(0.8, nesterov=True)),
        ),
    )
    yield Entry(
        "eq-own-decoupled",
        "where Adam rests when the pull is applied after its step",
        chapter,
        ("fast.NodePenalty.prox_", "fast.NodePenalty.add_gradient_"),
        (
            Check("Adam, then the proximal step: at rest", AT_REST, _adam_prox),
            Check("AdamW's weight decay: at rest", AT_REST, _adamw_decay),
            Check("Adam with the penalty in the gradient: rests where E's gradient is 0", AT_REST, _adam_gradient),
        ),
    )
    yield Entry(
        "eq-own-removal",
        "what the removal of nodes changes at most",
        chapter,
        ("fast.remove_nodes",),
        (
            Check("the change against the formula, 40 samples", SAME, _removal_change),
            Check("the change exceeds the bound for none of them", SAME, _removal_bound),
        ),
    )
