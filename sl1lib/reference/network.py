"""The whole network, forward and backward, in both readings (chapter *Backpropagation*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..architecture import (
    POOL,
    check_images,
    check_parameters,
    glorot_uniform,
)
from ..readings import Reading, find_reading
from .activations import relu, relu_backward, sigmoid, sigmoid_backward
from .convolution import (
    conv2d,
    conv2d_bias_grad,
    conv2d_input_grad,
    conv2d_kernel_grad,
)
from .dense import dense, dense_backward
from .losses import cross_entropy, cross_entropy_backward
from .penalty import penalty_cost, penalty_grad
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


def forward(
    params: Arrays, x: np.ndarray, reading: str | Reading = "table"
) -> np.ndarray:
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

    Examples
    --------
    >>> forward(init_params(), np.zeros((2, 1, 28, 28))).shape
    (2, 10)
    """
    return trace(params, x, reading)["logits"]


def features(
    params: Arrays, x: np.ndarray, reading: str | Reading = "table"
) -> np.ndarray:
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


def trace(
    params: Arrays, x: np.ndarray, reading: str | Reading = "table"
) -> Arrays:
    """Run the network and keep every intermediate array, named in the order of computation.

    Equation ``eq-backprop-network``, chapter *Backpropagation*.

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
    steps = {"x": x, "stage0": x}
    for i in (1, 2):
        _add_stage(steps, params, i, find_reading(reading))
    _add_output(steps, params, find_reading(reading))
    return steps


def _add_stage(
    steps: Arrays, params: Arrays, i: int, reading: Reading
) -> None:
    activate = relu if reading.activation == "relu" else sigmoid
    conv = conv2d(steps[f"stage{i - 1}"], params[f"K{i}"], params[f"b{i}"])
    steps[f"conv{i}"] = conv
    if reading.pool_first:
        steps[f"pool{i}"] = avg_pool2d(conv, POOL)
        steps[f"act{i}"] = steps[f"stage{i}"] = activate(steps[f"pool{i}"])
    else:
        steps[f"act{i}"] = activate(conv)
        steps[f"pool{i}"] = steps[f"stage{i}"] = avg_pool2d(
            steps[f"act{i}"], POOL
        )


def _add_output(steps: Arrays, params: Arrays, reading: Reading) -> None:
    stage2 = steps["stage2"]
    steps["features"] = stage2.reshape(len(stage2), -1)
    steps["scores"] = dense(steps["features"], params["U"], params["b"])
    last = steps["scores"]
    steps["logits"] = relu(last) if reading.logits == "relu" else last


def backward(
    params: Arrays,
    x: np.ndarray,
    labels: np.ndarray,
    reading: str | Reading = "table",
    penalty: Penalty | None = None,
) -> tuple[float, Arrays]:
    r"""Return the error :math:`E = E_0 + \lambda \sum_g h(u_g, \varepsilon)` and its gradient, derived by hand.

    Equations ``eq-backprop-chain`` and ``eq-backprop-pass-cost``, chapter *Backpropagation*.

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
    steps = trace(params, x, reading)
    error = cross_entropy(steps["logits"], labels)
    d = _way_back(params, steps, labels, find_reading(reading))
    grads = {name: d[name] for name in params}
    if penalty is not None:
        error += penalty_cost(params["U"], penalty)
        grads["U"] = grads["U"] + penalty_grad(params["U"], penalty)
    return error, grads


def backward_trace(
    params: Arrays,
    steps: Arrays,
    labels: np.ndarray,
    reading: str | Reading = "table",
) -> Arrays:
    """Go back through `trace` and keep the gradient of the entropy error with respect to each of its arrays.

    Equations ``eq-backprop-output``, ``eq-backprop-table`` and ``eq-backprop-text``, chapter *Backpropagation*.

    Parameters
    ----------
    params : dict of ndarray
    steps : dict of ndarray
        What ``trace(params, x, reading)`` returned.
    labels : ndarray of integers, shape (N,), or one-hot, shape (N, 10)
    reading : str or Reading
        The one that ``steps`` was computed with.

    Returns
    -------
    dict of ndarray
        Named like ``steps`` and ``params``, in the order of computation, from ``logits`` to ``stage0``, the images;
        each in the shape of the array that it belongs to.

    Examples
    --------
    >>> params, x = init_params(), np.zeros((1, 1, 28, 28))
    >>> d = backward_trace(params, trace(params, x, "text"), np.array([3]), "text")
    >>> [name for name in d if name.endswith("2")]
    ['stage2', 'pool2', 'act2', 'conv2', 'K2', 'b2']
    """
    d = _way_back(params, steps, labels, find_reading(reading))
    d["stage0"] = conv2d_input_grad(d["conv1"], params["K1"])
    return d


