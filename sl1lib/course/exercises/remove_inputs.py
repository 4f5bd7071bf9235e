"""The removal of nodes, with their means in the bias."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def remove_inputs(U, b, removed, means):
    kept = U[:, ~removed]
    folded = U[:, removed] @ means[removed]
    return kept, b + folded


EXERCISE = Exercise(
    remove_inputs,
    "Removal with folded bias",
    chapter="pruning",
    level="function",
    minutes=15,
    task=(
        "A layer has weights `U` (C, K) and biases `b` (C,); `removed` (K,) says which inputs go, and `means` (K,) "
        "what each is on average. Return the smaller weights and the new biases: what is removed counts as its mean "
        "from then on."
    ),
    reference=reference.remove_inputs,
    equations=["eq-prune-fold", "eq-prune-mean"],
    cases=[
        (
            "one of three inputs goes",
            (np.array([[1.0, 2.0, 3.0]]), np.array([0.5]), np.array([False, True, False]), np.array([9.0, 0.1, 9.0])),
        ),
        (
            "two classes",
            (np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2), np.array([True, False]), np.array([10.0, 0.0])),
        ),
        (
            "two of three go",
            (np.array([[1.0, 2.0, 3.0]]), np.array([1.0]), np.array([True, True, False]), np.array([1.0, 10.0, 7.0])),
        ),
    ],
    inputs=lambda draw, c, k: (draw.numbers(c, k), draw.numbers(c), draw.flags(k), draw.positive(k)),
    sizes={"c": (1, 2, 3), "k": (2, 3, 4)},
    hints=[
        "Write one score as a sum over inputs, and replace those that go by numbers. What kind of term do they become?",
        "A constant for each class: the weight times the mean. It belongs to the bias.",
        "Columns are chosen by a mask: `U[:, ~removed]` stay, `U[:, removed]` go, with `means[removed]`.",
    ],
    mistakes=[
        Mistake(
            "means_dropped",
            ("b + folded", "b + 0.0"),
            "You drop the removed inputs altogether, as if they had been 0. ReLU's outputs are not: their mean moves "
            "into the bias.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "means_subtracted",
            ("b + folded", "b - folded"),
            "You subtract what the removed inputs gave on average. It has to stay, and is added to the bias.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "wrong_ones_kept",
            ("U[:, ~removed]", "U[:, removed]"),
            "You keep the columns that should go. `removed` is true for these.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "means_of_those_kept",
            ("U[:, removed] @ means[removed]", "U[:, ~removed] @ means[~removed]"),
            "You fold in the means of the inputs that stay. They count by themselves still, so that they count twice.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "all_means_folded",
            ("U[:, removed] @ means[removed]", "U @ means"),
            "You fold in the means of all inputs. Those that stay count by themselves still, so that they count twice.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "weights_without_means",
            ("U[:, removed] @ means[removed]", "U[:, removed].sum(axis=1)"),
            "You fold in the weights as if every mean were 1. Each is multiplied by the mean of its input.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "means_averaged",
            ("U[:, removed] @ means[removed]", "U[:, removed].sum(axis=1) * means[removed].mean()"),
            "You multiply by the mean of the means. Each removed input has a mean of its own.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "means_without_weights",
            ("U[:, removed] @ means[removed]", "means[removed].sum()"),
            "You fold in the means as if every weight were 1. A class gets an input's mean times its own weight.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "bias_lost",
            ("b + folded", "folded"),
            "You return what the removed inputs gave and forget the bias that was there. It stays, and the means are "
            "added to it.",
            "How it goes: its mean moves into the bias",
        ),
        Mistake(
            "set_to_zero",
            ("U[:, ~removed]", "U * ~removed"),
            "You set the columns to 0 and leave them in place. They are to go: the weights become narrower.",
            "How it goes: its mean moves into the bias",
        ),
    ],
)
