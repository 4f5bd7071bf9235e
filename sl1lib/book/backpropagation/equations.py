"""Ledger entries of the chapter *Backpropagation*."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ... import fast, reference
from ...readings import READINGS
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME, autograd, random_images, tensor

chapter = Chapter("network/backpropagation")
Arrays = dict[str, np.ndarray]
PARAMETERS = ("K1", "b1", "K2", "b2", "U", "b")  # in the order of PyTorch's layers
WAY_BACK = (reference.backward, reference.backward_trace)
# Differences of the whole network: rounding leaves 1e-16 · E / 1e-5, about 2e-11, and the smallest of the twelve
# arrays that are compared has a largest entry near 0.01.
DIFFERENCE = 1e-7


def problem(samples: int = 2) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """Return parameters with biases other than 0, images and labels, where no ReLU is within 1e-4 of its corner."""
    for seed in range(100):
        rng = np.random.default_rng([11, seed])
        params = reference.init_params(seed)
        params |= {name: rng.normal(scale=0.1, size=params[name].shape) for name in ("b1", "b2", "b")}
        x, labels = random_images(rng, samples)
        steps = reference.trace(params, x, "table")
        if min(np.abs(steps[name]).min() for name in ("pool1", "pool2")) > 1e-4:
            return params, x, labels
    raise AssertionError("no seed is off the corners")


def layers(params: Arrays, reading: str) -> nn.Sequential:
    """Build the network of PyTorch's own layers."""
    inner: list[nn.Module] = [nn.AvgPool2d(2), nn.ReLU()] if reading == "table" else [nn.Sigmoid(), nn.AvgPool2d(2)]
    stages = [nn.Conv2d(1, 6, 5), *inner, nn.Conv2d(6, 12, 5), *inner]
    network = nn.Sequential(*stages, nn.Flatten(), nn.Linear(192, 10)).double()
    for parameter, name in zip(network.parameters(), PARAMETERS, strict=True):
        parameter.data = tensor(params[name])
    return network


@chapter.equation(
    "eq-backprop-network",
    "the network as a composition",
    reference.forward,
    fast.forward,
    reference.trace,
    fast.trace,
)
def network(check: Checks) -> None:
    params, x, _ = problem()
    for reading in READINGS:
        scores = reference.forward(params, x, reading)
        theirs = layers(params, reading)(tensor(x))
        check("reference against PyTorch's own layers, both readings", SAME, scores, theirs)
        check.fast(fast.forward, params, x, reading, expected=scores)


@chapter.equation("eq-backprop-parameters", "the number of parameters", reference.init_params)
def parameters(check: Checks) -> None:
    stated = 6 * (25 * 1 + 1) + 12 * (25 * 6 + 1) + 10 * (192 + 1)
    counted = sum(p.numel() for p in layers(reference.init_params(), "table").parameters())
    check("against counting the entries of PyTorch's layers", EQUAL, [stated, counted], [3898, 3898])


def count_multiply_adds(check: Checks, *, backward: bool) -> None:
    """Let PyTorch count the products of one image, forward or backward; it counts a multiply-add as 2."""
    params, x, labels = problem(samples=1)
    for reading in READINGS:
        network = layers(params, reading)
        with FlopCounterMode(display=False) as counter:
            error = nn.functional.cross_entropy(network(tensor(x)), tensor(labels))
        stated = 86_400 + 115_200 + 1_920
        if backward:
            stated = 2 * stated - 86_400
            with FlopCounterMode(display=False) as counter:
                error.backward()
        check("against PyTorch's counter of operations", EQUAL, stated, counter.get_total_flops() / 2)


@chapter.equation(
    "eq-backprop-multiply-adds", "the multiply-adds of one image, forward", reference.forward, fast.forward
)
def multiply_adds(check: Checks) -> None:
    count_multiply_adds(check, backward=False)


@chapter.equation("eq-backprop-chain", "the chain rule, multiplied from the error backwards", *WAY_BACK)
def chain_rule(check: Checks) -> None:
    """Compare ⟨∇E, v⟩ with the derivative along v that forward mode gives, for three random directions v."""
    params, x, labels = problem()
    for reading, seed in product(READINGS, range(3)):
        rng = np.random.default_rng(seed)
        direction = {name: rng.normal(size=array.shape) for name, array in params.items()}

        def error(tensors: fast.network.Tensors, reading: str = reading) -> torch.Tensor:
            return fast.cross_entropy(fast.forward(tensors, tensor(x), reading), tensor(labels))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, from what it loads for forward mode
            slope = torch.func.jvp(error, (tensor(params),), (tensor(direction),))[1]
        _, grads = reference.backward(params, x, labels, reading)
        inner = sum(float((grads[name] * direction[name]).sum()) for name in params)
        check("slopes along random directions against forward mode", 1e-10, inner, slope)


