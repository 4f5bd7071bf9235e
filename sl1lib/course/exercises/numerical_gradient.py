"""The gradient by central differences."""

import numpy as np

from ..exercise import Exercise, Mistake
from ..inputs import Cubic


def numerical_gradient(f, w, step):
    slopes = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        shift = np.zeros(w.shape)
        shift[index] = step
        slopes[index] = (f(w + shift) - f(w - shift)) / (2 * step)
    return slopes


def value_in_place_of_the_gradient(f, w, step):
    return f(w)


def left_where_it_was_moved(f, w, step):
    w, slopes = w.copy(), np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        w[index] += step
        above = f(w)
        w[index] -= 2 * step
        slopes[index] = (above - f(w)) / (2 * step)
    return slopes


def left_above(f, w, step):
    w, slopes = w.copy(), np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        w[index] -= step
        below = f(w)
        w[index] += 2 * step
        slopes[index] = (f(w) - below) / (2 * step)
    return slopes


EXERCISE = Exercise(
    numerical_gradient,
    "A gradient by central differences",
    chapter="backpropagation",
    level="function",
    minutes=15,
    task=(
        "`f` takes an array of the shape of `w` and returns a number. Return the gradient of `f` at `w`, in its "
        "shape, by central differences: each entry is moved by `step`, up and down, by itself."
    ),
    equations=["eq-backprop-differences"],
    because="a difference of two numbers loses digits: about five here, with a step of 0.1 to 0.5",
    cases=[
        ("a straight line", (Cubic(0.0, 2.0), np.array([1.0, 5.0]), 0.5)),
        ("a cube at 1", (Cubic(1.0, 0.0), np.array([1.0]), 0.1)),
        ("a matrix", (Cubic(1.0, -1.0), np.array([[0.0, 1.0], [2.0, 3.0]]), 0.1)),
        ("two weights that depend on each other", (Cubic(0.0, 0.0, 1.0), np.array([1.0, 2.0]), 0.5)),
    ],
    inputs=lambda draw, n, k: (
        Cubic(draw.number(0.5, 2), draw.number(-2, 2), draw.number(0.2, 1)),
        draw.numbers(n, k),
        draw.number(0.1, 0.5),
    ),
    sizes={"n": (1, 2), "k": (1, 2, 3)},
    hints=[
        "Move a single entry of `w` by `step` and see what `f` does. How do you move just that one?",
        "An array of zeros with `step` at one index, added to `w` and subtracted from it.",
        "The two values lie 2·step apart: divide their difference by that.",
    ],
    mistakes=[
        Mistake(
            "one_sided",
            ("f(w - shift)) / (2 * step)", "f(w)) / step"),
            "Your function takes one-sided differences. Their error falls with the step, that of central differences "
            "with its square: at equal steps yours are far less exact.",
            "The check of every parameter",
            also=[("(f(w + shift) - f(w - shift)) / (2 * step)", "(f(w) - f(w - shift)) / step")],
        ),
        Mistake(
            "divided_by_one_step",
            ("(2 * step)", "step"),
            "Your slopes are twice too large. The two values lie two steps apart.",
            "The check of every parameter",
        ),
        Mistake(
            "not_divided",
            (" / (2 * step)", ""),
            "Your function returns differences of values. A slope is a difference divided by the distance.",
            "The check of every parameter",
        ),
        Mistake(
            "wrong_sign",
            ("(f(w + shift) - f(w - shift))", "(f(w - shift) - f(w + shift))"),
            "Your slopes have the wrong sign. The value above minus the value below, not the other way round.",
            "The check of every parameter",
        ),
        Mistake(
            "all_moved_at_once",
            ("shift[index] = step", "shift[...] = step"),
            "You move all entries at once, and every slope is the sum of all. Each entry is moved by itself.",
            "The check of every parameter",
        ),
        Mistake(
            "not_moved_back",
            ("shift = np.zeros(w.shape)", "shift = shift if any(index) else np.zeros(w.shape)"),
            "An entry that was moved stays moved while the next ones are tried. Only one may be moved at a time.",
            "The check of every parameter",
            also=[left_where_it_was_moved, left_above],
        ),
        Mistake(
            "value_in_place_of_the_gradient",
            value_in_place_of_the_gradient,
            "Your function returns the value of `f`. Its gradient has an entry for each entry of `w`.",
            "The check of every parameter",
            credit=0.0,
        ),
        Mistake(
            "step_of_another_size",
            ("(f(w + shift) - f(w - shift)) / (2 * step)", "(f(w + shift / 2) - f(w - shift / 2)) / step"),
            "You move by another step than the one asked for, half of it or twice. The quotient is a slope still, but "
            "not that of the task: up and down by `step` each.",
            "The check of every parameter",
            also=["(f(w + 2 * shift) - f(w - 2 * shift)) / (4 * step)"],
        ),
    ],
)
