"""The figure to play with of the chapter *Pooling*."""

from __future__ import annotations

import numpy as np

from ..explorer import Explorer

#: Images that the explorer offers, by name: 6×6, of zeros and ones.
PAINTINGS: dict[str, np.ndarray] = {
    "bar": np.pad(np.ones((4, 2), int), ((1, 1), (2, 2))),
    "dot": np.pad(np.ones((1, 1), int), ((2, 3), (2, 3))),
    "stripes": np.tile([0, 1], (6, 3)),
    "checkerboard": np.indices((6, 6)).sum(axis=0) % 2,
    "empty": np.zeros((6, 6), int),
}

#: Kernels that it offers: a copy, which leaves the pooling alone, and three of 3×3.
POOLING_KERNELS: dict[str, np.ndarray] = {
    "no convolution": np.ones((1, 1)),
    "vertical edges": np.outer([1, 1, 1], [-1, 0, 1]).astype(float),
    "diagonal": np.diag([1.0, 0.0, -1.0]),
    "checkerboard kernel": (-1.0) ** np.indices((3, 3)).sum(axis=0),
}


def pooling_explorer() -> Explorer:
    """Return a figure in which a reader paints 6×6 pixels and sees them convolved and pooled, in two steps and in one.

    Examples
    --------
    >>> pooling_explorer()
    <pooling explorer: 6×6 image, windows of 2×2>
    """
    paintings = {name: painting.tolist() for name, painting in PAINTINGS.items()}
    kernels = {name: kernel.tolist() for name, kernel in POOLING_KERNELS.items()}
    return Explorer(
        __file__,
        "pooling explorer: 6×6 image, windows of 2×2",
        paintings=paintings,
        kernels=kernels,
        image=next(iter(paintings.values())),
        kernel=next(iter(kernels.values())),
        chosen=[0, 1],
    )
