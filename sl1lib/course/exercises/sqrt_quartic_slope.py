"""The slope of smoothed L1/2."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def sqrt_quartic_slope(r, eps):
    t = np.minimum(r / eps, 1)
    q = np.where(r >= eps, r, eps * (-(t**4) + 6 * t**2 + 3) / 8)
    slope = (3 * t - t**3) / 2
    return slope / (2 * np.sqrt(q))


EXERCISE = Exercise(
    sqrt_quartic_slope,
    "The slope of smoothed L1/2",
    chapter="smooth_function",
    level="function",
    minutes=15,
    task=(
        "Return the slope of √q(r) for each length in `r`, numbers of at least 0, where q is the quartic cap of "
        "width `eps`: r itself from ε on, and ε(-t⁴ + 6t² + 3)/8 with t = r/ε below."
    ),
    reference=reference.PROFILES["sqrt_quartic"].slope,
    equations=["eq-smooth-sqrt"],
    cases=[
        ("far outside: half of 1/√r", (np.array([4.0]), 1.0)),
        ("at 0", (np.array([0.0]), 2.0)),
        ("half way in a cap of width 2", (np.array([1.0]), 2.0)),
    ],
    inputs=lambda draw, n, k: (draw.positive(n, k), draw.number(0.4, 3.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "A function inside of a root: what does the chain rule say?",
        "The slope of √q is q'/(2√q). You have q' from the quartic cap.",
        "q' is (3t - t³)/2 with t cut off at 1; q is never 0, since the cap is lifted.",
    ],
    mistakes=[
        Mistake(
            "root_ignored",
            ("slope / (2 * np.sqrt(q))", "slope"),
            "Your function returns the slope of the quartic cap. The root around it changes the slope, by the chain "
            "rule.",
            "The family",
        ),
        Mistake(
            "two_forgotten",
            ("(2 * np.sqrt(q))", "np.sqrt(q)"),
            "Your slope is twice too large. The derivative of a root has a 2 in its denominator.",
            "The family",
        ),
        Mistake(
            "divided_by_the_cap",
            ("np.sqrt(q)", "q"),
            "You divide by q and not by its root. That would be the slope of half of ln q.",
            "The family",
        ),
        Mistake(
            "root_of_the_slope",
            ("slope / (2 * np.sqrt(q))", "np.sqrt(slope)"),
            "You take the root of the slope. The slope of a root is another thing: the chain rule multiplies.",
            "The family",
        ),
        Mistake(
            "not_cut_off",
            ("np.minimum(r / eps, 1)", "r / eps"),
            "Outside of the cap your inner slope follows the cubic. From ε on it is 1.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "inner_slope_forgotten",
            ("return slope /", "return 1 /"),
            "You differentiate the root and not what is inside of it. At 0 your slope is not 0: there is a corner.",
            "The family",
        ),
        Mistake(
            "cap_not_lifted",
            (" + 3) / 8", ") / 8"),
            "Your cap is 0 at 0, and you divide by its root there. The offset is what keeps the root away from 0.",
            "Curvature as well: three conditions",
        ),
        Mistake(
            "value_in_place_of_the_slope",
            ("slope / (2 * np.sqrt(q))", "np.sqrt(q)"),
            "Your function returns the value, √q. The slope is its derivative.",
            "The family",
            credit=0.0,
        ),
    ],
)
