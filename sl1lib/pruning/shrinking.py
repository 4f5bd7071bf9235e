"""The removal itself: from the parameters of the full network and a selection to the parameters of a smaller one."""

from __future__ import annotations

import numpy as np
import torch

from .. import fast
from ..architecture import NODES, NODES_PER_MAP, check_parameters
from ..errors import require_mask, require_number
from ..fast.network import Tensors
from .smaller_network import Parts


def parts_left(
    params: Tensors, removed: np.ndarray, kernel_threshold: float = 0.0, least_maps1: int | None = None
) -> Parts:
    r"""Follow a removal of nodes upward: which nodes, filters of layer 2 and filters of layer 1 are still needed.

    A filter of layer 2 goes if all 16 nodes of its map do. A filter of layer 1 goes if the kernels through which the
    remaining filters of layer 2 read its map are 0, or together no longer than ``kernel_threshold``.

    Parameters
    ----------
    params : dict of Tensor
        Of the full network.
    removed : ndarray of bool, shape (192,)
    kernel_threshold : float
        At least 0. With 0 nothing changes that the selected nodes do not change.
    least_maps1 : int, optional
        Keep at least this many filters of layer 1, those that are read most. None: keep what is needed.

    Raises
    ------
    ValueError
        If nothing would be left, or an argument is out of range.

    Examples
    --------
    >>> removed = np.arange(192) < 20
    >>> parts_left(fast.init_params(), removed).maps2
    array([ 1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11])
    """
    check_parameters(params)
    require_mask("removed", removed, NODES)
    require_number("kernel_threshold", kernel_threshold, least=0)
    nodes = np.flatnonzero(~removed)
    if not len(nodes):
        raise ValueError("all 192 nodes are removed; a network needs one: ask for a floor, Floor(nodes=1) say")
    maps2 = np.unique(nodes // NODES_PER_MAP)
    reads = torch.linalg.vector_norm(params["K2"].detach()[maps2].double(), dim=(0, 2, 3)).cpu().numpy()
    read = reads > kernel_threshold
    if least_maps1 is not None:
        order = np.argsort(-reads, kind="stable")
        read[order[:least_maps1]] = True
    if not read.any():
        raise ValueError(
            f"layer 2 reads no map of layer 1 with kernels longer than kernel_threshold = {kernel_threshold:g} (the "
            f"longest: {reads.max():.3g}); a smaller kernel_threshold or a floor, Floor(maps=(1, 1)), would be right"
        )
    return Parts(nodes, np.flatnonzero(read), maps2)


def shrink(params: Tensors, parts: Parts, means: tuple[torch.Tensor, torch.Tensor] | None = None) -> Tensors:
    r"""Return parameters in which the removed parts are no longer there.

    Parameters
    ----------
    params : dict of Tensor
        Of the full network. Not changed.
    parts : Parts
        What stays.
    means : (Tensor, Tensor), optional
        The mean of each of the 6 maps of layer 1 and of each of the 192 features: `fast.Network.means`. With them what
        is removed goes into the bias of the layer that read it; without them it counts as 0.

    Returns
    -------
    dict of Tensor
        In the shapes of ``parts``.

    See Also
    --------
    sl1lib.reference.remove_inputs : the equation.

    Examples
    --------
    >>> params = fast.init_params()
    >>> smaller = shrink(params, parts_left(params, np.arange(192) < 20))
    >>> {name: tuple(tensor.shape) for name, tensor in smaller.items() if name in ("K2", "U")}
    {'K2': (11, 6, 5, 5), 'U': (10, 172)}
    """
    check_parameters(params)
    of_maps, of_features = (None, None) if means is None else means
    maps1, maps2 = (torch.from_numpy(maps).to(params["U"].device) for maps in (parts.maps1, parts.maps2))
    U, b = fast.remove_inputs(params["U"], params["b"], _all_but(parts.nodes, params["U"]), of_features)
    K2, b2 = fast.remove_inputs(params["K2"][maps2], params["b2"][maps2], _all_but(parts.maps1, params["K2"]), of_maps)
    return {"K1": params["K1"][maps1], "b1": params["b1"][maps1], "K2": K2, "b2": b2, "U": U, "b": b.clone()}


def _all_but(kept: np.ndarray, W: torch.Tensor) -> torch.Tensor:
    """Return a mask over the inputs of a layer: True for those that are not kept."""
    removed = torch.ones(W.shape[1], dtype=torch.bool, device=W.device)
    removed[torch.from_numpy(kept).to(W.device)] = False
    return removed
