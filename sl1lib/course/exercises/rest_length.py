"""Where a dead node rests."""

from ..exercise import Exercise, Mistake


def rest_length(pull, strength, eps):
    return eps * pull / strength


EXERCISE = Exercise(
    rest_length,
    "The length of a dead node",
    chapter="gradients",
    level="derivation",
    minutes=5,
    task=(
        "The error pulls at a node with a force of length `pull`, below λ. The penalty is λ times Huber's profile of "
        "width ε. Return the length at which the node rests. The arguments are the pull, λ and ε."
    ),
    equations=["eq-grad-threshold"],
    cases=[
        ("the tug of war: half of ε", (0.5, 1.0, 0.1)),
        ("a pull that is hardly there", (0.001, 1.0, 0.5)),
        ("nearly λ, nearly ε", (1.9, 2.0, 0.2)),
    ],
    inputs=lambda draw, n: (draw.number(0.1, 0.9), draw.number(1.0, 3.0), draw.number(0.05, 0.5)),
    sizes={"n": (1,)},
    hints=[
        "At rest two forces have the same length. Which?",
        "Below ε the penalty pulls with λ r/ε.",
        "λ r/ε = pull, solved for r.",
    ],
    mistakes=[
        Mistake(
            "upside_down",
            ("eps * pull / strength", "eps * strength / pull"),
            "Your fraction is upside down: the stronger the pull, the nearer to 0 your node rests.",
            "Why there are no exact zeros, and why ε is the threshold",
        ),
        Mistake(
            "eps_forgotten",
            ("eps * ", ""),
            "The width is missing. Pull by strength is a pure number: it says at which share of ε the node rests.",
            "Why there are no exact zeros, and why ε is the threshold",
        ),
        Mistake(
            "as_under_a_square",
            ("return eps * pull / strength", "return pull / (strength * eps)"),
            "You divide by ε. The penalty's force grows with 1/ε, so a narrow corner holds the node nearer to 0.",
            "Why there are no exact zeros, and why ε is the threshold",
        ),
        Mistake(
            "half_of_the_parabola",
            ("return eps *", "return 2 * eps *"),
            "A factor of ½ has survived the derivative: the slope of r²/(2ε) is r/ε.",
            "Why there are no exact zeros, and why ε is the threshold",
        ),
        Mistake(
            "eps_squared",
            ("return eps *", "return eps**2 *"),
            "You have ε² where ε belongs. The answer is a length, as ε is.",
            "Why there are no exact zeros, and why ε is the threshold",
        ),
    ],
)
