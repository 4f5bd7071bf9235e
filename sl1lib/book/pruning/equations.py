"""Ledger entries of the chapter *From near-zero norms to a smaller network*."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from ... import fast, reference
from ...architecture import MAPS, NODES, NODES_PER_MAP, PARAMETER_SHAPES
from ...pruning import Parts, multiply_adds, parameter_count, parts_left, shrink
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME, run

chapter = Chapter("findings/pruning")


def last_layer() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return features of 50 samples, weights, biases, and which of the 192 nodes go: about a third."""
    rng = np.random.default_rng(12)
    o = rng.normal(0.5, 0.3, size=(50, NODES))
    return o, rng.normal(size=(10, NODES)), rng.normal(size=10), rng.random(NODES) < 0.35


def compare_engines(check: Checks, what: str, shape: tuple[int, ...]) -> None:
    """Remove half of a layer's inputs in both engines."""
    rng = np.random.default_rng(13)
    outputs, inputs = shape[:2]
    layer = rng.normal(size=shape), rng.normal(size=outputs), rng.random(inputs) < 0.5, rng.normal(size=inputs)
    for found, expected in zip(run(fast.remove_inputs, *layer), reference.remove_inputs(*layer), strict=True):
        check(what, SAME, found, expected)


@chapter.equation(
    "eq-prune-fold", "a removed node leaves its mean in the bias", reference.remove_inputs, fast.remove_inputs
)
def fold(check: Checks) -> None:
    o, U, b, removed = last_layer()
    means = o.mean(axis=0)
    expected = b.copy()
    for c, k in np.ndindex(U.shape):
        if removed[k]:
            expected[c] += U[c, k] * means[k]
    U_left, b_left = reference.remove_inputs(U, b, removed, means)
    what = "reference against loops over classes and nodes"
    check(what, SAME, b_left, expected)
    check(what, SAME, U_left, np.delete(U, np.flatnonzero(removed), axis=1))
    compare_engines(check, "fast against reference, 192 nodes", (10, NODES))


@chapter.equation("eq-prune-mean", "the mean score stays", reference.remove_inputs)
def mean_score(check: Checks) -> None:
    o, U, b, removed = last_layer()
    U_left, b_left = reference.remove_inputs(U, b, removed, o.mean(axis=0))
    after, before = reference.dense(o[:, ~removed], U_left, b_left), reference.dense(o, U, b)
    check("50 samples, a third of the nodes removed", SAME, after.mean(axis=0), before.mean(axis=0))


@chapter.equation("eq-prune-square", "the mean squared change of the scores", reference.remove_inputs)
def squared_change(check: Checks) -> None:
    """Replace one node by each of several constants."""
    o, U, b, _ = last_layer()
    k = 7
    before, only = reference.dense(o, U, b), np.arange(NODES) == k
    for constant in (o[:, k].mean(), 0.0, -0.4, 2.0):
        U_left, b_left = reference.remove_inputs(U, b, only, np.full(NODES, constant))
        change = reference.dense(o[:, ~only], U_left, b_left) - before
        measured = np.mean(np.sum(change**2, axis=1))
        formula = np.sum(U[:, k] ** 2) * (o[:, k].var() + (constant - o[:, k].mean()) ** 2)
        check("measured against the formula, four constants", SAME, measured, formula)


@chapter.equation(
    "eq-prune-map",
    "a removed map leaves its mean in the next layer's biases",
    reference.remove_inputs,
    fast.remove_inputs,
)
def removed_map(check: Checks) -> None:
    """Give two maps constant values and remove them: every output of the convolution must stay as it was."""
    rng = np.random.default_rng(14)
    x, K, b = rng.normal(size=(3, 6, 12, 12)), rng.normal(size=(12, 6, 5, 5)), rng.normal(size=12)
    removed, values = np.isin(np.arange(6), (1, 4)), rng.normal(size=6)
    x[:, removed] = values[removed].reshape(-1, 1, 1)
    K_left, b_left = reference.remove_inputs(K, b, removed, values)
    after, before = reference.conv2d(x[:, ~removed], K_left, b_left), reference.conv2d(x, K, b)
    check("maps that are constant: every output before and after", SAME, after, before)
    compare_engines(check, "fast against reference, the kernels of layer 2", PARAMETER_SHAPES["K2"])


