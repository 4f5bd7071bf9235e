"""An exercise of somebody's own, as one file."""

OWN = """
import numpy as np
from sl1lib.course import Exercise, Mistake


def doubled(x):
    return 2 * x


EXERCISE = Exercise(
    doubled, "Twice", "pooling", "line", 1, "Return twice `x`.",
    cases=[("one number", (np.array([3.0]),))],
    inputs=lambda draw, n: (draw.numbers(n),),
    sizes={"n": (1, 2)},
    mistakes=[Mistake("tripled", ("2 * x", "3 * x"), "You take it three times. Twice is asked for.")],
    hints=("a", "b", "c"),
)
"""
