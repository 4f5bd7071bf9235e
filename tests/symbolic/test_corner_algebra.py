"""Orbits and minima at the corner, by algebra."""

import sympy as sp

lr, strength, momentum, curvature = sp.symbols("eta lambda mu kappa", positive=True)
z, swing, w = sp.symbols("z d w", real=True)


def test_two_cycle_solves_the_heavy_balls_two_equations():
    high, low = sp.symbols("p q", real=True)
    leave_high = sp.Eq(-(high - low), momentum * (high - low) - lr * (curvature * (high - z) + strength))
    leave_low = sp.Eq(high - low, -momentum * (high - low) - lr * (curvature * (low - z) - strength))
    (found,) = sp.solve([leave_high, leave_low], [high, low], dict=True)
    stated = lr * strength / (1 + momentum - lr * curvature / 2)
    assert sp.simplify(found[high] - (z + stated / 2)) == 0
    assert sp.simplify(found[low] - (z - stated / 2)) == 0


def test_deviations_fade_between_the_stated_bounds():
    """Jury's conditions: the polynomial is positive at ±1, and the product of the roots is below 1."""
    r = sp.symbols("r")
    polynomial = r**2 - (1 + momentum - lr * curvature) * r + momentum
    assert sp.expand(polynomial.subs(r, 1) - lr * curvature) == 0
    assert sp.expand(polynomial.subs(r, -1) - (2 * (1 + momentum) - lr * curvature)) == 0
    assert polynomial.subs(r, 0) == momentum
    assert sp.solveset(polynomial.subs(curvature, 0), r, sp.S.Complexes) == sp.FiniteSet(1, momentum)


def test_four_cycle_and_six_cycle():
    v1, v2, v3 = sp.symbols("v1:4")
    four = sp.solve([sp.Eq(v1, -momentum * v2 - 1), sp.Eq(v2, momentum * v1 - 1)], [v1, v2])
    assert sp.simplify(-(four[v1] + four[v2]) - 2 / (1 + momentum**2)) == 0
    assert sp.simplify(four[v1] + (1 - momentum) / (1 + momentum**2)) == 0
    assert sp.simplify(four[v2] + (1 + momentum) / (1 + momentum**2)) == 0

    six = sp.solve(
        [sp.Eq(v1, -momentum * v3 - 1), sp.Eq(v2, momentum * v1 - 1), sp.Eq(v3, momentum * v2 - 1)], [v1, v2, v3]
    )
    spread = -(six[v1] + six[v2] + six[v3])
    assert sp.simplify(spread - (3 + momentum - momentum**2) / (1 + momentum**3)) == 0
    room = -six[v3] + six[v1] + six[v2]
    smallest = (sp.sqrt(13) - 1) / 6
    assert sp.simplify(room.subs(momentum, smallest)) == 0
    assert room.subs(momentum, sp.Rational(43, 100)) < 0 < room.subs(momentum, sp.Rational(44, 100))


def test_soft_threshold_has_slope_zero_on_its_side():
    for side in (1, -1):
        slope = curvature * (w - z) + side * strength
        (zero,) = sp.solve(slope, w)
        assert sp.simplify(zero - (z - side * strength / curvature)) == 0


def test_proximal_step_rests_where_the_slope_is_zero():
    rest = z - strength / curvature
    forward = rest - lr * curvature * (rest - z)
    assert sp.simplify(forward - lr * strength - rest) == 0
