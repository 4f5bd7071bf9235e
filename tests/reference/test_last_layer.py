"""The last layer alone: its error, its gradient, its proximal step, and the constant that bounds its curvature."""

import numpy as np
import pytest
from hypothesis import given
from support import assert_close, assert_gradient, normal, seeds

from sl1lib import Penalty, reference


def problem(seed):
    o, labels = normal(seed, 7, 16), np.random.default_rng(seed).integers(3, size=7)
    return normal(seed + 1, 3, 17), o, labels


@pytest.mark.parametrize("grouping", ["node", "weight", "map"])
@given(seeds)
def test_gradient_entry_by_entry(grouping, seed):
    W, o, labels = problem(seed)
    penalty = Penalty(0.1, 0.3, "quartic", grouping)
    for given_penalty in (None, penalty):
        received = reference.last_layer_grad(W, o, labels, given_penalty)
        assert_gradient(lambda V, p=given_penalty: reference.last_layer_error(V, o, labels, p), W, received)


@given(seeds)
def test_prox_leaves_biases_alone_and_takes_eta_times_lambda(seed):
    W, _, _ = problem(seed)
    penalty = Penalty(2.0, profile="abs")
    moved = reference.last_layer_prox(W, 0.5, penalty)
    assert_close(moved[:, -1], W[:, -1], 0)  # exact: a copy
    assert_close(moved[:, :-1], reference.penalty_prox(W[:, :-1], 1.0), 1e-15)


@given(seeds)
def test_no_two_gradients_differ_by_more_than_the_constant_allows(seed):
    W, o, labels = problem(seed)
    V = W + 10.0 ** np.random.default_rng(seed).uniform(-3, 1) * normal(seed + 2, *W.shape)
    L0 = reference.last_layer_lipschitz(o)
    gradients = [reference.last_layer_grad(X, o, labels) for X in (W, V)]
    assert np.linalg.norm(gradients[0] - gradients[1]) <= L0 * np.linalg.norm(W - V) * (1 + 1e-12)
    extended = np.column_stack([o, np.ones(len(o))])
    assert (extended**2).sum() / (2 * len(o)) * (1 + 1e-12) >= L0