def _way_back(
    params: Arrays, steps: Arrays, labels: np.ndarray, reading: Reading
) -> Arrays:
    """Go back to the first layer's parameters: training asks no gradient of the images."""
    d = {"logits": cross_entropy_backward(steps["logits"], labels)}
    d["scores"] = d["logits"]
    if reading.logits == "relu":
        d["scores"] = relu_backward(d["logits"], steps["scores"])
    d["features"], d["U"], d["b"] = dense_backward(
        d["scores"], steps["features"], params["U"]
    )
    d["stage2"] = d["features"].reshape(steps["stage2"].shape)
    _back_through_stage(d, steps, 2, reading)
    d["stage1"] = conv2d_input_grad(d["conv2"], params["K2"])
    _back_through_stage(d, steps, 1, reading)
    return d


def _back_through_stage(
    d: Arrays, steps: Arrays, i: int, reading: Reading
) -> None:
    act, pool, conv = f"act{i}", f"pool{i}", f"conv{i}"
    if reading.pool_first:
        d[act] = d[f"stage{i}"]
        d[pool] = _through_activation(
            d[act], steps[pool], steps[act], reading
        )
        d[conv] = avg_pool2d_backward(d[pool], POOL)
    else:
        d[pool] = d[f"stage{i}"]
        d[act] = avg_pool2d_backward(d[pool], POOL)
        d[conv] = _through_activation(
            d[act], steps[conv], steps[act], reading
        )
    d[f"K{i}"] = conv2d_kernel_grad(d[conv], steps[f"stage{i - 1}"])
    d[f"b{i}"] = conv2d_bias_grad(d[conv])


def _through_activation(
    dy: np.ndarray, before: np.ndarray, after: np.ndarray, reading: Reading
) -> np.ndarray:
    if reading.activation == "relu":
        return relu_backward(dy, before)
    return sigmoid_backward(dy, after)


def gradient_by_differences(
    params: Arrays,
    x: np.ndarray,
    labels: np.ndarray,
    reading: str | Reading = "table",
    step: float = 1e-5,
) -> Arrays:
    r"""Return the gradient of :math:`E_0` for every parameter by central differences, slow but independent.

    It knows no derivative. Each entry costs two runs of the network, from the layer on that the entry belongs to:
    what comes before does not depend on it, and is taken from one `trace`.

    Equation ``eq-backprop-differences``, chapter *Backpropagation*.

    Parameters
    ----------
    params, x, reading
        As in `forward`; a few images are enough. A ReLU whose input lies within about ``step`` of 0 spoils the
        entries that move it.
    labels : ndarray of integers, shape (N,), or one-hot, shape (N, 10)
    step : float
        Each entry is moved by this much, up and down.

    Returns
    -------
    dict of ndarray
        As ``backward(...)[1]``.

    Examples
    --------
    >>> params, x, labels = init_params(), np.zeros((1, 1, 28, 28)), np.array([3])
    >>> slopes = gradient_by_differences(params, x, labels, "text")
    >>> bool(np.allclose(slopes["U"], backward(params, x, labels, "text")[1]["U"], atol=1e-8))
    True
    """
    steps = trace(params, x, reading)
    chosen = find_reading(reading)
    first = {"K1": 1, "b1": 1, "K2": 2, "b2": 2, "U": 3, "b": 3}

    def error(changed: Arrays, start: int) -> float:
        again = dict(steps)
        for i in range(start, 3):
            _add_stage(again, changed, i, chosen)
        _add_output(again, changed, chosen)
        return cross_entropy(again["logits"], labels)

    slopes = {name: np.empty_like(array) for name, array in params.items()}
    for name, array in params.items():
        for index in np.ndindex(array.shape):
            shift = np.zeros_like(array)
            shift[index] = step
            above = error({**params, name: array + shift}, first[name])
            below = error({**params, name: array - shift}, first[name])
            slopes[name][index] = (above - below) / (2 * step)
    return slopes
