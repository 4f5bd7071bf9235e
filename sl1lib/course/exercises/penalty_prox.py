"""The proximal map of the group lasso."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def penalty_prox(U, tau):
    r = np.linalg.norm(U, axis=0)
    shares = np.maximum(1 - tau / np.maximum(r, 1e-300), 0.0)
    return U * shares


def prox_of_each_weight(U, tau):
    return np.sign(U) * np.maximum(np.abs(U) - tau, 0.0)


EXERCISE = Exercise(
    penalty_prox,
    "The group lasso's proximal map",
    chapter="gradients",
    level="function",
    minutes=20,
    task=(
        "Return the proximal map of τ Σ‖u_k‖ for the columns of `U` (C, K), in its shape: each column keeps its "
        "direction and becomes shorter by `tau`, or 0. A column of zeros stays one."
    ),
    reference=lambda U, tau: reference.penalty_prox(U, tau),
    equations=["eq-grad-prox-radial", "eq-grad-prox-abs"],
    cases=[
        ("columns of length 5 and 0.5", (np.array([[3.0, 0.3], [4.0, 0.4]]), 1.0)),
        ("a column of zeros", (np.array([[3.0, 0.0], [4.0, 0.0]]), 1.0)),
        ("a short column of large entries", (np.array([[2.0], [2.0]]), 2.5)),
    ],
    inputs=lambda draw, c, k: (draw.numbers(c, k), draw.number(0.3, 1.5)),
    sizes={"c": (1, 2, 3), "k": (2, 1, 3)},
    hints=[
        "Which number must a column be multiplied with, so that its length falls from r to r - τ?",
        "With 1 - τ/r; with 0 where that is negative.",
        "Keep 0/0 away: for a column of zeros any finite share will do.",
    ],
    mistakes=[
        Mistake(
            "each_weight_by_itself",
            prox_of_each_weight,
            "You shorten each weight by τ. The penalty is on the length of a column: all its weights are multiplied "
            "by one number.",
            "From vectors to lengths",
        ),
        Mistake(
            "not_stopped_at_zero",
            ("np.maximum(1 - tau / np.maximum(r, 1e-300), 0.0)", "1 - tau / np.maximum(r, 1e-300)"),
            "A short column turns round in your function, as in a gradient step. The map stops it at 0.",
            "Proximal maps",
        ),
        Mistake(
            "zero_by_zero",
            ("U * shares", "U / r * np.maximum(r - tau, 0.0)"),
            "A column of zeros becomes NaN in your function: ‖u‖ is 0, and you divide by it. It has to stay 0.",
            "What can go wrong",
        ),
        Mistake(
            "hard_threshold",
            ("np.maximum(1 - tau / np.maximum(r, 1e-300), 0.0)", "np.where(r > tau, 1.0, 0.0)"),
            "Your function sets short columns to 0 and leaves long ones alone. The map shortens these by τ.",
            "Proximal maps",
        ),
        Mistake(
            "rows_for_columns",
            ("np.linalg.norm(U, axis=0)", "np.linalg.norm(U, axis=1, keepdims=True)"),
            "You shorten rows. The weights that leave one node stand in a column.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "squared_length",
            ("np.linalg.norm(U, axis=0)", "(U**2).sum(axis=0)"),
            "You divide by squared lengths. A root is missing.",
            "From vectors to lengths",
        ),
        Mistake(
            "direction_lost",
            ("U * shares", "np.sign(U) * shares * r"),
            "Every weight gets the size of its column's new length. The column keeps its direction: the share "
            "multiplies each weight.",
            "From vectors to lengths",
        ),
        Mistake(
            "one_length_for_all",
            ("np.linalg.norm(U, axis=0)", "np.linalg.norm(U)"),
            "You shorten the whole matrix as one vector. Each column has a length of its own, and becomes shorter by τ "
            "itself.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "sum_of_absolute_values",
            ("np.linalg.norm(U, axis=0)", "np.abs(U).sum(axis=0)"),
            "You divide by the sum of absolute values. The length is the root of the sum of squares.",
            "From vectors to lengths",
        ),
    ],
)
