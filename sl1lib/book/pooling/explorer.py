"""The figure to play with of the chapter *Pooling*."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..choices import Array, State
from ..explorer import Explorer, make_explorer

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


def pooling_explorer(image: ArrayLike = PAINTINGS["bar"], kernel: ArrayLike = ((1.0,),)) -> Explorer:
    """Return a figure in which a reader paints an image and sees it convolved and pooled, in two steps and in one.

    Parameters
    ----------
    image : array_like, shape (n, n)
        With n even, from 4 to 12, and numbers between 0 and 1; what is painted becomes 0 or 1.
    kernel : array_like, shape (k, k)
        With k odd and k + 1 at most n, so that windows of 2×2 tile the convolution.

    Returns
    -------
    Explorer
        To choose: these two, and ``chosen``, a place of the means. Computed: ``conv``, ``pooled``, the ``composed``
        kernel, and ``strided``, what it gives.

    Raises
    ------
    ValueError
        For an array that does not fit, now or when it is assigned.

    Examples
    --------
    >>> pooling_explorer()
    <pooling explorer: 6×6 image, windows of 2×2>
    """
    paintings = {name: painting.tolist() for name, painting in PAINTINGS.items()}
    kernels = {name: kernel.tolist() for name, kernel in POOLING_KERNELS.items()}
    size = np.shape(image)[0] if np.ndim(image) else 0
    return make_explorer(
        __file__,
        f"pooling explorer: {size}×{size} image, windows of 2×2",
        ("conv", "pooled", "composed", "strided"),
        paintings=paintings,
        kernels=kernels,
        image=Array(image, (None, None), 0, 1, misfit=_no_image),
        kernel=Array(kernel, (None, None), misfit=_no_kernel),
        chosen=Array([0, 1], (2,), 0, lambda state: (len(state["image"]) - len(state["kernel"]) + 1) // 2 - 1),
    )


def _no_image(shape: tuple[int, ...], state: State) -> str:
    least = max(4, len(state.get("kernel", ())) + 1)
    fits = shape[0] == shape[1] and shape[0] in range(least, 13, 2)
    return "" if fits else f"it must be square, of an even number of pixels from {least} to 12"


def _no_kernel(shape: tuple[int, ...], state: State) -> str:
    most = len(state["image"]) - 1
    fits = shape[0] == shape[1] and shape[0] in range(1, most + 1, 2)
    return "" if fits else f"it must be square, of an odd number of places from 1 to {most}"
