"""The convolution, forward."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def conv2d(x, kernel, bias):
    maps, _, kh, kw = kernel.shape
    n, c, h, w = x.shape
    rows, columns = h - kh + 1, w - kw + 1
    y = np.zeros((n, maps, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i : i + kh, j : j + kw]
            y[:, :, i, j] = np.tensordot(window, kernel, axes=((1, 2, 3), (1, 2, 3)))
    return y + bias[:, None, None]


EXERCISE = Exercise(
    conv2d,
    "The convolution",
    chapter="convolution",
    level="function",
    minutes=20,
    task=(
        "Slide every kernel over every image and write down the sums of products. `x` holds images (N, C, H, W), "
        "`kernel` (M, C, kh, kw), `bias` (M,). Return (N, M, H-kh+1, W-kw+1)."
    ),
    reference=reference.conv2d,
    equations=["eq-conv-channels"],
    cases=[
        (
            "a kernel with a single 1 picks one neighbour",
            (np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[0.0, 1.0], [0.0, 0.0]]]]), np.zeros(1)),
        ),
        (
            "one window, products 1, 4, 9, 16 and a bias of 10",
            (np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([10.0])),
        ),
        (
            "two channels, two maps",
            (np.arange(8.0).reshape(1, 2, 2, 2), np.arange(4.0).reshape(2, 2, 1, 1), np.array([0.0, 100.0])),
        ),
    ],
    inputs=lambda draw, n, m, c, h, w, kh, kw: (
        draw.numbers(n, c, h + kh - 1, w + kw - 1),
        draw.numbers(m, c, kh, kw),
        draw.numbers(m),
    ),
    sizes={"n": (1, 2), "m": (1, 2), "c": (1, 3), "h": (1, 3), "w": (1, 4), "kh": (1, 2, 3), "kw": (2, 1, 3)},
    hints=[
        "Begin with one image, one channel, one map: what is the number at row i, column j?",
        "The window of output (i, j) is `x[:, :, i : i + kh, j : j + kw]`. There are H-kh+1 rows of windows.",
        "Multiply the window by the kernel and sum over channels, rows and columns of the kernel, for each image and "
        "map.",
    ],
    mistakes=[
        Mistake(
            "kernel_flipped",
            ("window, kernel,", "window, kernel[:, :, ::-1, ::-1],"),
            "Your kernel is flipped: its last entry meets the window's first pixel. That is the true convolution of "
            "mathematics; equation (1) is a cross-correlation.",
            "Convolution or cross-correlation",
        ),
        Mistake(
            "kernel_transposed",
            (", (1, 2, 3)))", ", (1, 3, 2)))"),
            "Rows and columns of your kernel are exchanged. Entry (m, l) of the kernel belongs to the pixel m rows "
            "below and l columns to the right of the window's corner.",
            "The equation",
        ),
        Mistake(
            "first_channel_only",
            ("n, c, h, w = x.shape", "x, kernel = x[:, :1], kernel[:, :1]\n    n, c, h, w = x.shape"),
            "Your function looks at the first channel only. Each map adds up all channels of its input.",
            "Channels, maps, and many images",
        ),
        Mistake(
            "no_bias",
            (" + bias[:, None, None]", ""),
            "You leave out the bias. Each map has one number that is added at all of its positions.",
            "The equation",
        ),
        Mistake(
            "bias_along_columns",
            (" + bias[:, None, None]", " + bias"),
            "Your bias runs along the columns of the output. It has one entry for each map, so that it needs two "
            "more axes behind it.",
            "Channels, maps, and many images",
        ),
        Mistake(
            "last_row_and_column_missing",
            ("h - kh + 1, w - kw + 1", "h - kh, w - kw"),
            "Your output lacks its last row and its last column. A window of kh rows has H-kh+1 places in H rows, "
            "the first and the last included.",
            "How large is the output",
        ),
        Mistake(
            "padded",
            (
                "n, c, h, w = x.shape",
                "x = np.pad(x, ((0, 0), (0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)))\n    n, c, h, w = x.shape",
            ),
            "Your function lays zeros around the image. The paper's convolution stays inside of it, and its output "
            "is smaller than the image.",
            "How large is the output",
        ),
        Mistake(
            "mean_for_sum",
            ("return y", "return y / kernel[0].size"),
            "Your function divides each sum of products by the number of kernel entries. A convolution takes the "
            "plain sum.",
            "The equation",
        ),
    ],
)
