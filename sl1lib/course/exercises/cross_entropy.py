"""The entropy error."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = logs[np.arange(len(labels)), labels]
    return float(-right.mean())


EXERCISE = Exercise(
    cross_entropy,
    "The entropy error",
    chapter="dense_and_entropy",
    level="function",
    minutes=15,
    task=(
        "Return the mean entropy error of the scores `logits` (N, C), a number; `labels` (N,) holds the right "
        "classes as integers. Scores of any size must give a finite number."
    ),
    reference=reference.cross_entropy,
    equations=["eq-dense-entropy"],
    cases=[
        ("two classes, nothing known: ln 2", (np.zeros((1, 2)), np.array([0]))),
        ("probabilities 1/4 and 3/4", (np.array([[0.0, np.log(3.0)]]), np.array([0]))),
        ("two samples, of which one is certain", (np.array([[0.0, 0.0], [50.0, 0.0]]), np.array([1, 0]))),
        ("a score of 2000 for the wrong class", (np.array([[2000.0, 0.0]]), np.array([1]))),
    ],
    inputs=lambda draw, n, c: (draw.numbers(n, c), draw.labels(n, c)),
    sizes={"n": (1, 2, 3), "c": (2, 3, 4)},
    hints=[
        "Only the right class's probability counts. Which entry of each row is it?",
        "`logs[np.arange(N), labels]` picks one entry of each row.",
        "The error is minus the mean of these logarithms; take ln softmax as one function.",
    ],
    mistakes=[
        Mistake(
            "sum_for_mean",
            ("right.mean()", "right.sum()"),
            "Your function adds up the samples' errors. The error of a batch is their mean, so that it does not grow "
            "with the batch.",
            "The error, from the likelihood",
        ),
        Mistake(
            "sign_lost",
            ("float(-right", "float(right"),
            "Your error is negative. The logarithm of a probability is at most 0, and the error is minus that.",
            "The error, from the likelihood",
        ),
        Mistake(
            "divided_by_all_numbers",
            ("right.mean()", "right.sum() / logits.size"),
            "You divide by the number of all scores. The mean is over the samples; classes are not averaged over.",
            "The error, from the likelihood",
        ),
        Mistake(
            "probability_for_its_logarithm",
            ("np.arange(len(labels)), labels]", "np.arange(len(labels)), labels]\n    right = np.exp(right)"),
            "You average the probabilities of the right classes. The error takes their logarithms.",
            "The error, from the likelihood",
        ),
        Mistake(
            "all_columns_of_the_labels",
            ("logs[np.arange(len(labels)), labels]", "logs[:, labels]"),
            "`logs[:, labels]` takes every label's column from every row. Each row has one right class, and only "
            "that entry counts.",
            "The error, from the likelihood",
        ),
        Mistake(
            "all_classes",
            ("logs[np.arange(len(labels)), labels]", "logs"),
            "You average over all classes. Only the right class of each sample counts.",
            "The error, from the likelihood",
        ),
        Mistake(
            "no_shift",
            ("logits - logits.max(axis=1, keepdims=True)", "logits + 0.0"),
            "Your exponentials overflow for large scores. Each row's largest score may be subtracted first.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "clipped_logarithm",
            ("labels]", "labels]\n    right = np.log(np.exp(right) + 1e-12)"),
            "Your logarithm is clipped near 1e-12: a certain mistake costs 27.6 and not what it should. ln softmax "
            "as one function needs no clipping.",
            "Why exp(1000) fails, and the cure",
        ),
    ],
)
