"""Derivations: any form of the right expression passes, a slip is named, and SymPy is asked for where it is missing."""

import subprocess
import sys

import pytest
import sympy

from sl1lib import course
from sl1lib.course import symbols

LR, STRENGTH, MOMENTUM = sympy.symbols("lr strength momentum")


def by_rows(height, kernel, stride):
    return sympy.floor((height - kernel + stride) / stride)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("chatter_width", "lr * strength / 2 / (1 + momentum)"),
        ("chatter_width", "0.5*lr*strength*(1+momentum)^-1"),
        ("chatter_width", LR * STRENGTH / (2 + 2 * MOMENTUM)),
        ("chatter_width", lambda lr, strength, momentum: strength / (2 / lr + 2 * momentum / lr)),
        ("strided_size", "floor((height - kernel) / stride) + 1"),
        ("strided_size", by_rows),
        ("swinging_border", "1 + momentum - 2 * sqrt(momentum)"),
        ("failure_bound", "1 - exp(-ln(40) / trainings)"),
        ("sigmoid_curvature", "p - 3*p**2 + 2*p**3"),
        ("pseudo_huber_curvature", "1/sqrt(r**2 + eps**2) - r**2/sqrt(r**2 + eps**2)**3"),
        ("sextic", "1 + (r**2-1)/2 - (r**2-1)**2/8 + (r**2-1)**3/16"),
        ("speed_up", "factor / (factor - share*factor + share)"),
    ],
)
def test_every_form_of_the_right_expression_passes(name, answer):
    verdict = course.check(name, answer)
    assert verdict.passed, verdict
    assert "right for all positive values, says SymPy" in verdict.message


@pytest.mark.parametrize(
    ("name", "answer", "mistake"),
    [
        ("chatter_width", "lr*strength/(2 - 2*momentum)", "momentum_subtracted"),
        ("chatter_width", "lr*strength/(1 + momentum)", "two_forgotten"),
        ("quartic_curvature", "3/(2*eps) - 3*r^2/(2*eps^2)", "eps_not_squared"),
        ("quartic_curvature", "3/(2*eps) + 3*r^2/(2*eps^3)", "sign_lost"),
        ("pseudo_huber_slope", "1/(2*sqrt(r^2 + eps^2))", "inner_derivative_forgotten"),
        ("pseudo_huber_slope", "2*r/sqrt(r^2 + eps^2)", "half_forgotten"),
        ("sigmoid_curvature", "1 - 2*p", "inner_factor_forgotten"),
        ("rest_length", "eps**2*pull/strength", "eps_squared"),
        ("strided_size", "(height - kernel)/stride", "first_place_missing+not_rounded"),
    ],
)
def test_a_slip_is_named_in_whatever_form(name, answer, mistake):
    verdict = course.check(name, answer)
    assert (verdict.passed, set((verdict.mistake or "").split("+"))) == (False, set(mistake.split("+"))), verdict


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("2 lr", "a product needs its `*`"),
        ("", "is no expression in Python"),
        ("lr * eta", "`eta` does not belong in this expression"),
        ("lr if lr else 1", "does not belong in this expression"),
        ("__import__('os').system('true')", "does not belong in this expression"),
        ("lr * 'a'", "`'a'` does not belong in this expression"),
        ("lr * strength / (2 * (1 + momentum)) + floor(lr / 10)", "SymPy finds it not the right one"),
    ],
)
def test_what_is_no_expression_or_right_only_by_chance_is_told(answer, words):
    verdict = course.check("chatter_width", answer)
    assert (verdict.passed, verdict.mistake, verdict.credit) == (False, "no_expression", 0), verdict
    assert words in verdict.message


def test_a_function_that_takes_no_symbols_is_told():
    def rounded(lr, strength, momentum):
        return float(lr) * strength / (2 * (1 + momentum))

    verdict = course.check("chatter_width", rounded)
    assert verdict.mistake == "no_expression"
    assert "takes no symbols (TypeError" in verdict.message


def test_a_number_that_was_rounded_is_no_mistake():
    assert course.check("failure_bound", "1 - exp(-3.688879454113936 / trainings)").passed


def test_an_endless_simplification_ends_with_the_time():
    assert course.check("speed_up", "9**9**9**9 * share * factor").mistake == "endless"


def test_where_sympy_is_missing_its_installation_is_told(monkeypatch):
    monkeypatch.setattr(symbols, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="python -m pip install sympy"):
        course.check("speed_up", "1")
    assert course.check("dense", lambda o, U, b: o @ U.T + b).passed  # other exercises need none


def test_sympy_is_imported_in_the_other_process_alone():
    code = (
        "import sys; from sl1lib import course; assert course.check('speed_up', '1/(1-share+share/factor)').passed; "
        "print('sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_there_are_derivations_in_most_chapters():
    found = [q for q in course.exercises() if q.level == "derivation"]
    assert len(found) >= 15
    assert len({q.chapter for q in found}) >= 12
