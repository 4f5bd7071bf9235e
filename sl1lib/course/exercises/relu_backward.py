"""The gradient of ReLU."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def relu_backward(dy, x):
    return np.where(x > 0, dy, 0.0)


EXERCISE = Exercise(
    relu_backward,
    "The gradient of ReLU",
    chapter="dense_and_entropy",
    level="line",
    minutes=5,
    task=(
        "`x` went into a ReLU, and `dy`, of the same shape, is the error's gradient for what came out. Return the "
        "gradient for `x`; where `x` is 0, return 0."
    ),
    reference=reference.relu_backward,
    equations=["eq-dense-relu-grad", "eq-dense-subgradient"],
    blank="np.where(x > 0, dy, 0.0)",
    cases=[
        ("below 0, at 0 and above 0", (np.array([5.0, 5.0, 5.0]), np.array([-2.0, 0.0, 3.0]))),
        ("a negative gradient at a positive input", (np.array([-4.0]), np.array([1.0]))),
        ("an input that is not 1", (np.array([1.0, 1.0]), np.array([2.0, -2.0]))),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k), draw.numbers(n, k)),
    sizes={"n": (1, 2, 3), "k": (2, 1, 4)},
    hints=[
        "ReLU is the identity on one side and 0 on the other. What is its slope on each?",
        "The gradient passes where the slope is 1 and is blocked where it is 0. Which of the two arrays decides?",
        "The input decides. `np.where(condition, a, b)` chooses element by element.",
    ],
    mistakes=[
        Mistake(
            "mask_from_the_gradient",
            ("x > 0", "dy > 0"),
            "Your mask looks at the gradient that arrives, not at the input. A negative gradient passes as well, "
            "where the input was positive.",
            "ReLU and its corner",
        ),
        Mistake(
            "one_at_zero",
            ("x > 0", "x >= 0"),
            "Where the input is 0, your gradient passes. The corner has no slope; the task asks for 0 there.",
            "ReLU and its corner",
        ),
        Mistake(
            "forward_in_place_of_backward",
            ("np.where(x > 0, dy, 0.0)", "np.maximum(x, 0.0)"),
            "Your function returns the ReLU of its input. The gradient multiplies `dy` by the slope of ReLU.",
            "ReLU and its corner",
            credit=0.0,
        ),
        Mistake(
            "slope_only",
            ("dy, 0.0", "1.0, 0.0"),
            "Your function returns the slope, 1 or 0. By the chain rule it is multiplied by the gradient that arrives.",
            "ReLU and its corner",
        ),
        Mistake(
            "times_the_input",
            ("dy, 0.0", "dy * x, 0.0"),
            "You multiply the gradient by the input. The slope of ReLU is 1 there, however large the input is.",
            "ReLU and its corner",
            also=[("np.where(x > 0, dy, 0.0)", "dy * x")],
        ),
        Mistake(
            "other_side",
            ("x > 0", "x < 0"),
            "Your gradient passes where the input is negative. There ReLU is flat.",
            "ReLU and its corner",
        ),
    ],
)
