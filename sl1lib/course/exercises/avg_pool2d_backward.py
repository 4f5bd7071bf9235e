"""Average pooling, backward."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def avg_pool2d_backward(dp, k):
    shared = dp / k**2
    return shared.repeat(k, axis=2).repeat(k, axis=3)


def first_pixel_only(dp, k):
    n, c, h, w = dp.shape
    da = np.zeros((n, c, k * h, k * w))
    da[:, :, ::k, ::k] = dp
    return da


EXERCISE = Exercise(
    avg_pool2d_backward,
    "The gradient of average pooling",
    chapter="pooling",
    level="function",
    minutes=10,
    task=(
        "`dp` (N, C, H, W) is the error's gradient for the means of k×k blocks. Return its gradient for the pixels, "
        "(N, C, kH, kW)."
    ),
    reference=reference.avg_pool2d_backward,
    equations=["eq-pool-grad"],
    cases=[
        ("one mean of four pixels", (np.array([[[[8.0]]]]), 2)),
        ("two means side by side", (np.array([[[[4.0, 8.0]]]]), 2)),
        ("blocks of one pixel", (np.array([[[[3.0, 5.0]]]]), 1)),
    ],
    inputs=lambda draw, n, c, h, w, k: (draw.numbers(n, c, h, w), k),
    sizes={"n": (1, 2), "c": (1, 2), "h": (1, 2, 3), "w": (2, 1, 3), "k": (2, 1, 3)},
    hints=[
        "Move one pixel by δ. By how much does the mean of its block move?",
        "By δ/k². So each pixel gets that share of its block's gradient, and all pixels of a block get the same.",
        "`repeat` copies each entry along an axis; you need it along two.",
    ],
    mistakes=[
        Mistake(
            "not_divided",
            ("dp / k**2", "dp + 0.0"),
            "Every pixel gets the whole gradient of its block in your function. One pixel has only a small part in "
            "the mean.",
            "Backwards",
        ),
        Mistake(
            "divided_by_k",
            ("dp / k**2", "dp / k"),
            "You divide by k. A block has k rows and k columns.",
            "Backwards",
        ),
        Mistake(
            "tiled",
            ("shared.repeat(k, axis=2).repeat(k, axis=3)", "np.tile(shared, (1, 1, k, k))"),
            "Your function lays copies of the whole map side by side, as `np.tile` does. The pixels of one block lie "
            "next to each other.",
            "Backwards",
        ),
        Mistake(
            "first_pixel_only",
            first_pixel_only,
            "One pixel of each block gets the whole gradient in your function, the others nothing. All pixels of a "
            "block have the same part in its mean.",
            "Backwards",
        ),
        Mistake(
            "rows_only",
            (".repeat(k, axis=3)", ""),
            "You spread the gradient in one direction only. Blocks have k rows and k columns.",
            "Backwards",
            also=[(".repeat(k, axis=2)", "")],
        ),
        Mistake(
            "multiplied",
            ("dp / k**2", "dp * k**2"),
            "You multiply by k² where the forward pass divides by it. The way back divides, too: a pixel's part in "
            "the mean is 1/k² in both directions.",
            "Backwards",
        ),
    ],
)
