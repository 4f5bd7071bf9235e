"""Holm's correction of a family of p values."""

import numpy as np

from ..exercise import Exercise, Mistake


def holm(p_values):
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    products = p_values[order] * factors
    in_order = np.minimum(np.maximum.accumulate(products), 1.0)
    corrected = np.empty(len(p_values))
    corrected[order] = in_order
    return corrected


def maximum_in_the_order_given(p_values):
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(p_values))
    corrected[order] = p_values[order] * (len(p_values) - np.arange(len(p_values)))
    return np.minimum(np.maximum.accumulate(corrected), 1.0)


def equal_ones_share_the_last_rank(p_values):
    factors = np.array([(p_values > p).sum() + 1 for p in p_values])
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate((p_values * factors)[order]), 1.0)
    return corrected


def running_minimum(p_values):
    order = np.argsort(p_values, kind="stable")
    products = p_values[order] * (len(p_values) - np.arange(len(p_values)))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.minimum.accumulate(products[::-1])[::-1], 1.0)
    return corrected


EXERCISE = Exercise(
    holm,
    "Holm's correction",
    chapter="comparison",
    level="function",
    minutes=20,
    task=(
        "Correct the p values of a family of m tests, an array (m,), by Holm's procedure: the smallest is multiplied "
        "by m, the next by m-1, and so on; none may become smaller than the one before it, and none larger than 1. "
        "Return them in the order of the arguments."
    ),
    equations=["eq-comparison-holm"],
    cases=[
        ("three tests in order", (np.array([0.01, 0.03, 0.04]),)),
        ("the same in another order", (np.array([0.04, 0.01, 0.03]),)),
        ("a large one", (np.array([0.9, 0.8]),)),
        ("one test alone", (np.array([0.2]),)),
        ("two that are equal", (np.array([0.02, 0.3, 0.02]),)),
        ("five tests", (np.array([0.2, 0.001, 0.3, 0.012, 0.013]),)),
    ],
    inputs=lambda draw, m: (draw.positive(m) ** 3 / 27.5,),
    sizes={"m": (2, 3, 4, 5)},
    hints=[
        "Sort first, and remember the order. What is the smallest multiplied with, what the largest?",
        "m, m-1, ..., 1. Then take the running maximum, `np.maximum.accumulate`, and cut off at 1.",
        "In the end put each corrected value back where its p value stood.",
    ],
    mistakes=[
        Mistake(
            "bonferroni",
            ("len(p_values) - np.arange(len(p_values))", "len(p_values)"),
            "You multiply all by m, as Bonferroni does. Holm is as safe and rejects more: the k-th smallest needs "
            "the factor m-k+1 only.",
            "Many comparisons",
        ),
        Mistake(
            "no_running_maximum",
            ("np.maximum.accumulate(products)", "products"),
            "A larger p value can become smaller than one before it in your list. Once a test is not significant, "
            "none after it is.",
            "Many comparisons",
        ),
        Mistake(
            "maximum_in_the_order_given",
            maximum_in_the_order_given,
            "Your running maximum goes through the values as they were given. It goes through them in order of size, "
            "before they are put back.",
            "Many comparisons",
        ),
        Mistake(
            "running_minimum",
            running_minimum,
            "You take a running minimum from the largest down, as procedures do that control the share of false "
            "discoveries. Holm steps from the smallest up, by a running maximum.",
            "Many comparisons",
        ),
        Mistake(
            "not_cut_off",
            ("np.minimum(np.maximum.accumulate(products), 1.0)", "np.maximum.accumulate(products)"),
            "Some of your p values are above 1. A probability is at most 1.",
            "Many comparisons",
        ),
        Mistake(
            "left_in_order_of_size",
            ("corrected[order] = in_order", "corrected[:] = in_order"),
            "You return the values in order of size. Each belongs to its test, and goes back to its place.",
            "Many comparisons",
        ),
        Mistake(
            "put_back_by_the_wrong_index",
            ("corrected[order] = in_order", "corrected[:] = in_order[order]"),
            "You read through the order where you have to write through it. `in_order[order]` sorts once more; the "
            "inverse puts back.",
            "Many comparisons",
        ),
        Mistake(
            "largest_first",
            ("len(p_values) - np.arange(len(p_values))", "1 + np.arange(len(p_values))"),
            "Your factors rise with p: the smallest is not corrected at all. It gets the largest factor, m.",
            "Many comparisons",
        ),
        Mistake(
            "one_factor_too_few",
            ("len(p_values) - np.arange(len(p_values))", "np.maximum(len(p_values) - np.arange(len(p_values)) - 1, 1)"),
            "Your factors begin with m-1. The smallest of m is multiplied by m.",
            "Many comparisons",
            also=["len(p_values) - np.arange(len(p_values)) - 1"],
        ),
        Mistake(
            "as_they_come",
            ('np.argsort(p_values, kind="stable")', "np.arange(len(p_values))"),
            "You correct the values as they come. The factors belong to their order of size.",
            "Many comparisons",
        ),
        Mistake(
            "equal_ones_share_the_last_rank",
            equal_ones_share_the_last_rank,
            "Equal p values both get the smaller factor in your function, as if each came last. One of them comes "
            "first, and the running maximum gives both the larger.",
            "Many comparisons",
        ),
    ],
)
