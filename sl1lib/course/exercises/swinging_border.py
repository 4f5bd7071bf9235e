"""Where a weight begins to swing."""

from ..exercise import Exercise, Mistake


def swinging_border(momentum):
    return (1 - momentum ** (1 / 2)) ** 2


EXERCISE = Exercise(
    swinging_border,
    "The learning rate at which a weight begins to swing",
    chapter="numpy_training",
    level="derivation",
    minutes=15,
    task=(
        "Two updates of the heavy ball on w²/2 are w(t+1) = (1 + μ - η) w(t) - μ w(t-1), and r^t solves it if r² - "
        "(1 + μ - η) r + μ = 0. Return the smallest η from which on r is no longer two different real numbers. The "
        "argument is μ, between 0 and 1."
    ),
    cases=[
        ("the paper, whose momentum is 0.2", (0.2,)),
        ("a quarter", (0.25,)),
        ("much momentum", (0.81,)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 0.95),),
    sizes={"n": (1,)},
    hints=[
        "When has a quadratic equation only one root?",
        "Its discriminant is 0: (1 + μ - η)² = 4μ. Two η solve that.",
        "1 + μ - η = ±2√μ. Which sign gives the smaller η? It is a square.",
    ],
    mistakes=[
        Mistake(
            "the_upper_border",
            ("1 - momentum **", "1 + momentum **"),
            "This is the other solution, above which the roots are real again. The smaller one is asked for.",
            "Play",
        ),
        Mistake(
            "where_it_runs_away",
            ("(1 - momentum ** (1 / 2)) ** 2", "2 * (1 + momentum)"),
            "This is where the weight runs away. It swings long before.",
            "Play",
        ),
        Mistake(
            "root_forgotten",
            ("momentum ** (1 / 2)", "momentum"),
            "You have μ where its root belongs: the discriminant has the square on one side and 4μ on the other.",
            "Play",
        ),
        Mistake(
            "square_forgotten",
            ("return (1 - momentum ** (1 / 2)) ** 2", "return 1 - momentum ** (1 / 2)"),
            "The outer square is missing: 1 + μ - 2√μ is the square of a difference.",
            "Play",
        ),
        Mistake(
            "two_forgotten",
            ("(1 - momentum ** (1 / 2)) ** 2", "1 + momentum - momentum ** (1 / 2)"),
            "A factor of 2 is missing: the root of 4μ is 2√μ.",
            "Play",
        ),
        Mistake(
            "discriminant_without_four",
            ("(1 - momentum ** (1 / 2)) ** 2", "1 + momentum - 2 * momentum"),
            "The root has not been taken: you subtract 2μ, where the root of 4μ belongs.",
            "Play",
        ),
    ],
)
