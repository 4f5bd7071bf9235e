"""The figure to play with of the chapter *Convolution*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import unexpected
from ...training import Run
from ..choices import Array, Made, State, frozen
from ..explorer import Explorer, make_explorer

#: Kernels that the explorer offers, by name: 5×5, the sum of absolute values at most 10.
EXPLORER_KERNELS: dict[str, np.ndarray] = {
    "vertical edges": np.outer([1, 1, 1, 1, 1], [-1, -1, 0, 1, 1]) / 5,
    "horizontal edges": np.outer([-1, -1, 0, 1, 1], [1, 1, 1, 1, 1]) / 5,
    "blur": np.full((5, 5), 1 / 25),
    "sharpen": np.pad(np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), 1).astype(float),
    "shift": np.eye(25)[24].reshape(5, 5),
}


#: The longest side of an image, and the largest kernel: what can still be seen and typed.
MOST_PIXELS, MOST_PLACES = 64, 9


def convolution_explorer(
    image: ArrayLike, kernels: Mapping[str, ArrayLike] | Run = EXPLORER_KERNELS, kernel: ArrayLike | None = None
) -> Explorer:
    """Return a figure in which a reader moves the window and changes the kernel of equation (1).

    Parameters
    ----------
    image : array_like, shape (H, W)
        Grey levels from 0 to 255, with which the figure computes divided by 255, as the network does; or such
        fractions, numbers of which none is above 1. Both sides from k to `MOST_PIXELS`.
    kernels : mapping of str to array_like, or Run
        Square kernels by name, which buttons offer; of a run, those of its first layer.
    kernel : array_like, shape (k, k), optional
        The one at the start, if it is none of these; k is at most `MOST_PLACES`.

    Returns
    -------
    Explorer
        To choose: these three, in ``kernel`` NaN where nothing is typed, and ``place``, the window's upper left corner.
        Computed: ``output``.

    Raises
    ------
    ValueError
        For an array that does not fit, now or when it is assigned.

    Examples
    --------
    >>> convolution_explorer(np.zeros((28, 28), np.uint8))
    <convolution explorer: 28×28 image, 5×5 kernel>
    """
    offered = _kernels(kernels)
    first = next(iter(offered.values())) if kernel is None else np.asarray(kernel)
    height, width = (*np.shape(image), 0, 0)[:2]
    return make_explorer(
        __file__,
        f"convolution explorer: {height}×{width} image, {len(first)}×{len(first)} kernel",
        ("output",),
        image=_Image(image, (None, None), 0, 255, misfit=_no_image),
        kernels=Made(kernels, _kernels),
        kernel=Array(first, (None, None), gaps=True, misfit=_no_kernel),
        place=Array(np.minimum([9, 11], [height - len(first), width - len(first)]), (2,), 0, _last_place),
    )


class _Image(Array):
    """Grey levels from 0 to 255, or fractions of 255, from 0 to 1."""

    def check(self, what: str, found: Any, state: State) -> np.ndarray:
        """Return the levels."""
        array = super().check(what, found, state)
        fractions = array.dtype.kind == "f" and array.max() <= 1
        return frozen(what, 255 * array) if fractions else array


def _last_place(state: State) -> np.ndarray:
    return np.subtract(np.shape(state["image"]), np.shape(state["kernel"]))


def _no_image(shape: tuple[int, ...], state: State) -> str:
    least = len(state.get("kernel", (0,)))
    fits = all(least <= size <= MOST_PIXELS for size in shape)
    return "" if fits else f"height and width must be from {least} to {MOST_PIXELS}"


def _no_kernel(shape: tuple[int, ...], state: State) -> str:
    most = min(MOST_PLACES, *np.shape(state["image"]))
    return (
        "" if shape[0] == shape[1] and 1 <= shape[0] <= most else f"it must be square, from (1, 1) to ({most}, {most})"
    )


def _kernels(kernels: Mapping[str, ArrayLike] | Run) -> dict[str, np.ndarray]:
    """Return kernels by name, with three decimals."""
    if isinstance(kernels, Run):
        kernels = {f"map {number}": kernel for number, kernel in enumerate(kernels.params["K1"][:, 0])}
    if not isinstance(kernels, Mapping) or not kernels:
        raise unexpected("kernels", kernels, "it must be kernels by name, or a Run")
    return {name: frozen(f"kernel {name!r}", np.asarray(kernel).round(3)) for name, kernel in kernels.items()}