def small_networks() -> Iterator[tuple[Parts, dict[str, np.ndarray], tuple[int, int, int]]]:
    """Yield networks of several sizes, the full one first: parts, parameters, numbers of maps, maps and nodes."""
    rng = np.random.default_rng(15)
    networks = [Parts.everything()]
    for maps1, maps2, share in ((6, 9, 0.5), (4, 12, 0.9), (3, 5, 0.3), (1, 1, 0.5)):
        kept2 = np.sort(rng.choice(MAPS[1], maps2, replace=False))
        there = np.concatenate([NODES_PER_MAP * m + np.arange(NODES_PER_MAP) for m in kept2])
        chosen = rng.random(len(there)) < share
        chosen[::NODES_PER_MAP] = True  # a map has a node left
        networks.append(Parts(there[chosen], np.sort(rng.choice(MAPS[0], maps1, replace=False)), kept2))
    for parts in networks:
        params = {name: np.zeros(shape) for name, shape in parts.shapes.items()}
        yield parts, params, (len(parts.maps1), len(parts.maps2), len(parts.nodes))


@chapter.equation("eq-prune-cost", "multiply-adds of a pruned network", multiply_adds)
def cost(check: Checks) -> None:
    """Let PyTorch's layers run: an output of a layer has as many products as its weights have entries behind it."""
    for parts, params, (maps1, maps2, nodes) in small_networks():
        counted, x = nn.Linear(nodes, 10).weight.numel(), torch.zeros(1, 1, 28, 28)
        for name in ("K1", "K2"):
            layer = nn.Conv2d(parts.shapes[name][1], parts.shapes[name][0], 5)
            x = layer(x)
            counted += x[0].numel() * layer.weight[0].numel()
            x = nn.functional.avg_pool2d(x, 2)
        formula = 14_400 * maps1 + 1_600 * maps1 * maps2 + 10 * nodes
        found = [formula, multiply_adds(params)]
        check("formula and function against PyTorch's layers, five sizes", EQUAL, found, [counted, counted])


@chapter.equation("eq-prune-parameters", "parameters of a pruned network", parameter_count)
def parameters(check: Checks) -> None:
    for _, params, (maps1, maps2, nodes) in small_networks():
        formula = 26 * maps1 + (25 * maps1 + 1) * maps2 + 10 * (nodes + 1)
        check("formula against the arrays, five sizes", EQUAL, formula, parameter_count(params))


@chapter.equation("eq-prune-bound", "what all nodes together can save", parts_left, shrink)
def bound(check: Checks) -> None:
    """No filter goes while each map has a node: the saving stays under the bound, by what is left."""
    what = "all nodes but one of each map removed, the share that they have"
    removed = np.arange(NODES) % NODES_PER_MAP > 0
    params = fast.init_params()
    full, left = multiply_adds(params), multiply_adds(shrink(params, parts_left(params, removed)))
    saved, most = 1 - left / full, 10 * NODES / full
    check(what, SAME, abs(saved - most * removed.mean()))
    check(what, SAME, saved - most)


@chapter.equation("eq-prune-map-saving", "what a map saves", parts_left, shrink)
def map_saving(check: Checks) -> None:
    params = fast.init_params()
    for maps in range(MAPS[1]):
        smaller = shrink(params, parts_left(params, np.arange(NODES) < NODES_PER_MAP * maps))
        saved = multiply_adds(params) - multiply_adds(smaller)
        check("0 to 11 maps removed, counted after each", EQUAL, abs(saved - 9_760 * maps))