@chapter.equation("eq-backprop-pass-cost", "the multiply-adds of the way back", *WAY_BACK)
def pass_cost(check: Checks) -> None:
    count_multiply_adds(check, backward=True)


@chapter.equation("eq-backprop-output", "back through error and fully connected layer", reference.backward_trace)
def output(check: Checks) -> None:
    """Follow autograd through the output part alone: fully connected layer, softmax, entropy error."""
    params, x, labels = problem()
    steps = reference.trace(params, x)
    d = reference.backward_trace(params, steps, labels)

    def error_of_scores(scores: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(scores, tensor(labels))

    def error_of_layer(U: torch.Tensor, b: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        return error_of_scores(features @ U.T + b)

    found = autograd(error_of_layer, params["U"], params["b"], steps["features"])
    found += autograd(error_of_scores, steps["scores"])
    for name, gradient in zip(("U", "b", "features", "scores"), found, strict=True):
        check("four arrays against autograd", SAME, d[name], gradient)


def compare_stages(check: Checks, reading: str) -> None:
    """Compare the gradients of every intermediate array and of every parameter."""
    params, x, labels = problem()
    d = reference.backward_trace(params, reference.trace(params, x, reading), labels, reading)
    leaves = {name: leaf.requires_grad_() for name, leaf in tensor(params).items()}
    steps = fast.trace(leaves, tensor(x).requires_grad_(), reading)
    names = [name for name in d if name in steps]
    error = fast.cross_entropy(steps["logits"], tensor(labels))
    for name, gradient in zip(names, torch.autograd.grad(error, [steps[name] for name in names]), strict=True):
        check("every intermediate array against autograd", SAME, d[name], gradient)

    _, grads = reference.backward(params, x, labels, reading)
    slopes = reference.gradient_by_differences(params, x, labels, reading)
    theirs = layers(params, reading)
    nn.functional.cross_entropy(theirs(tensor(x)), tensor(labels)).backward()
    for name, parameter in zip(PARAMETERS, theirs.parameters(), strict=True):
        check("3,898 parameters against central differences", DIFFERENCE, grads[name], slopes[name])
        check("3,898 parameters against autograd", SAME, grads[name], parameter.grad)


for reading in READINGS:
    add = chapter.equation(f"eq-backprop-{reading}", f"back through a stage, reading {reading}", *WAY_BACK)
    add(partial(compare_stages, reading=reading))


@chapter.equation("eq-backprop-differences", "the error of a central difference", reference.gradient_by_differences)
def difference_bound(check: Checks) -> None:
    """Search for a violation with the sine, whose third derivative is at most 1; the cube attains the bound."""
    what = "a search for a violation; the cube attains it"
    points, steps = np.linspace(-4, 4, 2001), np.array([0.5, 0.2, 0.1, 0.01])[:, None]
    errors = np.abs((np.sin(points + steps) - np.sin(points - steps)) / (2 * steps) - np.cos(points))
    check(what, EQUAL, errors > steps**2 / 6 + 1e-13)
    cubic = ((points + steps) ** 3 - (points - steps) ** 3) / (2 * steps) - 3 * points**2
    check(what, EQUAL, np.abs(cubic / steps**2 - 1) > 1e-6)  # a third derivative of 6: the error is exactly δ²


@chapter.equation(
    "eq-backprop-slope", "the slope of the sigmoid and its bound", reference.sigmoid_backward, fast.sigmoid
)
def slope(check: Checks) -> None:
    what = "against autograd, and a search for a violation"
    points = np.append(np.linspace(-40, 40, 100_001), 0.0)
    slopes = reference.sigmoid_backward(np.ones_like(points), reference.sigmoid(points))
    check(what, SAME, slopes, autograd(torch.sigmoid, points)[0])
    check(what, SAME, [-slopes, slopes - 0.25])
    check(what, SAME, slopes[-1], 0.25)


@chapter.equation("eq-backprop-shrink", "how much of a gradient a stage lets through", reference.backward_trace)
def shrink(check: Checks) -> None:
    """Search for a gradient that a stage lets through more strongly than its bound allows."""
    for seed in range(20):
        rng = np.random.default_rng([12, seed])
        params = {n: a * rng.uniform(0, 4) for n, a in reference.init_params(seed).items()}
        x, labels = random_images(rng, 4)
        for reading, bound in (("table", 1 / 4), ("text", 1 / 16)):
            d = reference.backward_trace(params, reference.trace(params, x, reading), labels, reading)
            for i in (1, 2):
                violated = np.abs(d[f"conv{i}"]).max() > bound * np.abs(d[f"stage{i}"]).max() * (1 + 1e-12)
                check("a search for a violation, 20 random networks", EQUAL, violated)
