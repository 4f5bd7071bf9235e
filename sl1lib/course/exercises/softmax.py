"""Softmax, in its stable form."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def softmax(s):
    shifted = s - s.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=-1, keepdims=True)


EXERCISE = Exercise(
    softmax,
    "Softmax",
    chapter="dense_and_entropy",
    level="function",
    minutes=10,
    task=(
        "Return the softmax of each row of the scores `s`, an array (N, C). Scores of any size must give finite "
        "numbers."
    ),
    reference=reference.softmax,
    equations=["eq-dense-softmax", "eq-dense-shift"],
    cases=[
        ("two equal scores", (np.array([[0.0, 0.0]]),)),
        ("probabilities 1/4 and 3/4", (np.array([[0.0, np.log(3.0)]]),)),
        ("two samples with scores far apart", (np.array([[0.0, 1.0], [2000.0, 2001.0]]),)),
        ("scores of 2000 and 0", (np.array([[2000.0, 0.0]]),)),
    ],
    inputs=lambda draw, n, c: (draw.numbers(n, c),),
    sizes={"n": (1, 2, 3), "c": (2, 3, 1)},
    hints=[
        "Exponentials first; then each row is divided by its own sum.",
        "`np.exp(1000)` is infinite. What may you subtract from all scores of a row without changing the result?",
        "Subtract each row's largest score, with `keepdims=True`: then no exponent is above 0.",
    ],
    mistakes=[
        Mistake(
            "no_shift",
            ("np.exp(shifted)", "np.exp(s)"),
            "Your exponentials overflow: exp(710) is infinite already, and infinity by infinity is NaN. The same "
            "number subtracted from all scores of a row changes nothing else.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "one_shift_for_all_rows",
            ("s.max(axis=-1, keepdims=True)", "s.max()"),
            "You subtract the largest score of the whole batch. A row far below it becomes 0 by 0: each row needs a "
            "shift of its own.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "shift_too_small",
            ("s.max(axis=-1, keepdims=True)", "s.mean(axis=-1, keepdims=True)"),
            "You subtract something smaller than each row's largest score, its mean or its smallest score, say. "
            "Exponents above 0 remain, and large ones overflow.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "shift_over_samples",
            ("s.max(axis=-1, keepdims=True)", "s.max(axis=0, keepdims=True)"),
            "You subtract the largest score of each column. A shift cancels only if it is the same for all scores of a "
            "row.",
            "Why exp(1000) fails, and the cure",
        ),
        Mistake(
            "normalised_over_samples",
            ("powers.sum(axis=-1, keepdims=True)", "powers.sum(axis=0, keepdims=True)"),
            "You divide by the sum over the samples. The probabilities of one sample's classes must add up to 1.",
            "Softmax",
        ),
        Mistake(
            "normalised_over_everything",
            ("powers.sum(axis=-1, keepdims=True)", "powers.sum()"),
            "You divide by the sum over the whole batch. Each row must add up to 1 by itself.",
            "Softmax",
        ),
        Mistake(
            "axis_lost",
            ("powers.sum(axis=-1, keepdims=True)", "powers.sum(axis=-1)"),
            "The sums of your rows stand in one axis, and dividing by them goes along the columns. They need an axis "
            "of length 1 behind theirs.",
            "Softmax",
        ),
        Mistake(
            "not_normalised",
            (" / powers.sum(axis=-1, keepdims=True)", ""),
            "Your rows do not add up to 1. The exponentials still have to be divided by their sum.",
            "Softmax",
        ),
        Mistake(
            "small_number_added",
            ("powers.sum(axis=-1, keepdims=True)", "(powers.sum(axis=-1, keepdims=True) + 1e-6)"),
            "You add a small number to the sum, and your rows do not add up to 1. With the shift the sum is at least "
            "1, and no division by 0 is possible.",
            "Why exp(1000) fails, and the cure",
            credit=0.75,
            also=["(powers.sum(axis=-1, keepdims=True) + 1e-5)"],
        ),
        Mistake(
            "powers_of_two",
            ("np.exp(shifted)", "np.exp2(shifted)"),
            "Your powers are those of 2. Softmax takes powers of e.",
            "Softmax",
        ),
        Mistake(
            "normalised_scores",
            ("np.exp(shifted)", "shifted"),
            "You divide the scores by their sum and take no exponentials. Without them probabilities can be negative.",
            "Softmax",
        ),
    ],
)
