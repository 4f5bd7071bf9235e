"""The penalty's gradient."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def penalty_grad(U, eps):
    r = np.linalg.norm(U, axis=0)
    return U / np.maximum(r, eps)


def value_in_place_of_the_gradient(U, eps):
    r = np.linalg.norm(U, axis=0)
    return float(np.where(r > eps, r, r**2 / (2 * eps) + eps / 2).sum())


EXERCISE = Exercise(
    penalty_grad,
    "The gradient of the penalty",
    chapter="gradients",
    level="function",
    minutes=15,
    task=(
        "Return the gradient of the sum of φ(‖u_k‖) over the columns of `U` (C, K), in its shape, with Huber's "
        "profile of width `eps`. A column of zeros has gradient 0."
    ),
    reference=lambda U, eps: reference.penalty_grad(U, eps),
    equations=["eq-grad-radial", "eq-grad-groups"],
    cases=[
        ("columns of length 5 and 0.5", (np.array([[3.0, 0.3], [4.0, 0.4]]), 1.0)),
        ("a column of zeros", (np.array([[3.0, 0.0], [4.0, 0.0]]), 1.0)),
        ("inside of a wide cap", (np.array([[3.0], [-4.0]]), 10.0)),
    ],
    inputs=lambda draw, c, k: (draw.numbers(c, k), draw.number(0.5, 2.0)),
    sizes={"c": (1, 2, 3), "k": (2, 1, 3)},
    hints=[
        "The gradient of ‖u‖ is the unit vector u/‖u‖. What does the chain rule make of φ(‖u‖)?",
        "φ'(r) u/r: outside of the cap u/r, inside u/ε.",
        "Both are u divided by something that does not vanish: the larger of r and ε.",
    ],
    mistakes=[
        Mistake(
            "eps_ignored",
            ("np.maximum(r, eps)", "r"),
            "You divide by the length itself, as without smoothing: a column of zeros gives 0/0. Inside of the cap "
            "the divisor stays ε.",
            "What can go wrong",
        ),
        Mistake(
            "eps_added",
            ("np.maximum(r, eps)", "(r + eps)"),
            "You divide by r + ε. That avoids 0/0, but it is the gradient of another function, and pulls too weakly "
            "everywhere.",
            "What can go wrong",
        ),
        Mistake(
            "each_weight_by_itself",
            ("np.linalg.norm(U, axis=0)", "np.abs(U)"),
            "You treat each weight as a group of its own. The divisor is the length of the whole column.",
            "Groups: node, weight, map",
            also=[("U / np.maximum(r, eps)", "np.sign(U)")],
        ),
        Mistake(
            "rows_for_columns",
            ("np.linalg.norm(U, axis=0)", "np.linalg.norm(U, axis=1, keepdims=True)"),
            "You take the lengths of rows. The weights that leave one node stand in a column.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "one_length_for_all",
            ("np.linalg.norm(U, axis=0)", "np.linalg.norm(U)"),
            "You divide by the length of the whole matrix. Each column has its own.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "not_normalised",
            ("np.maximum(r, eps)", "eps"),
            "You divide by ε everywhere: the pull grows with the length, as that of a squared penalty. Outside of "
            "the cap it has length 1.",
            "The gradient",
        ),
        Mistake(
            "squared_length",
            ("np.maximum(r, eps)", "np.maximum(r**2, eps)"),
            "You compare and divide by the squared length. The gradient of ‖u‖ is u/‖u‖.",
            "The gradient",
            also=["np.where(r > eps, r**2, eps)"],
        ),
        Mistake(
            "value_in_place_of_the_gradient",
            value_in_place_of_the_gradient,
            "Your function returns the penalty itself, a number. The gradient has an entry for each weight.",
            "The gradient",
            credit=0.0,
        ),
        Mistake(
            "pseudo_huber",
            ("np.maximum(r, eps)", "np.sqrt(r**2 + eps**2)"),
            "This is the gradient of pseudo-Huber, which pulls too weakly everywhere. Huber's cap ends at ε: outside "
            "of it the pull has length 1.",
            "The gradient",
        ),
        Mistake(
            "sum_of_absolute_values",
            ("np.linalg.norm(U, axis=0)", "np.abs(U).sum(axis=0)"),
            "You divide by the sum of absolute values. The length is the root of the sum of squares.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "units_forgotten",
            ("U / np.maximum(r, eps)", "U / np.where(r > eps, r, 1)"),
            "Inside of the cap your gradient is right for ε = 1 alone. There the column is divided by ε.",
            "The gradient",
        ),
    ],
)
