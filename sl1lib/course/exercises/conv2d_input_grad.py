"""The convolution's gradient for its images."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def conv2d_input_grad(dy, kernel):
    n, maps, rows, columns = dy.shape
    _, c, kh, kw = kernel.shape
    dx = np.zeros((n, c, rows + kh - 1, columns + kw - 1))
    for m, l in np.ndindex(kh, kw):
        share = np.einsum("nfij,fc->ncij", dy, kernel[:, :, m, l])
        dx[:, :, m : m + rows, l : l + columns] += share
    return dx


def each_window_overwrites(dy, kernel):
    n, maps, rows, columns = dy.shape
    _, c, kh, kw = kernel.shape
    dx = np.zeros((n, c, rows + kh - 1, columns + kw - 1))
    for i, j in np.ndindex(rows, columns):
        dx[:, :, i : i + kh, j : j + kw] = np.einsum("nf,fcml->ncml", dy[:, :, i, j], kernel)
    return dx


EXERCISE = Exercise(
    conv2d_input_grad,
    "The gradient for the images",
    chapter="convolution",
    level="function",
    minutes=25,
    task=(
        "`dy` (N, M, rows, columns) is the error's gradient for the output of a convolution with `kernel` (M, C, kh, "
        "kw). Return the gradient for its images, (N, C, rows+kh-1, columns+kw-1)."
    ),
    reference=reference.conv2d_input_grad,
    equations=["eq-conv-grad-input"],
    cases=[
        ("one output hands back the kernel", (np.array([[[[1.0]]]]), np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))),
        ("two outputs overlap in the middle pixel", (np.array([[[[1.0, 1.0]]]]), np.array([[[[1.0, 10.0]]]]))),
        ("two maps", (np.array([[[[1.0]], [[1.0]]]]), np.array([[[[1.0, 2.0]]], [[[10.0, 20.0]]]]))),
    ],
    inputs=lambda draw, n, m, c, rows, columns, kh, kw: (draw.numbers(n, m, rows, columns), draw.numbers(m, c, kh, kw)),
    sizes={"n": (1, 2), "m": (1, 2), "c": (1, 2), "rows": (1, 2, 3), "columns": (2, 1), "kh": (1, 2), "kw": (2, 3)},
    hints=[
        "Output (i, j) saw pixel (i+m, j+l) through the kernel's entry (m, l). What does it hand back to that pixel?",
        "It hands back `dy` times that entry. For one entry (m, l), all outputs hand back to a block of pixels that "
        "is moved by m rows and l columns.",
        "Start from zeros, go through the kernel's entries, and add each share to `dx[:, :, m : m + rows, l : l + "
        "columns]`.",
    ],
    mistakes=[
        Mistake(
            "kernel_flipped",
            ("kernel[:, :, m, l]", "kernel[:, :, kh - 1 - m, kw - 1 - l]"),
            "Your kernel lies the wrong way round on the way back, in one direction or both: one flip too many or too "
            "few. The share that goes m rows down and l columns to the right has the weight of entry (m, l) itself.",
            "For the input",
            also=[
                "kernel[:, :, kh - 1 - m, l]",
                "kernel[:, :, m, kw - 1 - l]",
            ],
        ),
        Mistake(
            "kernel_transposed",
            ("kernel[:, :, m, l]", "kernel[:, :, l, m]"),
            "You exchange rows and columns of the kernel. Entry (m, l) hands back to pixels m rows below and l "
            "columns to the right.",
            "For the input",
        ),
        Mistake(
            "overwritten",
            ("+= share", "= share"),
            "Each share overwrites what was there. A pixel that several windows saw gets something from each of them.",
            "For the input",
            also=[each_window_overwrites],
        ),
        Mistake(
            "first_map_only",
            ("_, c, kh, kw = kernel.shape", "dy, kernel = dy[:, :1], kernel[:1]\n    _, c, kh, kw = kernel.shape"),
            "Only one map hands something back in your function. Every map saw the image, so that their shares add up.",
            "For the input",
            also=["dy, kernel = dy[:, -1:], kernel[-1:]\n    _, c, kh, kw = kernel.shape"],
        ),
        Mistake(
            "averaged",
            ('nfij,fc->ncij", dy', 'nfij,fc->ncij", dy / (kh * kw)'),
            "You divide by the number of kernel entries. The convolution sums, it does not average, and neither does "
            "its way back.",
            "For the input",
        ),
        Mistake(
            "cropped",
            ("return dx", "return dx[:, :, kh - 1 : rows, kw - 1 : columns]"),
            "You keep only the pixels that every entry of the kernel reaches. At the border fewer windows saw a "
            "pixel, yet some did.",
            "For the input",
        ),
    ],
)
