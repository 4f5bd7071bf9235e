"""Full-batch descent: what theory predicts of the last layer happens, and the network's course is what it seems."""

import numpy as np
import pytest

from sl1lib import Penalty, reference
from sl1lib.book.measure import difference_along
from sl1lib.study.experiments.full_batch import (
    LastLayer,
    descend_layer,
    descend_network,
    distances_to_group_lasso,
    some_images,
    swing,
    tolerance,
)

STRENGTH = 0.08


@pytest.fixture(scope="module")
def layer():
    return LastLayer.of_images(80)


@pytest.fixture(scope="module")
def start(layer):
    return layer.near_lasso(STRENGTH)


def test_weights_jump_above_the_predicted_ratio_and_not_below(layer, start):
    lr, momentum = 0.01, 0.2
    bound = 2 * (1 + momentum)
    below, above = bound - lr * layer.lipschitz - 0.1, bound + 0.1
    penalties = [Penalty(STRENGTH, eps=lr * STRENGTH / ratio) for ratio in (below, above)]
    penalties.append(Penalty(STRENGTH, profile="abs"))
    calm, wild, plain = (swing(layer, start, penalty, lr, momentum, 200) for penalty in penalties)
    assert (calm["jumping"], calm["swing"] < 0.05) == (0, True)
    assert min(wild["jumping"], plain["jumping"]) > 0.5
    assert min(wild["swing"], plain["swing"]) > 0.3


def test_single_weights_jump_too(layer):
    plain = Penalty(0.02, profile="abs", grouping="weight")
    found = swing(layer, layer.near_lasso(0.02, "weight"), plain, 0.01, 0.0, 200)
    assert found["jumping"] > 0.9
    assert found["changes"] > 0.5
    assert found["swing"] == pytest.approx(2, abs=0.01)  # the band of theorem "The band"


def test_a_slow_drift_is_no_jump(layer):
    # With so small a rate the weights are on their way all the time: many steps of ηλ, and all in one direction.
    found = swing(layer, layer.near_lasso(STRENGTH), Penalty(STRENGTH, eps=0.1), 1e-6, 0.0, 40)
    assert found["swing"] > 10
    assert (found["jumping"], found["changes"] < 0.01) == (0, True)


def test_the_error_falls_below_the_bound_and_rises_above_it(layer, start):
    narrow = Penalty(STRENGTH, eps=0.0005)
    below, above = (descend_layer(layer, start, narrow, share, updates=150) for share in (1.9, 2.3))
    assert not below.rose.any()
    assert above.rose.any()
    assert below.gradient_norms[-1] < 0.1 * below.gradient_norms[0]
    assert above.gradient_norms[-1] > 0.1 * above.gradient_norms[0]


def test_below_one_over_L_each_update_keeps_the_promise_of_the_descent_lemma(layer, start):
    found = descend_layer(layer, start, Penalty(STRENGTH, eps=0.0005), 1.0, updates=100)
    assert not found.short.any()
    assert found.gradient_norms[-1] < found.gradient_norms[0]


def test_with_momentum_the_energy_falls(layer):
    penalty = Penalty(STRENGTH, eps=0.1)
    found = descend_layer(layer, layer.zeros, penalty, 0.99 * 2 * (1 - 0.9), updates=150, momentum=0.9)
    assert not found.rose.any()
    errors = [layer.error(W, penalty) for W in (layer.zeros,)]
    assert found.errors[0] == pytest.approx(errors[0])


def test_the_solution_is_one(layer):
    penalty = Penalty(STRENGTH, eps=0.05)
    W = layer.solve(penalty)
    assert np.abs(layer.gradient(W, penalty)).max() < 1e-6
    assert layer.residual(W, penalty) == pytest.approx(np.linalg.norm(layer.gradient(W, penalty)), rel=0.3)


def test_the_curvature_is_that_of_differences(layer):
    sharp = Penalty(STRENGTH, profile="abs")
    W = layer.solve(sharp)
    live = np.append(reference.group_norms(W[:, :-1]) > 0, True)
    places = np.flatnonzero(np.broadcast_to(live, W.shape))
    axes = np.eye(W.size)[places].reshape(-1, *W.shape)
    rows = [difference_along(axis, lambda V: layer.gradient(V, sharp), W, 1e-5) for axis in axes]
    hessian = np.reshape(rows, (len(places), -1))[:, places]
    smallest = np.linalg.eigvalsh((hessian + hessian.T) / 2)[:2]
    assert smallest[0] == pytest.approx(0, abs=1e-7)  # all biases together
    assert layer.convexity(W, sharp) == pytest.approx(smallest[1], rel=1e-3)


def test_solutions_approach_the_group_lassos(layer):
    distances = distances_to_group_lasso(layer, STRENGTH, [0.1, 0.01, 0.001], updates=1000)
    assert np.all(np.diff(distances) < 0)
    assert distances[-1] < 0.1 * distances[0]
    sharp = layer.solve(Penalty(STRENGTH, profile="abs"), 1000)
    assert 0 < (reference.group_norms(sharp[:, :-1]) == 0).sum() < 192


def test_the_tolerance_says_how_far_a_solution_is_from_the_solution(layer):
    sharp = Penalty(STRENGTH, profile="abs")
    short, long = (layer.solve(sharp, updates) for updates in (1200, 3000))
    assert 0 < np.linalg.norm(short - long) <= tolerance(layer, STRENGTH, 1200)
    assert tolerance(layer, STRENGTH, 3000) < tolerance(layer, STRENGTH, 1200)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_the_networks_course_is_the_references(reading):
    penalty, lr = Penalty(0.01, 0.05), 0.05
    slow, found = descend_network(8, 1, reading, penalty, [lr / 10, lr], updates=4)
    x, labels = some_images(8, instance=1)
    params = reference.init_params(1)
    for t in range(5):
        error, grads = reference.backward(params, x, labels, reading, penalty)
        norm = np.sqrt(sum((grad**2).sum() for grad in grads.values()))
        kernels = np.sqrt(sum((params[name] ** 2).sum() for name in ("K1", "K2")))
        assert (found.errors[t], found.gradient_norms[t]) == pytest.approx((error, norm), rel=1e-9)
        assert found.lengths[t] == pytest.approx(kernels, rel=1e-9)
        params = {name: array - lr * grads[name] for name, array in params.items()}
    assert slow.errors[-1] > found.errors[-1]
    assert not found.rose.any()
    assert found.lr == lr


def test_no_image_is_in_two_instances():
    first, second = (some_images(20, instance=i)[0] for i in (0, 1))
    assert np.array_equal(some_images(40)[0], np.concatenate([first, second]))  # exact: images


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LastLayer.of_images(1), "images is 1; it must be a whole number of at least 2"),
        (lambda: some_images(100, instance=14), "'digits' has 100 training images for instances 0 to 13"),
        (
            lambda: swing(LastLayer.of_images(5), np.zeros((10, 193)), Penalty(1.0), 0.1, 0.0, 39),
            "updates is 39; it must be a whole number of at",
        ),
        (
            lambda: descend_layer(LastLayer.of_images(5), np.zeros((10, 193)), Penalty(1.0), 0.0),
            "share is 0.0; it must be a finite number greater",
        ),
        (lambda: descend_network(5, 0, "table", Penalty(1.0), [0.1], 0), "updates is 0; it must be a whole number"),
    ],
)
def test_what_cannot_be_used_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
