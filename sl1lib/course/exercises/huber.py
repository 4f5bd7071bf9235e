"""Huber's profile."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def huber(r, eps):
    cap = r**2 / (2 * eps) + eps / 2
    return np.where(r > eps, r, cap)


def hubers_loss(r, eps):
    return np.where(r > eps, r - eps / 2, r**2 / (2 * eps))


def hubers_loss_in_another_scale(r, eps):
    return np.where(r > eps, eps * (r - eps / 2), r**2 / 2)


EXERCISE = Exercise(
    huber,
    "Huber's profile",
    chapter="smooth_function",
    level="line",
    minutes=10,
    task=(
        "Return φ(r) for each length in `r`, an array of numbers of at least 0: r itself above ε, and below it the "
        "parabola that meets r at ε in value and slope. `eps` is ε > 0."
    ),
    reference=reference.PROFILES["huber"].value,
    equations=["eq-smooth-huber"],
    blank="r**2 / (2 * eps) + eps / 2",
    cases=[
        ("at 0, and far outside", (np.array([0.0, 5.0]), 1.0)),
        ("half way and at the edge of a cap of width 2", (np.array([1.0, 2.0]), 2.0)),
        ("a narrow cap", (np.array([0.05, 0.2]), 0.1)),
    ],
    inputs=lambda draw, n, k: (draw.positive(n, k), draw.number(0.3, 3.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "Write the parabola as α r² + γ. What do value and slope at ε say about α and γ?",
        "The slope 2αε must be 1, so that α = 1/(2ε).",
        "The value αε² + γ must be ε; that gives γ.",
    ],
    mistakes=[
        Mistake(
            "offset_missing",
            (" + eps / 2", ""),
            "Your parabola ends at ε/2 and the line begins at ε: the value jumps. The parabola has to be lifted.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "twice_too_steep",
            ("r**2 / (2 * eps)", "r**2 / eps"),
            "Your parabola has the slope 2 at ε, where the line has 1, and it does not meet the line. The slope's "
            "condition fixes the factor.",
            "A parabola twice too steep",
        ),
        Mistake(
            "offset_of_eps",
            ("+ eps / 2", "+ eps"),
            "Your parabola is lifted too far: at ε its value is 3ε/2. The value's condition fixes the offset.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "branches_exchanged",
            ("r > eps", "r < eps"),
            "Your branches are exchanged: the parabola stands outside. It caps the corner, at small r.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "hubers_loss",
            hubers_loss,
            "This is Huber's loss, which is 0 at 0 and ε/2 below the line outside. The book's function follows r "
            "itself outside and is lifted inside.",
            "Two functions of one name",
            also=[hubers_loss_in_another_scale],
        ),
        Mistake(
            "eps_squared",
            ("(2 * eps)", "(2 * eps**2)"),
            "You divide by ε². The parabola's value must have the units of r, and its slope at ε must be 1.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "units_forgotten",
            ("r**2 / (2 * eps)", "r**2 / 2"),
            "Your parabola is right for ε = 1 alone: at ε its slope is ε, where the line has 1. The slope's condition "
            "puts ε into the factor.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "wrong_coefficient",
            ("r**2 / (2 * eps) + eps / 2", "r**2 / (4 * eps) + 3 * eps / 4"),
            "Your parabola meets the line at ε in its value and not in its slope. Two conditions fix two numbers: put "
            "r = ε into both.",
            "Value and slope: two conditions",
            also=["r**2 / eps", "r**2 / (3 * eps) + 2 * eps / 3"],
        ),
    ],
)
