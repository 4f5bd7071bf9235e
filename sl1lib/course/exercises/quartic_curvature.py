"""How strongly the quartic cap bends."""

from ..exercise import Exercise, Mistake


def quartic_curvature(r, eps):
    return 3 / (2 * eps) * (1 - r**2 / eps**2)


EXERCISE = Exercise(
    quartic_curvature,
    "The curvature of the quartic cap",
    chapter="smooth_function",
    level="derivation",
    minutes=10,
    task=(
        "Inside the width ε the quartic cap is 3ε/8 + 3r²/(4ε) - r⁴/(8ε³). Return its second derivative by r. The "
        "arguments are r and ε."
    ),
    equations=["eq-smooth-quartic"],
    cases=[
        ("at the edge it goes to 0", (2.0, 2.0)),
        ("half way, for a width of 2", (1.0, 2.0)),
        ("at 0 and for a width of 1: 3/2", (1e-9, 1.0)),
    ],
    inputs=lambda draw, n: (draw.number(0.1, 0.9), draw.number(1.0, 3.0)),
    sizes={"n": (1,)},
    hints=[
        "Differentiate each power of r twice. Which constants are left?",
        "r² becomes 2, and r⁴ becomes 12 r².",
        "6/(4ε) - 12 r²/(8ε³), and a common factor can be drawn out.",
    ],
    mistakes=[
        Mistake(
            "first_derivative",
            ("3 / (2 * eps) * (1 - r**2 / eps**2)", "r / (2 * eps) * (3 - r**2 / eps**2)"),
            "This is the slope, the first derivative. Differentiate once more.",
            "Curvature as well: three conditions",
            credit=0.0,
        ),
        Mistake(
            "half_forgotten",
            ("(2 * eps)", "eps"),
            "A factor of ½ is missing: 3r²/(4ε) has the second derivative 6/(4ε).",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "sign_lost",
            ("(1 - r", "(1 + r"),
            "A sign is lost. The curvature has to fall to 0 at ε, where the straight line begins.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "eps_not_squared",
            ("r**2 / eps**2", "r**2 / eps"),
            "You divide r² by ε. Inside a bracket with 1 stands a pure number: r² needs ε².",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "eps_squared_in_front",
            ("(2 * eps)", "(2 * eps**2)"),
            "You have ε² in front. A curvature has the unit of one by a length, as 1/ε has.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "power_rule_once",
            ("r**2 / eps**2", "r**2 / (3 * eps**2)"),
            "The fourth power was not differentiated twice with its exponent: it goes by way of 4r³ to 12r².",
            "Curvature as well: three conditions",
        ),
    ],
)
