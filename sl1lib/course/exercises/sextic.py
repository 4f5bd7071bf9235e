"""The cap with four conditions."""

from ..exercise import Exercise, Mistake


def sextic(r):
    return (5 + 15 * r**2 - 5 * r**4 + r**6) / 16


EXERCISE = Exercise(
    sextic,
    "The cap of degree 6",
    chapter="smooth_function",
    level="derivation",
    minutes=20,
    task=(
        "Return the even polynomial of degree 6 that meets r at r = 1 in value and in the first three derivatives. "
        "It caps the corner for the width 1."
    ),
    cases=[
        ("at the edge it meets the line", (1.0,)),
        ("half way", (0.5,)),
        ("in the middle: 5/16", (1e-9,)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 1.0),),
    sizes={"n": (1,)},
    hints=[
        "With s = r² it is a cubic in s. Which function of s does it have to agree with at s = 1?",
        "With the root of s, in the value and three derivatives: this is a Taylor polynomial at 1.",
        "Its coefficients in s - 1 are 1, 1/2, -1/8 and 1/16. Multiply out.",
    ],
    mistakes=[
        Mistake(
            "quartic_cap",
            ("(5 + 15 * r**2 - 5 * r**4 + r**6) / 16", "(3 + 6 * r**2 - r**4) / 8"),
            "This is the quartic cap. It meets the line in value, slope and curvature; one condition more asks for "
            "one power more.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "hubers_cap",
            ("(5 + 15 * r**2 - 5 * r**4 + r**6) / 16", "(1 + r**2) / 2"),
            "This is Huber's cap. It meets the line in value and slope; two conditions more ask for two powers more.",
            "Value and slope: two conditions",
        ),
        Mistake(
            "sign_of_the_fourth_power",
            ("- 5 * r**4", "+ 5 * r**4"),
            "The sign of the fourth power is lost: at r = 1 your value is above 1.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "taylor_without_factorials",
            (
                "(5 + 15 * r**2 - 5 * r**4 + r**6) / 16",
                "1 + (r**2 - 1) / 2 - (r**2 - 1) ** 2 / 4 + 3 * (r**2 - 1) ** 3 / 8",
            ),
            "Your coefficients are the derivatives of the root. Taylor's polynomial divides the second by 2 and the "
            "third by 6.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "not_multiplied_out",
            ("(5 + 15 * r**2 - 5 * r**4 + r**6) / 16", "1 + r**2 / 2 - r**4 / 8 + r**6 / 16"),
            "These are the powers of r² - 1, with r² in their place. The expansion is about the edge, not about the "
            "middle.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "offset_missing",
            ("(5 + 15", "(15"),
            "The constant is missing: your cap touches 0 in the middle and misses the line at the edge.",
            "Value and slope: two conditions",
        ),
    ],
)
