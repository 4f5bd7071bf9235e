"""The fully connected layer, forward."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def dense(o, U, b):
    scores = o @ U.T
    return scores + b


EXERCISE = Exercise(
    dense,
    "The fully connected layer",
    chapter="dense_and_entropy",
    level="line",
    minutes=5,
    task=(
        "`o` (N, K) holds a row of features for each sample, `U` (C, K) the weights, `b` (C,) the biases. Return the "
        "scores, (N, C), without an activation."
    ),
    reference=reference.dense,
    equations=["eq-dense"],
    blank="o @ U.T",
    cases=[
        ("one sample, one class", (np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([0.5]))),
        (
            "two features, two classes",
            (np.array([[1.0, 0.0]]), np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([10.0, 20.0])),
        ),
        ("a score below 0", (np.array([[1.0]]), np.array([[-2.0]]), np.array([1.0]))),
    ],
    inputs=lambda draw, n, c, k: (draw.numbers(n, k), draw.numbers(c, k), draw.numbers(c)),
    sizes={"n": (1, 2, 3), "c": (1, 2, 3), "k": (1, 2, 3)},
    hints=[
        "Write one score as a sum: which weights belong to class c, and which features?",
        "Row c of `U` has a weight for each feature. The product sums over the features, the last axis of both.",
        "A product of matrices sums over the last axis of the first and the first axis of the second: transpose one.",
    ],
    mistakes=[
        Mistake(
            "no_bias",
            ("scores + b", "scores"),
            "You leave out the bias. Each class has one number that is added to its score.",
            "The equation",
        ),
        Mistake(
            "bias_twice",
            ("scores + b", "scores + 2 * b"),
            "You add the bias twice. Each score has it once; the last line adds it already.",
            "The equation",
        ),
        Mistake(
            "bias_subtracted",
            ("scores + b", "scores - b"),
            "You subtract the bias. It is added.",
            "The equation",
        ),
        Mistake(
            "weights_not_transposed",
            ("U.T", "U"),
            "Your product takes the columns of U for the classes. Its rows belong to the classes, its columns to the "
            "features.",
            "The equation",
        ),
        Mistake(
            "bias_along_samples",
            ("scores + b", "scores + b[:, None]"),
            "Your bias runs along the samples. It has one entry for each class, the last axis of the scores.",
            "The equation",
        ),
        Mistake(
            "with_relu",
            ("o @ U.T\n    return scores + b", "o @ U.T\n    return np.maximum(scores + b, 0)"),
            "Your function applies a ReLU to the scores. That stands in equation (3) of the paper, but not in this "
            "exercise: it would block every class with a negative score.",
            "What a ReLU on the scores does",
        ),
        Mistake(
            "mean_over_features",
            ("o @ U.T", "o @ U.T / o.shape[1]"),
            "You divide by the number of features. A layer sums over its features.",
            "The equation",
        ),
        Mistake(
            "scores_transposed",
            ("o @ U.T", "U @ o.T"),
            "Your product has a row for each class and a column for each sample. The scores have a row for each "
            "sample, as the features have.",
            "The equation",
            also=[("o @ U.T\n    return scores + b", "U @ o.T\n    return scores + b[:, None]")],
        ),
    ],
)
