"""φ_ε, its slope and its proximal map: both engines against the table, its bounds and SciPy's minimiser."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import CONVEX, PROFILES
from scipy.optimize import minimize_scalar
from support import both_engines, every_engine, normal, seeds

widths = st.sampled_from([1e-3, 8e-3, 1e-2, 5e-2, 1.0, 3.0])
every_profile = pytest.mark.parametrize("profile", PROFILES)
convex_profiles = pytest.mark.parametrize("profile", CONVEX)


def lengths(seed, eps):
    """Lengths on both sides of ε and at 0, none so large that the table's own ``cosh`` overflows."""
    return np.concatenate([[0.0, 0.5 * eps], eps * np.abs(normal(seed, 30)) * np.logspace(-3, 2, 30)])


@every_engine
@every_profile
@given(widths, seeds)
def test_value_and_slope_are_the_tables(engine, profile, eps, seed):
    r = lengths(seed, eps)
    table = PROFILES[profile]
    np.testing.assert_allclose(
        engine("smooth_abs", r, eps, profile), table.phi(r, eps), rtol=engine.tolerance, atol=engine.tolerance * eps
    )
    expected = table.slope(r, eps) * (1 if table.smooth else r > 0)
    engine.agrees(engine("smooth_abs_grad", r, eps, profile), expected)


@every_engine
@every_profile
@given(widths, seeds)
def test_value_is_even_and_slope_is_odd(engine, profile, eps, seed):
    r = lengths(seed, eps)
    engine.agrees(engine("smooth_abs", -r, eps, profile), engine("smooth_abs", r, eps, profile))
    engine.agrees(engine("smooth_abs_grad", -r, eps, profile), -engine("smooth_abs_grad", r, eps, profile))


@every_engine
@pytest.mark.parametrize("profile", [name for name, p in PROFILES.items() if p.gap])
@given(widths, seeds)
def test_distance_to_the_length_stays_in_its_bounds(engine, profile, eps, seed):
    r = lengths(seed, eps)
    gap = (engine("smooth_abs", r, eps, profile) - engine.take(engine.give(r))) / eps
    low, high = PROFILES[profile].gap
    slack = 4 * engine.tolerance * (1 + r / eps)
    assert np.all(gap >= low - slack)
    assert np.all(gap <= high + slack)


@both_engines
@given(widths)
def test_bounds_are_attained(engine, eps):
    """At 0 the upper ones, and the lower one of ``log_cosh`` far out; the quartic's gap is the exact polynomial."""
    zero, r = np.zeros(1), eps * np.linspace(0, 1, 9)
    for profile, most in {"huber": 1 / 2, "quartic": 3 / 8, "pseudo_huber": 1, "log_cosh": 0, "abs": 0}.items():
        np.testing.assert_allclose(engine("smooth_abs", zero, eps, profile), most * eps, atol=1e-15 * eps)
    far = np.array([100 * eps])
    np.testing.assert_allclose(engine("smooth_abs", far, eps, "log_cosh") - far, -eps * np.log(2), rtol=1e-12)
    gap = (eps - r) ** 3 * (3 * eps + r) / (8 * eps**3)
    np.testing.assert_allclose(engine("smooth_abs", r, eps, "quartic") - r, gap, atol=1e-15 * eps)


@both_engines
@pytest.mark.parametrize(
    ("profile", "derivatives"), [("huber", [1, 1]), ("quartic", [1, 1, 0]), ("sqrt_quartic", [1, 1 / 2, -1 / 4])]
)
def test_pieces_meet_at_the_width(engine, profile, derivatives):
    """At ε = 1 the cap and what follows agree: in value and slope, and for the quartic in curvature as well."""
    for side in (-1, 1):
        near = 1 + side * np.array([1e-9, 1e-4, 2e-4])
        value, slopes = engine("smooth_abs", near, 1.0, profile)[0], engine("smooth_abs_grad", near, 1.0, profile)
        curvature = (slopes[2] - slopes[1]) / (near[2] - near[1])
        np.testing.assert_allclose([value, slopes[0], curvature][: len(derivatives)], derivatives, atol=1e-3)
        np.testing.assert_allclose([value, slopes[0]], derivatives[:2], atol=1e-8)


@every_engine
@every_profile
def test_huge_and_tiny_arguments_are_finite(engine, profile):
    """From denormal to 10¹⁰⁰ in float64, to 10¹⁵ in float32, with no overflow on the way."""
    largest = 1e15 if engine.tolerance > 1e-9 else 1e100
    r = np.array([0.0, 1e-40, 1e-20, 1e-3, 1.0, 1e3, largest])
    for eps in (1e-3, 1e-2, 1.0):
        value, slope = engine("smooth_abs", r, eps, profile), engine("smooth_abs_grad", r, eps, profile)
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(slope))
        if PROFILES[profile].gap:
            np.testing.assert_allclose(value[-2:], r[-2:], rtol=2e-3)
            np.testing.assert_allclose(slope[-1], 1, rtol=1e-6)


@every_engine
@convex_profiles
@given(widths, seeds, st.floats(0, 3))
def test_prox_solves_its_equation(engine, profile, eps, seed, tau):
    """``x + τ φ'(x) = r``; for ``abs``, where φ' jumps at 0, ``|r| ≤ τ`` where ``x = 0``."""
    tau, r = tau * eps, np.sign(normal(seed, 32)) * lengths(seed + 1, eps)
    x = engine("smooth_abs_prox", r, tau, eps, profile)
    assert np.all((np.abs(x) <= np.abs(r) * (1 + engine.tolerance)) & (x * r >= 0))
    residual = np.abs(x) + tau * PROFILES[profile].slope(np.abs(x), eps) - np.abs(r)
    if profile == "abs":
        residual = np.where(x == 0, np.maximum(np.abs(r) - tau, 0), residual)
    np.testing.assert_allclose(residual, 0, atol=10 * engine.tolerance * (eps + np.abs(r).max()))


@both_engines
@convex_profiles
@given(st.floats(-4, 4), st.floats(0, 3))
def test_prox_is_the_minimiser(engine, profile, r, tau):
    """Found by SciPy from the definition, knowing nothing of slopes; a value's minimum shows to half its digits."""
    found = minimize_scalar(
        lambda x: (x - r) ** 2 / 2 + tau * PROFILES[profile].phi(abs(x), 1.0), bounds=(-5, 5), options={"xatol": 1e-10}
    )
    np.testing.assert_allclose(engine("smooth_abs_prox", np.array([r]), tau, 1.0, profile), found.x, atol=1e-6)


@every_engine
def test_only_abs_gives_exact_zeros(engine):
    r = np.array([0.5, -0.5, 1e-6])
    for profile in CONVEX:
        x = engine("smooth_abs_prox", r, 1.0, 0.1, profile)
        assert np.all(x == 0) == (profile == "abs"), profile  # exact: zeros that the step sets
