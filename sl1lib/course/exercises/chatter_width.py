"""How wide the corner must be rounded."""

from ..exercise import Exercise, Mistake


def chatter_width(lr, strength, momentum):
    return lr * strength / (2 * (1 + momentum))


EXERCISE = Exercise(
    chatter_width,
    "The narrowest width without chatter",
    chapter="convergence",
    level="derivation",
    minutes=5,
    task=(
        "Near 0 Huber's profile of width ε has the curvature λ/ε. The heavy ball is stable while the learning rate "
        "times the curvature is below 2(1 + μ). Return the ε at which it is equal. The arguments are η, λ and μ."
    ),
    equations=["eq-descent-chatter"],
    cases=[
        ("the laboratory", (0.1, 0.01, 0.2)),
        ("much momentum", (0.3, 0.5, 0.9)),
        ("nearly without momentum: half of ηλ", (0.1, 1.0, 1e-9)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 0.5), draw.number(0.1, 2.0), draw.number(0.05, 0.9)),
    sizes={"n": (1,)},
    hints=[
        "Write the condition down with the curvature in its place.",
        "η λ/ε = 2(1 + μ).",
        "Multiply by ε and divide by what stands on the right.",
    ],
    mistakes=[
        Mistake(
            "momentum_subtracted",
            ("1 + momentum", "1 - momentum"),
            "You have 1 - μ. That is the bound below which the energy falls; the chatter of a weight about 0 begins "
            "later, and momentum delays it.",
            "The chatter bound",
        ),
        Mistake(
            "two_forgotten",
            ("(2 * (1 + momentum))", "(1 + momentum)"),
            "The factor 2 is missing. A step is too large when it doubles the distance, not when it reaches the "
            "minimum.",
            "On a parabola",
        ),
        Mistake(
            "momentum_ignored",
            ("(2 * (1 + momentum))", "2"),
            "You have left the momentum out. A jumping weight's old velocity brakes it, so that a narrower corner "
            "will do.",
            "On a parabola",
        ),
        Mistake(
            "multiplied",
            ("strength / (2", "strength * (2"),
            "You multiply by the bound. More room for the curvature allows a smaller ε, not a larger one.",
            "The chatter bound",
        ),
        Mistake(
            "upside_down",
            ("lr * strength / (2 * (1 + momentum))", "2 * (1 + momentum) / (lr * strength)"),
            "Your fraction is upside down: this is the largest 1/ε. What is asked for is ε.",
            "The chatter bound",
        ),
        Mistake(
            "bracket_lost",
            ("(2 * (1 + momentum))", "(2 + momentum)"),
            "A bracket is lost: both 1 and μ are doubled.",
            "On a parabola",
        ),
    ],
)
