"""The penalty on groups: both engines against sums written out, its Lipschitz constants, and its proximal map."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import CONVEX, PROFILES, SMOOTH
from scipy.optimize import differential_evolution
from support import REFERENCE, both_engines, every_engine, normal, seeds

from sl1lib import Penalty

every_profile = pytest.mark.parametrize("profile", PROFILES)
every_grouping = pytest.mark.parametrize("grouping", ["node", "weight", "map"])
convex_profiles = pytest.mark.parametrize("profile", CONVEX)
EPS = 0.3


def groups(shape, grouping):
    """The indices of each group, written out: node ``k`` is column ``k``, map ``m`` columns ``16 m … 16 m + 15``."""
    rows, columns = shape
    if grouping == "weight":
        return [[(c, k)] for c in range(rows) for k in range(columns)]
    width = {"node": 1, "map": 16}[grouping]
    return [[(c, k) for k in range(first, first + width) for c in range(rows)] for first in range(0, columns, width)]


@st.composite
def weights(draw):
    """Weights of groups short and long against ε, with a node and a map of zeros among them."""
    seed, rows, maps = draw(seeds), draw(st.integers(1, 3)), draw(st.integers(2, 3))
    U = normal(seed, rows, 16 * maps) * np.exp(normal(seed + 1, 16 * maps))
    U[:, :16] *= 0.05
    U[:, -16:] = 0
    U[:, 3] = 0
    return U


@every_engine
@every_profile
@every_grouping
@given(weights())
def test_penalty_and_gradient_are_sums_over_groups(engine, profile, grouping, U):
    table = PROFILES[profile]
    value, gradient = 0.0, np.zeros_like(U)
    for group in groups(U.shape, grouping):
        u = np.array([U[index] for index in group])
        r = np.sqrt((u**2).sum())
        value += float(table.phi(r, EPS))
        for index in group:
            gradient[index] = table.slope(r, EPS) * U[index] / r if r > 0 else 0.0
    engine.agrees(engine("penalty", U, EPS, profile, grouping), value)
    engine.agrees(engine("penalty_grad", U, EPS, profile, grouping), gradient)


@every_engine
@every_grouping
@given(weights())
def test_lengths_of_groups(engine, grouping, U):
    expected = [np.sqrt(sum(U[index] ** 2 for index in group)) for group in groups(U.shape, grouping)]
    engine.agrees(engine("group_norms", U, grouping).ravel(), expected)


@both_engines
@pytest.mark.parametrize("profile", SMOOTH)
def test_gradient_is_lipschitz_with_the_stated_constant(engine, profile):
    """A search for two vectors whose gradients differ by more than ``Lip · distance`` finds none, and comes close."""
    constant = PROFILES[profile].lipschitz(EPS)

    def steepness(pairs):
        radius, angle, log_distance = pairs
        u = np.stack([EPS * radius, np.zeros_like(radius)])
        v = u + EPS * 10**log_distance * np.stack([np.cos(angle), np.sin(angle)])
        du, dv = (engine("penalty_grad", w, EPS, profile) for w in (u, v))
        return -np.linalg.norm(du - dv, axis=0) / np.linalg.norm(u - v, axis=0)

    found = differential_evolution(
        steepness, [(0, 3), (0, 2 * np.pi), (-4, 0.5)], rng=0, vectorized=True, updating="deferred", maxiter=60
    )
    assert 0.999 * constant <= -found.fun <= constant * (1 + 1e-9)


@every_engine
@convex_profiles
@every_grouping
@given(weights(), st.floats(0.01, 2))
def test_prox_meets_its_optimality_condition(engine, profile, grouping, U, tau):
    """``V − U + τ ∇h(V) = 0``; for ``abs`` a group of zeros needs ``‖u‖ ≤ τ`` instead."""
    V = engine("penalty_prox", U, tau, EPS, profile, grouping)
    residual = V - U + tau * engine("penalty_grad", V, EPS, profile, grouping)
    if profile == "abs":
        for group in groups(U.shape, grouping):
            if all(V[index] == 0 for index in group):
                assert np.sqrt(sum(U[index] ** 2 for index in group)) <= tau * (1 + engine.tolerance)
                for index in group:
                    residual[index] = 0
    np.testing.assert_allclose(residual, 0, atol=10 * engine.tolerance * (1 + np.abs(U).max()))


@both_engines
@convex_profiles
@every_grouping
@given(weights(), seeds, st.floats(0.01, 2))
def test_no_neighbour_is_better_than_the_prox(engine, profile, grouping, U, seed, tau):
    def cost(W):
        return ((W - U) ** 2).sum() / 2 + tau * engine("penalty", W, EPS, profile, grouping)

    V = engine("penalty_prox", U, tau, EPS, profile, grouping)
    for size in (1e-3, 1e-1, 1.0):
        assert cost(V) <= cost(V + size * normal(seed, *U.shape)) + 1e-12


@every_engine
@convex_profiles
@every_grouping
@given(weights(), seeds, st.floats(0.01, 2))
def test_prox_of_a_convex_penalty_is_firmly_nonexpansive(engine, profile, grouping, U, seed, tau):
    """``‖PU − PW‖² ≤ ⟨PU − PW, U − W⟩``."""
    W = U + normal(seed, *U.shape)
    moved = engine("penalty_prox", U, tau, EPS, profile, grouping) - engine(
        "penalty_prox", W, tau, EPS, profile, grouping
    )
    assert (moved**2).sum() <= np.vdot(moved, U - W) + 10 * engine.tolerance * (1 + (U**2).sum())


@every_engine
@every_grouping
@given(weights())
def test_the_group_lasso_sets_short_groups_to_exact_zeros_and_keeps_directions(engine, grouping, U):
    tau = 0.5
    V = engine("penalty_prox", U, tau, grouping=grouping)
    for group in groups(U.shape, grouping):
        u, v = (np.array([W[index] for index in group]) for W in (U, V))
        r = np.sqrt((u**2).sum())
        if r < 0.999 * tau:
            assert np.all(v == 0)  # exact: zeros that the step sets
        elif r > 1.001 * tau:
            np.testing.assert_allclose(v, u * (1 - tau / r), atol=engine.tolerance * r)


@every_engine
@pytest.mark.parametrize("profile", SMOOTH)
def test_a_smooth_penalty_never_gives_exact_zeros(engine, profile):
    """Its slope at 0 is 0, so a weight that is not 0 stays so."""
    U = np.array([[1e-6, 2.0], [1e-6, 0.1]])
    assert np.all(engine("penalty_grad", U, EPS, profile) != 0)  # exact: far from 0
    if profile in CONVEX:
        assert np.all(engine("penalty_prox", U, 1.0, EPS, profile) != 0)  # exact: far from 0


@both_engines
@given(seeds, st.floats(0.05, 0.95))
def test_a_dead_weight_rests_where_its_pull_says(engine, seed, share):
    """A pull ``g`` with ``‖g‖ < λ`` balances the Huber gradient at length ``ε‖g‖/λ``: inside ε, not at 0."""
    strength, g = 0.1, normal(seed, 10, 1)
    g *= share * strength / np.linalg.norm(g)
    resting = -EPS * g / strength
    np.testing.assert_allclose(strength * engine("penalty_grad", resting, EPS), -g, atol=1e-15)


@both_engines
@every_grouping
@pytest.mark.parametrize("profile", ["huber", "quartic", "pseudo_huber", "log_cosh"])
def test_as_the_width_shrinks_the_penalty_becomes_the_plain_sum_of_lengths(engine, grouping, profile):
    U = normal(3, 10, 32)
    sharp, count = engine("penalty", U, 0.0, "abs", grouping), engine("group_norms", U, grouping).size
    for eps in (1e-1, 1e-3, 1e-6):
        assert abs(engine("penalty", U, eps, profile, grouping) - sharp) <= count * eps * (1 + 1e-6)


@every_grouping
def test_the_reference_takes_whole_numbers_for_weights(grouping):
    U = np.arange(-16, 16).reshape(2, 16)
    for function, *arguments in (("penalty", 3.0), ("penalty_grad", 3.0), ("penalty_prox", 1.0)):
        received = REFERENCE(function, U, *arguments, grouping=grouping)
        REFERENCE.agrees(received, REFERENCE(function, U.astype(float), *arguments, grouping=grouping))


@both_engines
@pytest.mark.parametrize("profile", ["huber", "quartic", "sqrt_quartic"])
@pytest.mark.parametrize("eps", [1e-200, 1e200])
def test_a_width_whose_square_no_float_can_hold(engine, profile, eps):
    expected = 3 * REFERENCE("smooth_abs", np.array(1.0), eps, profile)
    engine.agrees(engine("penalty", np.array([[1.0, -1.0, 1.0]]), eps, profile), expected)


@both_engines
@every_profile
@every_grouping
def test_a_penalty_stands_for_its_numbers(engine, profile, grouping):
    """One `Penalty` in place of width, profile and grouping; its strength multiplies, in a step with the rate."""
    U, p = normal(5, 10, 32), Penalty(0.25, EPS, profile, grouping)
    shape = (EPS, profile, grouping)
    engine.agrees(engine("penalty", U, p), 0.25 * engine("penalty", U, *shape))
    engine.agrees(engine("penalty_grad", U, p), 0.25 * engine("penalty_grad", U, *shape))
    engine.agrees(engine("penalty_hess", U[:, 0], p), 0.25 * engine("penalty_hess", U[:, 0], EPS, profile))
    if profile in CONVEX:
        expected = engine("penalty_prox", U, 0.05, *shape)
        for found in (
            engine("penalty_prox", U, p, 0.2),
            engine("penalty_prox", U, p, lr=0.2),
            engine("penalty_prox", U, 0.05, p),
        ):
            engine.agrees(found, expected)


@both_engines
def test_a_proximal_step_of_a_penalty_asks_for_the_learning_rate(engine):
    for lr in (None, -0.1):
        with pytest.raises(ValueError, match=f"lr is {lr}; it must be a finite number of at least 0"):
            engine("penalty_prox", np.ones((2, 3)), Penalty(0.1), lr=lr)


EXTREMES = [1e-300, 1e-160, 1e-44, 1e-37, 1e-30, 1e-22, 1.0, 1e19, 1e30, 1e37, 1e160, 1e300]


def exact(profile, r, eps):
    """Return φ_ε(r), from plain floats, in an order of operations in which nothing overflows."""
    t = min(r / eps, 1.0) if r < 1e3 * eps else 1.0
    match profile:
        case "huber":
            return r if r > eps else eps * (t * t / 2 + 0.5)
        case "quartic" | "sqrt_quartic":
            value = r if r >= eps else eps * (-(t**4) + 6 * t * t + 3) / 8
            return value if profile == "quartic" else math.sqrt(value)
        case "pseudo_huber":
            return math.hypot(r, eps)
        case "log_cosh":
            return (
                r + eps * (math.log1p(math.exp(-2 * r / eps)) - math.log(2)) if r < 50 * eps else r - eps * math.log(2)
            )
        case "squared":
            return r * r / 2
        case _:
            return r


@every_engine
@every_profile
@pytest.mark.parametrize("grouping", ["node", "weight"])
def test_extreme_widths_and_weights_give_the_numbers_that_the_dtype_can_hold(engine, profile, grouping):
    """Squares of lengths overflow and vanish long before lengths do. The reference squares, as it reads."""
    ranges = {"reference": (1e37, 1e-44, 1e-12), "fast-float32": (1e37, 1e-37, 1e-5)}
    largest, least, close = ranges.get(engine.name, (1e300, 1e-300, 1e-12))
    held = [size for size in EXTREMES if least <= size <= largest]
    sizes = [0.0, *(size for size in held if profile != "squared" or least < size * size < largest)]
    for eps, size in itertools.product(held, sizes):
        U = size * np.array([[0.6, 0.0], [-0.8, 0.0]])
        lengths = [size, 0.0] if grouping == "node" else [0.6 * size, 0.8 * size, 0.0, 0.0]
        expected = math.fsum(exact(profile, length, eps) for length in lengths)
        cancelled = eps if profile == "log_cosh" else 0  # it is a difference of numbers of the size of the width
        found = engine("penalty", U, eps, profile, grouping)
        assert found == pytest.approx(expected, rel=close, abs=close * cancelled + least), (eps, size)
        gradient = engine("penalty_grad", U, eps, profile, grouping)
        assert np.isfinite(gradient[:, 0]).all(), (eps, size)
        assert (gradient[:, 1] == 0).all(), (eps, size)  # exact: groups of zeros
        if profile in ("huber", "quartic", "abs") and size > 1e3 * eps and grouping == "node":
            np.testing.assert_allclose(gradient[:, 0], [0.6, -0.8], rtol=close)
        if profile != "sqrt_quartic":
            shorter = engine("penalty_prox", U, eps, eps, profile, grouping)
            assert (np.abs(shorter) <= np.abs(U) * (1 + close)).all(), (eps, size)
