"""One whole update of the last layer."""

import numpy as np

from ... import reference
from ...settings import Penalty
from ..exercise import Exercise, Mistake


def training_step(U, V, o, labels, lr, momentum, strength, eps):
    scores = o @ U.T
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    ds = powers / powers.sum(axis=1, keepdims=True)
    ds[np.arange(len(labels)), labels] -= 1
    dU = ds.T @ o / len(labels)
    pull = U / np.maximum(np.linalg.norm(U, axis=0), eps)
    velocity = momentum * V - lr * (dU + strength * pull)
    return U + velocity, velocity


def by_the_reference(U, V, o, labels, lr, momentum, strength, eps):
    ds = reference.cross_entropy_backward(o @ U.T, labels)
    dU = reference.dense_backward(ds, o, U)[1] + reference.penalty_grad(U, Penalty(strength, eps))
    w, v = reference.heavy_ball_step({"U": U}, {"U": V}, {"U": dU}, lr, momentum)
    return w["U"], v["U"]


def looked_ahead(U, V, o, labels, lr, momentum, strength, eps):
    velocity = training_step(U + momentum * V, V, o, labels, lr, momentum, strength, eps)[1]
    return U + velocity, velocity


EXERCISE = Exercise(
    training_step,
    "One update of the last layer",
    chapter="numpy_training",
    level="update",
    minutes=30,
    task=(
        "Write one whole update. `U` (C, K) are the weights, without biases, `V` their velocity, `o` (N, K) a batch "
        "of features, `labels` (N,) the right classes. The error is the mean entropy error of the scores o Uᵀ, plus "
        "λ times the sum of Huber's φ over the lengths of the columns of U. Return the new U and V by the heavy "
        "ball. `lr` is η, `momentum` μ, `strength` λ, `eps` ε."
    ),
    reference=by_the_reference,
    equations=["eq-numpy-batch", "eq-heavy-ball", "eq-grad-error-gradient"],
    cases=[
        (
            "weights of 0, one sample, no penalty",
            (np.zeros((2, 1)), np.zeros((2, 1)), np.array([[2.0]]), np.array([0]), 0.5, 0.0, 0.0, 1.0),
        ),
        (
            "the penalty alone: features of 0",
            (np.array([[3.0], [4.0]]), np.zeros((2, 1)), np.zeros((1, 1)), np.array([0]), 0.5, 0.0, 0.1, 1.0),
        ),
        (
            "two samples in motion",
            (
                np.array([[1.0, 0.0], [0.0, 0.5]]),
                np.array([[0.5, 0.0], [0.0, -0.5]]),
                np.array([[1.0, 2.0], [0.0, 1.0]]),
                np.array([0, 1]),
                0.5,
                0.5,
                0.1,
                1.0,
            ),
        ),
    ],
    inputs=lambda draw, c, k, n: (
        draw.numbers(c, k),
        draw.numbers(c, k),
        draw.numbers(n, k),
        draw.labels(n, c),
        draw.number(0.1, 0.6),
        draw.number(0.1, 0.9),
        draw.number(0.1, 0.9),
        draw.number(0.5, 2.0),
    ),
    sizes={"c": (2, 3), "k": (1, 2, 3), "n": (2, 1, 3)},
    hints=[
        "Four parts: scores, their gradient, the gradient of U with the penalty's, the update. You have written each "
        "of them.",
        "ds = (softmax - ideal output)/N, dU = dsᵀ o; the penalty adds λ u/max(‖u‖, ε) to each column.",
        "V ← μV - η(dU + λ pull), and U ← U + V, with the new V.",
    ],
    mistakes=[
        Mistake(
            "sum_over_the_batch",
            ("/ len(labels)", "/ 1"),
            "Your gradient is that of a sum over the batch. The error is a mean: otherwise each batch size needs a "
            "learning rate of its own.",
            "A sum instead of a mean",
        ),
        Mistake(
            "no_penalty",
            ("(dU + strength * pull)", "dU"),
            "The penalty plays no part in your update. Its gradient is added to that of E₀.",
            "One update, taken apart",
        ),
        Mistake(
            "strength_ignored",
            ("strength * pull", "pull"),
            "The strength λ plays no part in your update: the penalty pulls with its whole length. It multiplies the "
            "penalty's gradient.",
            "One update, taken apart",
        ),
        Mistake(
            "penalty_pushes",
            ("dU + strength * pull", "dU - strength * pull"),
            "Your penalty pushes the weights away from 0. Its gradient points along u, and the update goes against it.",
            "One update, taken apart",
        ),
        Mistake(
            "eps_ignored",
            ("np.maximum(np.linalg.norm(U, axis=0), eps)", "np.linalg.norm(U, axis=0)"),
            "You divide by the length even inside of the cap. A column of zeros then gives NaN, and a short one is "
            "pulled too hard.",
            "One update, taken apart",
        ),
        Mistake(
            "rows_penalised",
            ("np.linalg.norm(U, axis=0)", "np.linalg.norm(U, axis=1, keepdims=True)"),
            "You penalise rows. The weights that leave one node stand in a column.",
            "One update, taken apart",
        ),
        Mistake(
            "each_weight_by_itself",
            ("np.linalg.norm(U, axis=0)", "np.abs(U)"),
            "You penalise each weight by itself. The divisor is the length of the whole column.",
            "One update, taken apart",
        ),
        Mistake(
            "weight_decay",
            ("pull = U / np.maximum(np.linalg.norm(U, axis=0), eps)", "pull = U"),
            "Your penalty pulls in proportion to the weights, as weight decay does. Outside of the cap its pull has "
            "length 1, however long the column is.",
            "One update, taken apart",
            also=[
                "pull = U / eps",
                "pull = 2 * U",
            ],
        ),
        Mistake(
            "rate_not_on_the_penalty",
            ("lr * (dU + strength * pull)", "lr * dU - strength * pull"),
            "The learning rate multiplies the gradient of E₀ alone. Both gradients are one, and the rate multiplies "
            "all of it.",
            "One update, taken apart",
        ),
        Mistake(
            "error_pushes",
            ("(dU + strength * pull)", "(-dU + strength * pull)"),
            "Your gradient of E₀ has the wrong sign, as that of ideal output minus softmax has; the penalty's is "
            "right. The update then raises the error.",
            "One update, taken apart",
        ),
        Mistake(
            "penalty_averaged",
            ("dU + strength * pull", "dU + strength * pull / len(labels)"),
            "You divide the penalty by the batch as well. It does not depend on samples: λ stands outside of the mean.",
            "One update, taken apart",
        ),
        Mistake(
            "old_velocity_moves",
            ("U + velocity", "U + V"),
            "The old velocity moves your weights. It is renewed first, and the new one moves them.",
            "Three updates by hand",
        ),
        Mistake(
            "looked_ahead",
            looked_ahead,
            "Your gradient belongs to where the weights would be after coasting on: that is Nesterov's method. The "
            "heavy ball takes the gradient where the weights are.",
            "Three updates by hand",
        ),
        Mistake(
            "moved_backwards",
            ("U + velocity", "U - velocity"),
            "Your weights move against their velocity. The gradient's sign stands in the velocity already, which is "
            "added.",
            "Three updates by hand",
        ),
        Mistake(
            "another_convention",
            (
                "V - lr * (dU + strength * pull)\n    return U + velocity",
                "V + lr * (dU + strength * pull)\n    return U - velocity",
            ),
            "Your velocity has another sign than the book's, as in some libraries: you subtract it from the weights. "
            "Here it is the move itself, and is added.",
            "Three updates by hand",
        ),
        Mistake(
            "no_momentum",
            ("momentum * V - ", "-"),
            "Your velocity forgets what it was. A share μ of it stays.",
            "Three updates by hand",
        ),
        Mistake(
            "uphill",
            ("momentum * V - lr", "momentum * V + lr"),
            "Your update goes uphill. The error falls against its gradient.",
            "Three updates by hand",
        ),
        Mistake(
            "predicted_class",
            ("ds[np.arange(len(labels)), labels] -= 1", "ds[np.arange(len(labels)), ds.argmax(axis=1)] -= 1"),
            "Your function looks at the class with the largest score. What counts is the right class, the sample's "
            "label, whatever the network answers.",
            "One update, taken apart",
        ),
        Mistake(
            "labels_from_one",
            ("ds[np.arange(len(labels)), labels] -= 1", "ds[np.arange(len(labels)), labels - 1] -= 1"),
            "Your labels count from 1: you take the entry before the right one. Classes count from 0, as indices do.",
            "One update, taken apart",
        ),
        Mistake(
            "ideal_output_missing",
            ("    ds[np.arange(len(labels)), labels] -= 1\n", ""),
            "The labels play no part in your update: the ideal output is not subtracted from softmax. So nothing can "
            "be learned from them.",
            "One update, taken apart",
        ),
        Mistake(
            "order_of_values",
            ("return U + velocity, velocity", "return velocity, U + velocity"),
            "You return the velocity first. The task asks for the weights first.",
            "Three updates by hand",
            credit=0.75,
        ),
    ],
)
