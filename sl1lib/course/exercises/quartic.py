"""The quartic cap."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def quartic(r, eps):
    t = r / eps
    cap = eps * (-(t**4) + 6 * t**2 + 3) / 8
    return np.where(r >= eps, r, cap)


def parabola_for_quartic(r, eps):
    return np.where(r >= eps, r, r**2 / (2 * eps) + eps / 2)


EXERCISE = Exercise(
    quartic,
    "The quartic cap",
    chapter="smooth_function",
    level="function",
    minutes=15,
    task=(
        "Return φ(r) for each length in `r`, numbers of at least 0: r itself from ε on, and below it the polynomial "
        "α r⁴ + β r² + γ that meets r at ε in value, slope and curvature. `eps` is ε > 0."
    ),
    reference=reference.PROFILES["quartic"].value,
    equations=["eq-smooth-quartic"],
    cases=[
        ("at 0, and far outside", (np.array([0.0, 20.0]), 8.0)),
        ("half way in a cap of width 2", (np.array([1.0]), 2.0)),
        ("a narrow cap", (np.array([0.05, 0.1]), 0.1)),
    ],
    inputs=lambda draw, n, k: (draw.positive(n, k), draw.number(0.3, 3.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "Three conditions at ε: the value is ε, the slope 1, the curvature 0. Write them down for α, β and γ.",
        "In units of the width, t = r/ε, the conditions have no ε: α + β + γ = 1, 4α + 2β = 1, 12α + 2β = 0.",
        "α = -1/8; β and γ follow. In the end multiply by ε.",
    ],
    mistakes=[
        Mistake(
            "parabola_for_quartic",
            parabola_for_quartic,
            "This is Huber's parabola, whose curvature jumps at ε. The quartic meets the line in its curvature, too.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "offset_missing",
            (" + 3)", ")"),
            "Your cap is 0 at 0, and does not meet the line at ε. The value's condition gives an offset.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "fourth_power_added",
            ("-(t**4)", "t**4"),
            "Your fourth power has the wrong sign: the curvature grows towards ε. It has to fall to 0 there.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "third_power",
            ("t**4", "t**3"),
            "You have a third power where the fourth belongs. Odd powers would put a corner into a higher derivative "
            "at 0.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "units_forgotten",
            ("cap = eps * (", "cap = ("),
            "Your cap has no units: it is right for ε = 1 alone. From t = r/ε, the value has to be multiplied by ε "
            "in the end.",
            "The family",
        ),
        Mistake(
            "branches_exchanged",
            ("r >= eps", "r < eps"),
            "Your branches are exchanged: the polynomial stands outside. It caps the corner, at small r.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "wrong_coefficient",
            ("(-(t**4) + 6 * t**2 + 3) / 8", "(-1 * t**4 + 12 * t**2 + 3) / 8"),
            "Your cap is a polynomial of the right kind, but one of its three numbers is wrong. Put r = ε into each of "
            "the conditions, for value, slope and curvature: which does it miss?",
            "Curvature as well: three conditions",
            also=[
                "(-1 * t**4 + 3 * t**2 + 3) / 8",
                "(-1 * t**4 + 4 * t**2 + 3) / 8",
                "(-1 * t**4 + 8 * t**2 + 3) / 8",
                "(-2 * t**4 + 6 * t**2 + 3) / 8",
                "(-0.5 * t**4 + 6 * t**2 + 3) / 8",
                "(-3 * t**4 + 6 * t**2 + 3) / 8",
                "(-1 * t**4 + 6 * t**2 + 6) / 8",
                "(-1 * t**4 + 6 * t**2 + 1) / 8",
                "(-1 * t**4 + 6 * t**2 + 2) / 8",
                "(-1 * t**4 + 6 * t**2 + 4) / 8",
                "(-1 * t**4 + 6 * t**2 + 1.5) / 8",
            ],
        ),
    ],
)
