"""A paired comparison by signed ranks, exactly."""

from itertools import product

import numpy as np

from ..exercise import Exercise, Mistake


def sign_rank_p(a, b):
    differences = a - b
    sizes = np.abs(differences)
    ranks = np.array([(sizes < size).sum() + ((sizes == size).sum() + 1) / 2 for size in sizes])
    observed = (np.sign(differences) * ranks).sum()
    patterns = np.array(list(product((-1, 1), repeat=len(ranks))))
    sums = (patterns * ranks).sum(axis=1)
    return float((np.abs(sums) >= np.abs(observed)).mean())


EXERCISE = Exercise(
    sign_rank_p,
    "A paired comparison",
    chapter="comparison",
    level="function",
    minutes=25,
    task=(
        "`a` and `b` (n,) are numbers of two methods, paired by seed; no two are equal. Return the two-sided p value "
        "of the signed ranks: give the differences a - b ranks by their size (ties get the mean of their ranks), add "
        "the ranks up with the signs of the differences, and return the share of all 2ⁿ patterns of signs whose sum "
        "is at least as far from 0."
    ),
    equations=["eq-comparison-sign-rank"],
    because="a share of 2ⁿ patterns is exact",
    cases=[
        ("three pairs, all on one side", (np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))),
        (
            "four pairs, the smallest on the other side",
            (np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.0, 2.0, 3.0, 4.0])),
        ),
        ("four pairs, the largest on the other side", (np.array([9.0, 0.0, 0.0, 0.0]), np.array([0.0, 2.0, 3.0, 4.0]))),
        ("ties", (np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0, 2.0]))),
        ("the first method larger in all", (np.array([5.0, 7.0, 9.0, 4.0]), np.array([1.0, 2.0, 3.0, 1.0]))),
    ],
    inputs=lambda draw, n: (lambda b: (b + draw.numbers(n) * 2 + 0.5, b))(draw.numbers(n)),
    sizes={"n": (3, 4, 5, 6)},
    hints=[
        "If the methods do not differ, each difference might as well have the other sign. How many patterns of signs "
        "are there?",
        "`itertools.product((-1, 1), repeat=n)` lists them. For each, add up the ranks with these signs.",
        "Count the patterns, the observed one among them, whose sum is at least as large in absolute value.",
    ],
    mistakes=[
        Mistake(
            "one_sided",
            ("(np.abs(sums) >= np.abs(observed))", "(sums <= observed)"),
            "You count one side only. Nobody said beforehand which method is better: sums far above 0 count as well "
            "as sums far below.",
            "Enough seeds",
            also=["(sums >= observed)"],
        ),
        Mistake(
            "observed_not_counted",
            ("np.abs(sums) >= np.abs(observed)", "np.abs(sums) > np.abs(observed)"),
            "You leave out patterns whose sum is just as far from 0, the observed one among them. Then p could be 0.",
            "Enough seeds",
        ),
        Mistake(
            "sizes_for_ranks",
            ("* ranks).sum()\n", "* sizes).sum()\n    ranks = sizes\n"),
            "You add up the differences themselves. One large difference then decides everything; the ranks keep "
            "that from happening.",
            "Enough seeds",
        ),
        Mistake(
            "signs_only",
            ("* ranks).sum()\n", "* 1).sum()\n    ranks = np.ones(len(ranks))\n"),
            "You count signs and forget the ranks. A pair with a large difference should weigh more than one with a "
            "small one.",
            "Enough seeds",
        ),
        Mistake(
            "ranks_with_their_signs",
            ("sizes = np.abs(differences)", "sizes = differences"),
            "You rank the differences with their signs. The ranks go by size, and the signs come afterwards.",
            "Enough seeds",
        ),
        Mistake(
            "ties_by_order",
            (
                "ranks = np.array([(sizes < size).sum() + ((sizes == size).sum() + 1) / 2 for size in sizes])",
                'ranks = sizes.argsort(kind="stable").argsort(kind="stable") + 1.0',
            ),
            "Equal sizes get different ranks in your function, by their order in the list. They get the mean of "
            "their ranks.",
            "Enough seeds",
        ),
        Mistake(
            "complement",
            (").mean())", ").mean() * -1 + 1)"),
            "You return the share of patterns that lie nearer to 0. p is small where few patterns are as far away as "
            "the observed one.",
            "Enough seeds",
        ),
        Mistake(
            "ranks_from_zero",
            (" + 1) / 2", " - 1) / 2"),
            "Your ranks begin with 0, so that the smallest difference has no say. The smallest has rank 1.",
            "Enough seeds",
        ),
        Mistake(
            "size_of_the_sum_forgotten",
            (">= np.abs(observed)", ">= observed"),
            "You compare sizes with a sum that has its sign still. Where it is negative, every pattern seems as far "
            "from 0, and p is 1.",
            "Enough seeds",
        ),
    ],
)
