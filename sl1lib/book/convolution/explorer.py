"""The figure to play with of the chapter *Convolution*."""

from __future__ import annotations

import numpy as np

from ...errors import unexpected
from ..explorer import Explorer

#: Kernels that the explorer offers, by name: 5×5, the sum of absolute values at most 10.
EXPLORER_KERNELS: dict[str, np.ndarray] = {
    "vertical edges": np.outer([1, 1, 1, 1, 1], [-1, -1, 0, 1, 1]) / 5,
    "horizontal edges": np.outer([-1, -1, 0, 1, 1], [1, 1, 1, 1, 1]) / 5,
    "blur": np.full((5, 5), 1 / 25),
    "sharpen": np.pad(np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), 1).astype(float),
    "shift": np.eye(25)[24].reshape(5, 5),
}


def convolution_explorer(image: np.ndarray) -> Explorer:
    """Return a figure in which a reader moves the window and changes the kernel of equation (1).

    Parameters
    ----------
    image : ndarray of uint8, shape (28, 28)
        Grey levels; the figure computes with them divided by 255, as the network does.

    Raises
    ------
    ValueError
        For an array of another shape or dtype.

    Examples
    --------
    >>> convolution_explorer(np.zeros((28, 28), np.uint8))
    <convolution explorer: 28×28 image, 5×5 kernel>
    """
    if image.shape != (28, 28) or image.dtype != np.uint8:
        raise unexpected("image", (image.shape, str(image.dtype)), "it must be (28, 28) of uint8")
    kernels = {name: kernel.round(3).tolist() for name, kernel in EXPLORER_KERNELS.items()}
    return Explorer(
        __file__,
        "convolution explorer: 28×28 image, 5×5 kernel",
        image=image.tolist(),
        kernels=kernels,
        kernel=next(iter(kernels.values())),
        place=[9, 11],
    )
