"""The windows of an image as columns of a matrix."""

import numpy as np

from ..exercise import Exercise, Mistake


def im2col(x, kh, kw):
    c, h, w = x.shape
    rows, columns = h - kh + 1, w - kw + 1
    matrix = np.zeros((c * kh * kw, rows * columns))
    for i, j in np.ndindex(rows, columns):
        window = x[:, i : i + kh, j : j + kw]
        matrix[:, i * columns + j] = window.ravel()
    return matrix


EXERCISE = Exercise(
    im2col,
    "Windows as columns",
    chapter="fast_path",
    level="function",
    minutes=15,
    task=(
        "Return the matrix whose columns are the kh×kw windows of the image `x` (C, H, W): one column for each place "
        "of the window, row by row; in each the channels one after another, each row by row. So `kernel.reshape(M, "
        "-1) @ im2col(x, kh, kw)` is the convolution."
    ),
    equations=["eq-fast-im2col"],
    because="every number is a copy",
    cases=[
        ("a row of three pixels, windows of two", (np.array([[[1.0, 2.0, 3.0]]]), 1, 2)),
        ("the windows of a 3×3 image", (np.arange(9.0).reshape(1, 3, 3), 2, 2)),
        ("two channels, windows of one pixel", (np.arange(4.0).reshape(2, 1, 2), 1, 1)),
    ],
    inputs=lambda draw, c, rows, columns, kh, kw: (draw.numbers(c, rows + kh - 1, columns + kw - 1), kh, kw),
    sizes={"c": (1, 2, 3), "rows": (1, 2, 3), "columns": (1, 2, 3), "kh": (1, 2, 3), "kw": (2, 1)},
    hints=[
        "How many windows are there, and how many numbers has each? That is the shape.",
        "Window (i, j) is `x[:, i : i + kh, j : j + kw]`; `ravel` lays it out channel by channel, row by row.",
        "Its column has the number i · (W-kw+1) + j.",
    ],
    mistakes=[
        Mistake(
            "transposed",
            ("return matrix", "return matrix.T"),
            "Your windows are rows. The kernels multiply from the left, so that windows must be columns.",
            "Step 1: im2col, one product",
        ),
        Mistake(
            "windows_down_the_columns",
            ("i * columns + j", "j * rows + i"),
            "You count the windows column by column. The output is read row by row.",
            "Step 1: im2col, one product",
        ),
        Mistake(
            "channels_last",
            ("window.ravel()", "window.transpose(1, 2, 0).ravel()"),
            "Inside of a column your channels alternate. A kernel (C, kh, kw) is laid out channel by channel.",
            "Step 1: im2col, one product",
        ),
        Mistake(
            "windows_transposed",
            ("window.ravel()", "window.swapaxes(1, 2).ravel()"),
            "Inside of a column each window is read column by column. Kernels are laid out row by row.",
            "Step 1: im2col, one product",
        ),
        Mistake(
            "windows_flipped",
            ("window.ravel()", "window[:, ::-1, ::-1].ravel()"),
            "Your windows are turned round. The convolution here is a cross-correlation: first entry meets first "
            "pixel.",
            "Step 1: im2col, one product",
        ),
        Mistake(
            "last_windows_missing",
            ("h - kh + 1, w - kw + 1", "max(h - kh, 1), max(w - kw, 1)"),
            "The last windows are missing. A window of kh rows has H-kh+1 places in H rows.",
            "Step 1: im2col, one product",
        ),
    ],
)
