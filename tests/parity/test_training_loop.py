"""Gradient descent with momentum: both loops take the same way, and it is the formula's."""

from functools import cache

import numpy as np
import pytest
import torch
from support import FAST, both_engines, normal
from test_network import random_params

from sl1lib import MomentumRamp, Penalty, reference
from sl1lib.architecture import epoch_order
from sl1lib.engine import SimpleEngine

PENALTIES = {
    "none": None,
    "huber": Penalty(1e-2, eps=0.3),
    "quartic-weight": Penalty(1e-3, eps=0.05, profile="quartic", grouping="weight"),
    "sqrt_quartic-map": Penalty(1e-2, eps=0.5, profile="sqrt_quartic", grouping="map"),
    "subgradient-l1": Penalty(1e-3, profile="abs", grouping="weight"),
    "proximal-group-lasso": Penalty(0.05, profile="abs", step="proximal"),
    "proximal-pseudo_huber": Penalty(1e-2, eps=0.1, profile="pseudo_huber", step="proximal"),
}
every_penalty = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
both_readings = pytest.mark.parametrize("reading", ["table", "text"])
COUNT, BATCH, EPOCHS = 11, 4, 7  # three updates an epoch, the last on three samples: 21 in all
SETTINGS = {"lr": 0.2, "momentum": MomentumRamp(), "batch_size": BATCH, "seed": 3}


def samples():
    rng = np.random.default_rng(0)
    return rng.random((COUNT, 1, 28, 28)), rng.integers(10, size=COUNT)


def train_fast(reading, penalty, dtype=torch.float64):
    x, labels = samples()
    engine = SimpleEngine(
        {name: torch.tensor(array, dtype=dtype) for name, array in random_params().items()},
        torch.tensor(x, dtype=dtype),
        torch.tensor(labels),
        reading=reading,
        penalty=penalty,
        **SETTINGS,
    )
    costs = [pair for epoch in range(EPOCHS) for pair in engine.epoch(epoch)]
    return np.array(costs), {name: tensor.numpy() for name, tensor in engine.params.items()}


@cache
def train_reference(reading, penalty):
    updates = list(
        reference.train(random_params(), *samples(), epochs=EPOCHS, reading=reading, penalty=penalty, **SETTINGS)
    )
    assert [update.number for update in updates] == list(range(21))
    return np.array([(update.error, update.penalty) for update in updates]), updates[-1].params


@both_readings
@every_penalty
def test_both_loops_reach_the_same_parameters(reading, penalty):
    costs, params = train_fast(reading, penalty)
    expected_costs, expected = train_reference(reading, penalty)
    FAST.agrees(costs, expected_costs, tolerance=1e-9)
    FAST.agrees(params, expected, tolerance=1e-9)


@both_readings
@every_penalty
def test_a_run_in_float32_stays_near(reading, penalty):
    _, params = train_fast(reading, penalty, dtype=torch.float32)
    _, expected = train_reference(reading, penalty)
    FAST.agrees(params, expected, tolerance=1e-3)


@both_readings
def test_the_loop_is_the_heavy_ball(reading):
    """``w_{t+1} = w_t − η ∇E(w_t) + μ_t (w_t − w_{t−1})`` on the batches of ``epoch_order``, written out."""
    x, labels = samples()
    penalty, momentum = PENALTIES["huber"], MomentumRamp(0.1, 0.5, updates=4)
    now = before = random_params()
    updates = reference.train(
        now, x, labels, epochs=2, lr=0.2, momentum=momentum, reading=reading, penalty=penalty, batch_size=BATCH, seed=3
    )
    for number, update in enumerate(updates):
        epoch, first = divmod(number, 3)
        chosen = epoch_order(3, epoch, COUNT)[BATCH * first : BATCH * (first + 1)]
        E, grads = reference.backward(now, x[chosen], labels[chosen], reading, penalty)
        np.testing.assert_allclose(update.error + update.penalty, E, rtol=1e-12)
        mu = momentum.at(number)
        now, before = {w: now[w] - 0.2 * grads[w] + mu * (now[w] - before[w]) for w in now}, now
        FAST.agrees(update.params, now)


@both_engines
def test_step_is_pytorchs_sgd(engine):
    w, grads = {"U": normal(0, 3, 4)}, [{"U": normal(seed, 3, 4)} for seed in range(1, 6)]
    leaf = torch.tensor(w["U"])
    sgd = torch.optim.SGD([leaf], lr=0.1, momentum=0.7)
    velocity = {"U": np.zeros((3, 4))}
    for grad in grads:
        w, velocity = engine("heavy_ball_step", w, velocity, grad, 0.1, 0.7)
        leaf.grad = torch.tensor(grad["U"])
        sgd.step()
    engine.agrees(w["U"], leaf.numpy())


@both_engines
def test_proximal_step_moves_only_the_last_layer_and_records_its_way(engine):
    before, after, velocity = ({"U": normal(s, 10, 32), "b": normal(s, 10)} for s in range(3))
    penalty = Penalty(3.0, profile="abs", step="proximal")
    moved, speed = engine("proximal_step", after, velocity, before, 0.5, penalty)
    engine.agrees(moved, {"U": reference.penalty_prox(after["U"], 1.5), "b": after["b"]})
    engine.agrees(speed, {"U": moved["U"] - before["U"], "b": velocity["b"]})


@both_readings
def test_proximal_training_gives_exact_zeros_and_smooth_training_none(reading):
    for name, exact in {"proximal-group-lasso": True, "huber": False}.items():
        penalty = Penalty(1.0, 0.3, PENALTIES[name].profile, step=PENALTIES[name].step)
        _, params = train_fast(reading, penalty)
        assert np.any(np.all(params["U"] == 0, axis=0)) == exact  # exact: zeros that the step sets


def test_full_batch_descent_on_the_last_layer_is_monotone_below_its_bound():
    """``η < 2/L`` with ``L ≤ (1/2J) Σ ‖(x_j, 1)‖² + λ/ε`` lowers E at every step; a far larger η does not."""
    strength, eps = 0.05, 0.05
    params, (x, labels) = random_params(), samples()
    nodes = reference.features(params, x, "table")
    bound = (1 + (nodes**2).sum(axis=1)).mean() / 2 + strength / eps

    def errors(lr):
        U, b, E = params["U"], params["b"], []
        for _ in range(100):
            scores = reference.dense(nodes, U, b)
            E.append(reference.cross_entropy(scores, labels) + strength * reference.penalty(U, eps))
            _, dU, db = reference.dense_backward(reference.cross_entropy_backward(scores, labels), nodes, U)
            U, b = U - lr * (dU + strength * reference.penalty_grad(U, eps)), b - lr * db
        return np.array(E)

    assert np.all(np.diff(errors(1.99 / bound)) < 0)
    assert np.any(np.diff(errors(20 / bound)) > 0)
