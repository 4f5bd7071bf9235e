"""Which groups of weights have their minimum at 0."""

import numpy as np

from ..exercise import Exercise, Mistake


def rests_at_zero(gradient, strength):
    pull = np.linalg.norm(gradient, axis=0)
    return pull <= strength


EXERCISE = Exercise(
    rests_at_zero,
    "When a column rests at 0",
    chapter="the_corner",
    level="line",
    minutes=10,
    task=(
        "All columns of the weights are 0, and `gradient` (C, K) is the gradient of E₀ there. Return for each column "
        "whether it rests at 0 under the penalty λ‖u‖, as truth values (K,); `strength` is λ."
    ),
    equations=["eq-corner-condition-group"],
    because="they are truth values",
    blank="np.linalg.norm(gradient, axis=0)",
    cases=[
        ("lengths 5 and 1 against 2", (np.array([[3.0, 1.0], [4.0, 0.0]]), 2.0)),
        ("a length of 5 against 5: it rests", (np.array([[3.0], [4.0]]), 5.0)),
        ("lengths 5 and 2.8 against 4.5", (np.array([[3.0, 2.0], [4.0, 2.0]]), 4.5)),
        ("a negative gradient", (np.array([[-9.0, -1.0]]), 2.0)),
    ],
    inputs=lambda draw, c, k: (draw.numbers(c, k), draw.number(0.8, 2.0)),
    sizes={"c": (1, 2, 3, 4), "k": (2, 3, 4)},
    hints=[
        "For one weight: E₀'s slope at 0 must be no steeper than the penalty's. What takes the place of |slope| for "
        "a column?",
        "Its length: the subgradients of ‖u‖ at 0 are all vectors of length at most 1.",
        "Lengths of columns are sums over axis 0. Equality counts as rest.",
    ],
    mistakes=[
        Mistake(
            "strictly_below",
            ("pull <= strength", "pull < strength"),
            "You ask for a pull strictly below λ. At equality 0 is still a minimum: the subgradient of length 1 is "
            "one of those allowed.",
            "A slope where there is none",
        ),
        Mistake(
            "rows_for_columns",
            ("axis=0", "axis=1"),
            "You take the lengths of rows. A group here is a column: the weights that leave one node.",
            "A slope where there is none",
        ),
        Mistake(
            "largest_entry",
            ("np.linalg.norm(gradient, axis=0)", "np.abs(gradient).max(axis=0)"),
            "You compare the largest entry with λ, as if each weight were penalised by itself. A column is a group, "
            "and its length counts.",
            "A slope where there is none",
        ),
        Mistake(
            "sum_of_absolute_values",
            ("np.linalg.norm(gradient, axis=0)", "np.abs(gradient).sum(axis=0)"),
            "You add up absolute values. The length of a vector is the root of its sum of squares.",
            "A slope where there is none",
        ),
        Mistake(
            "squared_length",
            ("np.linalg.norm(gradient, axis=0)", "(gradient**2).sum(axis=0)"),
            "You compare the squared length with λ. A root is missing.",
            "A slope where there is none",
        ),
        Mistake(
            "the_others",
            ("pull <= strength", "pull > strength"),
            "Your answer is the opposite: the columns that move away from 0. A column rests where the pull of E₀ is "
            "too weak.",
            "A slope where there is none",
        ),
        Mistake(
            "signed_sum",
            ("np.linalg.norm(gradient, axis=0)", "gradient.sum(axis=0)"),
            "You add up entries with their signs, which can cancel, and a large negative sum counts as weak. The "
            "length counts.",
            "A slope where there is none",
        ),
        Mistake(
            "mean_for_length",
            ("np.linalg.norm(gradient, axis=0)", "np.abs(gradient).mean(axis=0)"),
            "You take a mean over each column, in which the length of a long column of small entries is lost. The "
            "length adds up squares.",
            "A slope where there is none",
            also=["np.sqrt((gradient**2).mean(axis=0))", "np.abs(gradient.mean(axis=0))"],
        ),
    ],
)
