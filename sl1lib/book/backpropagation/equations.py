"""Ledger entries of the chapter *Backpropagation*."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ... import fast, reference
from ...readings import READINGS
from ..entry import Check, Entry
from ..measure import SAME, deviation

Arrays = dict[str, np.ndarray]
CHAPTER = "network/backpropagation"
# Differences of the whole network: rounding leaves 1e-16 · E / 1e-5, about 2e-11, and the smallest of the twelve
# arrays that are compared has a largest entry near 0.01.
DIFFERENCE = 1e-7


def _problem(samples: int = 2) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """Return parameters with biases other than 0, images and labels, where no ReLU is within 1e-4 of its corner."""
    for seed in range(100):
        rng = np.random.default_rng([11, seed])
        params = reference.init_params(seed)
        params |= {name: rng.normal(scale=0.1, size=params[name].shape) for name in ("b1", "b2", "b")}
        x, labels = rng.uniform(size=(samples, 1, 28, 28)), rng.integers(10, size=samples)
        steps = reference.trace(params, x, "table")
        if min(np.abs(steps[name]).min() for name in ("pool1", "pool2")) > 1e-4:
            return params, x, labels
    raise AssertionError("no seed is off the corners")


def _layers(params: Arrays, reading: str) -> nn.Sequential:
    """Build the network of PyTorch's own layers."""
    inner: list[nn.Module] = [nn.AvgPool2d(2), nn.ReLU()] if reading == "table" else [nn.Sigmoid(), nn.AvgPool2d(2)]
    stages = [nn.Conv2d(1, 6, 5), *inner, nn.Conv2d(6, 12, 5), *inner]
    network = nn.Sequential(*stages, nn.Flatten(), nn.Linear(192, 10)).double()
    arrays = [torch.tensor(params[name]) for name in ("K1", "b1", "K2", "b2", "U", "b")]
    for parameter, array in zip(network.parameters(), arrays, strict=True):
        parameter.data = array
    return network


def _composition() -> float:
    params, x, _ = _problem()
    return max(
        deviation(reference.forward(params, x, reading), _layers(params, reading)(torch.tensor(x)).detach().numpy())
        for reading in READINGS
    )


def _composition_fast(dtype: torch.dtype) -> float:
    params, x, _ = _problem()
    tensors = {name: torch.tensor(array, dtype=dtype) for name, array in params.items()}
    return max(
        deviation(
            fast.forward(tensors, torch.tensor(x, dtype=dtype), reading).double().numpy(),
            reference.forward(params, x, reading),
        )
        for reading in READINGS
    )


def _count_parameters() -> float:
    stated = 6 * (25 * 1 + 1) + 12 * (25 * 6 + 1) + 10 * (192 + 1)
    counted = sum(p.numel() for p in _layers(reference.init_params(), "table").parameters())
    return float(abs(stated - counted) + abs(counted - 3898))


def _multiply_adds(backward: bool) -> float:
    """Let PyTorch count the products of one image, forward or backward; it counts a multiply-add as 2."""
    params, x, labels = _problem(samples=1)
    wrong = 0.0
    for reading in READINGS:
        network = _layers(params, reading)
        with FlopCounterMode(display=False) as counter:
            error = nn.functional.cross_entropy(network(torch.tensor(x)), torch.tensor(labels))
        forward = 86_400 + 115_200 + 1_920
        if backward:
            with FlopCounterMode(display=False) as counter:
                error.backward()
        wrong += abs(counter.get_total_flops() / 2 - (2 * forward - 86_400 if backward else forward))
    return wrong


