"""The logarithm of the hyperbolic cosine."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def log_cosh(w, eps):
    r = np.abs(w)
    return r + eps * (np.log1p(np.exp(-2 * r / eps)) - np.log(2))


EXERCISE = Exercise(
    log_cosh,
    "ln cosh, in its stable form",
    chapter="smooth_function",
    level="function",
    minutes=15,
    task=(
        "Return ε ln cosh(w/ε) for each entry of `w`, numbers of both signs and any size: finite for all of them. "
        "`eps` is ε > 0."
    ),
    reference=lambda w, eps: reference.smooth_abs(w, eps, "log_cosh"),
    equations=["eq-smooth-log-cosh", "eq-smooth-log-cosh-stable"],
    cases=[
        ("at 0", (np.array([0.0]), 1.0)),
        ("at ±1 with a width of 2", (np.array([1.0, -1.0]), 2.0)),
        ("a weight of 2000 widths", (np.array([2000.0, -2000.0]), 1.0)),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k), draw.number(0.3, 3.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "cosh t is half of eᵗ + e⁻ᵗ. Which of the two overflows for large t?",
        "Take eᵗ out of the sum: ln cosh t = t + ln(1 + e⁻²ᵗ) - ln 2.",
        "For negative t use that cosh is even. `np.log1p(x)` is ln(1 + x).",
    ],
    mistakes=[
        Mistake(
            "overflow",
            ("r + eps * (np.log1p(np.exp(-2 * r / eps)) - np.log(2))", "eps * np.log(np.cosh(r / eps))"),
            "cosh(710) is infinite already, and so is its logarithm. Take the growing exponential out of the "
            "logarithm on paper.",
            "Digits that get lost",
        ),
        Mistake(
            "two_forgotten",
            (" - np.log(2)", ""),
            "Your function is ε ln 2 too large everywhere. cosh has a factor 1/2.",
            "The family",
        ),
        Mistake(
            "even_forgotten",
            ("r = np.abs(w)", "r = w"),
            "For large negative weights your exponential overflows. cosh is even: use |w|.",
            "Digits that get lost",
        ),
        Mistake(
            "single_exponent",
            ("-2 * r", "-r"),
            "Your exponent is -t. Taking eᵗ out of eᵗ + e⁻ᵗ leaves e⁻²ᵗ.",
            "The family",
        ),
        Mistake(
            "units_forgotten",
            ("r + eps * (np.log1p", "r + (np.log1p"),
            "You forget the ε in front of the logarithm: your function is right for ε = 1 alone.",
            "The family",
            also=[
                (
                    "return r + eps * (np.log1p(np.exp(-2 * r / eps)) - np.log(2))",
                    "return r / eps + (np.log1p(np.exp(-2 * r / eps)) - np.log(2))",
                )
            ],
        ),
        Mistake(
            "logarithm_without_one",
            ("np.log1p(", "np.log("),
            "ln(1 + x) has become ln x. `np.log1p` adds the 1 itself.",
            "The family",
        ),
        Mistake(
            "width_forgotten_inside",
            (
                "r + eps * (np.log1p(np.exp(-2 * r / eps)) - np.log(2))",
                "eps * (r + np.log1p(np.exp(-2 * r)) - np.log(2))",
            ),
            "You take cosh of w itself: ε stands in front alone, and far out your slope is ε. The argument is w/ε.",
            "The family",
            also=["r + np.log1p(np.exp(-2 * r)) - np.log(2)"],
        ),
        Mistake(
            "asymptote_only",
            ("r + eps * (np.log1p(np.exp(-2 * r / eps)) - np.log(2))", "r - eps * np.log(2)"),
            "Your function is the line that ε ln cosh approaches far out. Near 0 a term is missing, which rounds the "
            "corner.",
            "The family",
        ),
    ],
)
