"""The one network of this book: its sizes, its parameter shapes and its random start.

Everything that both engines must agree on without importing each other stands here, in plain NumPy.
The layers and their sizes come from the paper (chapter *The paper*, Table 1)::

    28×28 → conv 5×5×6 → 24×24×6 → pool → 12×12×6 → conv 5×5×12 → 8×8×12 → pool → 4×4×12 → 192 → 10
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from .errors import require_axes, require_count, shape_of, unexpected

IMAGE_SIZE: Final = 28
KERNEL_SIZE: Final = 5
MAPS: Final = (6, 12)
POOL: Final = 2
NODES_PER_MAP: Final = 16
NODES: Final = 192
CLASSES: Final = 10

PARAMETER_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "K1": (MAPS[0], 1, KERNEL_SIZE, KERNEL_SIZE),
    "b1": (MAPS[0],),
    "K2": (MAPS[1], MAPS[0], KERNEL_SIZE, KERNEL_SIZE),
    "b2": (MAPS[1],),
    "U": (CLASSES, NODES),
    "b": (CLASSES,),
}


def glorot_uniform(seed: int) -> dict[str, np.ndarray]:
    r"""Draw the network's random start: Glorot-uniform weights and zero biases, in float64.

    A weight of a layer with ``fan_in`` inputs and ``fan_out`` outputs per unit is uniform on
    :math:`[-a, a]` with :math:`a = \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}`. For a kernel both fans count the
    25 places of the kernel. The paper names no initialisation; this is the choice of the classic
    6c-2s-12c-2s toolbox (chapter *The paper*).

    Parameters
    ----------
    seed : int
        Any integer ≥ 0. The start depends on nothing else, so two methods given one seed start alike.

    Returns
    -------
    dict of ndarray
        ``K1 (6,1,5,5)``, ``b1 (6,)``, ``K2 (12,6,5,5)``, ``b2 (12,)``, ``U (10,192)``, ``b (10,)``, float64.

    Notes
    -----
    Equation ``eq-numpy-glorot``, chapter *Training in NumPy*.

    Examples
    --------
    >>> start = glorot_uniform(seed=0)
    >>> {name: array.shape for name, array in start.items()}["U"]
    (10, 192)
    >>> sum(array.size for array in start.values())
    3898
    """
    require_count("seed", seed, least=0)
    rng = np.random.default_rng([0, seed])
    return {name: _draw(rng, name, shape) for name, shape in PARAMETER_SHAPES.items()}


def _draw(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) == 1:
        return np.zeros(shape)
    places = math.prod(shape[2:])
    bound = math.sqrt(6 / ((shape[0] + shape[1]) * places))
    return rng.uniform(-bound, bound, shape)


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order in which epoch ``epoch`` (from 0) visits ``count`` samples.

    Parameters
    ----------
    seed, epoch, count : int
        The order is a function of these three alone: a resumed run sees the order it would have seen, and
        two methods given one seed see the same batches.

    Returns
    -------
    ndarray of int64, shape (count,)
        A permutation of ``0 … count-1``.

    Examples
    --------
    >>> epoch_order(seed=0, epoch=0, count=5).tolist() == epoch_order(seed=0, epoch=0, count=5).tolist()
    True
    """
    return np.random.default_rng([1, seed, epoch]).permutation(count)


def check_parameters(params: dict[str, Any]) -> None:
    """Raise ``ValueError`` unless ``params`` holds the six arrays of the network in their shapes.

    Parameters
    ----------
    params : dict
        Of NumPy arrays or tensors.

    Raises
    ------
    ValueError
        Naming the missing, unexpected or wrongly shaped entry.

    Examples
    --------
    >>> check_parameters({"K1": np.zeros((6, 1, 5, 5))})
    Traceback (most recent call last):
    ...
    ValueError: params lacks 'b1', 'K2', 'b2', 'U', 'b'; a network has K1, b1, K2, b2, U, b
    """
    names = ", ".join(PARAMETER_SHAPES)
    missing = [repr(name) for name in PARAMETER_SHAPES if name not in params]
    if missing:
        raise ValueError(f"params lacks {', '.join(missing)}; a network has {names}")
    extra = [repr(name) for name in params if name not in PARAMETER_SHAPES]
    if extra:
        raise ValueError(f"params has {', '.join(extra)}; a network has only {names}")
    for name, shape in PARAMETER_SHAPES.items():
        found = shape_of(f"params[{name!r}]", params[name])
        if found != shape:
            raise unexpected(f"the shape of params[{name!r}]", found, f"it must be {shape}")


def check_images(x: Any) -> None:
    """Raise ``ValueError`` unless ``x`` holds images of the network's size.

    Parameters
    ----------
    x : ndarray or Tensor

    Raises
    ------
    ValueError
        Naming the shape that was found.

    Examples
    --------
    >>> check_images(np.zeros((5, 1, 32, 32)))
    Traceback (most recent call last):
    ...
    ValueError: the shape of x is (5, 1, 32, 32); images are (N, 1, 28, 28)
    """
    require_axes("x", x, "NCHW")
    if tuple(x.shape[1:]) != (1, IMAGE_SIZE, IMAGE_SIZE):
        raise unexpected("the shape of x", tuple(x.shape), f"images are (N, 1, {IMAGE_SIZE}, {IMAGE_SIZE})")
