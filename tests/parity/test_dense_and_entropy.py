"""Equation (3), its nonlinearities and the entropy error: both engines against formulas, SciPy and PyTorch's layers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from support import REFERENCE, both_engines, every_engine, normal, seeds, sizes

from sl1lib import reference


@st.composite
def layers(draw):
    n, k, c, seed = draw(sizes), draw(sizes), draw(sizes), draw(seeds)
    return normal(seed, n, k), normal(seed + 1, c, k), normal(seed + 2, c)


@st.composite
def classifications(draw):
    """Scores of a spread from tiny to extreme, and the right classes."""
    n, c, seed = draw(sizes), draw(st.integers(2, 10)), draw(seeds)
    scores = normal(seed, n, c) * draw(st.sampled_from([1e-3, 1.0, 30.0, 1e4]))
    return scores, np.random.default_rng(seed).integers(c, size=n)


@every_engine
@given(layers())
def test_dense_is_the_formula(engine, arrays):
    o, U, b = arrays
    expected = [
        [b[c] + sum(o[n, k] * U[c, k] for k in range(U.shape[1])) for c in range(len(b))] for n in range(len(o))
    ]
    engine.agrees(engine("dense", o, U, b), expected)


@given(layers())
def test_dense_and_its_gradients_are_pytorchs_layer(arrays):
    o, U, b = arrays
    layer = torch.nn.Linear(*U.T.shape, dtype=torch.float64)
    layer.weight.data, layer.bias.data = torch.tensor(U), torch.tensor(b)
    given = torch.tensor(o, requires_grad=True)
    s = layer(given)
    ds = normal(0, *s.shape)
    s.backward(torch.tensor(ds))
    REFERENCE.agrees(reference.dense(o, U, b), s.detach().numpy())
    for received, leaf in zip(reference.dense_backward(ds, o, U), (given, layer.weight, layer.bias), strict=True):
        REFERENCE.agrees(received, leaf.grad.numpy())


@every_engine
@given(seeds)
def test_relu_sigmoid_and_softmax_are_their_formulas(engine, seed):
    x = normal(seed, 3, 5) * 10
    engine.agrees(engine("relu", x), (x + np.abs(x)) / 2)
    engine.agrees(engine("sigmoid", x), special.expit(x))
    engine.agrees(engine("softmax", x), special.softmax(x, axis=1))


@given(seeds)
def test_slopes_of_the_activations_are_autograds(seed):
    """At 0 as well, where both take 0 for the slope of ReLU."""
    x, dy = normal(seed, 40), normal(seed + 1, 40)
    x[:5] = 0
    given = torch.tensor(x, requires_grad=True)
    torch.relu(given).backward(torch.tensor(dy))
    REFERENCE.agrees(reference.relu_backward(dy, x), given.grad.numpy())
    given.grad = None
    torch.sigmoid(given).backward(torch.tensor(dy))
    REFERENCE.agrees(reference.sigmoid_backward(dy, reference.sigmoid(x)), given.grad.numpy())


@every_engine
@given(classifications())
def test_cross_entropy_is_scipys_and_pytorchs(engine, case):
    scores, labels = case
    rows = np.arange(len(labels))
    expected = [
        np.mean(special.logsumexp(scores, axis=1) - scores[rows, labels]),
        F.cross_entropy(torch.tensor(scores), torch.tensor(labels)).item(),
    ]
    tolerance = engine.tolerance * max(1, np.abs(scores).max())  # the error is a difference of scores
    np.testing.assert_allclose(engine("cross_entropy", scores, labels), expected, rtol=0, atol=tolerance)


@every_engine
@given(classifications())
def test_squared_error_is_half_the_mean_squared_distance(engine, case):
    scores, labels = case
    rows = special.softmax(scores, axis=1)
    rows[np.arange(len(labels)), labels] -= 1
    expected = np.mean(np.linalg.norm(rows, axis=1) ** 2) / 2
    np.testing.assert_allclose(engine("squared_error", scores, labels), expected, rtol=0, atol=10 * engine.tolerance)
    one_hot = np.eye(scores.shape[1])[labels]
    np.testing.assert_allclose(engine("squared_error", scores, one_hot), expected, rtol=0, atol=10 * engine.tolerance)


@given(classifications())
def test_gradient_of_cross_entropy_is_autograds(case):
    scores, labels = case
    leaf = torch.tensor(scores, requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(labels)).backward()
    REFERENCE.agrees(reference.cross_entropy_backward(scores, labels), leaf.grad.numpy())


@every_engine
@given(classifications())
def test_one_hot_rows_mean_the_same_as_classes(engine, case):
    scores, labels = case
    rows = np.eye(scores.shape[1])[labels]
    engine.agrees(engine("cross_entropy", scores, rows), engine("cross_entropy", scores, labels))
    if engine is REFERENCE:
        # exact: the same operations
        np.testing.assert_array_equal(
            reference.cross_entropy_backward(scores, rows), reference.cross_entropy_backward(scores, labels)
        )


@every_engine
@given(classifications(), st.floats(-50, 50))
def test_a_constant_added_to_all_scores_changes_nothing(engine, case, constant):
    scores, labels = case
    tolerance = engine.tolerance * (np.abs(scores).max() + abs(constant))
    for function, arguments in (("softmax", ()), ("cross_entropy", (labels,))):
        np.testing.assert_allclose(
            engine(function, scores + constant, *arguments), engine(function, scores, *arguments), atol=tolerance
        )


@every_engine
@pytest.mark.parametrize("classes", [2, 10])
def test_a_network_that_knows_nothing_has_the_logarithm_of_the_number_of_classes(engine, classes):
    engine.agrees(engine("cross_entropy", np.zeros((3, classes)), np.array([0, 1, 1])), np.log(classes))


@given(classifications())
def test_gradient_of_cross_entropy_sums_to_zero_over_the_classes(case):
    np.testing.assert_allclose(reference.cross_entropy_backward(*case).sum(axis=1), 0, atol=1e-15)


@both_engines
@pytest.mark.parametrize("size", [1e4, 1e300])
def test_extreme_scores_stay_finite_and_right(engine, size):
    scores = size * np.array([[1.0, 0.0, -1.0]])
    engine.agrees(engine("softmax", scores), [[1.0, 0.0, 0.0]])
    engine.agrees([engine("cross_entropy", scores, np.array([label])) for label in range(3)], [0, size, 2 * size])
    engine.agrees(engine("sigmoid", scores), [[1.0, 0.5, 0.0]])


@pytest.mark.parametrize("size", [1e4, 1e300])
def test_gradient_at_extreme_scores_is_finite_and_right(size):
    scores = size * np.array([[1.0, 0.0, -1.0]])
    # exact: a softmax of 0 and 1
    np.testing.assert_array_equal(reference.cross_entropy_backward(scores, np.array([2])), [[1.0, 0.0, -1.0]])
    # exact: exponentials that are rounded to 0
    np.testing.assert_array_equal(reference.log_softmax(scores), size * np.array([[0.0, -1.0, -2.0]]))
