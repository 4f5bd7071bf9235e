"""The whole network on tensors, in both readings. Mirrors ``sl1lib.reference.network``; autograd runs it backward."""

from __future__ import annotations

import torch

from ..architecture import POOL, check_images, check_parameters, glorot_uniform
from ..readings import Reading, find_reading
from .activations import relu, sigmoid
from .convolution import conv2d
from .dense import dense
from .pooling import avg_pool2d

Tensors = dict[str, torch.Tensor]


def init_params(seed: int = 0, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu") -> Tensors:
    """Return the random start of the network: the very numbers of ``reference.init_params``, rounded to ``dtype``.

    Parameters
    ----------
    seed : int
    dtype : torch.dtype
    device : str or torch.device

    Returns
    -------
    dict of Tensor
        ``K1 (6,1,5,5)``, ``b1 (6,)``, ``K2 (12,6,5,5)``, ``b2 (12,)``, ``U (10,192)``, ``b (10,)``.

    Examples
    --------
    >>> init_params(seed=0)["K2"].shape
    torch.Size([12, 6, 5, 5])
    """
    return {name: torch.as_tensor(array, dtype=dtype, device=device) for name, array in glorot_uniform(seed).items()}


def forward(params: Tensors, x: torch.Tensor, reading: str | Reading = "table") -> torch.Tensor:
    """Return the scores of the ten classes for each image, before softmax.

    Parameters
    ----------
    params : dict of Tensor
        As `init_params` returns.
    x : Tensor, shape (N, 1, 28, 28)
        Images; the library trains on grey levels divided by 255.
    reading : str or Reading
        ``"table"``, ``"text"``, or a `Reading`.

    Returns
    -------
    Tensor, shape (N, 10)

    Raises
    ------
    ValueError
        For parameters or images of the wrong shape, or an unknown reading.

    Examples
    --------
    >>> forward(init_params(), torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    return trace(params, x, reading)["logits"]


def features(params: Tensors, x: torch.Tensor, reading: str | Reading = "table") -> torch.Tensor:
    """Return the values of the 192 feature nodes: 12 maps of 4×4, map by map, each row by row.

    Parameters
    ----------
    params, x, reading
        As in `forward`.

    Returns
    -------
    Tensor, shape (N, 192)
        Node ``k = 16·map + 4·row + column``.

    Examples
    --------
    >>> features(init_params(), torch.zeros(2, 1, 28, 28), "text").shape
    torch.Size([2, 192])
    """
    return trace(params, x, reading)["features"]


def trace(params: Tensors, x: torch.Tensor, reading: str | Reading = "table") -> Tensors:
    """Run the network and keep every intermediate tensor, named in the order of computation.

    Parameters
    ----------
    params, x, reading
        As in `forward`.

    Returns
    -------
    dict of Tensor
        ``x``; for each stage 1 and 2 ``conv``, ``pool`` and ``act`` with its number, ``pool1`` say;
        ``stage1`` and ``stage2``, what a stage hands on; ``features``, ``scores`` and ``logits``.

    Examples
    --------
    >>> steps = trace(init_params(), torch.zeros(1, 1, 28, 28), "text")
    >>> [name for name in steps if name.endswith("1")]
    ['conv1', 'act1', 'pool1', 'stage1']
    """
    check_parameters(params)
    check_images(x)
    reading = find_reading(reading)
    activate = relu if reading.activation == "relu" else sigmoid
    steps = {"x": x, "stage0": x}
    for i in (1, 2):
        conv = steps[f"conv{i}"] = conv2d(steps[f"stage{i - 1}"], params[f"K{i}"], params[f"b{i}"])
        if reading.pool_first:
            steps[f"pool{i}"] = avg_pool2d(conv, POOL)
            steps[f"act{i}"] = steps[f"stage{i}"] = activate(steps[f"pool{i}"])
        else:
            steps[f"act{i}"] = activate(conv)
            steps[f"pool{i}"] = steps[f"stage{i}"] = avg_pool2d(steps[f"act{i}"], POOL)
    steps["features"] = steps["stage2"].flatten(start_dim=1)
    steps["scores"] = dense(steps["features"], params["U"], params["b"])
    steps["logits"] = relu(steps["scores"]) if reading.logits == "relu" else steps["scores"]
    return steps
