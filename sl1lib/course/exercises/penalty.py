"""The penalty on the columns of the last layer."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def penalty(U, eps):
    r = np.sqrt((U**2).sum(axis=0))
    caps = np.where(r > eps, r, r**2 / (2 * eps) + eps / 2)
    return float(caps.sum())


def hubers_loss(U, eps):
    r = np.sqrt((U**2).sum(axis=0))
    return float(np.where(r > eps, r - eps / 2, r**2 / (2 * eps)).sum())


EXERCISE = Exercise(
    penalty,
    "The penalty of all nodes",
    chapter="gradients",
    level="function",
    minutes=10,
    task=(
        "Column k of `U` (C, K) leaves node k. Return the sum of φ(‖u_k‖) over all columns, a number, with Huber's "
        "profile of width `eps`, as the chapter *The smooth function* has it."
    ),
    reference=lambda U, eps: reference.penalty(U, eps),
    equations=["eq-grad-error", "eq-smooth-vector"],
    cases=[
        ("a column of length 5 and one of zeros", (np.array([[3.0, 0.0], [4.0, 0.0]]), 1.0)),
        ("two columns inside of the cap", (np.array([[0.5, 0.0], [0.0, -0.5]]), 1.0)),
        ("one row: weights by themselves", (np.array([[2.0, -3.0]]), 1.0)),
    ],
    inputs=lambda draw, c, k: (draw.numbers(c, k), draw.number(0.5, 2.0)),
    sizes={"c": (1, 2, 3), "k": (2, 1, 3)},
    hints=[
        "What is penalised is the length of a column. What has that to do with `axis`?",
        "`np.sqrt((U**2).sum(axis=0))` gives K lengths. Each goes through Huber's profile.",
        "Add up what the cap gives; it is ε/2 even for a column of zeros.",
    ],
    mistakes=[
        Mistake(
            "rows_for_columns",
            ("sum(axis=0)", "sum(axis=1)"),
            "You take the lengths of rows. A row holds the weights that arrive at a class; a group is a column, the "
            "weights that leave a node.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "each_weight_by_itself",
            ("np.sqrt((U**2).sum(axis=0))", "np.abs(U)"),
            "You penalise each weight by itself. Then no node dies as a whole: a group is a column, and its length "
            "counts.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "squared_length",
            ("np.sqrt((U**2).sum(axis=0))", "(U**2).sum(axis=0)"),
            "You put squared lengths into the cap. A root is missing.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "sum_of_absolute_values",
            ("np.sqrt((U**2).sum(axis=0))", "np.abs(U).sum(axis=0)"),
            "You add up absolute values in each column. The length is the root of the sum of squares.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "mean_for_sum",
            ("caps.sum()", "caps.mean()"),
            "You average over the nodes. The penalty is a sum, so that λ means the same for any number of nodes.",
            "The regularised error and its gradient",
        ),
        Mistake(
            "offset_missing",
            (" + eps / 2", ""),
            "Your cap jumps at ε: the parabola has to be lifted by ε/2. Columns inside of the cap count too little.",
            "The regularised error and its gradient",
        ),
        Mistake(
            "not_smoothed",
            ("np.where(r > eps, r, r**2 / (2 * eps) + eps / 2)", "r"),
            "You add up lengths: the group lasso, with its corner. Inside of ε the cap takes the place of the length.",
            "The regularised error and its gradient",
        ),
        Mistake(
            "one_length_for_all",
            ("np.sqrt((U**2).sum(axis=0))", "np.sqrt((U**2).sum())"),
            "You take the length of the whole matrix. Each column has its own, and the cap is applied to each.",
            "Groups: node, weight, map",
        ),
        Mistake(
            "hubers_loss",
            hubers_loss,
            "You use Huber's loss, which is 0 at 0 and ε/2 below the length outside. The book's cap follows the length "
            "itself outside and is lifted inside.",
            "The regularised error and its gradient",
        ),
    ],
)
