"""How far a derived gradient is from one by differences."""

import numpy as np

from ..exercise import Exercise, Mistake


def gradient_error(derived, differences):
    largest = max(np.abs(derived).max(), np.abs(differences).max())
    if largest == 0:
        return 0.0
    return float(np.abs(derived - differences).max() / largest)


EXERCISE = Exercise(
    gradient_error,
    "A gradient checker's verdict",
    chapter="backpropagation",
    level="function",
    minutes=10,
    task=(
        "`derived` and `differences` are two gradients of one shape. Return by how much they disagree, a number: the "
        "largest absolute difference, divided by the largest absolute entry of both. Two gradients of zeros agree: 0."
    ),
    equations=["eq-backprop-differences"],
    cases=[
        ("equal gradients", (np.array([1.0, 2.0]), np.array([1.0, 2.0]))),
        ("one entry off by 1 of 4", (np.array([2.0, 4.0]), np.array([2.0, 3.0]))),
        ("too small, not too large", (np.array([2.0, 3.0]), np.array([2.0, 4.0]))),
        ("an entry that should be 0", (np.array([0.5, -10.0]), np.array([0.0, -10.0]))),
        ("the wrong sign", (np.array([1.0, 1.0]), np.array([-1.0, -1.0]))),
        ("zeros", (np.zeros(2), np.zeros(2))),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k), draw.numbers(n, k)),
    sizes={"n": (1, 2), "k": (2, 3)},
    hints=[
        "A checker must not let errors of both signs cancel, nor hide one wrong entry among many right ones.",
        "So it takes absolute values before the maximum, and no mean.",
        "Divide by one number for the whole gradient: entry by entry you would divide by 0.",
    ],
    mistakes=[
        Mistake(
            "signed_difference",
            ("np.abs(derived - differences).max()", "(derived - differences).max()"),
            "You take the largest difference with its sign: a gradient that is too small everywhere passes your "
            "check. Its size counts.",
            "The check of every parameter",
        ),
        Mistake(
            "mean_for_maximum",
            ("np.abs(derived - differences).max()", "np.abs(derived - differences).mean()"),
            "You average the differences. One wrong entry among thousands would pass your check.",
            "The check of every parameter",
        ),
        Mistake(
            "sizes_compared",
            ("np.abs(derived - differences).max()", "np.abs(np.abs(derived) - np.abs(differences)).max()"),
            "You compare absolute values: a gradient with the wrong sign passes your check. The difference comes "
            "first.",
            "The check of every parameter",
        ),
        Mistake(
            "not_relative",
            (" / largest)", ")"),
            "Your number depends on the units: small gradients pass, however wrong they are. It has to be divided by "
            "the size of the gradient.",
            "The check of every parameter",
        ),
        Mistake(
            "zero_by_zero",
            ("    if largest == 0:\n        return 0.0\n", ""),
            "For two gradients of zeros your function divides 0 by 0. They agree, and the answer is 0.",
            "The check of every parameter",
            credit=0.75,
        ),
        Mistake(
            "one_gradient_in_the_scale",
            ("max(np.abs(derived).max(), np.abs(differences).max())", "np.abs(derived).max()"),
            "You divide by the size of one gradient alone: if that one is 0 by mistake, the ratio says nothing. The "
            "task asks for the larger of both.",
            "The check of every parameter",
            also=["np.abs(differences).max()"],
        ),
        Mistake(
            "sum_for_maximum",
            (
                "max(np.abs(derived).max(), np.abs(differences).max())",
                "np.abs(derived).max() + np.abs(differences).max()",
            ),
            "You divide by the sum of both sizes, so that a gradient twice too large looks a third wrong. The task "
            "asks for the larger of both.",
            "The check of every parameter",
        ),
        Mistake(
            "lengths_for_maxima",
            (
                "np.abs(derived - differences).max() / largest",
                "np.linalg.norm(derived - differences) / (np.linalg.norm(derived) + np.linalg.norm(differences))",
            ),
            "You compare lengths, as some courses do: one wrong entry among thousands then hardly shows. The task asks "
            "for the largest difference and the largest entry.",
            "The check of every parameter",
            also=[
                "np.linalg.norm(derived - differences) / max(np.linalg.norm(derived), np.linalg.norm(differences))",
                "np.linalg.norm(derived - differences) / np.linalg.norm(differences)",
                "np.linalg.norm(derived - differences) / np.linalg.norm(derived)",
            ],
        ),
        Mistake(
            "largest_without_its_size",
            ("max(np.abs(derived).max(), np.abs(differences).max())", "max(derived.max(), differences.max())"),
            "Your scale is the largest entry with its sign. Where most entries are negative it is far too small, or "
            "negative itself.",
            "The check of every parameter",
        ),
        Mistake(
            "entry_by_entry",
            (
                "np.abs(derived - differences).max() / largest",
                "(np.abs(derived - differences) / np.abs(differences)).max()",
            ),
            "You divide each difference by its own entry. An entry that is nearly 0 then decides everything, with "
            "rounding alone.",
            "The check of every parameter",
            also=[
                "(np.abs(derived - differences) / np.abs(derived)).max()",
                "(np.abs(derived - differences) / np.maximum(np.abs(derived), np.abs(differences))).max()",
                "(np.abs(derived - differences) / (np.abs(derived) + np.abs(differences))).max()",
            ],
        ),
    ],
)
