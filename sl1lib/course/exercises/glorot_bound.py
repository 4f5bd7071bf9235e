"""How large random starting weights are."""

import math

from ..exercise import Exercise, Mistake


def glorot_bound(inputs, outputs, places):
    fans = (inputs + outputs) * places
    return math.sqrt(6 / fans)


EXERCISE = Exercise(
    glorot_bound,
    "The bound of the starting weights",
    chapter="numpy_training",
    level="line",
    minutes=5,
    task=(
        "Return the bound a of Glorot's start: weights are uniform on [-a, a]. A unit has `inputs` and `outputs`, "
        "and in a convolution each counts `places`, the entries of a kernel; in a fully connected layer `places` is "
        "1."
    ),
    equations=["eq-numpy-glorot"],
    blank="math.sqrt(6 / fans)",
    cases=[
        ("a layer with 3 inputs and 3 outputs: 1", (3, 3, 1)),
        ("the last layer", (192, 10, 1)),
        ("the first kernels", (1, 6, 25)),
    ],
    inputs=lambda draw, n: (draw.count(1, 9), draw.count(1, 9), draw.count(1, 4) ** 2),
    sizes={"n": (1,)},
    hints=[
        "The variance should be 2 by the sum of both fans. What is the variance of a uniform number on [-a, a]?",
        "It is a²/3.",
        "a²/3 = 2/fans, solved for a.",
    ],
    mistakes=[
        Mistake(
            "one_side_only",
            ("(inputs + outputs)", "(2 * inputs)"),
            "You count one side alone. Inputs keep the values' size on the way forward, outputs the gradients' on the "
            "way back, and the bound is made from both.",
            "How large",
            also=[
                "inputs",
                "outputs",
                "(2 * outputs)",
            ],
        ),
        Mistake(
            "places_forgotten",
            (" * places", ""),
            "You forget the entries of the kernel, on one side or both. Each output of a convolution has as many "
            "inputs as its kernels have entries.",
            "How large",
            also=[
                ("(inputs + outputs) * places", "inputs * places + outputs"),
                ("(inputs + outputs) * places", "inputs + outputs * places"),
            ],
        ),
        Mistake(
            "standard_deviation",
            ("6 / fans", "2 / fans"),
            "This is the standard deviation. A uniform number with that deviation reaches √3 times as far.",
            "How large",
        ),
        Mistake(
            "root_missing",
            ("math.sqrt(6 / fans)", "6 / fans"),
            "The root is missing. 6 by the fans is the square of the bound.",
            "How large",
        ),
        Mistake(
            "mean_of_the_fans",
            ("6 / fans", "12 / fans"),
            "You divide by the mean of both fans where their sum belongs. Your bound is √2 times too large.",
            "How large",
        ),
        Mistake(
            "variance",
            ("math.sqrt(6 / fans)", "2 / fans"),
            "This is the variance of the weights. The bound of a uniform number is the root of three times that.",
            "How large",
        ),
        Mistake(
            "root_of_the_six_alone",
            ("math.sqrt(6 / fans)", "math.sqrt(6) / fans"),
            "Your root ends too soon: it covers the 6 and not the fans. The square of the bound is the quotient.",
            "How large",
            also=["6 / math.sqrt(fans)"],
        ),
    ],
)
