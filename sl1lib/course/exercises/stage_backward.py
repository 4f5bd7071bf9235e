"""The way back through pooling and ReLU, as in the reading `table`."""

import numpy as np

from ..exercise import Exercise, Mistake


def stage_backward(d, conv, k):
    n, c, h, w = conv.shape
    pooled = conv.reshape(n, c, h // k, k, w // k, k).mean(axis=(3, 5))
    through = np.where(pooled > 0, d, 0.0)
    return through.repeat(k, axis=2).repeat(k, axis=3) / k**2


def mask_of_the_other_reading(d, conv, k):
    return np.where(conv > 0, d.repeat(k, axis=2).repeat(k, axis=3) / k**2, 0.0)


EXERCISE = Exercise(
    stage_backward,
    "Back through a stage",
    chapter="backpropagation",
    level="update",
    minutes=25,
    task=(
        "A stage of the reading `table` averages k×k blocks of `conv` (N, C, kH, kW) and applies ReLU. `d` (N, C, H, "
        "W) is the error's gradient for what comes out. Return the gradient for `conv`. At 0, ReLU's slope is 0."
    ),
    equations=["eq-backprop-table"],
    cases=[
        ("one block with a positive mean", (np.array([[[[4.0]]]]), np.array([[[[1.0, -1.0], [2.0, 2.0]]]]), 2)),
        ("one block with a negative mean", (np.array([[[[4.0]]]]), np.array([[[[1.0, -9.0], [2.0, 2.0]]]]), 2)),
        ("one block whose mean is 0", (np.array([[[[4.0]]]]), np.array([[[[1.0, -1.0], [2.0, -2.0]]]]), 2)),
        (
            "two blocks and a negative gradient",
            (np.array([[[[-4.0, 8.0]]]]), np.array([[[[1.0, 1.0, -1.0, 3.0], [1.0, 1.0, -3.0, 0.5]]]]), 2),
        ),
    ],
    inputs=lambda draw, n, c, h, w, k: (draw.numbers(n, c, h, w), draw.numbers(n, c, k * h, k * w), k),
    sizes={"n": (1, 2), "c": (1, 2), "h": (1, 2), "w": (2, 1), "k": (2, 3)},
    hints=[
        "Go back in the opposite order: ReLU was last, so that it comes first.",
        "ReLU's mask needs what went into the ReLU: the means of the blocks.",
        "What passes the mask is shared among the k² pixels of its block.",
    ],
    mistakes=[
        Mistake(
            "mask_from_the_gradient",
            ("pooled > 0", "d > 0"),
            "Your mask looks at the gradient that arrives. It has to look at what went into the ReLU on the way "
            "forward.",
            "A mask from the wrong tensor",
        ),
        Mistake(
            "mask_of_the_other_reading",
            mask_of_the_other_reading,
            "Your mask looks at single pixels, as if ReLU came before pooling. In the reading `table` it comes "
            "after: one mean decides for its whole block.",
            "A mask from the wrong tensor",
        ),
        Mistake(
            "one_at_zero",
            ("pooled > 0", "pooled >= 0"),
            "Where the mean of a block is 0, your gradient passes. The corner has no slope; the task asks for 0 there.",
            "A stage of the reading `table`",
        ),
        Mistake(
            "no_mask",
            ("np.where(pooled > 0, d, 0.0)", "d"),
            "You leave the ReLU out. Where the mean of a block was not positive, nothing passes.",
            "A stage of the reading `table`",
        ),
        Mistake(
            "not_divided",
            (" / k**2", ""),
            "Every pixel gets the whole gradient of its block in your function. Its part in the mean is 1/k².",
            "A stage of the reading `table`",
        ),
        Mistake(
            "divided_by_k",
            ("k**2", "k"),
            "You divide by k. A block has k² pixels.",
            "A stage of the reading `table`",
        ),
        Mistake(
            "maximum_for_mean",
            (".mean(axis", ".max(axis"),
            "Your mask looks at the largest pixel of each block. ReLU saw the mean.",
            "A stage of the reading `table`",
        ),
        Mistake(
            "tiled",
            ("through.repeat(k, axis=2).repeat(k, axis=3)", "np.tile(through, (1, 1, k, k))"),
            "You lay copies of the whole map side by side, as `np.tile` does. The pixels of one block lie next to "
            "each other.",
            "A stage of the reading `table`",
        ),
    ],
)
