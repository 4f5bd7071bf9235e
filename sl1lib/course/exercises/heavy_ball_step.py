"""One update with momentum."""

import numpy as np

from ..exercise import Exercise, Mistake


def heavy_ball_step(w, v, gradient, lr, momentum):
    velocity = momentum * v - lr * gradient
    return w + velocity, velocity


def nesterov(w, v, gradient, lr, momentum):
    velocity = momentum * v - lr * gradient
    return w + momentum * velocity - lr * gradient, velocity


def the_other_sign(w, v, gradient, lr, momentum):
    velocity = momentum * v + lr * gradient
    return w - velocity, velocity


def rate_outside(w, v, gradient, lr, momentum):
    velocity = momentum * v + gradient
    return w - lr * velocity, velocity


EXERCISE = Exercise(
    heavy_ball_step,
    "One update with momentum",
    chapter="numpy_training",
    level="line",
    minutes=10,
    task=(
        "Make one update of the weights `w` with velocity `v`: the velocity is multiplied by `momentum`, loses `lr` "
        "times the gradient, and moves the weights. Return the new weights and the new velocity; the arguments stay "
        "as they are."
    ),
    equations=["eq-heavy-ball"],
    blank="momentum * v - lr * gradient",
    cases=[
        ("from rest", (np.array([1.0]), np.array([0.0]), np.array([2.0]), 0.1, 0.5)),
        ("in motion, without a gradient", (np.array([1.0]), np.array([0.5]), np.array([0.0]), 0.1, 0.5)),
        ("both", (np.array([1.0, 2.0]), np.array([0.5, -1.0]), np.array([2.0, 4.0]), 0.1, 0.5)),
    ],
    inputs=lambda draw, n, k: (
        draw.numbers(n, k),
        draw.numbers(n, k),
        draw.numbers(n, k),
        draw.number(0.05, 0.5),
        draw.number(0.1, 0.9),
    ),
    sizes={"n": (1, 2), "k": (1, 2, 3)},
    hints=[
        "First the velocity, then the weights. Which of the two velocities moves them?",
        "The new one: v ← μv - η∇E, then w ← w + v.",
        "The sign of the gradient stands in the velocity already.",
    ],
    mistakes=[
        Mistake(
            "uphill",
            ("- lr * gradient", "+ lr * gradient"),
            "Your velocity follows the gradient uphill. The error falls against it.",
            "Three updates by hand",
        ),
        Mistake(
            "old_velocity_moves",
            ("w + velocity", "w + v"),
            "The old velocity moves your weights. It is renewed first, and the new one moves them.",
            "Three updates by hand",
        ),
        Mistake(
            "no_momentum",
            ("momentum * v - ", "-"),
            "Your velocity forgets what it was. A share μ of it stays.",
            "Three updates by hand",
        ),
        Mistake(
            "undamped",
            ("momentum * v", "v"),
            "The whole velocity stays in your update, and grows without bound. Only a share μ of it does.",
            "Three updates by hand",
        ),
        Mistake(
            "averaged_gradient",
            ("- lr * gradient", "- lr * (1 - momentum) * gradient"),
            "You weigh the gradient with 1-μ, as in a moving average. The book's heavy ball adds all of it.",
            "Three updates by hand",
        ),
        Mistake(
            "rate_on_the_velocity",
            ("momentum * v - lr * gradient", "lr * (momentum * v - gradient)"),
            "The learning rate multiplies the velocity, too. It belongs to the gradient alone.",
            "Three updates by hand",
        ),
        Mistake(
            "order_of_values",
            ("return w + velocity, velocity", "return velocity, w + velocity"),
            "You return the velocity first. The task asks for the weights first.",
            "Three updates by hand",
            credit=0.75,
        ),
        Mistake(
            "another_convention",
            the_other_sign,
            "Your velocity has another sign or unit than the book's, as in some libraries: you subtract it from the "
            "weights. Here it is the move itself, and is added.",
            "Three updates by hand",
            also=[rate_outside],
        ),
        Mistake(
            "moved_backwards",
            ("w + velocity", "w - velocity"),
            "Your weights move against their velocity. The gradient's sign stands in the velocity already, which is "
            "added.",
            "Three updates by hand",
        ),
        Mistake(
            "rate_and_momentum_exchanged",
            ("momentum * v - lr * gradient", "lr * v - momentum * gradient"),
            "Learning rate and momentum have changed places. The momentum multiplies the velocity, the rate the "
            "gradient.",
            "Three updates by hand",
        ),
        Mistake(
            "nesterov",
            nesterov,
            "This is Nesterov's variant, which looks ahead by one more share of the velocity. The heavy ball moves "
            "by the velocity itself.",
            "Three updates by hand",
        ),
    ],
)
