"""The energy of the heavy ball."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def heavy_ball_energy(errors, path, lr, momentum):
    moves = np.diff(path, axis=0, prepend=path[:1])
    squares = (moves**2).sum(axis=1)
    return errors + momentum / (2 * lr) * squares


EXERCISE = Exercise(
    heavy_ball_energy,
    "The heavy ball's energy",
    chapter="convergence",
    level="function",
    minutes=15,
    task=(
        "`path` (T, D) holds the iterates of a descent from rest, `errors` (T,) the error of each. Return the energy "
        "of each, (T,): the error plus μ/(2η) times the squared length of the last move. `lr` is η, `momentum` is μ."
    ),
    reference=reference.heavy_ball_energy,
    equations=["eq-descent-energy"],
    cases=[
        ("one weight, one move", (np.array([2.0, 0.5]), np.array([[2.0], [1.0]]), 0.5, 0.2)),
        ("moves of 1 and 2", (np.array([5.0, 4.0, 2.0]), np.array([[3.0], [2.0], [0.0]]), 0.5, 0.5)),
        ("two weights", (np.array([1.0, 1.0]), np.array([[0.0, 0.0], [3.0, 4.0]]), 0.25, 0.5)),
    ],
    inputs=lambda draw, t, d: (
        draw.positive(t),
        draw.numbers(t, d),
        draw.number(0.1, 0.6),
        draw.number(0.1, 0.9),
    ),
    sizes={"t": (2, 3, 4), "d": (1, 2, 3)},
    hints=[
        "A ball that moves has energy besides its height. Which move belongs to iterate t, the one before or the one "
        "after?",
        "The one before: W_t - W_{t-1}. The first iterate is at rest, its move is 0.",
        "`np.diff(path, axis=0, prepend=path[:1])`; square, sum over the weights, times μ/(2η).",
    ],
    mistakes=[
        Mistake(
            "half_forgotten",
            ("(2 * lr)", "lr"),
            "Your energy of motion is twice too large. The factor is μ/(2η).",
            "The heavy ball and its energy",
        ),
        Mistake(
            "multiplied_by_the_rate",
            ("momentum / (2 * lr) *", "momentum * lr / 2 *"),
            "You multiply by the learning rate. The smaller the rate, the faster the ball that makes the same move: "
            "it stands below the line.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "momentum_forgotten",
            ("momentum / (2 * lr)", "1 / (2 * lr)"),
            "The momentum is missing in your energy. Without momentum, motion must not count.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "length_for_its_square",
            ("squares = (moves**2).sum(axis=1)", "squares = np.sqrt((moves**2).sum(axis=1))"),
            "You take the length of the move. The energy of motion has its square.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "next_move",
            ("prepend=path[:1]", "append=path[-1:]"),
            "You take the move after each iterate. The energy at t has the one that led there.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "distance_from_the_start",
            ("np.diff(path, axis=0, prepend=path[:1])", "path - path[:1]"),
            "You take the distance from the start. The energy has the last move alone.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "subtracted",
            ("errors + momentum", "errors - momentum"),
            "You subtract the energy of motion. It is what the ball has left to climb with, and is added.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "first_move_from_zero",
            ("prepend=path[:1]", "prepend=0"),
            "Your first iterate has come from 0. The descent starts at rest, so that the first move is 0.",
            "The heavy ball and its energy",
        ),
        Mistake(
            "one_length_for_all",
            ("squares = (moves**2).sum(axis=1)", "squares = (moves**2).sum()"),
            "Every iterate gets the sum over all moves. Each has the energy of its own last move: the sum goes over "
            "the weights alone.",
            "The heavy ball and its energy",
        ),
    ],
)
