"""What none of n says about a rate."""

from ..exercise import Exercise, Mistake


def failure_bound(trainings):
    return 1 - 0.025 ** (1 / trainings)


EXERCISE = Exercise(
    failure_bound,
    "The interval of nothing",
    chapter="claims",
    level="derivation",
    minutes=10,
    task=(
        "None of n trainings failed. Return the rate q for which none of n has the probability 2.5 %: the upper end "
        "of the exact two-sided interval of 95 %. The argument is n."
    ),
    cases=[
        ("one training says little", (1.0,)),
        ("twenty: 0.168", (20.0,)),
        ("a thousand", (1000.0,)),
    ],
    inputs=lambda draw, n: (float(draw.count(1, 60)),),
    sizes={"n": (1,)},
    hints=[
        "With the rate q, what is the probability that one training does not fail? And all n?",
        "(1 - q)^n = 0.025.",
        "Take the n-th root of both sides.",
    ],
    mistakes=[
        Mistake(
            "one_sided",
            ("0.025", "0.05"),
            "This is the one-sided bound. Of the 5 % of a two-sided interval each end has half.",
            "How a verdict is made",
        ),
        Mistake(
            "rule_of_three",
            ("1 - 0.025 ** (1 / trainings)", "3 / trainings"),
            "This is the rule of three, an approximation of the one-sided bound. The exact one is asked for.",
            "What pairs can show at all",
        ),
        Mistake(
            "root_forgotten",
            ("0.025 ** (1 / trainings)", "0.025 / trainings"),
            "You divide by n where the n-th root belongs. That n trainings succeed is a product of n probabilities.",
            "What pairs can show at all",
        ),
        Mistake(
            "success_rate",
            ("1 - 0.025", "0.025"),
            "This is the rate of success, 1 - q. The rate of failure is asked for.",
            "What pairs can show at all",
        ),
        Mistake(
            "confidence_for_the_tail",
            ("0.025", "0.975"),
            "You give no failure the probability of 97.5 %. The bound is the rate at which such luck would be rare.",
            "What pairs can show at all",
        ),
        Mistake(
            "power_for_root",
            ("(1 / trainings)", "trainings"),
            "You take the n-th power. The equation is solved by the root.",
            "What pairs can show at all",
        ),
    ],
)
