"""The figure to play with of the chapter *From near-zero norms to a smaller network*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...architecture import MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES
from ...errors import require_number, unexpected
from ...pruning import multiply_adds
from ..explorer import Explorer


@dataclass(frozen=True)
class PrunedCurve:
    """A network, and what was measured of it with fewer and fewer nodes.

    Parameters
    ----------
    lengths : ndarray, shape (192,)
        Of the nodes, in their order: the first 16 are the first map's.
    left : ndarray, shape (P,)
        How many nodes were left, where it was measured.
    errors, unfolded : ndarray, shape (P,)
        Shares of wrong answers with the mean of what was removed folded into the bias, and without.
    """

    lengths: np.ndarray
    left: np.ndarray
    errors: np.ndarray
    unfolded: np.ndarray


def pruning_explorer(networks: Mapping[str, PrunedCurve], eps: float, images: str, most: float = 0.2) -> Explorer:
    r"""Return a figure in which a reader moves the threshold, and sees which nodes go and what that costs and saves.

    The last node stays. Layer 1 stays whole: what is saved is saved by nodes, and by maps without a node.

    Parameters
    ----------
    networks : mapping of str to PrunedCurve
        At least one; buttons choose among them.
    eps : float
        :math:`\varepsilon > 0`; the threshold starts there.
    images : str
        Which images the errors are of, ``"test"`` say.
    most : float
        The largest error that is drawn, as a share.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or nothing is given.

    Examples
    --------
    >>> curve = PrunedCurve(np.ones(192), np.array([192, 1]), np.array([0.01, 0.9]), np.array([0.01, 0.9]))
    >>> pruning_explorer({"SL1": curve}, 0.01, "test")
    <pruning explorer: 1 network, errors at 2 counts>
    """
    require_number("eps", eps, above=0)
    if not networks:
        raise unexpected("networks", networks, "it must have one at least")
    for name, curve in networks.items():
        shapes = [getattr(curve, field).shape for field in ("lengths", "left", "errors", "unfolded")]
        points = len(curve.left)
        if shapes != [(NODES,), *[(points,)] * 3] or NODES not in curve.left:
            right = f"it must be ({NODES},) and three of one length, with all {NODES} nodes among the counts"
            raise unexpected(f"the shapes of {name!r}", shapes, right)
    packed = {
        name: {
            "lengths": [float(f"{length:.4g}") for length in np.sort(curve.lengths)[::-1].tolist()],
            "left": curve.left.tolist(),
            "errors": _percent(curve.errors),
            "unfolded": _percent(curve.unfolded),
            "maps": _maps_left(curve.lengths),
            "full": int(np.flatnonzero(curve.left == NODES)[0]),
        }
        for name, curve in networks.items()
    }
    first = next(iter(networks))
    points = len(networks[first].left)
    plural = "" if len(networks) == 1 else "s"
    return Explorer(
        __file__,
        f"pruning explorer: {len(networks)} network{plural}, errors at {points} counts",
        networks=packed,
        eps=eps,
        images=images,
        most=100 * most,
        work=_work(),
        network=first,
        shift=0,
    )


def _maps_left(lengths: np.ndarray) -> list[int]:
    """Return how many maps of layer 2 have a node left, with the 1, 2, ..., 192 longest nodes left."""
    maps = np.argsort(-lengths, kind="stable") // NODES_PER_MAP
    first = np.zeros(NODES, dtype=int)
    first[np.unique(maps, return_index=True)[1]] = 1
    return first.cumsum().tolist()


def _work() -> dict[str, int]:
    """Return what the full network multiplies, and how much of that a map of layer 2 and a node stand for."""

    def count(maps: int, nodes: int) -> int:
        shapes = PARAMETER_SHAPES | {"K2": (maps, *PARAMETER_SHAPES["K2"][1:]), "U": (PARAMETER_SHAPES["U"][0], nodes)}
        return multiply_adds({name: np.empty(shape) for name, shape in shapes.items()})

    full = count(MAPS[1], NODES)
    return {
        "full": full,
        "maps": MAPS[1],
        "map": full - count(MAPS[1] - 1, NODES),
        "node": full - count(MAPS[1], NODES - 1),
    }


def _percent(shares: np.ndarray) -> list[float]:
    return [round(100 * share, 4) for share in shares.tolist()]
