"""Ledger entries of the chapter *From near-zero norms to a smaller network*."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from torch import nn

from ... import fast, reference
from ...architecture import MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES
from ...pruning import Parts, multiply_adds, parameter_count, parts_left, shrink
from ..entry import Check, Entry
from ..measure import SAME, deviation

Arrays = dict[str, np.ndarray]


@cache
def _last_layer() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return features of 50 samples, weights, biases, and which of the 192 nodes go: about a third."""
    rng = np.random.default_rng(12)
    o = rng.normal(0.5, 0.3, size=(50, NODES))
    return o, rng.normal(size=(10, NODES)), rng.normal(size=10), rng.random(NODES) < 0.35


def _fold_by_loops() -> float:
    o, U, b, removed = _last_layer()
    means = o.mean(axis=0)
    expected = b.copy()
    for c in range(10):
        for k in range(NODES):
            if removed[k]:
                expected[c] += U[c, k] * means[k]
    received_U, received_b = reference.remove_inputs(U, b, removed, means)
    return max(deviation(received_b, expected), deviation(received_U, np.delete(U, np.flatnonzero(removed), axis=1)))


def _fast_against_reference(kind: str) -> float:
    rng = np.random.default_rng(13)
    W = rng.normal(size=(10, NODES) if kind == "dense" else PARAMETER_SHAPES["K2"])
    outputs, inputs = (int(size) for size in W.shape[:2])
    b, means, removed = rng.normal(size=outputs), rng.normal(size=inputs), rng.random(inputs) < 0.5
    expected = reference.remove_inputs(W, b, removed, means)
    tensors = [torch.tensor(array) for array in (W, b, removed, means)]
    received = fast.remove_inputs(*tensors)
    return max(deviation(r.numpy(), e) for r, e in zip(received, expected, strict=True))


def _mean_score() -> float:
    """Remove a third of the nodes; compare the mean scores before and after."""
    o, U, b, removed = _last_layer()
    U_left, b_left = reference.remove_inputs(U, b, removed, o.mean(axis=0))
    after = reference.dense(o[:, ~removed], U_left, b_left)
    return deviation(after.mean(axis=0), reference.dense(o, U, b).mean(axis=0))


def _squared_change() -> float:
    """Replace one node by each of several constants; measure the change of the scores against the formula."""
    o, U, b, _ = _last_layer()
    k, worst = 7, 0.0
    before, only = reference.dense(o, U, b), np.arange(NODES) == k
    for constant in (o[:, k].mean(), 0.0, -0.4, 2.0):
        U_left, b_left = reference.remove_inputs(U, b, only, np.full(NODES, constant))
        change = reference.dense(o[:, ~only], U_left, b_left) - before
        measured = np.mean(np.sum(change**2, axis=1))
        formula = np.sum(U[:, k] ** 2) * (o[:, k].var() + (constant - o[:, k].mean()) ** 2)
        worst = max(worst, abs(measured - formula) / formula)
    return worst


def _map_by_places() -> float:
    """Give two maps constant values and remove them: every output of the convolution must stay as it was."""
    rng = np.random.default_rng(14)
    x, K, b = rng.normal(size=(3, 6, 12, 12)), rng.normal(size=(12, 6, 5, 5)), rng.normal(size=12)
    removed = np.isin(np.arange(6), (1, 4))
    values = rng.normal(size=6)
    x[:, removed] = values[removed].reshape(-1, 1, 1)
    K_left, b_left = reference.remove_inputs(K, b, removed, values)
    return deviation(reference.conv2d(x[:, ~removed], K_left, b_left), reference.conv2d(x, K, b))


def _small_networks() -> Iterator[Parts]:
    """Yield networks of several sizes, the full one among them."""
    yield Parts.everything()
    rng = np.random.default_rng(15)
    for maps1, maps2, share in ((6, 9, 0.5), (4, 12, 0.9), (3, 5, 0.3), (1, 1, 0.5)):
        kept2 = np.sort(rng.choice(MAPS[1], maps2, replace=False))
        there = np.concatenate([NODES_PER_MAP * m + np.arange(NODES_PER_MAP) for m in kept2])
        chosen = rng.random(len(there)) < share
        chosen[::NODES_PER_MAP] = True  # a map has a node left
        yield Parts(there[chosen], np.sort(rng.choice(MAPS[0], maps1, replace=False)), kept2)


def _params(parts: Parts) -> Arrays:
    return {name: np.zeros(shape) for name, shape in parts.shapes.items()}


