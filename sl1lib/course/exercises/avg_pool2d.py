"""Average pooling, forward."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def avg_pool2d(a, k):
    n, c, h, w = a.shape
    blocks = a.reshape(n, c, h // k, k, w // k, k)
    pooled = blocks.mean(axis=(3, 5))
    return pooled


def windows_one_pixel_apart(a, k):
    n, c, h, w = a.shape
    pooled = np.zeros((n, c, h // k, w // k))
    for i, j in np.ndindex(h // k, w // k):
        pooled[:, :, i, j] = a[:, :, i : i + k, j : j + k].mean(axis=(2, 3))
    return pooled


def all_windows(a, k):
    n, c, h, w = a.shape
    pooled = np.zeros((n, c, h - k + 1, w - k + 1))
    for i, j in np.ndindex(pooled.shape[2:]):
        pooled[:, :, i, j] = a[:, :, i : i + k, j : j + k].mean(axis=(2, 3))
    return pooled


EXERCISE = Exercise(
    avg_pool2d,
    "Average pooling",
    chapter="pooling",
    level="function",
    minutes=10,
    task="Replace each k×k block of the maps `a`, an array (N, C, H, W), by its mean. Return (N, C, H/k, W/k).",
    reference=reference.avg_pool2d,
    equations=["eq-pool"],
    cases=[
        ("one block of four numbers", (np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), 2)),
        ("a 4×4 map with the numbers 0 to 15", (np.arange(16.0).reshape(1, 1, 4, 4), 2)),
        ("windows of one pixel change nothing", (np.arange(4.0).reshape(1, 1, 2, 2), 1)),
    ],
    inputs=lambda draw, n, c, h, w, k: (draw.numbers(n, c, k * h, k * w), k),
    sizes={"n": (1, 2), "c": (1, 3), "h": (1, 2, 3), "w": (1, 2, 3), "k": (2, 1, 3)},
    hints=[
        "Each output number belongs to one block. How would you compute the first one, with a slice?",
        "`a.reshape(n, c, h // k, k, w // k, k)` gives every block two axes of its own, at positions 3 and 5.",
        "Take the mean over these two axes, and over no others.",
    ],
    mistakes=[
        Mistake(
            "sum_for_mean",
            ("blocks.mean(", "blocks.sum("),
            "Your function adds up each block and does not divide. The numbers are k² times too large, and grow with "
            "k.",
            "The equation",
        ),
        Mistake(
            "divided_by_k",
            ("blocks.mean(", "k * blocks.mean("),
            "Your function divides the sum of each block by k. A block has k² numbers, not k.",
            "The equation",
        ),
        Mistake(
            "maximum_for_mean",
            ("blocks.mean(", "blocks.max("),
            "Your function takes the largest number of each block. That is max pooling, which later networks use; "
            "the paper's takes the mean.",
            "The equation",
        ),
        Mistake(
            "strided_blocks",
            ("h // k, k, w // k, k)", "k, h // k, k, w // k).swapaxes(2, 3).swapaxes(4, 5)"),
            "Your blocks hold numbers that lie H/k rows apart, not neighbours. In `reshape`, the axis that counts "
            "inside of a block comes after the one that counts the blocks.",
            "The equation",
        ),
        Mistake(
            "one_pixel_of_each_block",
            ("blocks.mean(axis=(3, 5))", "a[:, :, ::k, ::k] + 0.0"),
            "Your function keeps one pixel of each block and drops the others. Pooling averages all k² of them.",
            "The equation",
        ),
        Mistake(
            "rows_and_columns_exchanged",
            ("return pooled", "return pooled.swapaxes(2, 3)"),
            "Rows and columns of your answer are exchanged. Output (i, j) belongs to the block in row i and column j.",
            "The equation",
        ),
        Mistake(
            "windows_one_pixel_apart",
            windows_one_pixel_apart,
            "Your windows overlap: each begins one pixel after the one before. Blocks lie side by side, k pixels "
            "apart.",
            "The equation",
            also=[all_windows],
        ),
    ],
)
