"""The convolution's gradient for its biases."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def conv2d_bias_grad(dy):
    return dy.sum(axis=(0, 2, 3))


EXERCISE = Exercise(
    conv2d_bias_grad,
    "The gradient for the biases",
    chapter="convolution",
    level="line",
    minutes=5,
    task=(
        "`dy`, an array (N, M, H, W), holds the error's gradient for a convolution's outputs. Return its gradient "
        "for the biases, (M,)."
    ),
    reference=reference.conv2d_bias_grad,
    equations=["eq-conv-grad-bias"],
    blank="dy.sum(axis=(0, 2, 3))",
    cases=[
        ("one image, one map: 1 + 2 + 3 + 4", (np.array([[[[1.0, 2.0], [3.0, 4.0]]]]),)),
        ("two maps of one row", (np.array([[[[1.0, 2.0]], [[10.0, 20.0]]]]),)),
        ("two images of one pixel", (np.array([[[[1.0]]], [[[5.0]]]]),)),
    ],
    inputs=lambda draw, n, m, h, w: (draw.numbers(n, m, h, w),),
    sizes={"n": (1, 2, 3), "m": (1, 2, 3), "h": (1, 2, 3), "w": (1, 2, 4)},
    hints=[
        "Move one bias a little. Which outputs move, and by how much?",
        "Every output of the map moves by as much: at all positions, in all images.",
        "Sum over the axes of images, rows and columns; the axis of maps stays.",
    ],
    mistakes=[
        Mistake(
            "mean_for_sum",
            ("sum(axis=(0, 2, 3))", "mean(axis=(0, 2, 3))"),
            "Your function averages where it should add up. A bias moves all of these outputs, and their "
            "gradients add up.",
            "For the bias",
            also=[("dy.sum(axis=(0, 2, 3))", "dy.mean(axis=(2, 3)).sum(axis=0)")],
        ),
        Mistake(
            "images_not_summed",
            ("axis=(0, 2, 3)", "axis=(2, 3)"),
            "Your function returns a row for each image. The bias is the same number in all images, so that their "
            "gradients add up.",
            "For the bias",
        ),
        Mistake(
            "positions_not_summed",
            ("axis=(0, 2, 3)", "axis=0"),
            "Your function sums over images only. One bias serves all positions of its map.",
            "For the bias",
        ),
        Mistake(
            "maps_summed",
            ("axis=(0, 2, 3)", "axis=(1, 2, 3)"),
            "Your function sums over maps and keeps the images. The bias belongs to a map, which is axis 1.",
            "For the bias",
        ),
        Mistake(
            "divided_by_images",
            ("dy.sum(axis=(0, 2, 3))", "dy.sum(axis=(0, 2, 3)) / len(dy)"),
            "Your function divides by the number of images. If the error is a mean, that division is in `dy` already.",
            "For the bias",
        ),
        Mistake(
            "everything_summed",
            ("dy.sum(axis=(0, 2, 3))", "dy.sum()"),
            "Your function sums over the maps as well. Each map has a bias of its own, and gets the sum over its own "
            "outputs.",
            "For the bias",
            also=["np.full(dy.shape[1], dy.sum())"],
        ),
    ],
)
