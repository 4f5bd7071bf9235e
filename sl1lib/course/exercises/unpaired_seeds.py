"""What a pair is worth."""

from ..exercise import Exercise, Mistake


def unpaired_seeds(pairs, correlation):
    return pairs / (1 - correlation)


EXERCISE = Exercise(
    unpaired_seeds,
    "Seeds that do the work of pairs",
    chapter="comparison",
    level="derivation",
    minutes=10,
    task=(
        "Both methods have the same spread, and over the seeds their errors have the correlation ρ. `pairs` pairs "
        "give an interval of some width. Return how many seeds of each method an unpaired comparison needs for the "
        "same width, Student's factor aside. The arguments are the pairs and ρ."
    ),
    equations=["eq-comparison-pair"],
    cases=[
        ("half: twice as many", (10.0, 0.5)),
        ("much alike", (5.0, 0.9)),
        ("hardly any correlation", (20.0, 1e-9)),
    ],
    inputs=lambda draw, n: (float(draw.count(2, 30)), draw.number(0.05, 0.9)),
    sizes={"n": (1,)},
    hints=[
        "What is the variance of a difference, paired and unpaired?",
        "2s²(1 - ρ) paired, 2s² unpaired. Divide by the number of seeds for the mean.",
        "2s²(1 - ρ)/pairs = 2s²/seeds.",
    ],
    mistakes=[
        Mistake(
            "upside_down",
            ("pairs / (1 - correlation)", "pairs * (1 - correlation)"),
            "Your factor is upside down: pairs remove what both have in common, so it takes more seeds without them.",
            "The same start, the same batches",
        ),
        Mistake(
            "sign_lost",
            ("1 - correlation", "1 + correlation"),
            "A sign is lost: what two methods have in common drops out of their difference.",
            "The same start, the same batches",
        ),
        Mistake(
            "root_taken",
            ("pairs / (1 - correlation)", "pairs / (1 - correlation) ** (1 / 2)"),
            "You compare standard deviations with numbers of seeds. The width goes with one by the root of the "
            "number, so the root drops out.",
            "Enough seeds",
        ),
        Mistake(
            "squared",
            ("(1 - correlation)", "(1 - correlation**2)"),
            "You have ρ². That is the share of the variance that one explains of the other, not what is left in "
            "their difference.",
            "The same start, the same batches",
        ),
        Mistake(
            "both_sides_counted",
            ("return pairs /", "return 2 * pairs /"),
            "You count the trainings of both methods together. Asked for are the seeds of each.",
            "Enough seeds",
        ),
        Mistake(
            "width_squared",
            ("(1 - correlation)", "(1 - correlation) ** 2"),
            "You have squared the ratio of the variances. It is already a ratio of squares of widths.",
            "Enough seeds",
        ),
    ],
)
