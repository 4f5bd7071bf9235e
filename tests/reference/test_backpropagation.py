"""The gradient of every array on the way back, and differences of every parameter."""

import numpy as np
import pytest
import torch
from support import assert_close, normal

from sl1lib import fast, reference
from sl1lib.book.measure import difference_along

READINGS = ["table", "text", "table+relu-logits", "text+relu-logits"]


def problem():
    params = {name: a + 0.1 * normal(7, *a.shape) for name, a in reference.init_params(3).items()}
    return params, np.random.default_rng(5).random((3, 1, 28, 28)), np.array([3, 0, 7])


@pytest.mark.parametrize("reading", READINGS)
def test_the_way_back_is_autograds_at_every_array(reading):
    params, x, labels = problem()
    d = reference.backward_trace(params, reference.trace(params, x, reading), labels, reading)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    steps = fast.trace(tensors, torch.tensor(x, requires_grad=True), reading)
    error = fast.cross_entropy(steps["logits"], torch.tensor(labels))
    assert set(d) == (set(steps) | set(params)) - {"x"}
    for name, gradient in d.items():
        (expected,) = torch.autograd.grad(error, [{**steps, **tensors}[name]], retain_graph=True)
        assert_close(gradient, expected.numpy(), tolerance=1e-12)


@pytest.mark.parametrize("reading", READINGS)
def test_backward_returns_the_way_backs_parameters_in_their_order(reading):
    params, x, labels = problem()
    d = reference.backward_trace(params, reference.trace(params, x, reading), labels, reading)
    _, grads = reference.backward(params, x, labels, reading)
    assert list(grads) == list(params)
    assert_close(grads, {name: d[name] for name in params}, 1e-12)


@pytest.mark.parametrize("reading", READINGS)
def test_backward_makes_the_products_that_the_theorem_counts_and_no_other(reading, monkeypatch):
    """Forward F, back 2F - F1: the images' gradient, which nobody reads, would cost F1 more."""
    made = []

    def counted(a, b, axes):
        summed = np.prod([a.shape[axis] for axis in np.atleast_1d(axes[0])])
        made.append(a.size * b.size // summed)
        return tensordot(a, b, axes)

    tensordot = np.tensordot
    monkeypatch.setattr(np, "tensordot", counted)
    params, x, labels = problem()
    reference.backward(params, x, labels, reading)
    dense = 10 * 192  # the last layer's products are not tensordot's
    F, F1 = 203_520, 86_400
    assert sum(made) + len(x) * 3 * dense == len(x) * (F + 2 * F - F1)


def test_differences_start_from_the_right_layer():
    """Against differences that run the whole network for each of a few entries of each parameter."""
    params, x, labels = problem()
    slopes = reference.gradient_by_differences(params, x, labels, "text", step=1e-5)
    for name, array in params.items():

        def error(moved, name=name):
            return reference.cross_entropy(reference.forward({**params, name: moved}, x, "text"), labels)

        assert slopes[name].shape == array.shape
        for flat in np.random.default_rng(0).choice(array.size, size=min(6, array.size), replace=False):
            axis = np.eye(array.size)[flat].reshape(array.shape)
            expected = difference_along(axis, error, array, step=1e-5)
            assert slopes[name].flat[flat] == pytest.approx(expected, rel=1e-12, abs=1e-15)
