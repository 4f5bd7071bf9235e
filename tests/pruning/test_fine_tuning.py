"""Fine-tuning: the engine in the full shape gives what a plain loop on the small network gives."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import random_params, tensors
from support import assert_close

from sl1lib import DivergedError, LearningRate, MomentumRamp, Penalty, RunConfig, fast, prune, train
from sl1lib.architecture import epoch_order
from sl1lib.engine import Engine, Training, images_to_tensor
from sl1lib.fast import Network
from sl1lib.pruning import fine_tune, parts_left, shrink

COUNT, BATCH, UPDATES = 11, 4, 20
PENALTIES = [
    None,
    Penalty(0.02, eps=0.3),
    Penalty(0.02, eps=0.3, profile="quartic", grouping="weight"),
    Penalty(0.02, eps=0.3, grouping="map"),
    Penalty(0.05, profile="abs", step="proximal"),
    Penalty(0.05, profile="abs", grouping="map", step="proximal"),
]


def plain_loop(
    params, parts, x, labels, reading, penalty, lr, momentum, seed,
    updates=UPDATES, batch_size=BATCH, loss="cross_entropy",
):  # fmt: skip
    """Train the small network itself: autograd, and the penalty on its own nodes, widened only to find the maps."""

    def wide(U):
        full = torch.zeros(10, 192, dtype=U.dtype)
        full[:, torch.tensor(parts.nodes)] = U
        return full

    velocity = {name: torch.zeros_like(tensor) for name, tensor in params.items()}
    for update in range(updates):
        epoch, number = divmod(update, -(-len(x) // batch_size))
        batch = torch.tensor(epoch_order(seed, epoch, len(x))[number * batch_size : (number + 1) * batch_size])
        leaves = {name: tensor.clone().requires_grad_() for name, tensor in params.items()}
        error = fast.LOSSES[loss](Network(leaves, reading, parts.columns)(x[batch]), labels[batch])
        grads = dict(zip(leaves, torch.autograd.grad(error, list(leaves.values())), strict=True))
        shape = (penalty.eps, penalty.profile, penalty.grouping) if penalty else ()
        if penalty and penalty.step == "gradient":
            pull = fast.penalty_grad(wide(params["U"]), *shape)[:, torch.tensor(parts.nodes)]
            grads["U"] = grads["U"] + penalty.strength * pull
        before = params
        rate = lr.at(update)
        params, velocity = fast.heavy_ball_step(before, velocity, grads, rate, momentum.at(update))
        if penalty and penalty.step == "proximal":
            moved = fast.penalty_prox(wide(params["U"]), rate * penalty.strength, *shape)
            params = {**params, "U": moved[:, torch.tensor(parts.nodes)]}
            velocity = {**velocity, "U": params["U"] - before["U"]}
    return params


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("reading", ["table", "text"])
def test_the_engine_trains_a_smaller_network_as_a_plain_loop_would(reading, penalty):
    rng = np.random.default_rng(0)
    x, labels = torch.tensor(rng.random((COUNT, 1, 28, 28))), torch.tensor(rng.integers(10, size=COUNT))
    full = random_params()
    full["K2"][:, 2] = 0
    removed = np.isin(np.arange(192) // 16, (0, 5)) | (np.arange(192) % 9 == 0)
    parts = parts_left(tensors(full), removed)
    assert (len(parts.maps1), len(parts.maps2)) == (5, 10)
    small = shrink(tensors(full), parts)
    settings = {"lr": LearningRate(0.1, 0.2, UPDATES), "momentum": MomentumRamp(0.1, 0.6, updates=10), "seed": 3}
    expected = plain_loop(small, parts, x, labels, reading, penalty, **settings)
    present = parts.widen({name: np.ones_like(tensor.numpy()) for name, tensor in small.items()})
    training = Training(
        tensors(full),  # the engine empties the removed places itself
        penalty=penalty,
        removed={name: torch.tensor(array == 0) for name, array in present.items()},
        **settings,
    )
    beside = Training(tensors(full), penalty=penalty, **settings)
    pair = Engine([training, beside], x, labels, reading=reading, batch_size=BATCH)
    alone = Engine([beside], x, labels, reading=reading, batch_size=BATCH)
    pair.advance(UPDATES)
    alone.advance(UPDATES)
    received = {name: tensor.numpy() for name, tensor in pair.params(0).items()}
    assert_close(parts.take(received), {name: tensor.numpy() for name, tensor in expected.items()}, 1e-9)
    for name, array in received.items():
        assert not array[present[name] == 0].any()  # what is removed stays 0
    for name, tensor in pair.params(1).items():  # and the network beside it is not touched
        assert_close(tensor.numpy(), alone.params()[name].numpy(), 1e-12)


@pytest.mark.parametrize("loss", fast.LOSSES)
def test_it_is_the_plain_loop_with_the_runs_own_settings(digits, loss):
    """Error function, batch size, seed, momentum and fall of the rate are the run's, and so are the images."""
    config = RunConfig(
        data="digits", n_train=30, epochs=1, batch_size=8, seed=3, momentum=0.3, lr=0.2, lr_end=0.1, dtype="float64",
        loss=loss,
    )  # fmt: skip
    pruned = prune(train(config, progress=False), count=90, latency=False)
    penalty = Penalty(0.01, eps=0.1)
    (tuned,) = fine_tune([pruned], 2, penalty=penalty)
    own = digits.subset(30, seed=3)
    expected = plain_loop(
        pruned.tensors(),
        pruned.parts,
        images_to_tensor(own.x_train, torch.float64),
        torch.tensor(own.y_train),
        "table",
        penalty,
        LearningRate(0.1, 0.1, updates=8),
        config.momentum,
        seed=3,
        updates=8,
        batch_size=8,
        loss=loss,
    )
    assert_close(tuned.params, {name: tensor.numpy() for name, tensor in expected.items()}, 1e-9)


