"""The one network of this book: its sizes, its parameter shapes and its random start.

Everything that both engines must agree on without importing each other stands here, in plain NumPy.
The layers and their sizes come from the paper (chapter *The paper*, Table 1)::

    28×28 → conv 5×5×6 → 24×24×6 → pool → 12×12×6 → conv 5×5×12 → 8×8×12 → pool → 4×4×12 → 192 → 10
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from .errors import require_axes, require_count, require_shape, unexpected

IMAGE_SIZE: Final = 28
KERNEL_SIZE: Final = 5
MAPS: Final = (6, 12)
POOL: Final = 2
NODES_PER_MAP: Final = 16
NODES: Final = 192
CLASSES: Final = 10


def parameter_shapes(maps1: int, maps2: int, nodes: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the six arrays of a network with these numbers of maps and feature nodes."""
    return {
        "K1": (maps1, 1, KERNEL_SIZE, KERNEL_SIZE),
        "b1": (maps1,),
        "K2": (maps2, maps1, KERNEL_SIZE, KERNEL_SIZE),
        "b2": (maps2,),
        "U": (CLASSES, nodes),
        "b": (CLASSES,),
    }


PARAMETER_SHAPES: Final = parameter_shapes(*MAPS, NODES)


def glorot_uniform(seed: int) -> dict[str, np.ndarray]:
    r"""Draw the network's random start: Glorot-uniform weights and zero biases, in float64.

    A weight of a layer with ``fan_in`` inputs and ``fan_out`` outputs per unit is uniform on
    :math:`[-a, a]` with :math:`a = \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}`. For a kernel both fans count the
    25 places of the kernel. The paper names no initialisation; this is the choice of the classic
    6c-2s-12c-2s toolbox (chapter *The paper*).

    The start depends on ``seed``, an integer of at least 0, and on nothing else: two methods given one seed start
    alike. Equation ``eq-numpy-glorot``, chapter *Training in NumPy*.
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
    """Return the order in which epoch ``epoch`` (from 0) visits ``count`` samples: int64, a permutation.

    It is a function of these three numbers alone: a resumed run sees the order that it would have seen, and two methods
    given one seed see the same batches.
    """
    return np.random.default_rng([1, seed, epoch]).permutation(count)


def check_parameters(params: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]] = PARAMETER_SHAPES) -> None:
    """Raise ``ValueError`` unless ``params`` holds the six arrays or tensors of a network in these shapes."""
    names = ", ".join(shapes)
    missing = [repr(name) for name in shapes if name not in params]
    if missing:
        raise ValueError(f"params lacks {', '.join(missing)}; a network has {names}")
    extra = [repr(name) for name in params if name not in shapes]
    if extra:
        raise ValueError(f"params has {', '.join(extra)}; a network has only {names}")
    for name, shape in shapes.items():
        require_shape(f"params[{name!r}]", params[name], shape)


def check_images(x: Any) -> None:
    """Raise ``ValueError`` unless ``x`` holds images of the network's size."""
    require_axes("x", x, "NCHW")
    if tuple(x.shape[1:]) != (1, IMAGE_SIZE, IMAGE_SIZE):
        raise unexpected("the shape of x", tuple(x.shape), f"images are (N, 1, {IMAGE_SIZE}, {IMAGE_SIZE})")
