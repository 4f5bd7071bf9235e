"""The figure to play with of the chapter *From near-zero norms to a smaller network*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...architecture import MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES
from ...data import Dataset
from ...errors import unexpected
from ...pruning import multiply_adds, shortest_nodes
from ...pruning.sources import images_of
from ...study.experiments.removals import Removals
from ...training import Run
from ..choices import Made, Number, OneOf, State, Whole
from ..explorer import Explorer, make_explorer


@dataclass(frozen=True)
class PrunedCurve:
    """A network, and what was measured of it with fewer and fewer nodes."""

    lengths: np.ndarray  #: shape (192,): of the nodes, in their order: the first 16 are the first map's
    left: np.ndarray  #: shape (P,): how many nodes were left, where it was measured
    errors: np.ndarray  #: shape (P,): shares of wrong answers, with the mean of what was removed folded into the bias
    unfolded: np.ndarray  #: shape (P,): the same without folding

    @classmethod
    def of(cls, run: Run, data: Dataset | None = None, points: int = 25) -> PrunedCurve:
        """Measure a run of yours, on the images that it was measured on.

        Parameters
        ----------
        run : Run
        data : Dataset, optional
            What the run was trained on; None loads it.
        points : int
            At how many counts it is measured, from all nodes to one.

        Examples
        --------
        >>> from sl1lib import RunConfig, train
        >>> run = train(RunConfig(data="digits", n_train=100, epochs=1), progress=False)
        >>> PrunedCurve.of(run, points=3).left
        array([192,  96,   1])
        """
        removals = Removals.of(run, images_of(run.config, run.provenance, data))
        left = np.linspace(NODES, 1, points).astype(int)
        removed = [shortest_nodes(run.params["U"], NODES - count) for count in left.tolist()]
        errors = [[removals.after(each, fold)[1] for each in removed] for fold in (True, False)]
        return cls(run.node_norms, left, *map(np.array, errors))


Networks = Mapping[str, PrunedCurve | Run]


def pruning_explorer(networks: Networks | Run, eps: float = 0.01, images: str = "test", most: float = 0.2) -> Explorer:
    r"""Return a figure in which a reader moves the threshold, and sees which nodes go and what that costs and saves.

    The last node stays. Layer 1 stays whole: what is saved is saved by nodes, and by maps without a node.

    Parameters
    ----------
    networks : mapping of str to PrunedCurve or Run, or Run
        At least one; buttons choose among them, or a list where they are many. A run is measured first, as
        `PrunedCurve.of` does it.
    eps : float
        :math:`\varepsilon > 0`; the threshold starts there.
    images : str
        Which images the errors are of, ``"test"`` say.
    most : float
        The largest error that is drawn, as a share.

    Returns
    -------
    Explorer
        To choose: ``network``, ``shift`` of the threshold in twentieths of a power of ten, ``eps``, ``most`` in %, and
        other ``networks``. Computed: ``threshold``, nodes ``removed`` and ``left`` where it was measured, ``error`` and
        ``saved`` multiply-adds in %, and ``maps`` left.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or nothing is given, now or when it is assigned.

    Examples
    --------
    >>> curve = PrunedCurve(np.ones(192), np.array([192, 1]), np.array([0.01, 0.9]), np.array([0.01, 0.9]))
    >>> pruning_explorer({"SL1": curve}, 0.01, "test")
    <pruning explorer: 1 network, errors at 2 counts>
    """
    packed = _networks(networks)
    first = next(iter(packed))
    plural = "" if len(packed) == 1 else "s"
    return make_explorer(
        __file__,
        f"pruning explorer: {len(packed)} network{plural}, errors at {len(packed[first]['left'])} counts",
        ("threshold", "removed", "left", "error", "saved", "maps"),
        images=images,
        work=_work(),
        networks=Made(packed, _networks),
        eps=Number(eps, 1e-12),
        most=Number(100 * most, 0.01, 100),
        network=OneOf(first, lambda state: state["networks"]),
        shift=Whole(0, lambda state: min(-40, _most_shift(state)), _most_shift),
    )


def _networks(networks: Networks | Run) -> dict[str, dict[str, Any]]:
    """Return networks by name as the page has them."""
    if isinstance(networks, Run):
        networks = {networks.config.method: networks}
    if not isinstance(networks, Mapping) or not networks:
        raise unexpected("networks", networks, "it must have one at least, by name")
    curves = {name: PrunedCurve.of(each) if isinstance(each, Run) else each for name, each in networks.items()}
    for name, curve in curves.items():
        if isinstance(curve, dict):
            continue
        if not isinstance(curve, PrunedCurve):
            raise unexpected(f"network {name!r}", curve, "it must be a PrunedCurve or a Run")
        shapes = [getattr(curve, field).shape for field in ("lengths", "left", "errors", "unfolded")]
        points = len(curve.left)
        if shapes != [(NODES,), *[(points,)] * 3] or NODES not in curve.left:
            right = f"it must be ({NODES},) and three of one length, with all {NODES} nodes among the counts"
            raise unexpected(f"the shapes of {name!r}", shapes, right)
    return {name: curve if isinstance(curve, dict) else _packed(curve) for name, curve in curves.items()}


def _packed(curve: PrunedCurve) -> dict[str, Any]:
    return {
        "lengths": [float(f"{length:.4g}") for length in np.sort(curve.lengths)[::-1].tolist()],
        "left": curve.left.tolist(),
        "errors": _percent(curve.errors),
        "unfolded": _percent(curve.unfolded),
        "maps": _maps_left(curve.lengths),
        "full": int(np.flatnonzero(curve.left == NODES)[0]),
    }


def _most_shift(state: State) -> float:
    """Return how many twentieths of a power of ten the threshold goes up: the longest node stays."""
    longest = state["networks"][state["network"]]["lengths"][0]
    return float(np.floor(20 * (np.log10(max(longest, 1e-12)) - np.log10(state["eps"])) + 1e-9))


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
