"""How fast a node dies."""

from ..exercise import Exercise, Mistake


def pace_of_dying(lr, strength, momentum):
    return lr * strength / (1 - momentum)


EXERCISE = Exercise(
    pace_of_dying,
    "The pace at which a node dies",
    chapter="full_training",
    level="derivation",
    minutes=10,
    task=(
        "A node that nobody needs feels the penalty alone, a steady pull of length λ. The velocity is multiplied by "
        "μ in each update, and loses ηλ. Return the length by which the node gets shorter in an update, once the "
        "velocity no longer changes. The arguments are η, λ and μ."
    ),
    equations=["eq-heavy-ball"],
    cases=[
        ("the laboratory", (0.1, 0.01, 0.2)),
        ("much momentum", (0.1, 0.5, 0.9)),
        ("hardly any momentum", (0.2, 0.02, 1e-9)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 0.5), draw.number(0.1, 2.0), draw.number(0.05, 0.9)),
    sizes={"n": (1,)},
    hints=[
        "When does a velocity no longer change?",
        "When it is the same before and after: v = μv - ηλ.",
        "v (1 - μ) = -ηλ, and the length falls by |v|.",
    ],
    mistakes=[
        Mistake(
            "momentum_ignored",
            (" / (1 - momentum)", ""),
            "This is the first update, from rest. Later the old velocity adds to it.",
            "What is minimised",
        ),
        Mistake(
            "momentum_added",
            ("1 - momentum", "1 + momentum"),
            "A sign is lost: momentum in the direction of a steady pull makes it faster, not slower.",
            "What is minimised",
        ),
        Mistake(
            "one_update_kept",
            ("lr * strength / (1 - momentum)", "lr * strength * (1 + momentum)"),
            "You keep one velocity of the past. The one before that is in it, too, and so on without an end.",
            "What is minimised",
        ),
        Mistake(
            "share_not_kept",
            ("/ (1 - momentum)", "* (1 - momentum)"),
            "You multiply where you should divide: this rule keeps a share of the velocity and does not shorten the "
            "gradient.",
            "What is minimised",
        ),
        Mistake(
            "momentum_alone",
            ("(1 - momentum)", "momentum"),
            "You divide by μ. For hardly any momentum the node would die at once.",
            "What is minimised",
        ),
        Mistake(
            "squared",
            ("(1 - momentum)", "(1 - momentum) ** 2"),
            "You sum the velocities up once too often: the length falls by one velocity in an update.",
            "What is minimised",
        ),
    ],
)
