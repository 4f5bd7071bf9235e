"""The logarithm of softmax, as one function."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def log_softmax(s):
    shifted = s - s.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def logarithm_of_softmax(s):
    powers = np.exp(s - s.max(axis=-1, keepdims=True))
    return np.log(powers / powers.sum(axis=-1, keepdims=True))


EXERCISE = Exercise(
    log_softmax,
    "The logarithm of softmax",
    chapter="dense_and_entropy",
    level="function",
    minutes=15,
    task="Return the logarithm of the softmax of each row of `s`, an array (N, C): finite for scores of any size.",
    reference=reference.log_softmax,
    equations=["eq-dense-logsumexp"],
    cases=[
        ("two equal scores: -ln 2", (np.array([[0.0, 0.0]]),)),
        ("scores of 0 and -2000", (np.array([[0.0, -2000.0]]),)),
        ("scores of 2000 and 1999", (np.array([[2000.0, 1999.0]]),)),
        ("two samples", (np.array([[0.0, 1.0], [5.0, 3.0]]),)),
        ("two samples with scores far apart", (np.array([[0.0, 1.0], [2000.0, 2001.0]]),)),
    ],
    inputs=lambda draw, n, c: (draw.numbers(n, c),),
    sizes={"n": (1, 2, 3), "c": (2, 3, 1)},
    hints=[
        "Take the logarithm on paper before you compute: ln of a fraction is a difference.",
        "ln softmax(s) = s - ln Σ exp(s). Which shift keeps the exponentials from overflowing, and where does it "
        "cancel?",
        "With `shifted = s - max`: `shifted - log(sum(exp(shifted)))`, for each row.",
    ],
    mistakes=[
        Mistake(
            "logarithm_of_softmax",
            logarithm_of_softmax,
            "You compute softmax first and take its logarithm then. A probability below 1e-308 is 0 by that time, "
            "and its logarithm is minus infinity.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "clipped_logarithm",
            ("return shifted - np.log(total)", "return np.log(np.exp(shifted) / total + 1e-12)"),
            "A small number keeps your logarithm from infinity: it is then never below -20 or -30, whatever the scores "
            "are. ln of a fraction is a difference, which needs no such number.",
            "Why exp(1000) fails, and the cure",
            also=[
                "return np.log(np.exp(shifted) / total + 1e-16)",
                "return np.log(np.exp(shifted) / total + 1e-15)",
                "return np.log(np.exp(shifted) / total + 1e-10)",
                "return np.log(np.exp(shifted) / total + 1e-9)",
                "return np.log(np.exp(shifted) / total + 1e-8)",
                "return np.log(np.exp(shifted) / total + 1e-7)",
                "return np.log(np.exp(shifted) / total + 1e-6)",
                "return np.log(np.exp(shifted) / total + 1e-5)",
                "return np.log(np.maximum(np.exp(shifted) / total, 1e-6))",
                "return np.log(np.maximum(np.exp(shifted) / total, 1e-5))",
            ],
        ),
        Mistake(
            "no_shift",
            ("s - s.max(axis=-1, keepdims=True)", "s + 0.0"),
            "Your exponentials overflow, or all of them are 0. A shift by each row's largest score cures both.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "one_shift_for_all_rows",
            ("s.max(axis=-1, keepdims=True)", "s.max()"),
            "You subtract the largest score of the whole batch. In a row far below it all exponentials are 0: each row "
            "needs a shift of its own.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "shift_not_given_back",
            ("return shifted - ", "return s - "),
            "You shift the scores in one place of two, inside of the sum or outside of it. The shift cancels only if "
            "it stands in both.",
            "Why exp(1000) fails, and the cure",
            also=[("return shifted - np.log(total)", "return shifted - np.log(np.exp(s).sum(axis=-1, keepdims=True))")],
        ),
        Mistake(
            "summed_over_samples",
            (".sum(axis=-1, keepdims=True)", ".sum(axis=0, keepdims=True)"),
            "You sum over the samples. Each row has a sum over its own classes.",
            "Softmax",
        ),
        Mistake(
            "wrong_sign",
            ("shifted - np.log", "shifted + np.log"),
            "You add the logarithm of the sum. It comes from the denominator, so that it is subtracted.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "decimal_logarithm",
            ("np.log(total)", "np.log10(total)"),
            "You take the logarithm to base 10. Probabilities here are measured in nats, by the natural logarithm.",
            "The error, from the likelihood",
        ),
        Mistake(
            "softmax_itself",
            ("return shifted - np.log(total)", "return np.exp(shifted) / total"),
            "Your function returns softmax itself. Its logarithm is asked for.",
            "Softmax",
        ),
    ],
)
