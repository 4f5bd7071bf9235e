"""The figure to play with of the chapter *The fast path*."""

from __future__ import annotations

from typing import Final

from ...architecture import IMAGE_SIZE, KERNEL_SIZE, MAPS, POOL
from ...errors import require_choice
from ..explorer import Explorer
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


def band_explorer(layer: str = "layer 1") -> Explorer:
    """Return a figure in which a reader changes the width of the tiles and sees the banded matrix and its cost.

    Parameters
    ----------
    layer : str
        One of `BAND_LAYERS`: where it starts, with the widest tile.

    Raises
    ------
    ValueError
        For an unknown layer.

    Examples
    --------
    >>> band_explorer()
    <band explorer: four layers, every tile that fits>
    """
    require_choice("layer", layer, BAND_LAYERS)
    sizes = ("rows", "channels", "maps", "kernel", "stride")
    layers = {name: dict(zip(sizes, numbers, strict=True)) for name, numbers in BAND_LAYERS.items()}
    colours = [style.color for style in METHOD_STYLES.values()]
    plain = "band explorer: four layers, every tile that fits"
    return Explorer(__file__, plain, layers=layers, layer=layer, width=layers[layer]["rows"], map_colours=colours)
