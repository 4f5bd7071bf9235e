"""Every gradient of the reference, entry by entry, against central differences on small shapes, off the kinks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import assert_gradient, normal, seeds, sizes

from sl1lib import PROFILES, Penalty, reference

EPS = 0.3


@given(st.tuples(sizes, sizes, sizes, st.integers(1, 3), st.integers(1, 3)), seeds)
def test_convolution(shape, seed):
    n, c, m, kh, kw = shape
    x, kernel, bias = normal(seed, n, c, kh + 2, kw + 1), normal(seed + 1, m, c, kh, kw), normal(seed + 2, m)
    dy = normal(seed + 3, n, m, 3, 2)
    dx, dkernel, dbias = reference.conv2d_backward(dy, x, kernel)
    assert_gradient(lambda v: np.vdot(dy, reference.conv2d(v, kernel, bias)), x, dx)
    assert_gradient(lambda v: np.vdot(dy, reference.conv2d(x, v, bias)), kernel, dkernel)
    assert_gradient(lambda v: np.vdot(dy, reference.conv2d(x, kernel, v)), bias, dbias)


@given(sizes, sizes, sizes, seeds)
def test_pooling(n, c, k, seed):
    a, dp = normal(seed, n, c, 2 * k, 3 * k), normal(seed + 1, n, c, 2, 3)
    assert_gradient(lambda v: np.vdot(dp, reference.avg_pool2d(v, k)), a, reference.avg_pool2d_backward(dp, k))


@given(sizes, sizes, sizes, seeds)
def test_dense(n, k, c, seed):
    o, U, b, ds = normal(seed, n, k), normal(seed + 1, c, k), normal(seed + 2, c), normal(seed + 3, n, c)
    do, dU, db = reference.dense_backward(ds, o, U)
    assert_gradient(lambda v: np.vdot(ds, reference.dense(v, U, b)), o, do)
    assert_gradient(lambda v: np.vdot(ds, reference.dense(o, v, b)), U, dU)
    assert_gradient(lambda v: np.vdot(ds, reference.dense(o, U, v)), b, db)


@given(seeds)
def test_activations(seed):
    x, dy = normal(seed, 30), normal(seed + 1, 30)
    x = np.where(np.abs(x) < 1e-3, 1.0, x)  # ReLU's kink is at 0
    assert_gradient(lambda v: np.vdot(dy, reference.relu(v)), x, reference.relu_backward(dy, x))
    y = reference.sigmoid(x)
    assert_gradient(lambda v: np.vdot(dy, reference.sigmoid(v)), x, reference.sigmoid_backward(dy, y))


@given(sizes, st.integers(2, 10), seeds)
def test_cross_entropy(n, classes, seed):
    scores, labels = normal(seed, n, classes), np.random.default_rng(seed).integers(classes, size=n)
    received = reference.cross_entropy_backward(scores, labels)
    assert_gradient(lambda v: reference.cross_entropy(v, labels), scores, received)
    soft = reference.softmax(normal(seed + 1, n, classes))
    received = reference.cross_entropy_backward(scores, soft)
    assert_gradient(lambda v: reference.cross_entropy(v, soft), scores, received)


@given(sizes, st.integers(2, 10), seeds)
def test_squared_error(n, classes, seed):
    scores, labels = normal(seed, n, classes), np.random.default_rng(seed).integers(classes, size=n)
    soft = reference.softmax(normal(seed + 1, n, classes))
    for right in (labels, soft):
        received = reference.squared_error_backward(scores, right)
        assert_gradient(lambda v, right=right: reference.squared_error(v, right), scores, received)


def off_the_kinks(U, grouping):
    """Shorten the groups by 1 % that are within 0.1 % of ε, where some profiles change their piece."""
    norms = reference.group_norms(U, grouping)
    scale = np.where(np.abs(norms / EPS - 1) < 1e-3, 0.99, 1.0)
    return U * (scale.repeat(16) if grouping == "map" else scale)


@pytest.mark.parametrize("profile", PROFILES)
@given(seeds)
def test_slope_of_the_smooth_function(profile, seed):
    r = off_the_kinks(normal(seed, 1, 30), "weight")
    r = np.where(np.abs(r) < 1e-3, 1e-3, r)
    received = reference.smooth_abs_grad(r, EPS, profile)
    assert_gradient(lambda v: reference.smooth_abs(v, EPS, profile).sum(), r, received)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("grouping", ["node", "weight", "map"])
@given(seeds)
def test_penalty(profile, grouping, seed):
    """On groups inside ε and outside, and at a group of exact zeros for every profile that is smooth there."""
    U = normal(seed, 2, 48) * 0.5
    U[:, :16] *= 0.1
    U += 0.05 * np.sign(U)
    if profile != "abs":
        U[:, 32:] = 0
    U = off_the_kinks(U, grouping)
    received = reference.penalty_grad(U, EPS, profile, grouping)
    assert_gradient(lambda v: reference.penalty(v, EPS, profile, grouping), U, received)


def network_off_the_kinks(reading):
    """Parameters and two images for which no ReLU's input is nearer to 0 than 100 steps of the differences."""
    for seed in range(1000):
        params = {name: a + 0.05 * normal(seed + 1, *a.shape) for name, a in reference.init_params(seed).items()}
        x = np.random.default_rng(seed).random((2, 1, 28, 28))
        steps = reference.trace(params, x, reading)
        kinks = [steps["pool1"], steps["pool2"]] if reading.startswith("table") else []
        kinks += [steps["scores"]] if reading.endswith("relu-logits") else []
        nearest = min((np.abs(kink).min() for kink in kinks), default=1.0)
        if nearest > 1e-4 and (not kinks or all((kink < 0).any() for kink in kinks)):
            return params, x
    raise AssertionError("no seed of 1000 is off the kinks")


