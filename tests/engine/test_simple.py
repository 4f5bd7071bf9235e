"""The textbook loop: what it reports, what it leaves alone, and that one seed gives one result."""

import numpy as np
import pytest
import torch

from sl1lib import MomentumRamp, Penalty, fast
from sl1lib.architecture import epoch_order
from sl1lib.engine import SimpleEngine, images_to_tensor


def make(penalty=None, **settings):
    generator = torch.Generator().manual_seed(0)
    x, labels = torch.rand(11, 1, 28, 28, generator=generator), torch.arange(11) % 10
    settings = {"lr": 0.2, "momentum": MomentumRamp(), "batch_size": 4, **settings}
    return SimpleEngine(fast.init_params(1), x, labels, penalty=penalty, **settings), x, labels


def test_it_reports_the_error_and_the_penalty_before_each_update():
    penalty = Penalty(0.1, eps=0.05)
    engine, x, labels = make(penalty)
    for number, (error, cost) in enumerate(engine.epoch(0)):
        if number == 0:
            chosen = torch.tensor(epoch_order(0, 0, 11)[:4])
            start = fast.init_params(1)
            assert error == pytest.approx(fast.cross_entropy(fast.forward(start, x[chosen]), labels[chosen]).item())
            assert cost == pytest.approx(0.1 * fast.penalty(start["U"], 0.05).item())
        assert engine.updates == number + 1
    assert engine.updates == engine.updates_per_epoch == 3


def test_it_leaves_its_arguments_as_they_were():
    engine, x, labels = make(Penalty(0.1))
    params = fast.init_params(1)
    given = {name: tensor.clone() for name, tensor in params.items()}
    engine = SimpleEngine(params, x, labels, lr=0.2, momentum=MomentumRamp())
    list(engine.epoch(0))
    for name, tensor in params.items():
        assert torch.equal(tensor, given[name])  # exact: a copy
        assert not tensor.requires_grad
        assert not engine.params[name].requires_grad
        assert not torch.equal(engine.params[name], tensor) or name.startswith("b")  # exact: moved or not


@pytest.mark.parametrize("step", ["gradient", "proximal"])
def test_one_seed_gives_one_result_bit_for_bit(step):
    ends = []
    for seed in (5, 5, 6):
        engine, _, _ = make(Penalty(0.01, profile="abs", step=step), seed=seed)
        costs = list(engine.epoch(0))
        ends.append((costs, engine.params["K1"]))
    assert ends[0][0] == ends[1][0] != ends[2][0]
    assert torch.equal(ends[0][1], ends[1][1])  # exact: repeated on one machine


def test_prediction_in_parts_is_prediction_at_once(monkeypatch):
    params, x = fast.init_params(2, torch.float64), torch.rand(7, 1, 28, 28, dtype=torch.float64)
    monkeypatch.setattr("sl1lib.fast.network.EVALUATION_BATCH", 3)
    torch.testing.assert_close(fast.Network(params, "text").predict(x), fast.forward(params, x, "text"))


def test_prediction_has_no_gradient():
    params = {name: tensor.requires_grad_() for name, tensor in fast.init_params().items()}
    assert not fast.Network(params).predict(torch.zeros(2, 1, 28, 28)).requires_grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_images_become_numbers_between_zero_and_one(dtype):
    grey = np.arange(2 * 28 * 28, dtype=np.uint16).reshape(2, 28, 28).astype(np.uint8)
    received = images_to_tensor(grey, dtype=dtype)
    assert received.dtype == dtype
    torch.testing.assert_close(received, torch.tensor(grey[:, None] / 255, dtype=dtype))
    grey[:] = 0
    assert received.max() == 1  # a copy
