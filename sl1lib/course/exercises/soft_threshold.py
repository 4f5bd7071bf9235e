"""The proximal map of the absolute value."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def soft_threshold(w, tau):
    return np.sign(w) * np.maximum(np.abs(w) - tau, 0.0)


EXERCISE = Exercise(
    soft_threshold,
    "Soft thresholding",
    chapter="the_corner",
    level="line",
    minutes=10,
    task=(
        "Return the proximal map of τ|w| for each entry of `w`: the x that makes (x - w)²/2 + τ|x| smallest. `tau` "
        "is a number of at least 0."
    ),
    reference=lambda w, tau: reference.smooth_abs_prox(w, tau),
    equations=["eq-corner-soft", "eq-grad-prox-abs"],
    blank="np.sign(w) * np.maximum(np.abs(w) - tau, 0.0)",
    cases=[
        ("a large weight, and its negative", (np.array([3.0, -3.0]), 1.0)),
        ("a small weight", (np.array([0.5, -0.5]), 1.0)),
        ("no penalty", (np.array([0.5, -2.0]), 0.0)),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k) * 2, draw.number(0.2, 1.5)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "For w > 0: set the derivative of (x - w)²/2 + τx to 0. When is that solution above 0?",
        "A weight becomes shorter by τ, and 0 if it is shorter than τ.",
        "Work with |w| and give the sign back in the end.",
    ],
    mistakes=[
        Mistake(
            "hard_threshold",
            ("np.maximum(np.abs(w) - tau, 0.0)", "np.where(np.abs(w) > tau, np.abs(w), 0.0)"),
            "Your function sets short weights to 0 and leaves long ones alone. The proximal map shortens these, too.",
            "Two ways out",
        ),
        Mistake(
            "not_stopped_at_zero",
            ("np.maximum(np.abs(w) - tau, 0.0)", "(np.abs(w) - tau)"),
            "A short weight jumps over 0 in your function, as in a step along the slope. The proximal map stops it "
            "there.",
            "Why descent does not rest there",
        ),
        Mistake(
            "sign_lost",
            ("np.sign(w) * ", ""),
            "Negative weights come out positive. The map shortens a weight and keeps its sign.",
            "Two ways out",
        ),
        Mistake(
            "lengthened",
            ("np.abs(w) - tau", "np.abs(w) + tau"),
            "Your weights become longer. The penalty pulls towards 0.",
            "Two ways out",
        ),
        Mistake(
            "what_is_taken_away",
            ("np.maximum(np.abs(w) - tau, 0.0)", "np.minimum(np.abs(w), tau)"),
            "Your function returns what the map takes away, w cut off at ±τ. The map returns the rest.",
            "Two ways out",
        ),
        Mistake(
            "positive_side_only",
            ("np.sign(w) * np.maximum(np.abs(w) - tau, 0.0)", "np.maximum(w - tau, 0.0)"),
            "Your function is right for positive weights and 0 for all negative ones. The map is odd: both sides "
            "alike.",
            "Two ways out",
        ),
    ],
)
