"""The chapter *Gradients*, decided by algebra: for every profile at once, with φ an unknown function."""

import pytest
import sympy as sp

r, y, eps, tau, t = sp.symbols("r y epsilon tau t", positive=True)

HUBER_CAP = r**2 / (2 * eps) + eps / 2
QUARTIC_CAP = -(r**4) / (8 * eps**3) + 3 * r**2 / (4 * eps) + 3 * eps / 8
PROFILES = {
    "huber": HUBER_CAP,
    "quartic": QUARTIC_CAP,
    "pseudo_huber": sp.sqrt(r**2 + eps**2),
    "log_cosh": eps * sp.log(sp.cosh(r / eps)),
}
SECOND = {
    "huber": 1 / eps,
    "quartic": 3 * (1 - (r / eps) ** 2) / (2 * eps),
    "pseudo_huber": (1 + (r / eps) ** 2) ** sp.Rational(-3, 2) / eps,
    "log_cosh": (1 - sp.tanh(r / eps) ** 2) / eps,
}


@pytest.fixture
def space():
    """Return a vector of three symbols, its length, and h with an unknown profile."""
    u = sp.Matrix(sp.symbols("u1:4", real=True))
    length = sp.sqrt(sum(w**2 for w in u))
    return u, length, sp.Function("phi")


def in_length(expression, length):
    return sp.simplify(expression.doit().subs(length, r))


def hessian_of(space):
    u, length, phi = space
    return sp.hessian(phi(length), list(u))


def formula(space):
    u, length, phi = space
    slope, bend = (sp.diff(phi(r), r, order).subs(r, length) for order in (1, 2))
    line = u * u.T / length**2
    return bend * line + slope / length * (sp.eye(3) - line)


def test_gradient_of_a_radial_function(space):
    u, length, phi = space
    slope = sp.diff(phi(r), r).subs(r, length)
    for w in u:
        assert sp.simplify((sp.diff(phi(length), w) - slope * w / length).doit()) == 0


def test_hessian_of_a_radial_function(space):
    difference = (hessian_of(space) - formula(space)).doit()
    assert difference.applyfunc(sp.simplify) == sp.zeros(3)


def test_eigenvalues_of_the_hessian(space):
    """Along u and along two vectors across it, which with u span the space."""
    u, length, phi = space
    slope, bend = (sp.diff(phi(r), r, order).subs(r, length) for order in (1, 2))
    hessian = hessian_of(space)
    across = [sp.Matrix([-u[1], u[0], 0]), sp.Matrix([-u[0] * u[2], -u[1] * u[2], u[0] ** 2 + u[1] ** 2])]
    assert [sp.expand((u.T * v)[0]) for v in across] == [0, 0]
    assert sp.factor(sp.Matrix.hstack(u, *across).det()) == sp.factor((u[0] ** 2 + u[1] ** 2) * length**2)
    for vector, value in ((u, bend), *((v, slope / length) for v in across)):
        assert (hessian * vector - value * vector).doit().applyfunc(sp.simplify) == sp.zeros(3, 1)


@pytest.mark.parametrize("profile", PROFILES)
def test_second_derivatives_and_flatness_at_zero(profile):
    phi = PROFILES[profile]
    assert sp.simplify((sp.diff(phi, r, 2) - SECOND[profile]).rewrite(sp.exp)) == 0
    slope = sp.diff(phi, r)
    assert slope.subs(r, 0) == 0
    assert sp.limit(slope / r - SECOND[profile], r, 0) == 0  # at 0 the two curvatures are one


@pytest.mark.parametrize("profile", ["huber", "quartic"])
def test_the_slope_reaches_one_at_eps(profile):
    assert sp.diff(PROFILES[profile], r).subs(r, eps) == 1


def test_prox_of_huber_solves_its_equation_and_its_pieces_meet():
    inside, outside = eps * y / (eps + tau), y - tau
    assert sp.simplify(inside + tau * sp.diff(HUBER_CAP, r).subs(r, inside) - y) == 0
    assert sp.simplify((inside - outside).subs(y, eps + tau)) == 0


def test_trigonometric_root_solves_the_cubic_of_the_cap():
    """Write y by θ, as the formula for θ says, and the root must solve x + τφ'(x) = y."""
    theta = sp.symbols("theta", positive=True)
    s = tau / eps
    m = 2 * sp.sqrt((2 + 3 * s) / (3 * s))
    x = eps * m * sp.sin(theta)
    given = eps * s * m**3 * sp.sin(3 * theta) / 8
    left = x + tau * sp.diff(QUARTIC_CAP, r).subs(r, x)
    assert sp.simplify(sp.expand_trig(left - given)) == 0


def test_moreau_envelope_of_the_length_is_huber():
    """Minimiser 0 inside ε, y − ε outside."""
    cost = r + (r - y) ** 2 / (2 * eps)
    assert sp.simplify(cost.subs(r, 0) + eps / 2 - HUBER_CAP.subs(r, y)) == 0
    assert sp.simplify(cost.subs(r, y - eps) + eps / 2 - y) == 0


def test_rest_of_a_dead_node():
    """At length ε g/λ the pull of Huber's penalty is g."""
    g, strength = sp.symbols("g lambda", positive=True)
    assert sp.simplify(strength * sp.diff(HUBER_CAP, r).subs(r, eps * g / strength) - g) == 0
