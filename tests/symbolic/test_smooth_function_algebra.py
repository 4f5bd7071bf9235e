"""Matching conditions, jumps, bounds and Lipschitz constants of the profiles, by algebra."""

import pytest
import sympy as sp

r, eps, t = sp.symbols("r varepsilon t", positive=True)
HUBER = r**2 / (2 * eps) + eps / 2
QUARTIC = -(r**4) / (8 * eps**3) + 3 * r**2 / (4 * eps) + 3 * eps / 8
PSEUDO = sp.sqrt(r**2 + eps**2)
LOG_COSH = eps * sp.log(sp.cosh(r / eps))


def cap(conditions):
    """Solve for the even polynomial that has the derivatives of ``r`` at ε, up to order ``conditions - 1``."""
    coefficients = sp.symbols(f"a:{conditions}")
    polynomial = sum(c * r ** (2 * k) for k, c in enumerate(coefficients))
    equations = [
        sp.Eq(sp.diff(polynomial, r, order).subs(r, eps), sp.diff(r, r, order).subs(r, eps))
        for order in range(conditions)
    ]
    (solution,) = sp.linsolve(equations, coefficients)
    return polynomial.subs(dict(zip(coefficients, solution, strict=True)))


@pytest.mark.parametrize(
    ("conditions", "stated"),
    [
        (2, HUBER),
        (3, QUARTIC),
        (4, 5 * eps / 16 + 15 * r**2 / (16 * eps) - 5 * r**4 / (16 * eps**3) + r**6 / (16 * eps**5)),
    ],
)
def test_matching_conditions_have_one_solution_and_it_is_the_stated_one(conditions, stated):
    assert sp.simplify(cap(conditions) - stated) == 0


def test_the_wrong_cap_meets_neither_condition():
    wrong = r**2 / eps + eps / 2
    assert sp.simplify(wrong.subs(r, eps) - eps) == eps / 2
    assert sp.diff(wrong, r).subs(r, eps) == 2


def test_jumps_of_the_second_and_third_derivative():
    assert sp.diff(HUBER, r, 2) == 1 / eps
    assert sp.simplify(sp.diff(QUARTIC, r, 2).subs(r, eps)) == 0
    assert sp.simplify(sp.diff(QUARTIC, r, 3).subs(r, eps) + 3 / eps**2) == 0
    assert sp.factor(sp.diff(QUARTIC, r, 2)) == sp.factor(3 * (eps**2 - r**2) / (2 * eps**3))


def test_gaps_have_the_stated_forms():
    assert sp.expand(HUBER - r - (eps - r) ** 2 / (2 * eps)) == 0
    assert sp.expand(QUARTIC - r - (eps - r) ** 3 * (3 * eps + r) / (8 * eps**3)) == 0
    assert sp.simplify((PSEUDO - r) * (PSEUDO + r) - eps**2) == 0
    difference = LOG_COSH - r - (eps * sp.log(1 + sp.exp(-2 * r / eps)) - eps * sp.log(2))
    # ln cosh t = ln(e^t (1 + e^-2t)/2): compare the exponentials of both sides
    assert sp.simplify(sp.exp(sp.expand_log(difference / eps, force=True)).rewrite(sp.exp)) == 1


@pytest.mark.parametrize(
    ("profile", "at_zero", "far"),
    [(HUBER, eps / 2, None), (QUARTIC, 3 * eps / 8, None), (PSEUDO, eps, 0), (LOG_COSH, 0, -eps * sp.log(2))],
)
def test_bounds_are_the_ends_of_a_falling_gap(profile, at_zero, far):
    """The gap falls because the slope stays below 1; its ends are then its bounds."""
    assert sp.limit(profile - r, r, 0) == at_zero
    if far is None:  # on the cap, which ends where the gap is 0
        assert sp.simplify((profile - r).subs(r, eps)) == 0
        slope = sp.diff(profile, r).subs(r, eps * t)
        rest = sp.factor(sp.simplify(1 - slope))
        assert rest.subs(t, 1) == 0
        assert all(rest.subs(t, value) > 0 for value in (0, sp.Rational(1, 2), sp.Rational(99, 100)))
        assert sp.solveset(rest, t, sp.Interval.open(0, 1)) == sp.EmptySet
    else:
        gap = PSEUDO - r if profile is PSEUDO else eps * sp.log(1 + sp.exp(-2 * r / eps)) - eps * sp.log(2)
        assert sp.limit(gap, r, sp.oo) == far


@pytest.mark.parametrize(
    ("profile", "constant"),
    [(HUBER, 1 / eps), (QUARTIC, 3 / (2 * eps)), (PSEUDO, 1 / eps), (LOG_COSH, 1 / eps)],
)
def test_curvature_is_largest_at_zero_and_is_the_lipschitz_constant_there(profile, constant):
    curvature = sp.diff(profile, r, 2)
    assert sp.simplify(sp.limit(curvature, r, 0) - constant) == 0
    third = sp.simplify(sp.diff(profile, r, 3).subs(r, eps * t) * eps**2)
    for value in (sp.Rational(1, 10), sp.Rational(1, 2), 1, 3):
        assert sp.N(third.subs(t, value)) <= 0


def test_smoothed_half_power_is_steepest_at_zero():
    root = sp.sqrt(QUARTIC)
    assert sp.simplify(sp.limit(sp.diff(root, r, 2), r, 0) - sp.sqrt(6) / 2 * eps ** sp.Rational(-3, 2)) == 0
    # φ'/r decreases and bounds φ'' from above; -φ'²/(4 φ³) with φ' ≤ 1 and φ² ≥ 3ε/8 bounds it from below
    assert sp.simplify(sp.diff(QUARTIC, r) / r - (3 * eps**2 - r**2) / (2 * eps**3)) == 0
    assert sp.Rational(1, 4) / sp.Rational(3, 8) ** sp.Rational(3, 2) < sp.sqrt(6) / 2


def test_products_of_spread_and_constant():
    assert sp.simplify((eps / 2) * (1 / eps)) == sp.Rational(1, 2)
    assert sp.simplify((3 * eps / 8) * (3 / (2 * eps))) == sp.Rational(9, 16)
    assert sp.Rational(1, 2) < sp.Rational(9, 16) < sp.log(2) < 1


def test_accurate_logarithm_of_cosh():
    assert sp.simplify((1 + 2 * sp.sinh(t / 2) ** 2 - sp.cosh(t)).rewrite(sp.exp)) == 0
