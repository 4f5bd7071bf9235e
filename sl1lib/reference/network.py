"""The whole network, forward and backward, in both readings (chapter *Backpropagation*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..architecture import POOL, check_images, check_parameters, glorot_uniform
from ..readings import Reading, find_reading
from .activations import relu, relu_backward, sigmoid, sigmoid_backward
from .convolution import conv2d, conv2d_backward
from .dense import dense, dense_backward
from .losses import cross_entropy, cross_entropy_backward
from .penalty import penalty as penalty_value
from .penalty import penalty_grad
from .pooling import avg_pool2d, avg_pool2d_backward

if TYPE_CHECKING:
    from ..settings import Penalty

Arrays = dict[str, np.ndarray]


def init_params(seed: int = 0) -> Arrays:
    """Return the random start of the network in float64: Glorot-uniform weights, zero biases.

    Parameters
    ----------
    seed : int

    Returns
    -------
    dict of ndarray
        ``K1 (6,1,5,5)``, ``b1 (6,)``, ``K2 (12,6,5,5)``, ``b2 (12,)``, ``U (10,192)``, ``b (10,)``.

    Examples
    --------
    >>> init_params(seed=0)["K2"].shape
    (12, 6, 5, 5)
    """
    return glorot_uniform(seed)


def forward(params: Arrays, x: np.ndarray, reading: str | Reading = "table") -> np.ndarray:
    """Return the scores of the ten classes for each image, before softmax.

    Parameters
    ----------
    params : dict of ndarray
        As `init_params` returns.
    x : ndarray, shape (N, 1, 28, 28)
        Images; the library trains on grey levels divided by 255.
    reading : str or Reading
        ``"table"``, ``"text"``, or a `Reading`.

    Returns
    -------
    ndarray, shape (N, 10)

    Raises
    ------
    ValueError
        For parameters or images of the wrong shape, or an unknown reading.

    Examples
    --------
    >>> forward(init_params(), np.zeros((2, 1, 28, 28))).shape
    (2, 10)
    """
    return trace(params, x, reading)["logits"]


def features(params: Arrays, x: np.ndarray, reading: str | Reading = "table") -> np.ndarray:
    """Return the values of the 192 feature nodes: 12 maps of 4×4, map by map, each row by row.

    Parameters
    ----------
    params, x, reading
        As in `forward`.

    Returns
    -------
    ndarray, shape (N, 192)
        Node ``k = 16·map + 4·row + column``.

    Examples
    --------
    >>> features(init_params(), np.zeros((2, 1, 28, 28)), "text").shape
    (2, 192)
    """
    return trace(params, x, reading)["features"]


def trace(params: Arrays, x: np.ndarray, reading: str | Reading = "table") -> Arrays:
    """Run the network and keep every intermediate array, named in the order of computation.

    Parameters
    ----------
    params, x, reading
        As in `forward`.

    Returns
    -------
    dict of ndarray
        ``x``; for each stage 1 and 2 ``conv``, ``pool`` and ``act`` with its number, ``pool1`` say;
        ``stage1`` and ``stage2``, what a stage hands on; ``features``, ``scores`` and ``logits``.

    Examples
    --------
    >>> steps = trace(init_params(), np.zeros((1, 1, 28, 28)), "text")
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
    steps["features"] = steps["stage2"].reshape(len(x), -1)
    steps["scores"] = dense(steps["features"], params["U"], params["b"])
    steps["logits"] = relu(steps["scores"]) if reading.logits == "relu" else steps["scores"]
    return steps


def backward(
    params: Arrays,
    x: np.ndarray,
    labels: np.ndarray,
    reading: str | Reading = "table",
    penalty: Penalty | None = None,
) -> tuple[float, Arrays]:
    r"""Return the error :math:`E = E_0 + \lambda \sum_g h(u_g, \varepsilon)` and its gradient, derived by hand.

    Parameters
    ----------
    params, x, reading
        As in `forward`.
    labels : ndarray of integers, shape (N,), or one-hot, shape (N, 10)
    penalty : Penalty, optional
        Without one, :math:`E = E_0`.

    Returns
    -------
    E : float
    grads : dict of ndarray
        The gradient of ``E`` for each entry of ``params``, in its shape.

    Examples
    --------
    >>> E, grads = backward(init_params(), np.zeros((2, 1, 28, 28)), np.array([3, 7]))
    >>> round(E, 4), grads["b"].round(2).tolist()
    (2.3026, [0.1, 0.1, 0.1, -0.4, 0.1, 0.1, 0.1, -0.4, 0.1, 0.1])
    """
    reading = find_reading(reading)
    steps = trace(params, x, reading)
    grads: Arrays = {}
    error = cross_entropy(steps["logits"], labels)
    ds = cross_entropy_backward(steps["logits"], labels)
    if reading.logits == "relu":
        ds = relu_backward(ds, steps["scores"])
    do, grads["U"], grads["b"] = dense_backward(ds, steps["features"], params["U"])
    dstage = do.reshape(steps["stage2"].shape)
    for i in (2, 1):
        dconv = _through_stage(dstage, steps, i, reading)
        dstage, grads[f"K{i}"], grads[f"b{i}"] = conv2d_backward(dconv, steps[f"stage{i - 1}"], params[f"K{i}"])
    if penalty is not None:
        shape = (penalty.eps, penalty.profile, penalty.grouping)
        error += penalty.strength * penalty_value(params["U"], *shape)
        grads["U"] = grads["U"] + penalty.strength * penalty_grad(params["U"], *shape)
    return error, {name: grads[name] for name in params}


def _through_stage(dstage: np.ndarray, steps: Arrays, i: int, reading: Reading) -> np.ndarray:
    """Carry the gradient from what stage ``i`` hands on back to its convolution's output."""
    if reading.pool_first:
        return avg_pool2d_backward(_through_activation(dstage, steps[f"pool{i}"], steps[f"act{i}"], reading), POOL)
    return _through_activation(avg_pool2d_backward(dstage, POOL), steps[f"conv{i}"], steps[f"act{i}"], reading)


def _through_activation(dy: np.ndarray, before: np.ndarray, after: np.ndarray, reading: Reading) -> np.ndarray:
    if reading.activation == "relu":
        return relu_backward(dy, before)
    return sigmoid_backward(dy, after)
