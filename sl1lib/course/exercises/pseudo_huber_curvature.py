"""How strongly the hyperbola bends."""

from ..exercise import Exercise, Mistake


def pseudo_huber_curvature(r, eps):
    return eps**2 / (r**2 + eps**2) ** (3 / 2)


EXERCISE = Exercise(
    pseudo_huber_curvature,
    "The curvature of the hyperbola",
    chapter="smooth_function",
    level="derivation",
    minutes=15,
    task=("Return the second derivative by r of the hyperbola √(r² + ε²), as one fraction. The arguments are r and ε."),
    equations=["eq-smooth-pseudo"],
    cases=[
        ("a right angle with the sides 3 and 4", (3.0, 4.0)),
        ("far out it goes to 0", (30.0, 1.0)),
        ("near 0: one by ε", (1e-9, 0.5)),
    ],
    inputs=lambda draw, n: (draw.number(0.1, 3.0), draw.number(0.1, 3.0)),
    sizes={"n": (1,)},
    hints=[
        "The slope is r by the root. It is a quotient.",
        "The root's own derivative is r by the root again.",
        "One by the root, less r² by the root's third power; then one fraction.",
    ],
    mistakes=[
        Mistake(
            "root_held_fixed",
            ("eps**2 / (r**2 + eps**2) ** (3 / 2)", "1 / (r**2 + eps**2) ** (1 / 2)"),
            "You differentiate r and leave the root as if it were a number. The root depends on r as well.",
            "How fast the slope turns",
        ),
        Mistake(
            "first_derivative",
            ("eps**2 / (r**2 + eps**2) ** (3 / 2)", "r / (r**2 + eps**2) ** (1 / 2)"),
            "This is the slope, the first derivative. Differentiate once more.",
            "The family",
            credit=0.0,
        ),
        Mistake(
            "eps_not_squared",
            ("return eps**2", "return eps"),
            "You have ε above the line where ε² belongs. A curvature has the unit of one by a length.",
            "How fast the slope turns",
        ),
        Mistake(
            "sign_of_the_quotient",
            ("return eps**2 /", "return (2 * r**2 + eps**2) /"),
            "A sign of the quotient rule is lost: the two terms are subtracted, and r² goes away.",
            "How fast the slope turns",
        ),
        Mistake(
            "power_one_half",
            ("(3 / 2)", "(1 / 2)"),
            "Below the line stands the root itself. The quotient rule squares it, and the root's own derivative adds "
            "one more.",
            "How fast the slope turns",
        ),
        Mistake(
            "r_for_eps",
            ("return eps**2", "return r**2"),
            "Above the line you have r². It would make the middle flat, where the hyperbola bends most.",
            "How fast the slope turns",
        ),
    ],
)