def test_a_mask_of_the_wrong_shape_is_refused():
    params = fast.init_params()
    for removed, message in (
        ({"U": torch.zeros(10, 192, dtype=torch.bool)}, "params lacks 'K1'"),
        ({name: torch.zeros(3, dtype=torch.bool) for name in params}, r"shape of params\['K1'\] is \(3,\)"),
    ):
        training = Training(params, 0.1, MomentumRamp(), removed=removed)
        with pytest.raises(ValueError, match=message):
            Engine([training], torch.zeros(2, 1, 28, 28), torch.zeros(2, dtype=torch.int64))


def test_it_lowers_the_error_of_heavily_pruned_networks_and_keeps_them_small(plain):
    pruned = [prune(plain, count=count, latency=False) for count in (120, 170)]
    tuned = fine_tune(pruned, epochs=3)
    for before, after in zip(pruned, tuned, strict=True):
        assert after.report.scores[:2] == before.report.scores
        assert after.report.scores[2].E0 < before.report.scores[1].E0
        assert after.report.scores[2].stage == "after 3 epochs of fine-tuning"
        assert after.report.error_after == after.report.scores[2].error
        np.testing.assert_array_equal(after.kept, before.kept)  # exact: a selection
        assert {n: a.shape for n, a in after.params.items()} == {n: a.shape for n, a in before.params.items()}
        assert after.params["U"].dtype == np.float32
    again = fine_tune([tuned[1]], epochs=1)[0]
    assert [score.stage for score in again.report.scores][3:] == ["after 1 epoch of fine-tuning"]


def test_side_by_side_is_one_after_the_other(plain):
    pruned = [prune(plain, count=count, latency=False) for count in (120, 170)]
    for together, alone in zip(fine_tune(pruned, 1), (fine_tune([each], 1)[0] for each in pruned), strict=True):
        for name in together.params:
            assert_close(together.params[name], alone.params[name], 1e-4)


def test_prune_fine_tunes_with_the_rate_and_the_penalty_it_is_given(strong):
    pruned = prune(strong, latency=False)
    (expected,) = fine_tune([pruned], 2, lr=0.05, penalty=Penalty(0.1, 0.05))
    received = prune(strong, fine_tune=2, lr=0.05, penalty=Penalty(0.1, 0.05), latency=False)
    assert_close(received.params, expected.params, 0)  # exact: repeated on one machine
    without = prune(strong, fine_tune=2, lr=0.05, latency=False)
    assert np.linalg.norm(received.params["U"]) < np.linalg.norm(without.params["U"])


def test_the_rate_falls_as_the_runs_did(plain):
    """With a rate that stays and one that falls to 0 the ends differ; half of the run's rate is the default."""
    pruned = prune(plain, count=100, latency=False)
    constant = replace(pruned, config=pruned.config.replace(lr_end=1.0))
    ends = [fine_tune([each], 1)[0].params["U"] for each in (pruned, constant)]
    assert not np.array_equal(*ends)  # exact: far apart
    # exact: repeated on one machine
    assert_close(fine_tune([pruned], 1, lr=plain.config.lr / 2)[0].params["U"], ends[0], 0)


def test_it_uses_the_images_of_the_run(double):
    pruned = prune(double, count=50, latency=False)
    (tuned,) = fine_tune([pruned], 1)
    assert tuned.report.held_out == "validation"
    assert tuned.params["U"].dtype == np.float64


@pytest.mark.parametrize(
    ("networks", "epochs", "message"),
    [
        ([], 1, "networks is .*; it must be a list of at least one Pruned"),
        (["strong"], 1, "networks is"),
        ("pruned", 1, "networks is"),
        (["pruned"], 0, "epochs is 0; it must be a whole number of at least 1"),
        (["pruned"], 1.5, "epochs is 1.5"),
        (["pruned", "other"], 1, r"reading of two networks is .*they must agree in it"),
        (["pruned", "squared"], 1, r"loss of two networks is \['cross_entropy', 'squared_error'\]; .*must agree in it"),
    ],
)
def test_wrong_input_is_named(strong, networks, epochs, message):
    pruned = prune(strong, latency=False)
    named = {"pruned": pruned, "strong": strong}
    named["other"] = replace(pruned, config=pruned.config.replace(reading="text"))
    named["squared"] = replace(pruned, config=pruned.config.replace(loss="squared_error"))
    given = [named[name] for name in networks] if isinstance(networks, list) else named[networks]
    with pytest.raises(ValueError, match=message):
        fine_tune(given, epochs)


def test_a_rate_that_is_too_large_is_told_by_update(strong):
    with pytest.raises(DivergedError, match=r"the error is (nan|inf) at update \d+ .* lr 1e\+38"):
        fine_tune([prune(strong, latency=False)], 1, lr=1e38)


def test_data_that_the_report_is_not_about_is_refused(strong, digits):
    """Or one report would compare errors on different images."""
    pruned = prune(strong, latency=False)
    others = replace(digits, name="others"), replace(digits, x_test=digits.x_test[:9], y_test=digits.y_test[:9])
    for other in others:
        with pytest.raises(ValueError, match=f"data is .*{other.name}.*; the network was measured on digits"):
            fine_tune([pruned], 1, data=other)
    knowingly = prune(strong, latency=False, data=others[0])
    assert len(fine_tune([knowingly], 1, data=others[0])[0].report.scores) == 3
    with pytest.raises(ValueError, match=r"data is .*; the network was measured on digits"):
        fine_tune([knowingly, pruned], 1, data=others[0])