def _chain() -> float:
    """Compare ⟨∇E, v⟩ with the derivative along v that forward mode gives, for three random directions v."""
    params, x, labels = _problem()
    worst = 0.0
    for reading, seed in product(READINGS, range(3)):
        rng = np.random.default_rng(seed)
        direction = {name: rng.normal(size=array.shape) for name, array in params.items()}
        primals, tangents = ({n: torch.tensor(a) for n, a in part.items()} for part in (params, direction))

        def error(tensors: fast.network.Tensors, reading: str = reading) -> torch.Tensor:
            return fast.cross_entropy(fast.forward(tensors, torch.tensor(x), reading), torch.tensor(labels))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, from what it loads for forward mode
            slope = torch.func.jvp(error, (primals,), (tangents,))[1]
        _, grads = reference.backward(params, x, labels, reading)
        inner = sum(float((grads[name] * direction[name]).sum()) for name in params)
        worst = max(worst, abs(inner - float(slope)) / abs(float(slope)))
    return worst


def _output() -> float:
    """Follow autograd through the output part alone: fully connected layer, softmax, entropy error."""
    params, x, labels = _problem()
    steps = reference.trace(params, x)
    d = reference.backward_trace(params, steps, labels)
    leaves = {name: torch.tensor(steps[name], requires_grad=True) for name in ("scores", "features")}
    leaves |= {name: torch.tensor(params[name], requires_grad=True) for name in ("U", "b")}
    scores = leaves["features"] @ leaves["U"].T + leaves["b"]
    error = nn.functional.cross_entropy(scores, torch.tensor(labels))
    names = ("U", "b", "features")
    found = list(torch.autograd.grad(error, [leaves[name] for name in names]))
    direct = nn.functional.cross_entropy(leaves["scores"], torch.tensor(labels))
    found += torch.autograd.grad(direct, [leaves["scores"]])
    return max(deviation(d[name], g.numpy()) for name, g in zip((*names, "scores"), found, strict=True))


def _stages(reading: str) -> float:
    """Compare the gradient of every intermediate array with autograd's."""
    params, x, labels = _problem()
    d = reference.backward_trace(params, reference.trace(params, x, reading), labels, reading)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    steps = fast.trace(tensors, torch.tensor(x).requires_grad_(), reading)
    error = fast.cross_entropy(steps["logits"], torch.tensor(labels))
    names = [name for name in d if name in steps]
    found = torch.autograd.grad(error, [steps[name] for name in names])
    return max(deviation(d[name], g.numpy()) for name, g in zip(names, found, strict=True))


def _every_parameter(reading: str) -> float:
    params, x, labels = _problem()
    _, grads = reference.backward(params, x, labels, reading)
    slopes = reference.gradient_by_differences(params, x, labels, reading)
    return max(deviation(grads[name], slopes[name]) for name in params)


def _autograd(reading: str) -> float:
    params, x, labels = _problem()
    network = _layers(params, reading)
    nn.functional.cross_entropy(network(torch.tensor(x)), torch.tensor(labels)).backward()
    _, grads = reference.backward(params, x, labels, reading)
    return max(
        deviation(grads[name], parameter.grad.numpy())
        for name, parameter in zip(("K1", "b1", "K2", "b2", "U", "b"), network.parameters(), strict=True)
        if parameter.grad is not None
    )


def _difference_bound() -> float:
    """Search for a violation with the sine, whose third derivative is at most 1; the cube attains the bound."""
    points, steps = np.linspace(-4, 4, 2001), np.array([0.5, 0.2, 0.1, 0.01])[:, None]
    errors = np.abs((np.sin(points + steps) - np.sin(points - steps)) / (2 * steps) - np.cos(points))
    cubic = ((points + steps) ** 3 - (points - steps) ** 3) / (2 * steps) - 3 * points**2
    attained = np.abs(cubic / steps**2 - 1).max()  # a third derivative of 6 throughout: the error is exactly δ²
    return float((errors > steps**2 / 6 + 1e-13).sum() + (attained > 1e-6))


def _slope() -> float:
    """Compare the slope with autograd's, and search for one outside [0, 1/4]."""
    points = np.concatenate([np.linspace(-40, 40, 100_001), [0.0]])
    slopes = reference.sigmoid_backward(np.ones_like(points), reference.sigmoid(points))
    leaf = torch.tensor(points, requires_grad=True)
    (expected,) = torch.autograd.grad(torch.sigmoid(leaf).sum(), leaf)
    outside = ((slopes < 0) | (slopes > 0.25)).sum() + (slopes[-1] != 0.25)
    return deviation(slopes, expected.numpy()) + float(outside)


