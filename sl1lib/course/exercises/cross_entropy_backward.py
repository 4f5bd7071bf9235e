"""The gradient of the entropy error."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def cross_entropy_backward(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    ds = powers / powers.sum(axis=1, keepdims=True)
    ds[np.arange(len(labels)), labels] -= 1
    return ds / len(labels)


def value_in_place_of_the_gradient(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return -np.log(probabilities[np.arange(len(labels)), labels]).mean()


EXERCISE = Exercise(
    cross_entropy_backward,
    "The gradient of the entropy error",
    chapter="dense_and_entropy",
    level="function",
    minutes=15,
    task=(
        "Return the gradient of the mean entropy error for the scores `logits` (N, C), in their shape; `labels` (N,) "
        "holds the right classes as integers."
    ),
    reference=reference.cross_entropy_backward,
    equations=["eq-dense-entropy-grad"],
    cases=[
        ("two classes, nothing known", (np.zeros((1, 2)), np.array([0]))),
        ("two samples", (np.array([[0.0, np.log(3.0)], [0.0, 0.0]]), np.array([1, 0]))),
        ("scores of 2000 and 0", (np.array([[2000.0, 0.0]]), np.array([1]))),
        ("two samples with scores far apart", (np.array([[0.0, np.log(3.0)], [2000.0, 2000.0]]), np.array([1, 0]))),
    ],
    inputs=lambda draw, n, c: (draw.numbers(n, c), draw.labels(n, c)),
    sizes={"n": (1, 2, 3), "c": (2, 3, 4)},
    hints=[
        "The chapter derives it: softmax minus the ideal output. What is the ideal output of a sample with label 3?",
        "Subtract 1 from one entry of each row: `ds[np.arange(N), labels]`.",
        "The error is a mean over N samples. Where does that leave a trace?",
    ],
    mistakes=[
        Mistake(
            "not_divided_by_samples",
            ("return ds / len(labels)", "return ds"),
            "Your gradient is that of the sum over the samples, N times too large. The error is their mean.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "divided_by_all_numbers",
            ("return ds / len(labels)", "return ds / ds.size"),
            "You divide by the number of all scores. The mean is over the samples only.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "wrong_sign",
            (
                "ds = powers / powers.sum(axis=1, keepdims=True)\n    ds[np.arange(len(labels)), labels] -= 1",
                "ds = -powers / powers.sum(axis=1, keepdims=True)\n    ds[np.arange(len(labels)), labels] += 1",
            ),
            "Your gradient points the other way: ideal output minus softmax. A step against the gradient must raise "
            "the right class's score.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "ideal_output_missing",
            ("    ds[np.arange(len(labels)), labels] -= 1\n", ""),
            "Your function returns softmax, divided by N. The ideal output has to be subtracted, or the labels do "
            "not matter.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "one_from_every_row",
            ("ds[np.arange(len(labels)), labels] -= 1", "ds[:, labels] -= 1"),
            "`ds[:, labels]` takes every label's column from every row. Each row has one right class.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "labels_as_numbers",
            ("ds[np.arange(len(labels)), labels] -= 1", "ds -= labels[:, None]"),
            "You subtract the label itself, as a number, from the whole row. A label says which entry of the ideal "
            "output is 1.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "predicted_class",
            ("ds[np.arange(len(labels)), labels] -= 1", "ds[np.arange(len(labels)), ds.argmax(axis=1)] -= 1"),
            "Your function looks at the class with the largest score. What counts is the right class, the sample's "
            "label, whatever the network answers.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "labels_from_one",
            ("ds[np.arange(len(labels)), labels] -= 1", "ds[np.arange(len(labels)), labels - 1] -= 1"),
            "Your labels count from 1: you take the entry before the right one. Classes count from 0, as indices do.",
            "The gradient: softmax minus ideal output",
        ),
        Mistake(
            "no_shift",
            ("logits - logits.max(axis=1, keepdims=True)", "logits"),
            "Your exponentials overflow for large scores. Each row's largest score may be subtracted first.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "one_shift_for_all_rows",
            ("logits.max(axis=1, keepdims=True)", "logits.max()"),
            "You subtract the largest score of the whole batch. In a row far below it all exponentials are 0: each row "
            "needs a shift of its own.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "slope_of_softmax_too",
            (
                "ds[np.arange(len(labels)), labels] -= 1",
                "p = ds.copy()\n    ds[np.arange(len(labels)), labels] -= 1\n    ds *= p * (1 - p)",
            ),
            "You multiply by p(1-p) as well. That factor cancels against the logarithm of the entropy error; it "
            "would stay with the squared error.",
            "Entropy or squares",
        ),
        Mistake(
            "value_in_place_of_the_gradient",
            value_in_place_of_the_gradient,
            "Your function returns the error itself, a number. The gradient has an entry for each score.",
            "The gradient: softmax minus ideal output",
            credit=0.0,
        ),
    ],
)
