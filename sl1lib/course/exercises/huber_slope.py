"""The slope of Huber's profile."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def huber_slope(w, eps):
    return w / np.maximum(np.abs(w), eps)


def value_in_place_of_the_slope(w, eps):
    r = np.abs(w)
    return np.where(r > eps, r, r**2 / (2 * eps) + eps / 2)


EXERCISE = Exercise(
    huber_slope,
    "The slope of Huber's profile",
    chapter="smooth_function",
    level="line",
    minutes=5,
    task=(
        "Return the slope of φ(|w|) for each entry of `w`, numbers of both signs, with Huber's profile of width "
        "`eps`: no division by 0, whatever `w` is."
    ),
    reference=lambda w, eps: reference.smooth_abs_grad(w, eps, "huber"),
    equations=["eq-smooth-huber"],
    blank="w / np.maximum(np.abs(w), eps)",
    cases=[
        ("outside, on both sides", (np.array([5.0, -5.0]), 1.0)),
        ("at 0 and half way", (np.array([0.0, 0.5]), 1.0)),
        ("inside a wide cap", (np.array([-1.0, 1.0]), 4.0)),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k), draw.number(0.3, 2.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "Differentiate both branches. What is the slope at 0, and at ±ε?",
        "Inside it is w/ε, outside the sign of w, which is w/|w|.",
        "Both are w divided by something: by the larger of |w| and ε.",
    ],
    mistakes=[
        Mistake(
            "eps_ignored",
            ("w / np.maximum(np.abs(w), eps)", "np.sign(w)"),
            "Your slope jumps from -1 to 1 at 0: that is |w| without any smoothing. Inside of ±ε the slope rises "
            "along a line.",
            "A bridge over the corner",
        ),
        Mistake(
            "not_capped",
            ("np.maximum(np.abs(w), eps)", "eps"),
            "Your slope grows for ever, as that of a parabola. Beyond ε the cap ends, and the slope is ±1.",
            "A bridge over the corner",
        ),
        Mistake(
            "sign_lost",
            ("return w /", "return np.abs(w) /"),
            "Your slope is positive on both sides, inside of ±ε or outside. The function falls left of 0.",
            "A bridge over the corner",
            also=[
                ("w / np.maximum(np.abs(w), eps)", "np.where(np.abs(w) > eps, 1.0, w / eps)"),
                ("w / np.maximum(np.abs(w), eps)", "np.where(np.abs(w) > eps, np.sign(w), np.abs(w) / eps)"),
            ],
        ),
        Mistake(
            "cut_off_on_one_side",
            ("w / np.maximum(np.abs(w), eps)", "np.minimum(w / eps, 1.0)"),
            "Your slope ends at 1 on one side, and grows without end on the other. It is odd: beyond ε it is 1, below "
            "-ε it is -1.",
            "A bridge over the corner",
            also=["np.maximum(w / eps, -1.0)"],
        ),
        Mistake(
            "eps_added",
            ("np.maximum(np.abs(w), eps)", "(np.abs(w) + eps)"),
            "You divide by |w| + ε. That is smooth as well, but it is another function's slope, which reaches 1 "
            "nowhere.",
            "The family",
        ),
        Mistake(
            "pseudo_huber",
            ("np.maximum(np.abs(w), eps)", "np.sqrt(w**2 + eps**2)"),
            "This is the slope of pseudo-Huber, a hyperbola. Huber's cap is a parabola, and ends at ε.",
            "The family",
        ),
        Mistake(
            "half_inside",
            ("np.maximum(np.abs(w), eps)", "np.where(np.abs(w) > eps, np.abs(w), 2 * eps)"),
            "Inside, your slope is half of what it should be, and it jumps at ε. The derivative of w²/(2ε) has no 2 "
            "left.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "value_in_place_of_the_slope",
            value_in_place_of_the_slope,
            "Your function returns the value. The slope is its derivative.",
            "A bridge over the corner",
            credit=0.0,
        ),
        Mistake(
            "units_forgotten",
            ("w / np.maximum(np.abs(w), eps)", "np.where(np.abs(w) > eps, np.sign(w), w)"),
            "Inside of ±ε your slope is right for ε = 1 alone. It must be ±1 at ±ε: the width belongs below w.",
            "Value and slope: two conditions",
            also=["np.clip(w, -eps, eps)", "np.clip(w, -1, 1)"],
        ),
    ],
)
