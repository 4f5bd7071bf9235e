"""How many pairs it takes to show anything at all."""

import math

from ..exercise import Exercise, Mistake


def pairs_needed(tests, alpha):
    return math.ceil(math.log2(2 * tests / alpha))


EXERCISE = Exercise(
    pairs_needed,
    "Pairs that a family needs",
    chapter="claims",
    level="line",
    minutes=10,
    task=(
        "With n pairs, the smallest two-sided p value of signed ranks is 2/2ⁿ. `tests` of them are corrected as one "
        "family, by Holm, at the level `alpha`. Return the smallest whole n with which the family can be significant "
        "at all."
    ),
    equations=["eq-claims-smallest", "eq-claims-needed"],
    because="it is a whole number",
    blank="math.ceil(math.log2(2 * tests / alpha))",
    cases=[
        ("one test at 5 %", (1, 0.05)),
        ("40 tests at 5 %", (40, 0.05)),
        ("20 tests at 5 %", (20, 0.05)),
        ("a level that is a power of 2", (1, 0.125)),
        ("one test at 1 %", (1, 0.01)),
    ],
    inputs=lambda draw, n: (draw.count(1, 60), draw.number(0.003, 0.2)),
    sizes={"n": (1,)},
    hints=[
        "Holm multiplies the smallest p value of the family by the number of tests. When is that at most α?",
        "m · 2/2ⁿ ≤ α, solved for n.",
        "n ≥ log₂(2m/α), and n is a whole number: round up.",
    ],
    mistakes=[
        Mistake(
            "one_sided",
            ("2 * tests", "tests"),
            "You take 1/2ⁿ for the smallest p value. The test is two-sided: all signs positive and all signs "
            "negative are equally far away.",
            "What pairs can show at all",
        ),
        Mistake(
            "family_forgotten",
            ("2 * tests", "2"),
            "The number of tests plays no part in your answer. Holm multiplies the smallest p value by it.",
            "What pairs can show at all",
        ),
        Mistake(
            "rounded_down",
            ("math.ceil", "math.floor"),
            "You round down. One pair too few, and the smallest p value is above the level.",
            "What pairs can show at all",
        ),
        Mistake(
            "rounded_to_the_nearest",
            ("math.ceil", "round"),
            "You round to the nearest number. Where that is down, one pair is missing.",
            "What pairs can show at all",
        ),
        Mistake(
            "natural_logarithm",
            ("math.log2", "math.log"),
            "You take the natural logarithm. Each pair doubles the number of patterns, so that it counts powers of 2.",
            "What pairs can show at all",
        ),
        Mistake(
            "one_more",
            ("math.ceil(math.log2(2 * tests / alpha))", "math.ceil(math.log2(2 * tests / alpha)) + 1"),
            "You ask for one pair too many. With one fewer the smallest corrected p value is at most α already.",
            "What pairs can show at all",
        ),
        Mistake(
            "family_twice",
            ("2 * tests / alpha", "2 * tests * tests / alpha"),
            "The number of tests counts twice in your answer. Holm multiplies the smallest p value by it once.",
            "What pairs can show at all",
        ),
        Mistake(
            "equality_not_enough",
            ("math.ceil(math.log2(2 * tests / alpha))", "math.floor(math.log2(2 * tests / alpha)) + 1"),
            "You ask for a p value below α. At α itself a test is significant still, so that a power of 2 needs no "
            "pair more.",
            "What pairs can show at all",
            credit=0.75,
        ),
    ],
)
