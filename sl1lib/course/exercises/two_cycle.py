"""The two points between which a weight jumps."""

from ... import reference
from ..exercise import Exercise, Mistake


def two_cycle(lr, strength, momentum, curvature):
    swing = lr * strength / (1 + momentum - lr * curvature / 2)
    return -swing / 2, swing / 2


EXERCISE = Exercise(
    two_cycle,
    "The two-cycle",
    chapter="the_corner",
    level="function",
    minutes=15,
    task=(
        "A weight descends on κw²/2 + λ|w| with momentum, at learning rate η. Return the two points between which it "
        "jumps for ever, the lower one first. The arguments are η, λ, μ and κ; the result is two numbers."
    ),
    reference=lambda lr, strength, momentum, curvature: reference.two_cycle(lr, strength, momentum, curvature),
    equations=["eq-corner-two-cycle"],
    cases=[
        ("the penalty alone", (0.5, 1.0, 0.0, 0.0)),
        ("with momentum", (0.5, 1.0, 0.25, 0.0)),
        ("on a parabola", (0.5, 1.0, 0.0, 1.0)),
    ],
    inputs=lambda draw, n: (draw.number(0.1, 0.5), draw.number(0.5, 2), draw.number(0.1, 0.9), draw.number(0.1, 2)),
    sizes={"n": (1,)},
    hints=[
        "Call the points ±d/2. On the way from d/2 to -d/2, what is the velocity before, and what is it after?",
        "The velocity changes from d to -d, by momentum and slope: -d = μd - η(κ d/2 + λ).",
        "Solve for d, and return -d/2 and d/2.",
    ],
    mistakes=[
        Mistake(
            "momentum_ignored",
            ("1 + momentum - ", "1 - "),
            "Momentum plays no part in your answer. The velocity turns round at each jump, so that momentum works "
            "against it and shortens the jumps.",
            "The two-cycle",
        ),
        Mistake(
            "momentum_lengthens",
            ("1 + momentum", "1 - momentum"),
            "Momentum makes your jumps longer, as on a straight way. Here the velocity turns round at each jump, and "
            "momentum works against it.",
            "The two-cycle",
        ),
        Mistake(
            "curvature_ignored",
            (" - lr * curvature / 2", ""),
            "The parabola plays no part in your answer. At ±d/2 it has a slope of its own, which makes the jumps "
            "longer.",
            "The two-cycle",
        ),
        Mistake(
            "curvature_of_the_whole_swing",
            ("lr * curvature / 2", "lr * curvature"),
            "You take the parabola's slope at the distance d from its lowest point. The weight is only d/2 away.",
            "The two-cycle",
        ),
        Mistake(
            "whole_swing_on_both_sides",
            ("-swing / 2, swing / 2", "-swing, swing"),
            "Your points lie twice as far apart as they should. The jump is d long, from -d/2 to d/2.",
            "The two-cycle",
        ),
        Mistake(
            "strength_ignored",
            ("lr * strength /", "lr /"),
            "The strength of the penalty plays no part in your answer. The jump is as long as the pull is strong.",
            "The two-cycle",
        ),
        Mistake(
            "upper_point_first",
            ("return -swing / 2, swing / 2", "return swing / 2, -swing / 2"),
            "You return the upper point first. The task asks for the lower one first.",
            "The two-cycle",
            credit=0.75,
        ),
        Mistake(
            "curvature_shortens",
            ("- lr * curvature / 2", "+ lr * curvature / 2"),
            "The parabola shortens your jumps. At ±d/2 its slope pulls towards 0 as the penalty does, and the jump "
            "becomes longer.",
            "The two-cycle",
        ),
    ],
)
