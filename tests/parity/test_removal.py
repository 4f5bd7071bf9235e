"""The removal of a layer's inputs: both engines, and what it means for the layer's outputs."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ENGINES, REFERENCE, assert_close, both_engines, every_engine, normal, seeds, sizes

KEPT = np.array([False, True, False, False, True])


def layer(kind, seed, outputs, inputs, samples=6):
    """Return a layer's function, weights and bias, and values for its inputs."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(outputs, inputs) if kind == "dense" else (outputs, inputs, 2, 3))
    x = rng.normal(size=(samples, inputs) if kind == "dense" else (samples, inputs, 5, 4))
    return ("dense" if kind == "dense" else "conv2d"), W, rng.normal(size=outputs), x


kinds = pytest.mark.parametrize("kind", ["dense", "conv2d"])


@kinds
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@given(seed=seeds, outputs=sizes, inputs=sizes, data=st.data())
def test_both_engines_remove_alike(engine, kind, seed, outputs, inputs, data):
    _, W, b, x = layer(kind, seed, outputs, inputs)
    removed = np.array(data.draw(st.lists(st.booleans(), min_size=inputs, max_size=inputs)))
    means = x.mean(axis=(0, *range(2, x.ndim))) if data.draw(st.booleans()) else None
    expected = REFERENCE("remove_inputs", W, b, removed, means)
    for received, right in zip(engine("remove_inputs", W, b, removed, means), expected, strict=True):
        engine.agrees(received, right)
    assert expected[0].shape == (outputs, inputs - removed.sum(), *W.shape[2:])


@kinds
@both_engines
def test_constant_inputs_go_without_a_trace(engine, kind):
    """An input that is the same everywhere is a bias; removing it with its value changes nothing."""
    function, W, b, x = layer(kind, 1, 3, 5)
    values = normal(2, 5)
    x[:, ~KEPT] = values[~KEPT].reshape(-1, *[1] * (x.ndim - 2))
    means = np.where(KEPT, np.nan, values)  # of the inputs that stay, none is read
    smaller, bias = engine("remove_inputs", W, b, ~KEPT, means)
    assert_close(engine(function, x[:, KEPT], smaller, bias), engine(function, x, W, b), 1e-12)


@kinds
@both_engines
def test_without_means_the_removed_inputs_count_as_zero(engine, kind):
    function, W, b, x = layer(kind, 3, 3, 5)
    smaller, bias = engine("remove_inputs", W, b, ~KEPT)
    emptied = np.where(KEPT.reshape(-1, *[1] * (W.ndim - 2)), W, 0)
    assert_close(engine(function, x[:, KEPT], smaller, bias), engine(function, x, emptied, b), 1e-12)
    np.testing.assert_array_equal(bias, b)  # exact: nothing is added


@kinds
@both_engines
def test_the_mean_keeps_the_mean_of_the_outputs(engine, kind):
    """Each place of a convolution sees other places of a map, so there the map must be constant over places."""
    function, W, b, x = layer(kind, 4, 3, 5)
    if kind == "conv2d":
        x = np.broadcast_to(x[:, :, :1, :1], x.shape).copy()
    smaller, bias = engine("remove_inputs", W, b, ~KEPT, x.mean(axis=(0, *range(2, x.ndim))))
    change = engine(function, x[:, KEPT], smaller, bias) - engine(function, x, W, b)
    assert np.abs(change).max() > 0.1
    assert np.abs(change.mean(axis=0)).max() < 1e-12


@both_engines
def test_nothing_and_everything_can_be_removed(engine):
    _, W, b, x = layer("dense", 5, 3, 5)
    same = engine("remove_inputs", W, b, np.zeros(5, bool), x.mean(axis=0))
    assert_close(same[0], W, 0)  # exact: nothing is added
    assert_close(same[1], b, 0)  # exact: nothing is added
    empty, bias = engine("remove_inputs", W, b, np.ones(5, bool), x.mean(axis=0))
    assert empty.shape == (3, 0)
    assert_close(bias, W @ x.mean(axis=0) + b, 1e-12)


@every_engine
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.ones((3, 5, 2))}, "the shape of W is (3, 5, 2); it must have the axes (C, K) or (C, K, kh, kw)"),
        ({"b": np.ones(5)}, "the shape of b is (5,); W has 3 outputs, so (3,)"),
        ({"removed": np.ones(4, bool)}, "removed is 'bool (4,)'; it must be bool (5,)"),
        ({"removed": np.ones(5, int)}, "removed is 'int64 (5,)'; it must be bool (5,)"),
        ({"removed": [True] * 5}, "removed is a list; it must be an array with a shape, or a tensor"),
        ({"means": np.ones(3)}, "the shape of means is (3,); W has 5 inputs, so (5,)"),
        ({"means": 0.5}, "means is a float; it must be an array with a shape, or a tensor"),
    ],
)
def test_wrong_input_is_named(engine, change, message):
    arguments = {"W": np.ones((3, 5)), "b": np.ones(3), "removed": np.ones(5, bool), "means": np.ones(5), **change}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        engine("remove_inputs", *arguments.values())
