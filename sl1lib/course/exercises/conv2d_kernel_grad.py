"""The convolution's gradient for its kernels."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def conv2d_kernel_grad(dy, x):
    n, maps, rows, columns = dy.shape
    _, c, h, w = x.shape
    dkernel = np.zeros((maps, c, h - rows + 1, w - columns + 1))
    for m, l in np.ndindex(dkernel.shape[2:]):
        seen = x[:, :, m : m + rows, l : l + columns]
        dkernel[:, :, m, l] = np.einsum("nfij,ncij->fc", dy, seen)
    return dkernel


EXERCISE = Exercise(
    conv2d_kernel_grad,
    "The gradient for the kernels",
    chapter="convolution",
    level="function",
    minutes=20,
    task=(
        "`x` (N, C, H, W) went into a convolution, and `dy` (N, M, rows, columns) is the error's gradient for its "
        "output. Return the gradient for the kernels, (M, C, H-rows+1, W-columns+1)."
    ),
    reference=reference.conv2d_kernel_grad,
    equations=["eq-conv-grad-kernel"],
    cases=[
        ("one output: the gradient is the image", (np.array([[[[1.0]]]]), np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))),
        (
            "a row of three pixels, two outputs",
            (np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0, 3.0]]]])),
        ),
        (
            "two images of two pixels, one output each",
            (np.array([[[[1.0]]], [[[2.0]]]]), np.array([[[[1.0, 2.0]]], [[[10.0, 20.0]]]])),
        ),
    ],
    inputs=lambda draw, n, m, c, rows, columns, kh, kw: (
        draw.numbers(n, m, rows, columns),
        draw.numbers(n, c, rows + kh - 1, columns + kw - 1),
    ),
    sizes={"n": (1, 2), "m": (1, 2), "c": (1, 2), "rows": (1, 2, 3), "columns": (1, 2), "kh": (1, 2), "kw": (2, 3)},
    hints=[
        "Which outputs does the kernel's entry (m, l) have a part in, and what is it multiplied with in each?",
        "In output (i, j) it meets pixel (i+m, j+l): the pixels that it meets are `x[:, :, m : m + rows, l : l + "
        "columns]`.",
        "Multiply them by `dy` and sum over images and positions, for each map and channel.",
    ],
    mistakes=[
        Mistake(
            "kernel_flipped",
            ("return dkernel", "return dkernel[:, :, ::-1, ::-1]"),
            "Your gradient is flipped, in one direction or both. That belongs to a true convolution; here the kernel "
            "is not flipped on the way forward either.",
            "For the kernel",
            also=["return dkernel[:, :, ::-1]", "return dkernel[..., ::-1]"],
        ),
        Mistake(
            "output_flipped",
            ("_, c, h, w = x.shape", "_, c, h, w = x.shape\n    dy = dy[:, :, ::-1, ::-1]"),
            "You turn `dy` round before you multiply. Output (i, j) meets pixel (i+m, j+l), with plus signs.",
            "For the kernel",
        ),
        Mistake(
            "mean_over_images",
            ("dy, seen)", "dy, seen) / n"),
            "Your function averages over the images. All images use the same kernel, and what they ask of it adds up.",
            "For the kernel",
        ),
        Mistake(
            "mean_over_positions",
            ("l : l + columns]", "l : l + columns] / (rows * columns)"),
            "Your function averages over the positions. The kernel is used at each of them, and their gradients add "
            "up.",
            "For the kernel",
        ),
        Mistake(
            "last_image_only",
            ("n, maps, rows, columns = dy.shape", "dy, x = dy[-1:], x[-1:]\n    n, maps, rows, columns = dy.shape"),
            "Only the last image of the batch counts in your function. Is the gradient set anew for each image, "
            "where it should be added to?",
            "For the kernel",
        ),
        Mistake(
            "overwritten",
            ("dy, seen)", "dy[:, :, -1:, -1:], seen[:, :, -1:, -1:])"),
            "Only the last position counts in your function: what it asks of the kernel overwrites what the others "
            "asked. The kernel is used at all positions, and they add up.",
            "For the kernel",
        ),
        Mistake(
            "rows_and_columns_exchanged",
            ("m : m + rows, l : l + columns", "l : l + rows, m : m + columns"),
            "You exchange rows and columns of the kernel. Its entry (m, l) meets pixels that lie m rows below and l "
            "columns to the right.",
            "For the kernel",
        ),
        Mistake(
            "maps_and_channels_exchanged",
            ("return dkernel", "return dkernel.swapaxes(0, 1)"),
            "The axes of maps and channels are exchanged in your gradient. It has the shape of the kernel: maps first.",
            "For the kernel",
        ),
    ],
)