def _shrink() -> float:
    """Search for a gradient that a stage lets through more strongly than its bound allows."""
    violations = 0
    for seed in range(20):
        rng = np.random.default_rng([12, seed])
        params = {n: a * rng.uniform(0, 4) for n, a in reference.init_params(seed).items()}
        x, labels = rng.uniform(size=(4, 1, 28, 28)), rng.integers(10, size=4)
        for reading, bound in (("table", 1 / 4), ("text", 1 / 16)):
            d = reference.backward_trace(params, reference.trace(params, x, reading), labels, reading)
            for i in (1, 2):
                violations += np.abs(d[f"conv{i}"]).max() > bound * np.abs(d[f"stage{i}"]).max() * (1 + 1e-12)
    return float(violations)


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    trace = ("reference.trace", "fast.trace")
    back = ("reference.backward", "reference.backward_trace")
    yield Entry(
        "eq-backprop-network",
        "the network as a composition",
        CHAPTER,
        ("reference.forward", "fast.forward", *trace),
        (
            Check("reference against PyTorch's own layers, both readings", SAME, _composition),
            Check("fast against reference, float64", SAME, lambda: _composition_fast(torch.float64)),
            Check("fast against reference, float32", 1e-5, lambda: _composition_fast(torch.float32)),
        ),
    )
    yield Entry(
        "eq-backprop-parameters",
        "the number of parameters",
        CHAPTER,
        ("reference.init_params",),
        (Check("against counting the entries of PyTorch's layers", 0.0, _count_parameters),),
    )
    yield Entry(
        "eq-backprop-multiply-adds",
        "the multiply-adds of one image, forward",
        CHAPTER,
        ("reference.forward", "fast.forward"),
        (Check("against PyTorch's counter of operations", 0.0, lambda: _multiply_adds(backward=False)),),
    )
    yield Entry(
        "eq-backprop-chain",
        "the chain rule, multiplied from the error backwards",
        CHAPTER,
        back,
        (Check("slopes along random directions against forward mode", 1e-10, _chain),),
    )
    yield Entry(
        "eq-backprop-pass-cost",
        "the multiply-adds of the way back",
        CHAPTER,
        back,
        (Check("against PyTorch's counter of operations", 0.0, lambda: _multiply_adds(backward=True)),),
    )
    yield Entry(
        "eq-backprop-output",
        "back through error and fully connected layer",
        CHAPTER,
        ("reference.backward_trace",),
        (Check("four arrays against autograd", SAME, _output),),
    )
    for reading in READINGS:
        yield Entry(
            f"eq-backprop-{reading}",
            f"back through a stage, reading {reading}",
            CHAPTER,
            back,
            (
                Check("every intermediate array against autograd", SAME, lambda r=reading: _stages(r)),  # type: ignore[misc]
                Check(
                    "3,898 parameters against central differences",
                    DIFFERENCE,
                    lambda r=reading: _every_parameter(r),  # type: ignore[misc]
                ),
                Check("3,898 parameters against autograd", SAME, lambda r=reading: _autograd(r)),  # type: ignore[misc]
            ),
        )
    yield Entry(
        "eq-backprop-differences",
        "the error of a central difference",
        CHAPTER,
        ("reference.gradient_by_differences",),
        (Check("a search for a violation; the cube attains it", 0.0, _difference_bound),),
    )
    yield Entry(
        "eq-backprop-slope",
        "the slope of the sigmoid and its bound",
        CHAPTER,
        ("reference.sigmoid_backward", "fast.sigmoid"),
        (Check("against autograd, and a search for a violation", SAME, _slope),),
    )
    yield Entry(
        "eq-backprop-shrink",
        "how much of a gradient a stage lets through",
        CHAPTER,
        ("reference.backward_trace",),
        (Check("a search for a violation, 20 random networks", 0.0, _shrink),),
    )
