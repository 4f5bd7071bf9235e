"""The algebra of softmax and its errors, proved for three classes: every score is a symbol."""

import pytest
import sympy as sp

SCORES = sp.symbols("s0:3", real=True)
POWERS = [sp.exp(score) for score in SCORES]
P = [power / sum(POWERS) for power in POWERS]


def zero(expression):
    return sp.simplify(sp.together(expression)) == 0


@pytest.mark.parametrize("c", range(3))
@pytest.mark.parametrize("d", range(3))
def test_derivatives_of_softmax(c, d):
    assert zero(sp.diff(P[c], SCORES[d]) - P[c] * (int(c == d) - P[d]))


@pytest.mark.parametrize("right", range(3))
@pytest.mark.parametrize("d", range(3))
def test_gradient_of_the_entropy_error_is_softmax_minus_ideal_output(right, d):
    error = sp.log(sum(POWERS)) - SCORES[right]
    assert zero(sp.diff(error, SCORES[d]) - (P[d] - int(d == right)))


@pytest.mark.parametrize("right", range(3))
@pytest.mark.parametrize("d", range(3))
def test_gradient_of_the_squared_error(right, d):
    v = [P[c] - int(c == right) for c in range(3)]
    error = sum(value**2 for value in v) / 2
    formula = P[d] * (v[d] - sum(p * value for p, value in zip(P, v, strict=True)))
    assert zero(sp.diff(error, SCORES[d]) - formula)


def test_a_constant_added_to_all_scores_changes_nothing():
    a = sp.symbols("a", real=True)
    shifted = {score: score + a for score in SCORES}
    assert all(zero(p.subs(shifted, simultaneous=True) - p) for p in P)


def test_log_sum_exp_with_its_maximum_drawn_out():
    largest = sp.symbols("M", real=True)
    drawn_out = largest + sp.log(sum(sp.exp(score - largest) for score in SCORES))
    assert zero(sp.exp(sp.expand(drawn_out)) - sum(POWERS))
    assert all(zero(sp.diff(sp.log(sum(POWERS)), score) - p) for score, p in zip(SCORES, P, strict=True))
