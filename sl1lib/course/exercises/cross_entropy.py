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
        ("scores of 2000 and 1999", (np.array([[2000.0, 1999.0]]), np.array([0]))),
        ("two samples with scores far apart", (np.array([[0.0, 1.0], [2000.0, 2001.0]]), np.array([1, 1]))),
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
            "predicted_class",
            ("logs[np.arange(len(labels)), labels]", "logs.max(axis=1)"),
            "Your function looks at the class with the largest score. What counts is the right class, the sample's "
            "label, whatever the network answers.",
            "The error, from the likelihood",
        ),
        Mistake(
            "labels_from_one",
            ("logs[np.arange(len(labels)), labels]", "logs[np.arange(len(labels)), labels - 1]"),
            "Your labels count from 1: you take the entry before the right one. Classes count from 0, as indices do.",
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
            "one_shift_for_all_rows",
            ("logits.max(axis=1, keepdims=True)", "logits.max()"),
            "You subtract the largest score of the whole batch. In a row far below it all exponentials are 0: each row "
            "needs a shift of its own.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "logarithm_of_softmax",
            (
                "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
                "np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True))",
            ),
            "You compute softmax first and take its logarithm then. A probability below 1e-308 is 0 by that time, and "
            "its logarithm is minus infinity.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "clipped_logarithm",
            ("labels]", "labels]\n    right = np.log(np.exp(right) + 1e-12)"),
            "A small number keeps your logarithm from infinity: a certain mistake then costs 20 or 30 and not what it "
            "should. ln softmax as one function needs no such number.",
            "Why exp(1000) fails, and the cure",
            also=[
                "labels]\n    right = np.log(np.exp(right) + 1e-16)",
                "labels]\n    right = np.log(np.exp(right) + 1e-15)",
                "labels]\n    right = np.log(np.exp(right) + 1e-10)",
                "labels]\n    right = np.log(np.exp(right) + 1e-9)",
                "labels]\n    right = np.log(np.exp(right) + 1e-8)",
                "labels]\n    right = np.log(np.exp(right) + 1e-7)",
                "labels]\n    right = np.log(np.exp(right) + 1e-6)",
                "labels]\n    right = np.log(np.exp(right) + 1e-5)",
                "labels]\n    right = np.log(np.maximum(np.exp(right), 1e-7))",
                "labels]\n    right = np.log(np.maximum(np.exp(right), 1e-6))",
                "labels]\n    right = np.log(np.maximum(np.exp(right), 1e-5))",
            ],
        ),
    ],
)
