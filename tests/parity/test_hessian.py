"""Second derivatives of the penalty: both engines against a complex step of the slope, and against each other."""

import numpy as np
import pytest
from hypothesis import given
from profiles import SMOOTH
from support import REFERENCE, both_engines, every_engine, normal, seeds

from sl1lib import reference
from sl1lib.book.measure import difference_along

EPS = 0.3
smooth_profiles = pytest.mark.parametrize("profile", SMOOTH)


def off_the_edge(seed):
    """Lengths inside and outside ε, none within 1 % of it, where Huber's second derivative jumps."""
    r = EPS * np.abs(normal(seed, 40)) * 2
    return np.concatenate([[0.0], r[np.abs(r - EPS) > 0.01 * EPS]])


@every_engine
@smooth_profiles
@given(seeds)
def test_second_derivative_is_the_slopes(engine, profile, seed):
    r = off_the_edge(seed)
    expected = difference_along(1, lambda v: reference.smooth_abs_grad(v, EPS, profile), r)
    engine.agrees(engine("smooth_abs_hess", r, EPS, profile), expected, max(engine.tolerance, 1e-8))
    engine.agrees(engine("smooth_abs_hess", -r, EPS, profile), engine("smooth_abs_hess", r, EPS, profile))


@every_engine
@smooth_profiles
@given(seeds)
def test_hessian_agrees_with_the_reference_and_is_symmetric(engine, profile, seed):
    u = normal(seed, 5) * EPS
    hessian = engine("penalty_hess", u, EPS, profile)
    engine.agrees(hessian, REFERENCE("penalty_hess", u, EPS, profile))
    engine.agrees(hessian, hessian.T)


@both_engines
@smooth_profiles
def test_at_zero_all_curvatures_are_one(engine, profile):
    hessian = engine("penalty_hess", np.zeros(4), EPS, profile)
    engine.agrees(hessian, np.eye(4) * reference.smooth_abs_hess(np.zeros(()), EPS, profile))


@both_engines
def test_the_corner(engine):
    """Away from 0 the group lasso is curved across u only; at 0 it has no second derivative."""
    engine.agrees(engine("penalty_hess", np.array([0.0, 4.0]), 0.0, "abs"), np.diag([0.25, 0]))
    assert np.isnan(engine("smooth_abs_hess", np.array([0.0, 1.0]), 0.0, "abs")).tolist() == [True, False]
    with pytest.raises(ValueError, match="abs has no Hessian at 0"):
        engine("penalty_hess", np.zeros(2), 0.0, "abs")


@both_engines
def test_a_matrix_is_refused(engine):
    with pytest.raises(ValueError, match="the shape of u is"):
        engine("penalty_hess", np.zeros((2, 2)), EPS)
