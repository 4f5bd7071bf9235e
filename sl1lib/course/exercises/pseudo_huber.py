"""The hyperbola."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def pseudo_huber(r, eps):
    return np.hypot(r, eps)


EXERCISE = Exercise(
    pseudo_huber,
    "The hyperbola, pseudo-Huber",
    chapter="smooth_function",
    level="line",
    minutes=5,
    task=(
        "Return √(r² + ε²) for each length in `r`, numbers of at least 0. Lengths of any size must give finite numbers."
    ),
    reference=reference.PROFILES["pseudo_huber"].value,
    equations=["eq-smooth-pseudo"],
    cases=[
        ("3, 4 and 5", (np.array([3.0]), 4.0)),
        ("at 0", (np.array([0.0]), 0.5)),
        ("a length whose square overflows", (np.array([1e200]), 1.0)),
    ],
    inputs=lambda draw, n, k: (draw.positive(n, k), draw.number(0.3, 3.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "It is the length of a side of a triangle. What happens to r² for r = 1e200?",
        "Take the larger of the two numbers out of the root; or let NumPy do that.",
        "`np.hypot`.",
    ],
    mistakes=[
        Mistake(
            "overflow",
            ("np.hypot(r, eps)", "np.sqrt(r**2 + eps**2)"),
            "For large lengths your square overflows, and the root of infinity is infinite. NumPy has a function for "
            "the sides of a triangle that does not.",
            "Digits that get lost",
            credit=0.75,
        ),
        Mistake(
            "eps_not_squared",
            ("np.hypot(r, eps)", "np.sqrt(r**2 + eps)"),
            "You add ε and not ε². At 0 the value must be ε, in the units of r.",
            "The family",
        ),
        Mistake(
            "touches_zero",
            ("np.hypot(r, eps)", "np.hypot(r, eps) - eps"),
            "Your function is 0 at 0, as in some libraries. The book's lies above r everywhere and is ε at 0; only "
            "its slope counts for the weights.",
            "Two functions of one name",
        ),
        Mistake(
            "root_missing",
            ("np.hypot(r, eps)", "r**2 + eps**2"),
            "The root is missing. Without it this is a parabola, which does not follow r.",
            "The family",
        ),
        Mistake(
            "sum_for_hypotenuse",
            ("np.hypot(r, eps)", "r + eps"),
            "You add ε to r. That shifts the corner up and leaves it a corner.",
            "The family",
        ),
    ],
)