@pytest.mark.parametrize("name", ["K1", "b1", "K2", "b2", "U", "b"])
@pytest.mark.parametrize(
    ("reading", "penalty"),
    [
        ("table", Penalty(0.02, eps=0.3)),
        ("text", Penalty(0.02, eps=0.5, profile="sqrt_quartic", grouping="map")),
        ("table+relu-logits", Penalty(0.02, eps=0.1, profile="log_cosh", grouping="weight")),
    ],
)
def test_the_whole_network(reading, penalty, name):
    """All of the 3,898 parameters."""
    params, x = network_off_the_kinks(reading)
    labels = np.array([3, 7])

    def error(values):
        changed = {**params, name: values}
        E0 = reference.cross_entropy(reference.forward(changed, x, reading), labels)
        shape = penalty.eps, penalty.profile, penalty.grouping
        return E0 + penalty.strength * reference.penalty(changed["U"], *shape)

    E, grads = reference.backward(params, x, labels, reading, penalty)
    np.testing.assert_allclose(E, error(params[name]), rtol=1e-14)
    assert_gradient(error, params[name], grads[name], step=1e-6, tolerance=1e-7)


def test_a_relu_before_softmax_blocks_every_class_with_a_negative_score():
    """The literal reading of equation (3), and why it is not the default."""
    params, x = network_off_the_kinks("table+relu-logits")
    blocked = (reference.trace(params, x, "table")["scores"] < 0).all(axis=0)
    _, grads = reference.backward(params, x, np.array([3, 7]), "table+relu-logits")
    assert blocked.any()
    assert np.all(grads["b"][blocked] == 0)  # exact: zeros behind a ReLU that is closed
    assert np.all(grads["U"][blocked] == 0)  # exact: zeros behind a ReLU that is closed


def test_the_check_names_the_entry_the_value_and_what_was_expected():
    with pytest.raises(AssertionError, match=r"index \(1, 0\): received 5, expected [34]\.?\d* ± "):
        assert_gradient(lambda v: (v**2).sum(), np.array([[1.0], [2.0]]), np.array([[2.0], [5.0]]))
