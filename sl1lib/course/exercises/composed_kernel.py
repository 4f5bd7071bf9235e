"""One kernel for a convolution and the pooling behind it."""

import numpy as np

from ... import reference
from ..exercise import Exercise, Mistake


def composed_kernel(kernel, k):
    maps, channels, kh, kw = kernel.shape
    height, width = kh + k - 1, kw + k - 1
    composed = np.zeros((maps, channels, height, width))
    for m, l in np.ndindex(k, k):
        composed[:, :, m : m + kh, l : l + kw] += kernel / k**2
    return composed


EXERCISE = Exercise(
    composed_kernel,
    "One kernel that convolves and pools",
    chapter="pooling",
    level="function",
    minutes=20,
    task=(
        "A convolution with `kernel` (M, C, kh, kw) is followed by means of k×k blocks. Return the one kernel (M, C, "
        "kh+k-1, kw+k-1) that does both, moved in steps of k."
    ),
    reference=reference.composed_kernel,
    equations=["eq-pool-composed-kernel"],
    cases=[
        ("a kernel of one entry becomes a window of means", (np.array([[[[4.0]]]]), 2)),
        ("two entries overlap in the middle", (np.array([[[[4.0, 8.0]]]]), 2)),
        ("without pooling", (np.array([[[[1.0, 2.0]]]]), 1)),
    ],
    inputs=lambda draw, m, c, kh, kw, k: (draw.numbers(m, c, kh, kw), k),
    sizes={"m": (1, 2), "c": (1, 2), "kh": (1, 2, 3), "kw": (2, 1), "k": (2, 3, 1)},
    hints=[
        "The mean of a block is the mean of k² convolutions. How do these differ from one another?",
        "Each is the same kernel, moved by m rows and l columns, with weight 1/k².",
        "Add k² moved copies of the kernel into an array of zeros that is k-1 larger in both directions.",
    ],
    mistakes=[
        Mistake(
            "not_divided",
            ("kernel / k**2", "kernel"),
            "You add up the moved kernels and do not divide. Pooling takes a mean of k² outputs.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "divided_by_k",
            ("kernel / k**2", "kernel / k"),
            "You divide by k. A block has k² outputs.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "overwritten",
            ("l : l + kw] +=", "l : l + kw] ="),
            "Each copy of the kernel overwrites the one before. Where copies overlap, their entries add up.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "diagonal_only",
            ("np.ndindex(k, k)", "zip(range(k), range(k), strict=True)"),
            "You move the kernel along the diagonal only. A block has k² places: all pairs of a row and a column.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "kernel_flipped",
            (
                "maps, channels, kh, kw = kernel.shape",
                "kernel = kernel[:, :, ::-1, ::-1]\n    maps, channels, kh, kw = kernel.shape",
            ),
            "Your kernel is flipped. It is moved over the window of pooling, not turned round.",
            "A pooled convolution is one convolution",
        ),
        Mistake(
            "too_large",
            ("kh + k - 1, kw + k - 1", "kh + k, kw + k"),
            "Your kernel is one row and one column too large. Of k positions, the last is k-1 away from the first.",
            "A pooled convolution is one convolution",
        ),
    ],
)
