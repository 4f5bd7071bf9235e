"""How steep the hyperbola is."""

from ..exercise import Exercise, Mistake


def pseudo_huber_slope(r, eps):
    return r / (r**2 + eps**2) ** (1 / 2)


EXERCISE = Exercise(
    pseudo_huber_slope,
    "The slope of the hyperbola",
    chapter="smooth_function",
    level="derivation",
    minutes=5,
    task=("Return the derivative by r of the hyperbola √(r² + ε²). The arguments are r and ε."),
    equations=["eq-smooth-pseudo"],
    cases=[
        ("a right angle with the sides 3 and 4: 3/5", (3.0, 4.0)),
        ("far out it is nearly 1", (100.0, 1.0)),
        ("near 0 it is nearly r/ε", (0.01, 2.0)),
    ],
    inputs=lambda draw, n: (draw.number(0.1, 3.0), draw.number(0.1, 3.0)),
    sizes={"n": (1,)},
    hints=[
        "It is a root of something. What is the derivative of a root?",
        "A half by the root, times the derivative of what stands below the root.",
        "Below the root the derivative is 2r, and the 2 meets the half.",
    ],
    mistakes=[
        Mistake(
            "inner_derivative_forgotten",
            ("r / (r**2", "1 / 2 / (r**2"),
            "You differentiate the root and not what stands below it. The chain rule adds the factor 2r.",
            "The family",
        ),
        Mistake(
            "half_forgotten",
            ("return r /", "return 2 * r /"),
            "The factor of ½ of the root's derivative is missing: far out your slope is 2, where the arm has 1.",
            "The family",
        ),
        Mistake(
            "half_not_cancelled",
            ("return r /", "return r / 2 /"),
            "The inner derivative is 2r, and you have taken r. Far out your slope is ½, where the arm has 1.",
            "The family",
        ),
        Mistake(
            "root_missing",
            (" ** (1 / 2)", ""),
            "The root below the line is missing. Far out the slope would go to 0.",
            "The family",
        ),
        Mistake(
            "eps_not_squared",
            ("eps**2", "eps"),
            "You have ε below the root where ε² belongs: both terms there are squares of lengths.",
            "The family",
        ),
        Mistake(
            "sign_lost",
            ("return r /", "return -r /"),
            "A sign is lost: the hyperbola rises with r.",
            "The family",
        ),
    ],
)
