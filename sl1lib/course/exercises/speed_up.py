"""What a faster part does for the whole."""

from ..exercise import Exercise, Mistake


def speed_up(share, factor):
    return 1 / (1 - share + share / factor)


EXERCISE = Exercise(
    speed_up,
    "How much faster the whole gets",
    chapter="fast_path",
    level="derivation",
    minutes=5,
    task=(
        "A part takes `share` of the time. It is made `factor` times as fast. Return how many times as fast the "
        "whole gets."
    ),
    cases=[
        ("half of the time, twice as fast: 4/3", (0.5, 2.0)),
        ("nothing is gained", (0.3, 1.0)),
        ("a small part, very fast", (0.1, 100.0)),
    ],
    inputs=lambda draw, n: (draw.number(0.05, 0.95), draw.number(1.1, 9.0)),
    sizes={"n": (1,)},
    hints=[
        "How long does the whole take now, if it took 1 before?",
        "The rest, 1 - share, takes what it took; the part takes share/factor.",
        "As many times as fast: the old time by the new one.",
    ],
    mistakes=[
        Mistake(
            "new_time",
            ("1 / (1 - share + share / factor)", "1 - share + share / factor"),
            "This is the new time. How many times as fast is the old time by the new one.",
            "Where does the time go",
        ),
        Mistake(
            "rest_forgotten",
            ("1 - share + share / factor", "share / factor"),
            "You have left out the rest, which takes as long as before. It is what bounds the gain.",
            "Where does the time go",
        ),
        Mistake(
            "mean_of_the_factors",
            ("1 / (1 - share + share / factor)", "1 - share + share * factor"),
            "You average the speeds. Times add up, speeds do not.",
            "Where does the time go",
        ),
        Mistake(
            "whole_left",
            ("1 - share + share", "1 + share"),
            "The part is there twice: the rest is 1 - share, not 1.",
            "Where does the time go",
        ),
        Mistake(
            "multiplied",
            ("share / factor", "share * factor"),
            "You let the part take `factor` times as long. It is faster, so its time is divided.",
            "Where does the time go",
        ),
        Mistake(
            "limit",
            (" + share / factor", ""),
            "This is the limit for a part that takes no time at all. The part still takes share/factor.",
            "Where the rest of the time goes",
        ),
    ],
)
