"""Full-batch experiments: what theory predicts of the last layer happens."""

import numpy as np
import pytest

from sl1lib import Penalty, reference
from sl1lib.experiment.study.full_batch import LastLayer, descent, distances_to_group_lasso, swings

STRENGTH = 0.08


@pytest.fixture(scope="module")
def layer():
    return LastLayer.of_images(80)


def test_weights_jump_above_the_predicted_ratio_and_not_below(layer):
    lr, momentum = 0.01, 0.2
    bound = 2 * (1 + momentum)
    below, above = bound - lr * layer.lipschitz - 0.1, bound + 0.1
    calm, wild, plain = swings(layer, STRENGTH, [below, above, np.inf], lr, momentum, updates=200)
    assert calm < 0.01
    assert min(wild, plain) > 0.3


def test_the_error_falls_below_the_bound_and_rises_above_it(layer):
    narrow = Penalty(STRENGTH, eps=0.0005)
    below, above = (descent(layer, narrow, share, updates=150) for share in (1.9, 2.3))
    assert below.rises == 0
    assert above.rises > 0
    assert below.gradient_norms[-1] < below.gradient_norms[0] / 10


def test_the_solution_is_one(layer):
    penalty = Penalty(STRENGTH, eps=0.05)
    W = layer.solve(penalty)
    assert np.abs(layer.gradient(W, penalty)).max() < 1e-6


def test_solutions_approach_the_group_lassos(layer):
    distances = distances_to_group_lasso(layer, STRENGTH, [0.1, 0.01, 0.001], updates=1000)
    assert np.all(np.diff(distances) < 0)
    assert distances[-1] < 0.01
    sharp = layer.solve(Penalty(STRENGTH, profile="abs"), 1000)
    assert 0 < (reference.group_norms(sharp[:, :-1]) == 0).sum() < 192


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LastLayer.of_images(1), "images is 1; it must be a whole number of at least 2"),
        (
            lambda: swings(LastLayer.of_images(5), 0.0, [1.0]),
            "strength is 0.0; it must be a finite number greater than 0",
        ),
        (
            lambda: swings(LastLayer.of_images(5), 1.0, [1.0], updates=39),
            "updates is 39; it must be a whole number of at",
        ),
        (
            lambda: descent(LastLayer.of_images(5), Penalty(1.0), 0.0),
            "share is 0.0; it must be a finite number greater",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
