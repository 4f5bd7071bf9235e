"""From a run to a pruned network: select, follow upward, fold, remove, measure."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..architecture import NODES, check_parameters
from ..data import Dataset
from ..engine import make_network
from ..errors import require_count, unexpected
from ..settings import Penalty
from ..training import Run, RunConfig
from .fine_tuning import fine_tune as train_further
from .pruned import Pruned
from .report import Report, Score, Size
from .selection import Floor, given_nodes, node_lengths, short_nodes, shortest_nodes, with_floor
from .shrinking import parts_left, shrink
from .sources import images_of


def prune(
    run: Run,
    threshold: float | None = None,
    *,
    count: int | None = None,
    remove: Any = None,
    grouping: str = "node",
    kernel_threshold: float = 0.0,
    floor: Floor | None = None,
    fold: bool = True,
    fine_tune: int = 0,
    lr: float | None = None,
    penalty: Penalty | None = None,
    data: Dataset | None = None,
    device: str | None = None,
    latency: bool = True,
) -> Pruned:
    r"""Remove the nodes that a penalty has switched off, and whatever only they needed: the arrays become smaller.

    A node goes with its column of ``U``; what it gave on average goes into the bias,
    :math:`b \leftarrow b + \bar x_k u_k`. A map of layer 2 whose 16 nodes are gone takes its filter with it, and a map
    of layer 1 that no remaining filter reads takes its own.

    Parameters
    ----------
    run : Run
        Finished or interrupted.
    threshold : float, optional
        Nodes with :math:`\lVert u_k \rVert` below it go. None: the :math:`\varepsilon` of the run's penalty, below
        which the error pulls too weakly to matter, or 0.01 without a penalty.
    count : int, optional
        Instead of a threshold: the ``count`` shortest nodes go, or maps with ``grouping="map"``.
    remove : array_like, optional
        Instead of a threshold: the nodes with these numbers go, or those that are True in a mask of 192.
    grouping : {"node", "weight", "map"}
        What a threshold or a count is of: see `sl1lib.pruning.node_lengths`. With ``"map"`` whole maps go or stay.
    kernel_threshold : float
        A map of layer 1 goes if the kernels that read it are together no longer than this. With 0, the default, only
        if they are 0, which changes no score.
    floor : Floor, optional
        What stays at least. Without one, a selection that leaves nothing is an error.
    fold : bool
        Let the mean over the training images of what is removed go into the biases. False: it counts as 0.
    fine_tune : int
        How many epochs to train afterwards, see `sl1lib.pruning.fine_tune`.
    lr, penalty
        For the fine-tuning only.
    data : Dataset, optional
        The data set of the run, as for `train`: the means are from its training images, the errors from the images
        that the run was measured on. None loads it; the digest must be the run's.
    device : str, optional
        Where to compute, and what the pruned network's configuration names. None: the run's device.
    latency : bool
        Measure how long answers take before and after, about half a second. Times differ from call to call; all
        else does not.

    Returns
    -------
    Pruned
        ``.kept``, the numbers of the nodes that are left; ``.params``; ``.report``.

    Raises
    ------
    ValueError
        For arguments out of range or in conflict, or if nothing would be left.
    DataError
        If the data is not available, or not what the run was trained on.

    Examples
    --------
    >>> from sl1lib import Penalty, RunConfig, train
    >>> config = RunConfig(data="digits", penalty=Penalty(0.03, eps=0.05), epochs=4)
    >>> run = train(config, progress=False)
    >>> pruned = prune(run, latency=False)
    >>> len(pruned.kept) == 192 - run.nodes_below() == pruned.params["U"].shape[1] < 192
    True
    """
    _check(run, fine_tune, lr, penalty)
    removed, criterion = _select(run, threshold, count, remove, grouping, floor)
    config = run.config if device is None else run.config.replace(device=device)
    images = images_of(config, run.provenance, data)
    params = {name: torch.tensor(array, device=images.x.device) for name, array in run.params.items()}
    full = make_network(params, config.reading)
    parts = parts_left(params, removed, kernel_threshold, floor.maps[0] if floor else None)
    smaller = shrink(params, parts, full.means(images.x) if fold else None)
    networks = {"before": full, "removed": make_network(smaller, config.reading, parts.columns)}
    report = Report(
        criterion=criterion,
        folded=bool(fold),
        interrupted=not run.complete,
        data_name=images.name,
        held_out=run.held_out,
        images=len(images.x_held_out),
        pools_first=config.reading.pool_first,
        before=Size.of(params),
        after=Size.of(smaller),
        scores=tuple(Score.of(*each, images.x_held_out, images.labels_held_out) for each in networks.items()),
    )
    arrays = {name: tensor.cpu().numpy() for name, tensor in smaller.items()}
    pruned = Pruned(config, arrays, parts, report, dict(run.provenance))
    if fine_tune:
        (pruned,) = train_further([pruned], fine_tune, lr, penalty, data)
    if latency:
        pruned = pruned.with_latency(images.x_held_out[:, 0].cpu().numpy(), device=config.device)
    return pruned


def _check(run: Run, fine_tune: int, lr: float | None, penalty: Penalty | None) -> None:
    if not isinstance(run, Run):
        raise unexpected("run", run, "it must be a Run, as train and Run.load return")
    check_parameters(run.params)
    for name, array in run.params.items():
        if not np.isfinite(array).all():
            raise ValueError(f"params[{name!r}] has numbers that are not finite; a run that diverged cannot be pruned")
    require_count("fine_tune", fine_tune, least=0)
    if not fine_tune and (lr is not None or penalty is not None):
        raise ValueError("lr and penalty are for fine-tuning; say for how many epochs, fine_tune=2 for instance")


def _select(
    run: Run, threshold: float | None, count: int | None, remove: Any, grouping: str, floor: Floor | None
) -> tuple[np.ndarray, str]:
    """Return which nodes go, and the selection in words."""
    given = {"threshold": threshold, "count": count, "remove": remove}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise ValueError(f"{' and '.join(named)} are given; a selection has one of {', '.join(given)}")
    if floor is not None and not isinstance(floor, Floor):
        raise unexpected("floor", floor, "it must be a Floor(nodes=..., maps=...)")
    U = run.params["U"]
    lengths = node_lengths(U, grouping)
    if remove is not None:
        removed, criterion = given_nodes(remove), "nodes as given"
    elif count is not None:
        removed = shortest_nodes(U, count, grouping)
        criterion = f"the {count} shortest {'map' if grouping == 'map' else 'node'}{'s' if count != 1 else ''}"
    else:
        threshold = default_threshold(run.config) if threshold is None else threshold
        removed = short_nodes(U, threshold, grouping)
        lengths_of = {"node": "‖u_k‖", "weight": "every |w| of a node", "map": "‖u‖ of a map"}
        criterion = f"{lengths_of[grouping]} < {threshold:g}"
    if floor is not None:
        return with_floor(removed, lengths, floor, grouping), f"{criterion}, {floor}"
    if removed.all():
        raise ValueError(
            f"all {NODES} nodes are selected ({criterion}; the longest has {lengths.max():.3g}), and a network needs "
            "one; select fewer, or set a floor, floor=Floor(nodes=1) say (sl1 prune --floor-nodes 1)"
        )
    return removed, criterion


def default_threshold(config: RunConfig) -> float:
    r"""Return the :math:`\varepsilon` of a run's penalty, or 0.01 without one, as `Run.nodes_below` counts."""
    return config.penalty.eps if config.penalty else 0.01
