"""The chapter *Convergence*, decided by algebra: Jury's values, the energy's coefficient, its bound."""

import sympy as sp

lr, L, mu, kappa = sp.symbols("eta L mu kappa", positive=True)
z, w, before, after = sp.symbols("z w Delta Delta_plus", real=True)


def test_characteristic_polynomial_and_its_values_at_plus_and_minus_one():
    matrix = sp.Matrix([[1 + mu - lr * kappa, -mu], [1, 0]])
    p = (z * sp.eye(2) - matrix).det()
    assert sp.expand(p - (z**2 - (1 + mu - lr * kappa) * z + mu)) == 0
    assert sp.expand(p.subs(z, 1) - lr * kappa) == 0
    assert sp.expand(p.subs(z, -1) - (2 * (1 + mu) - lr * kappa)) == 0


def test_on_the_bound_one_eigenvalue_is_minus_one():
    matrix = sp.Matrix([[1 + mu - 2 * (1 + mu), -mu], [1, 0]])
    assert set(matrix.eigenvals()) == {-1, -mu}


def test_border_of_the_complex_eigenvalues():
    root = sp.symbols("r", positive=True)  # √μ
    discriminant = (1 + root**2 - lr * kappa) ** 2 - 4 * root**2
    for border in ((1 - root) ** 2, (1 + root) ** 2):
        assert sp.expand(discriminant.subs(lr, border / kappa)) == 0


def test_decrease_of_one_step_is_the_parabola_at_the_step():
    slope = sp.symbols("g", real=True)
    parabola = slope * (-lr * slope) + L / 2 * (lr * slope) ** 2
    assert sp.expand(parabola + lr * (1 - lr * L / 2) * slope**2) == 0


def energy_change():
    """Return H⁺ − H on the parabola L w²/2, exactly, for a state with last move Δ; and the next move Δ⁺."""
    move = mu * before - lr * L * w
    energy = L * w**2 / 2 + mu / (2 * lr) * before**2
    after_update = L * (w + move) ** 2 / 2 + mu / (2 * lr) * move**2
    return after_update - energy, move


def test_energy_drops_by_the_stated_term_and_by_the_square_of_the_difference():
    change, move = energy_change()
    stated = -(1 - mu - lr * L / 2) / lr * move**2 - mu / (2 * lr) * (before - move) ** 2
    assert sp.simplify(change - stated) == 0


def test_the_energy_bound_is_exact():
    """At w = −(1 − μ)/(ηL) with Δ = 1 the next move is 1 too, and the energy rises for every η beyond the bound."""
    change, move = energy_change()
    state = {w: -(1 - mu) / (lr * L), before: 1}
    assert sp.simplify(move.subs(state) - 1) == 0
    assert sp.simplify(change.subs(state) - (lr * L / 2 - (1 - mu)) / lr) == 0


def test_variance_is_the_quadratic_form_of_the_softmax_hessian():
    p = sp.Matrix([*sp.symbols("p1:3"), 0])
    p[2] = 1 - p[0] - p[1]
    v = sp.Matrix(sp.symbols("v1:4"))
    mean = (p.T * v)[0]
    form = (v.T * (sp.diag(*p) - p * p.T) * v)[0]
    assert sp.expand(form - sum(p[c] * (v[c] - mean) ** 2 for c in range(3))) == 0
