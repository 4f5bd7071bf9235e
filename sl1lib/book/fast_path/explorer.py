"""The figure to play with of the chapter *The fast path*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ...architecture import IMAGE_SIZE, KERNEL_SIZE, MAPS, POOL
from ...errors import require_count, unexpected
from ..choices import Made, OneOf
from ..explorer import Explorer, make_explorer
from ..style import METHOD_STYLES

_POOLED: Final = (IMAGE_SIZE - KERNEL_SIZE + 1) // POOL
_COMPOSED: Final = KERNEL_SIZE + POOL - 1

#: Layers that the explorer offers: rows, channels, maps, kernel and stride of the convolution.
BAND_LAYERS: Final = {
    "layer 1": (IMAGE_SIZE, 1, MAPS[0], KERNEL_SIZE, 1),
    "layer 1 with pooling": (IMAGE_SIZE, 1, MAPS[0], _COMPOSED, POOL),
    "layer 2": (_POOLED, MAPS[0], MAPS[1], KERNEL_SIZE, 1),
    "layer 2 with pooling": (_POOLED, MAPS[0], MAPS[1], _COMPOSED, POOL),
}


#: What a layer's numbers are, in their order.
SIZES: Final = ("rows", "channels", "maps", "kernel", "stride")


def band_explorer(layer: str = "layer 1", layers: Mapping[str, Sequence[int]] = BAND_LAYERS) -> Explorer:
    """Return a figure in which a reader changes the width of the tiles and sees the banded matrix and its cost.

    Parameters
    ----------
    layer : str
        One of ``layers``: where it starts, with the widest tile.
    layers : mapping of str to sequence of 5 int
        Rows of the square image, channels, maps, rows of the square kernel, and stride, by name.

    Returns
    -------
    Explorer
        To choose: ``layers``, ``layer``, and the ``width`` of a tile. Computed: ``tiles``, ``inputs`` and ``outputs``
        of the matrix, ``share`` of it that is not 0, ``overlap``, and ``products``, the multiply-adds.

    Raises
    ------
    ValueError
        For a value that does not fit, now or when it is assigned.

    Examples
    --------
    >>> band_explorer()
    <band explorer: 4 layers, every tile that fits>
    """
    offered = _layers(layers)
    return make_explorer(
        __file__,
        f"band explorer: {len(layers)} layers, every tile that fits",
        ("tiles", "inputs", "outputs", "share", "overlap", "products"),
        map_colours=[style.color for style in METHOD_STYLES.values()],
        layers=Made(layers, _layers),
        layer=OneOf(layer, lambda state: state["layers"]),
        width=OneOf(
            offered[layer]["rows"] if layer in offered else 0,
            lambda state: _fitting(**state["layers"][state["layer"]]),
        ),
    )


def _layers(layers: Mapping[str, Sequence[int] | Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return the sizes by name."""
    if not layers:
        raise unexpected("layers", layers, "it must have one at least")
    found = {}
    for name, numbers in layers.items():
        sizes = tuple(numbers.values() if isinstance(numbers, Mapping) else numbers)
        if len(sizes) != len(SIZES):
            raise unexpected(f"the sizes of {name!r}", sizes, f"they must be 5: {', '.join(SIZES)}")
        found[name] = dict(zip(SIZES, map(int, sizes), strict=True))
        for size, number in zip(SIZES, sizes, strict=True):
            require_count(f"{size} of {name!r}", number, least=1)
        rows, kernel, stride = (found[name][size] for size in ("rows", "kernel", "stride"))
        if kernel > rows or (rows - kernel) % stride:
            raise unexpected(f"the kernel of {name!r}", kernel, f"it must fit into {rows} rows, in steps of {stride}")
    return found


def _fitting(rows: int, channels: int, maps: int, kernel: int, stride: int) -> list[int]:
    """Return the widths of a tile of which several serve all columns of output, each once."""
    columns = (rows - kernel) // stride + 1
    return [width for width in range(kernel, rows + 1, stride) if columns % ((width - kernel) // stride + 1) == 0]
