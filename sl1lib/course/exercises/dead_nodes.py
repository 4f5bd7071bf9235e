"""Which nodes go."""

import numpy as np

from ..exercise import Exercise, Mistake


def dead_nodes(U, eps):
    lengths = np.linalg.norm(U, axis=0)
    return lengths < eps


EXERCISE = Exercise(
    dead_nodes,
    "Which nodes go",
    chapter="pruning",
    level="line",
    minutes=5,
    task=(
        "Column k of `U` (C, K) holds the weights that leave node k. Return for each node whether it may go, as "
        "truth values (K,): whether its column is shorter than `eps`."
    ),
    equations=["eq-grad-threshold"],
    because="they are truth values",
    blank="np.linalg.norm(U, axis=0)",
    cases=[
        ("lengths 5 and 0.5 against 1", (np.array([[3.0, 0.3], [4.0, 0.4]]), 1.0)),
        ("a length of 5 against 5: it stays", (np.array([[3.0], [4.0]]), 5.0)),
        ("many small weights", (np.full((4, 1), 0.6), 1.0)),
        ("a negative weight", (np.array([[-3.0, -0.1]]), 1.0)),
        ("a length of 0.71, a sum of 1", (np.array([[0.5], [-0.5]]), 0.8)),
        ("one large weight and a 0", (np.array([[0.0, 0.1], [3.0, 0.1]]), 0.5)),
    ],
    inputs=lambda draw, c, k: (draw.numbers(c, k), draw.number(0.6, 1.8)),
    sizes={"c": (1, 2, 3, 4), "k": (2, 3, 4)},
    hints=[
        "One number for each column. Which?",
        "Its length, as the penalty has it: the same ε that ends the cap is the threshold.",
        "`np.linalg.norm(U, axis=0)`.",
    ],
    mistakes=[
        Mistake(
            "rows_for_columns",
            ("axis=0", "axis=1"),
            "You measure rows, the weights that arrive at a class. A node's weights stand in its column.",
            "What goes: ε is the threshold",
        ),
        Mistake(
            "all_weights_small",
            ("np.linalg.norm(U, axis=0)", "np.abs(U).max(axis=0)"),
            "You ask whether every weight is small. Many small weights together make a long column.",
            "What goes: ε is the threshold",
        ),
        Mistake(
            "any_weight_small",
            ("np.linalg.norm(U, axis=0)", "np.abs(U).min(axis=0)"),
            "One small weight is enough for your function to remove a node. The whole column must be short.",
            "What goes: ε is the threshold",
        ),
        Mistake(
            "squared_length",
            ("np.linalg.norm(U, axis=0)", "(U**2).sum(axis=0)"),
            "You compare the squared length with ε. A root is missing.",
            "What goes: ε is the threshold",
        ),
        Mistake(
            "sum_of_absolute_values",
            ("np.linalg.norm(U, axis=0)", "np.abs(U).sum(axis=0)"),
            "You add up absolute values. The length of a column is the root of its sum of squares.",
            "What goes: ε is the threshold",
        ),
        Mistake(
            "equality_goes",
            ("lengths < eps", "lengths <= eps"),
            "You remove a column of length ε, too. The task asks for those that are shorter.",
            "What goes: ε is the threshold",
            credit=0.75,
        ),
        Mistake(
            "those_that_stay",
            ("lengths < eps", "lengths >= eps"),
            "Your answer is the opposite: the nodes that stay.",
            "What goes: ε is the threshold",
        ),
        Mistake(
            "mean_weight",
            ("np.linalg.norm(U, axis=0)", "np.abs(U.mean(axis=0))"),
            "You take a mean over the column. Many small weights make a long column, and positive and negative ones do "
            "not cancel.",
            "What goes: ε is the threshold",
            also=["np.abs(U).mean(axis=0)", "np.sqrt((U**2).mean(axis=0))"],
        ),
    ],
)