def _cost_formula(parts: Parts) -> int:
    maps1, maps2, nodes = len(parts.maps1), len(parts.maps2), len(parts.nodes)
    return 14_400 * maps1 + 1_600 * maps1 * maps2 + 10 * nodes


def _cost_by_counting() -> float:
    """Let PyTorch's layers run and count, place by place, the products behind each output."""
    worst = 0
    for parts in _small_networks():
        counted = _products(parts)
        worst = max(worst, abs(counted - _cost_formula(parts)), abs(counted - multiply_adds(_params(parts))))
    return float(worst)


def _products(parts: Parts) -> int:
    """Count the products of one image: an output of a layer has as many as its weights have entries behind it."""
    shapes, total = parts.shapes, 0
    layers = [nn.Conv2d(shapes[name][1], shapes[name][0], 5) for name in ("K1", "K2")]
    x = torch.zeros(1, 1, 28, 28)
    for layer in layers:
        x = layer(x)
        total += x[0].numel() * layer.weight[0].numel()
        x = nn.functional.avg_pool2d(x, 2)
    return total + nn.Linear(len(parts.nodes), 10).weight.numel()


def _parameters_by_counting() -> float:
    worst = 0
    for parts in _small_networks():
        maps1, maps2, nodes = len(parts.maps1), len(parts.maps2), len(parts.nodes)
        formula = 26 * maps1 + (25 * maps1 + 1) * maps2 + 10 * (nodes + 1)
        worst = max(worst, abs(formula - parameter_count(_params(parts))))
    return float(worst)


def _bound_by_removing() -> float:
    """Remove all nodes but one of each map: no filter goes, and the saving stays under the bound, by what is left."""
    removed = np.arange(NODES) % NODES_PER_MAP > 0
    params = fast.init_params()
    smaller = shrink(params, parts_left(params, removed))
    full = multiply_adds(params)
    saved, bound = 1 - multiply_adds(smaller) / full, 10 * NODES / full
    return abs(saved - bound * removed.mean()) if saved < bound else float("inf")


def _map_saving() -> float:
    """Remove whole maps, one after another; each must save what the formula says."""
    params, worst = fast.init_params(), 0
    full = multiply_adds(params)
    for maps in range(MAPS[1]):
        smaller = shrink(params, parts_left(params, np.arange(NODES) < NODES_PER_MAP * maps))
        worst = max(worst, abs(full - multiply_adds(smaller) - 9_760 * maps))
    return float(worst)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""

    def entry(
        label: str, title: str, functions: tuple[str, ...], *checks: tuple[str, float, Callable[[], float]]
    ) -> Entry:
        made = tuple(Check(*check) for check in checks)
        return Entry(f"eq-prune-{label}", title, "findings/pruning", functions, made)

    removal = ("reference.remove_inputs", "fast.remove_inputs")
    yield entry(
        "fold",
        "a removed node leaves its mean in the bias",
        removal,
        ("reference against loops over classes and nodes", SAME, _fold_by_loops),
        ("fast against reference, 192 nodes", SAME, lambda: _fast_against_reference("dense")),
    )
    yield entry(
        "mean",
        "the mean score stays",
        removal[:1],
        ("50 samples, a third of the nodes removed", SAME, _mean_score),
    )
    yield entry(
        "square",
        "the mean squared change of the scores",
        removal[:1],
        ("measured against the formula, four constants", SAME, _squared_change),
    )
    yield entry(
        "map",
        "a removed map leaves its mean in the next layer's biases",
        removal,
        ("maps that are constant: every output before and after", SAME, _map_by_places),
        ("fast against reference, the kernels of layer 2", SAME, lambda: _fast_against_reference("conv")),
    )
    yield entry(
        "cost",
        "multiply-adds of a pruned network",
        ("pruning.multiply_adds",),
        ("formula and function against PyTorch's layers, five sizes", 0, _cost_by_counting),
    )
    yield entry(
        "parameters",
        "parameters of a pruned network",
        ("pruning.parameter_count",),
        ("formula against the arrays, five sizes", 0, _parameters_by_counting),
    )
    yield entry(
        "bound",
        "what all nodes together can save",
        ("pruning.parts_left", "pruning.shrink"),
        ("all nodes but one of each map removed, the share that they have", SAME, _bound_by_removing),
    )
    yield entry(
        "map-saving",
        "what a map saves",
        ("pruning.parts_left", "pruning.shrink"),
        ("0 to 11 maps removed, counted after each", 0, _map_saving),
    )
