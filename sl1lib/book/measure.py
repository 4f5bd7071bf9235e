"""How far two results lie apart, and what equations are compared with: random numbers, differences, autograd.

PyTorch, which takes seconds to load, is loaded when it is first needed: the ledger's titles can be read without it.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike

    Numbers = ArrayLike | torch.Tensor

# A count, a copy, a zero that is stored: nothing is rounded.
EQUAL: Final = 0.0
# Two float64 computations of one sum differ by rounding alone: a few hundred terms of size 1, each wrong by 1e-16.
SAME: Final = 1e-12
# The same in float32, whose numbers are wrong by 6e-8.
SAME_FLOAT32: Final = 1e-5
# Central differences with step 1e-6 leave an error of about 1e-16 / 1e-6 from rounding, and 1e-12 from the step.
DIFFERENCE: Final = 1e-8
#: The dtypes in which the fast path is compared with the reference, and how closely.
PRECISIONS: Final = (("float64", SAME), ("float32", SAME_FLOAT32))


def to_array(numbers: Numbers) -> np.ndarray:
    """Return numbers, a tensor's too, as a NumPy array in float64."""
    if hasattr(numbers, "detach"):
        numbers = numbers.detach().cpu().double().numpy()
    return np.asarray(numbers, dtype=np.float64)


def deviation(found: Numbers, expected: Numbers) -> float:
    """Return the largest difference, relative to the largest expected value."""
    found, expected = to_array(found), to_array(expected)
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300))


def excess(found: Numbers) -> float:
    """Return the largest of some deviations; 0 if none is above 0."""
    return float(np.maximum(to_array(found), 0).max())


def normal(seed: int, *shapes: int | tuple[int, ...]) -> list[np.ndarray]:
    """Return arrays of these shapes, drawn one after the other from the standard normal distribution."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def random_images(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, 1, 28, 28) and their labels."""
    return rng.uniform(size=(count, 1, 28, 28)), rng.integers(10, size=count)


def random_layer(seed: int, features: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features of 40 samples, labels of 4 classes that depend on some of them, and a last layer's weights."""
    o, noise, W = normal(seed, (40, features), (40, 4), (4, features + 1))
    return o, (o[:, :4] + 0.5 * noise).argmax(axis=1), W


def columns_of_lengths(seed: int, rows: int, lengths: np.ndarray) -> np.ndarray:
    """Return random vectors of given lengths, one a column."""
    (U,) = normal(seed, (rows, len(lengths)))
    return np.asarray(U * lengths / np.linalg.norm(U, axis=0))


def tensor(array: Any, dtype: str = "float64") -> Any:
    """Return an array of real numbers as a tensor in ``dtype``, labels as integers, and parameters with their names."""
    import torch

    if isinstance(array, dict):
        return {name: tensor(each, dtype) for name, each in array.items()}
    if not isinstance(array, np.ndarray):
        return array
    return torch.tensor(array, dtype=getattr(torch, dtype) if array.dtype.kind == "f" else None)


def run(function: Callable[..., Any], *arguments: Any, dtype: str = "float64") -> Any:
    """Call a function of the fast path with arrays, which become tensors in ``dtype``, and return its tensors."""
    return function(*(tensor(argument, dtype) for argument in arguments))


def difference_along(
    direction: np.ndarray | float, function: Callable[[np.ndarray], Any], at: np.ndarray, step: float = 1e-6
) -> Any:
    """Return the derivative of a function in a direction by a central difference."""
    shift = step * direction
    return (function(at + shift) - function(at - shift)) / (2 * step)


def central_differences(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Return the gradient of a scalar function by central differences, one entry at a time."""
    axes = np.eye(at.size).reshape(-1, *at.shape)
    return np.array([difference_along(axis, function, at, step) for axis in axes], at.dtype).reshape(at.shape)


def differences(
    function: Callable[..., Any], *arrays: np.ndarray, along: np.ndarray | float = 1.0, step: float = 1e-6
) -> list[np.ndarray]:
    """Return the gradient of ``Σ along · function(*arrays)`` for each of the arrays, by central differences."""

    def error(changed: np.ndarray, position: int) -> float:
        return float(np.sum(along * to_array(function(*arrays[:position], changed, *arrays[position + 1 :]))))

    return [central_differences(partial(error, position=i), array, step) for i, array in enumerate(arrays)]


def autograd(
    function: Callable[..., torch.Tensor], *arrays: np.ndarray, along: np.ndarray | float = 1.0
) -> list[np.ndarray]:
    """Return the same gradients as `differences`, of a function of the fast path, from PyTorch's autograd."""
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    gradients = torch.autograd.grad((torch.as_tensor(along) * function(*leaves)).sum(), leaves)
    return [gradient.numpy() for gradient in gradients]


def hessian(function: Callable[[torch.Tensor], torch.Tensor], at: np.ndarray) -> np.ndarray:
    """Return the Hessian of a scalar function of the fast path, which autograd differentiates twice."""
    import torch

    return np.asarray(torch.autograd.functional.hessian(function, tensor(at)).numpy())


def exact_log_softmax(scores: np.ndarray) -> list[list[decimal.Decimal]]:
    """Return ln softmax with 60 digits and exponents without bound."""
    with decimal.localcontext(prec=60):
        rows = [[decimal.Decimal(score) for score in row] for row in scores.tolist()]
        totals = [sum((score.exp() for score in row), decimal.Decimal(0)).ln() for row in rows]
        return [[score - total for score in row] for row, total in zip(rows, totals, strict=True)]


def two_cases(length: float, eps: float) -> float:
    """Return Huber's profile as its two cases are read."""
    return length if length > eps else length**2 / (2 * eps) + eps / 2
