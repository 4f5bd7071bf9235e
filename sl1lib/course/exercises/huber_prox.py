"""The proximal map of Huber's profile."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def huber_prox(w, tau, eps):
    inside = w * eps / (eps + tau)
    outside = w - tau * np.sign(w)
    return np.where(np.abs(w) <= eps + tau, inside, outside)


def gradient_step(w, tau, eps):
    return w - tau * w / np.maximum(np.abs(w), eps)


EXERCISE = Exercise(
    huber_prox,
    "The proximal map of Huber's profile",
    chapter="gradients",
    level="function",
    minutes=20,
    task=(
        "Return the proximal map of τφ for each entry of `w`, with Huber's profile of width `eps`: the x with "
        "x + τφ'(x) = w. `tau` is a number above 0."
    ),
    reference=lambda w, tau, eps: reference.smooth_abs_prox(w, tau, eps, "huber"),
    equations=["eq-grad-prox", "eq-grad-prox-huber"],
    cases=[
        ("far outside, on both sides", (np.array([5.0, -5.0]), 1.0, 1.0)),
        ("inside", (np.array([1.0, -0.5]), 1.0, 1.0)),
        ("between ε and ε + τ", (np.array([1.5]), 1.0, 1.0)),
        ("a strong pull and a narrow cap", (np.array([1.0]), 3.0, 0.5)),
    ],
    inputs=lambda draw, n, k: (draw.numbers(n, k) * 2, draw.number(0.3, 2.0), draw.number(0.3, 2.0)),
    sizes={"n": (1, 2), "k": (2, 3, 4)},
    hints=[
        "Solve x + τφ'(x) = w in both branches: x inside of the cap, and x outside.",
        "Inside, x (1 + τ/ε) = w. For which w is that x at most ε?",
        "For |w| ≤ ε + τ. Beyond that, the weight becomes shorter by τ.",
    ],
    mistakes=[
        Mistake(
            "gradient_step",
            gradient_step,
            "Your function makes a gradient step: it takes the slope at w. The proximal map takes it at the point "
            "that it arrives at.",
            "Proximal maps",
        ),
        Mistake(
            "soft_threshold",
            ("w * eps / (eps + tau)", "np.sign(w) * np.maximum(np.abs(w) - tau, 0.0)"),
            "This is the map of |w|, which gives exact zeros. With a cap no weight but 0 itself becomes 0.",
            "Why there are no exact zeros, and why ε is the threshold",
        ),
        Mistake(
            "border_at_eps",
            ("<= eps + tau", "<= eps"),
            "You change branches at the wrong |w|. What counts is whether the result lies inside of the cap, and it is "
            "shorter than w.",
            "Proximal maps",
            also=["<= tau", "<= np.maximum(eps, tau)"],
        ),
        Mistake(
            "what_is_taken_away",
            ("w * eps / (eps + tau)", "w * tau / (eps + tau)"),
            "Inside, your function returns what the map takes away. The share that stays is ε/(ε+τ).",
            "Proximal maps",
        ),
        Mistake(
            "sign_lost",
            ("tau * np.sign(w)", "tau"),
            "Outside, negative weights become longer in your function. The pull points towards 0 from both sides.",
            "Proximal maps",
        ),
        Mistake(
            "slope_of_width_one",
            ("eps / (eps + tau)", "1 / (1 + tau)"),
            "Inside, you divide by 1 + τ. The cap's curvature is 1/ε, not 1.",
            "Proximal maps",
        ),
        Mistake(
            "lengthened",
            ("eps / (eps + tau)", "(eps + tau) / eps"),
            "Inside, your weights become longer: you multiply by 1 + τ/ε. The equation is to be solved for x, which "
            "divides.",
            "Proximal maps",
        ),
    ],
)
