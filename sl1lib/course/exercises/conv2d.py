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


def places_exchanged(x, kernel, bias):
    maps, _, kh, kw = kernel.shape
    n, c, h, w = x.shape
    y = np.zeros((n, maps, h - kh + 1, w - kw + 1))
    for f, i, j in np.ndindex(y.shape[1:]):
        y[:, f, i, j] = (x[:, :, j : j + kh, i : i + kw] * kernel[f]).sum(axis=(1, 2, 3))
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
            "Your kernel is flipped, in one direction or all: its first entry does not meet the window's first pixel. "
            "The true convolution of mathematics turns the kernel round; equation (1) is a cross-correlation.",
            "Convolution or cross-correlation",
            also=[
                "window, kernel[:, :, ::-1],",
                "window, kernel[..., ::-1],",
                "window, np.flip(kernel),",
            ],
        ),
        Mistake(
            "kernel_transposed",
            (", (1, 2, 3)))", ", (1, 3, 2)))"),
            "Rows and columns of your kernel are exchanged. Entry (m, l) of the kernel belongs to the pixel m rows "
            "below and l columns to the right of the window's corner.",
            "The equation",
        ),
        Mistake(
            "places_exchanged",
            places_exchanged,
            "Row and column of the output are exchanged where you cut out the window. Output (i, j) belongs to the "
            "window whose corner is in row i and column j.",
            "The equation",
            also=[("x[:, :, i : i + kh, j : j + kw]", "x[:, :, j : j + kh, i : i + kw]")],
        ),
        Mistake(
            "first_channel_only",
            ("n, c, h, w = x.shape", "x, kernel = x[:, :1], kernel[:, :1]\n    n, c, h, w = x.shape"),
            "Only one channel counts in your function. Each map adds up all channels of its input: what comes from one "
            "must not overwrite what came from another.",
            "Channels, maps, and many images",
            also=["x, kernel = x[:, -1:], kernel[:, -1:]\n    n, c, h, w = x.shape"],
        ),
        Mistake(
            "first_kernel_only",
            ("n, c, h, w = x.shape", "kernel = np.broadcast_to(kernel[:1], kernel.shape)\n    n, c, h, w = x.shape"),
            "All of your maps use the first kernel. Each map has a kernel of its own.",
            "Channels, maps, and many images",
            also=["kernel = np.broadcast_to(kernel[-1:], kernel.shape)\n    n, c, h, w = x.shape"],
        ),
        Mistake(
            "images_summed",
            ("return y", "y[:] = y.sum(axis=0)\n    return y"),
            "Every image gets the sum over the whole batch. Images are convolved each by itself: the sum goes over "
            "channels and the kernel's places.",
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
            "bias_more_than_once",
            (" + bias[:, None, None]", " + c * bias[:, None, None]"),
            "Your bias counts several times: it is added inside of a loop over channels or over the kernel's entries. "
            "It is added once to each output.",
            "The equation",
            also=[
                " + kh * kw * bias[:, None, None]",
                " + kernel[0].size * bias[:, None, None]",
            ],
        ),
        Mistake(
            "last_row_and_column_missing",
            ("h - kh + 1, w - kw + 1", "h - kh, w - kw"),
            "Your windows stop one place too early, in rows and in columns. A window of kh rows has H-kh+1 places in H "
            "rows, the first and the last included.",
            "How large is the output",
            also=[
                (
                    "range(rows):\n        for j in range(columns):",
                    "range(rows - 1):\n        for j in range(columns - 1):",
                )
            ],
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
