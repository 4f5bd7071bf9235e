"""The fully connected layer, backward."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def dense_backward(ds, o, U):
    do = ds @ U
    dU = ds.T @ o
    db = ds.sum(axis=0)
    return do, dU, db


EXERCISE = Exercise(
    dense_backward,
    "The gradients of the fully connected layer",
    chapter="dense_and_entropy",
    level="function",
    minutes=15,
    task=(
        "`ds` (N, C) is the error's gradient for the scores `o @ U.T + b`, with `o` (N, K) and `U` (C, K). Return "
        "its gradients for `o` (N, K), `U` (C, K) and `b` (C,), in this order."
    ),
    reference=reference.dense_backward,
    equations=["eq-dense-grad"],
    cases=[
        ("one sample, one class, two features", (np.array([[1.0]]), np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))),
        ("two samples, one feature", (np.array([[1.0], [10.0]]), np.array([[1.0], [2.0]]), np.array([[3.0]]))),
        (
            "two of each",
            (
                np.array([[1.0, 0.0], [0.0, 2.0]]),
                np.array([[1.0, 2.0], [3.0, 4.0]]),
                np.array([[0.0, 1.0], [5.0, 7.0]]),
            ),
        ),
    ],
    inputs=lambda draw, n, c, k: (draw.numbers(n, c), draw.numbers(n, k), draw.numbers(c, k)),
    sizes={"n": (1, 2, 3), "c": (1, 2, 3), "k": (1, 2, 4)},
    hints=[
        "A gradient has the shape of what it belongs to. Which products of `ds`, `o` and `U` have these shapes?",
        "Each sums over the axis that disappears: over classes for the features, over samples for weights and biases.",
        "`ds.T @ o` has the shape (C, K).",
    ],
    mistakes=[
        Mistake(
            "weights_transposed",
            ("ds @ U", "ds @ U.T"),
            "For the features you multiply by the transposed weights, as on the way forward. The way back uses them "
            "the other way round.",
            "Backwards",
        ),
        Mistake(
            "weight_gradient_transposed",
            ("ds.T @ o", "o.T @ ds"),
            "Your gradient for U is transposed. A gradient has the shape of what it belongs to, here (C, K).",
            "Backwards",
        ),
        Mistake(
            "weights_averaged",
            ("dU = ds.T @ o", "dU = ds.T @ o / len(ds)"),
            "You average the gradient for U over the samples. If the error is a mean, that division is in `ds` "
            "already.",
            "Backwards",
        ),
        Mistake(
            "bias_averaged",
            ("ds.sum(axis=0)", "ds.mean(axis=0)"),
            "You average the gradient for the biases over the samples. All samples use the same bias, and their "
            "gradients add up.",
            "Backwards",
        ),
        Mistake(
            "bias_summed_over_classes",
            ("ds.sum(axis=0)", "ds.sum(axis=1)"),
            "Your gradient for the biases has an entry for each sample. It needs one for each class.",
            "Backwards",
        ),
        Mistake(
            "order_of_values",
            ("return do, dU, db", "return dU, do, db"),
            "You return the gradients in another order. First comes that of the features, then that of the weights.",
            "Backwards",
        ),
    ],
)
