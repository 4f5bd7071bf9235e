"""Operations and bytes by formula: what a form of the convolution has to do, whatever machine does it.

A product and its addition count as two operations. Bytes are those of each array, once when it is read and once when
it is written, float32; what a processor moves between its caches in between is its own affair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from ...architecture import CLASSES, IMAGE_SIZE, KERNEL_SIZE, MAPS, NODES, PARAMETER_SHAPES, POOL
from ...engine.bands import Bands
from ...errors import require_count
from ...readings import Reading, find_reading

FLOAT: Final = 4  # bytes of a number


@dataclass(frozen=True)
class Work:
    """What one step does."""

    operations: int  #: all that are made, products with zeros included
    useful: int  #: those that the result needs
    moved: int  #: bytes read and written

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.operations / self.moved

    @property
    def waste(self) -> float:
        """How many operations are made for each useful one."""
        return self.operations / self.useful


def direct_work(bands: Bands, images: int) -> Work:
    """Count a convolution that reads each number once and makes no product too many; no tiles matter here.

    Examples
    --------
    >>> first = Bands(rows=28, channels=1, maps=6, kernel=5, stride=1, width=12)
    >>> direct_work(first, images=1).useful // 2
    86400
    """
    require_count("images", images, least=1)
    weights = bands.maps * bands.channels * bands.kernel**2
    useful = 2 * weights * bands.strips**2 * images
    read = bands.channels * bands.rows**2 * images
    written = bands.maps * bands.strips**2 * images
    return Work(useful, useful, FLOAT * (read + weights + written))


def im2col_work(bands: Bands, images: int) -> Work:
    """Count a convolution that first copies all windows: they are written once and read once more.

    Notes
    -----
    Equation ``eq-fast-copies``, chapter *The fast path*.

    Examples
    --------
    >>> first = Bands(rows=28, channels=1, maps=6, kernel=5, stride=1, width=12)
    >>> round(im2col_work(first, images=50).moved / direct_work(first, images=50).moved, 1)
    7.8
    """
    direct = direct_work(bands, images)
    windows = bands.channels * bands.kernel**2 * bands.strips**2 * images
    return Work(direct.operations, direct.useful, direct.moved + 2 * FLOAT * windows)


def banded_work(bands: Bands, images: int) -> Work:
    """Count products of strips with a banded matrix: nothing is copied, but zeros are multiplied.

    Notes
    -----
    Equations ``eq-fast-share`` and ``eq-fast-overlap``, chapter *The fast path*.

    Examples
    --------
    >>> first = Bands(rows=28, channels=1, maps=6, kernel=5, stride=1, width=12)
    >>> banded_work(first, images=1).waste  # 12 columns of a tile over 5 of the kernel
    2.4
    """
    direct = direct_work(bands, images)
    rows = bands.strips * bands.tiles * images
    matrix = bands.inputs * bands.outputs
    tiles = bands.tiles * bands.rows * bands.width * bands.channels * images
    return Work(2 * rows * matrix, direct.useful, FLOAT * (tiles + matrix + rows * bands.outputs))


def epoch_operations(reading: str | Reading, images: int) -> int:
    """Return the operations of an epoch's necessary products, forwards and backwards.

    Each convolution makes its products forwards and again for its kernel's gradient, the second one a third time for
    the gradient of what it reads; the last layer makes them three times. Where pooling follows the convolution
    directly, the two are one.

    Notes
    -----
    Equation ``eq-fast-operations``, chapter *The fast path*.

    Examples
    --------
    >>> epoch_operations("table", images=1), epoch_operations("text", images=1)
    (384768, 1048320)
    """
    require_count("images", images, least=1)
    kernel, stride = (KERNEL_SIZE + POOL - 1, POOL) if find_reading(reading).pool_first else (KERNEL_SIZE, 1)
    pooled = (IMAGE_SIZE - KERNEL_SIZE + 1) // POOL
    one = direct_work(Bands(IMAGE_SIZE, 1, MAPS[0], kernel, stride, IMAGE_SIZE), images).useful
    two = direct_work(Bands(pooled, MAPS[0], MAPS[1], kernel, stride, pooled), images).useful
    return 2 * one + 3 * two + 3 * 2 * NODES * CLASSES * images


def fused_work(reading: str | Reading, images: int, models: int, lanes: int) -> Work:
    """Count an update of M models that takes each image once through the whole network, in tiles of ``lanes`` images.

    What lies between an image and the gradients never leaves a core's cache, and is not counted: only the images, a
    byte for each pixel, once for each model, and the parameters and their gradients.

    Examples
    --------
    >>> work = fused_work("table", images=50, models=1, lanes=16)
    >>> work.waste, round(work.intensity)  # 64 lanes for 50 images
    (1.28, 350)
    """
    require_count("models", models, least=1)
    require_count("lanes", lanes, least=1)
    filled = -(-images // lanes) * lanes
    parameters = sum(math.prod(shape) for shape in PARAMETER_SHAPES.values())
    moved = images * IMAGE_SIZE**2 + 2 * FLOAT * parameters
    useful, made = (models * epoch_operations(reading, count) for count in (images, filled))
    return Work(made, useful, models * moved)


def block_reads(places: int, maps: int) -> float:
    """Return how many vectors a block of results reads for each multiply-add, its results kept in registers.

    Notes
    -----
    Equation ``eq-fast-block``, chapter *The fast path*.

    Examples
    --------
    >>> block_reads(1, 1), block_reads(4, 4)
    (2.0, 0.5)
    """
    require_count("places", places, least=1)
    require_count("maps", maps, least=1)
    return (places + maps) / (places * maps)
