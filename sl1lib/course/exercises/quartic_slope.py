"""The slope of the quartic cap."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def quartic_slope(w, eps):
    t = np.clip(w / eps, -1, 1)
    return (3 * t - t**3) / 2


def value_in_place_of_the_slope(w, eps):
    t = np.minimum(np.abs(w) / eps, 1)
    return np.where(np.abs(w) >= eps, np.abs(w), eps * (-(t**4) + 6 * t**2 + 3) / 8)


EXERCISE = Exercise(
    quartic_slope,
    "The slope of the quartic cap",
    chapter="smooth_function",
    level="function",
    minutes=10,
    task=(
        "Return the slope of φ(|w|) for each entry of `w`, numbers of both signs, with the quartic cap of width `eps`."
    ),
    reference=lambda w, eps: reference.smooth_abs_grad(w, eps, "quartic"),
    equations=["eq-smooth-quartic"],
    cases=[
        ("outside, on both sides", (np.array([5.0, -5.0]), 1.0)),
        ("at 0 and half way", (np.array([0.0, 1.0]), 2.0)),
        ("half way on the left", (np.array([-1.0]), 2.0)),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k), draw.number(0.4, 2.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "Differentiate the cap in units of the width, t = w/ε. The chain rule cancels the ε in front.",
        "Inside it is (3t - t³)/2, an odd function: it serves both signs. What is it at t = 1?",
        "Outside the slope stays what it is at t = ±1: cut t off there.",
    ],
    mistakes=[
        Mistake(
            "not_cut_off",
            ("np.clip(w / eps, -1, 1)", "w / eps"),
            "Outside of ±ε your slope follows the cubic and turns round. Beyond ε it is ±1.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "cut_off_on_the_right_only",
            ("np.clip(w / eps, -1, 1)", "np.minimum(w / eps, 1)"),
            "Your slope is right for positive weights; left of -ε it follows the cubic. Both sides have to be cut off.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "not_halved",
            (") / 2", ")"),
            "Your slope is 2 outside. It must be 1 there, as that of |w|.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "huber_slope",
            ("(3 * t - t**3) / 2", "t"),
            "This is the slope of Huber's profile, a straight line with a kink at ε. The quartic's bends into 1 "
            "without a kink.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "cube_added",
            ("3 * t - t**3", "3 * t + t**3"),
            "Your cube has the wrong sign: the slope is 2 outside, and grows too fast inside.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "sign_lost",
            ("w / eps", "np.abs(w) / eps"),
            "Your slope is positive on both sides, inside of ±ε or outside. The function falls left of 0.",
            "Curvature as well: three conditions",
            also=[
                ("(3 * t - t**3) / 2", "np.where(t == -1, 1.0, (3 * t - t**3) / 2)"),
                ("return (3 * t - t**3) / 2", "return np.where(np.abs(t) == 1, t, np.abs(3 * t - t**3) / 2)"),
            ],
        ),
        Mistake(
            "inner_derivative_forgotten",
            ("return (3", "return eps * (3"),
            "You keep the ε in front of the cap. The chain rule's 1/ε, from t = w/ε, cancels it.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "value_in_place_of_the_slope",
            value_in_place_of_the_slope,
            "Your function returns the value. The slope is its derivative.",
            "Curvature as well: three conditions",
            credit=0.0,
        ),
        Mistake(
            "wrong_coefficient",
            ("(3 * t - t**3) / 2", "3 * t + -0.5 * t**3"),
            "Your cubic is of the right kind, but one of its two numbers is wrong. At t = 1 the slope must be 1, and "
            "its own slope 0.",
            "Curvature as well: three conditions",
            also=[
                "1.5 * t + -1 * t**3",
                "1.5 * t + -0.25 * t**3",
                "1.5 * t + -1.5 * t**3",
                "0.75 * t + -0.5 * t**3",
                "2 * t + -1 * t**3",
                "1 * t + -0.5 * t**3",
            ],
        ),
        Mistake(
            "units_forgotten",
            ("w / eps", "w"),
            "You put w itself into the cubic: your slope is right for ε = 1 alone. The argument is t = w/ε.",
            "Curvature as well: three conditions",
        ),
    ],
)
