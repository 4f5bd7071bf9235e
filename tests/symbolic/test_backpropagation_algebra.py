"""What algebra decides in the chapter *Backpropagation*: slopes, and its small network."""

import pytest
import sympy as sp

y, K, beta, U, b = sp.symbols("y K beta U b", real=True)
PIXELS = (1, 2, 3, 2)
SIGMOID = sp.Lambda(y, 1 / (1 + sp.exp(-y)))


def test_slope_of_the_sigmoid_is_its_value_times_what_is_missing_to_1():
    assert sp.simplify(sp.diff(SIGMOID(y), y) - SIGMOID(y) * (1 - SIGMOID(y))) == 0


def test_slope_of_the_sigmoid_is_largest_at_0_with_one_quarter():
    t = sp.symbols("t", real=True)
    assert sp.expand(sp.Rational(1, 4) - (t - sp.Rational(1, 2)) ** 2 - t * (1 - t)) == 0
    assert sp.diff(SIGMOID(y), y).subs(y, 0) == sp.Rational(1, 4)


def test_gradients_of_the_puzzle():
    P = sum(K * x + beta for x in PIXELS) / 4  # above 0 there, so that ReLU passes it
    E = (U * P + b - 1) ** 2 / 2
    at = {K: 2, beta: -3, U: 3, b: 0}
    assert P.subs(at) == 1
    assert E.subs(at) == 2
    assert [sp.diff(E, p).subs(at) for p in (K, beta, U, b)] == [12, 6, 2, 2]


@pytest.mark.parametrize("parameter", [K, beta])
def test_a_stage_of_the_reading_text(parameter):
    """``D^Y = A (1 − A) D^P / 4``, summed with each value's own slope, is the derivative."""
    A = [SIGMOID(K * x + beta) for x in PIXELS]
    E = (U * sum(A) / 4 + b - 1) ** 2 / 2
    dP = (U * sum(A) / 4 + b - 1) * U
    by_hand = sum(a * (1 - a) * dP / 4 * sp.diff(K * x + beta, parameter) for a, x in zip(A, PIXELS, strict=True))
    assert sp.simplify(sp.diff(E, parameter) - by_hand) == 0


def test_error_of_a_central_difference():
    """Its first term is ``δ²/6`` times the third derivative, for a polynomial of degree 4 exactly."""
    w, delta = sp.symbols("w delta", positive=True)
    for power in (3, 4):
        difference = ((w + delta) ** power - (w - delta) ** power) / (2 * delta)
        error = sp.expand(difference - sp.diff(w**power, w))
        assert sp.expand(error - delta**2 / 6 * sp.diff(w**power, w, 3)) == 0
