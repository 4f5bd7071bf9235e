"""Where one weight rests under a squared penalty."""

from ..exercise import Exercise, Mistake


def ridge_minimum(z, curvature, strength):
    return curvature * z / (curvature + strength)


EXERCISE = Exercise(
    ridge_minimum,
    "The minimum under an L2 penalty",
    chapter="the_corner",
    level="derivation",
    minutes=5,
    task=("Return the w at which κ/2 (w - z)² + λ/2 w² is smallest. The arguments are z, κ and λ."),
    equations=["eq-corner-ridge"],
    cases=[
        ("the data are twice as strong: 2/3 of z", (3.0, 2.0, 1.0)),
        ("a strong penalty", (3.0, 1.0, 2.0)),
        ("a weight that the data hold", (1.0, 4.0, 1.0)),
    ],
    inputs=lambda draw, n: (draw.number(0.2, 4.0), draw.number(0.2, 4.0), draw.number(0.2, 4.0)),
    sizes={"n": (1,)},
    hints=[
        "At the minimum the slopes of both terms have the sum 0. What are they?",
        "κ (w - z) + λ w = 0. Collect what stands with w.",
        "(κ + λ) w = κ z.",
    ],
    mistakes=[
        Mistake(
            "soft_threshold",
            ("curvature * z / (curvature + strength)", "z - strength / curvature"),
            "This is the minimum under λ|w|, whose slope does not depend on w. A squared penalty pulls less, the "
            "smaller w is.",
            "The penalty that selects",
        ),
        Mistake(
            "curvature_ignored",
            ("curvature * z / (curvature + strength)", "z / (1 + strength)"),
            "You have left κ out. How far the penalty gets depends on how much the data mind.",
            "The penalty that selects",
        ),
        Mistake(
            "sign_lost",
            ("curvature + strength", "curvature - strength"),
            "A sign is lost: your penalty pushes the weight away from 0, and for λ = κ out of the world.",
            "The penalty that selects",
        ),
        Mistake(
            "two_forgotten",
            ("+ strength", "+ 2 * strength"),
            "Your penalty pulls with 2λw. That is the slope of λw², without the half.",
            "The penalty that selects",
        ),
        Mistake(
            "weight_by_the_penalty",
            ("curvature * z", "strength * z"),
            "Your weights are exchanged: the stronger the penalty, the nearer you come to z.",
            "The penalty that selects",
        ),
        Mistake(
            "half_of_the_data",
            ("(curvature + strength)", "(curvature / 2 + strength)"),
            "A factor of ½ has survived the derivative: the slope of κ/2 (w - z)² is κ (w - z).",
            "The penalty that selects",
        ),
    ],
)
