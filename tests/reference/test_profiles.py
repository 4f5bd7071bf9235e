"""The stated bounds and Lipschitz constants hold for the profiles, and cannot be improved."""

import math

import numpy as np
import pytest

from sl1lib import PROFILES
from sl1lib.reference import penalty_grad, smooth_abs, smooth_abs_gap, smooth_abs_grad, smooth_abs_lipschitz

FOLLOWING = ["huber", "quartic", "pseudo_huber", "log_cosh", "abs"]
SMOOTH = [profile for profile in PROFILES if profile != "abs"]
widths = pytest.mark.parametrize("eps", [1e-3, 0.05, 2.0])


@widths
@pytest.mark.parametrize("profile", FOLLOWING)
def test_gap_is_reached_and_not_passed(profile, eps):
    low, high = smooth_abs_gap(eps, profile)
    r = eps * np.concatenate([[0], np.logspace(-4, 4, 4001)])
    gap = smooth_abs(r, eps, profile) - r
    slack = 1e-12 * eps * 1e4
    assert gap.min() >= low - slack
    assert gap.max() <= high + slack
    assert abs(gap.min() - low) <= 1e-3 * eps
    assert abs(gap.max() - high) <= 1e-12 * eps


@widths
@pytest.mark.parametrize("profile", SMOOTH)
def test_lipschitz_constant_holds_in_ten_dimensions_and_is_reached_in_one(profile, eps):
    constant = smooth_abs_lipschitz(eps, profile)
    rng = np.random.default_rng(0)
    u = rng.normal(size=(10, 5000)) * eps * np.logspace(-2, 1, 5000)
    v = u + rng.normal(size=u.shape) * eps * rng.choice([1e-3, 0.1, 3], size=5000)
    change = np.linalg.norm(penalty_grad(u, eps, profile) - penalty_grad(v, eps, profile), axis=0)
    assert (change <= constant * np.linalg.norm(u - v, axis=0) * (1 + 1e-9)).all()
    at_zero = float(smooth_abs_grad(np.array(1e-5 * eps), eps, profile)) / (1e-5 * eps)
    assert math.isclose(at_zero, constant, rel_tol=1e-8)


def test_what_has_no_bound_says_so():
    assert smooth_abs_lipschitz(0, "abs") == math.inf
    for profile in ("squared", "sqrt_quartic"):
        with pytest.raises(ValueError, match=f"profile is '{profile}'; it does not follow r"):
            smooth_abs_gap(0.1, profile)
    with pytest.raises(ValueError, match="eps is 0"):
        smooth_abs_lipschitz(0, "huber")
    with pytest.raises(ValueError, match="did you mean 'huber'"):
        smooth_abs_gap(0.1, "hubber")
