"""What the mathematical tests share: the engines under test, comparisons, and a gradient check that names its entry."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from sl1lib import fast, reference
from sl1lib.book.measure import central_differences

PATIENCE = 600  # seconds until a test gives up on a process or a thread: a busy machine is slow, not wrong


def about(arrays: dict[str, np.ndarray], **changes: Any) -> dict[str, np.ndarray]:
    """Return the arrays of a saved file with some of its JSON changed; ``...`` takes an entry away."""
    told = json.loads(str(arrays["about"])) | changes
    return {**arrays, "about": np.array(json.dumps({k: v for k, v in told.items() if v is not ...}))}


@dataclass(frozen=True)
class Engine:
    """One implementation of the public functions, called with NumPy arrays and answering with NumPy arrays.

    ``tolerance`` is relative to the largest number of a result: rounding, and nothing else.
    """

    name: str
    module: ModuleType
    tolerance: float
    dtype: torch.dtype = torch.float64
    device: str = "cpu"

    def __call__(self, function: str, *arguments: Any, **settings: Any) -> Any:
        return self.take(getattr(self.module, function)(*map(self.give, arguments), **settings))

    def give(self, value: Any) -> Any:
        """Turn an array, or a dict of arrays, into what this engine works on; leave everything else."""
        if isinstance(value, dict):
            return {name: self.give(entry) for name, entry in value.items()}
        if self.module is reference or not isinstance(value, np.ndarray):
            return value
        dtype = self.dtype if np.issubdtype(value.dtype, np.floating) else None
        return torch.tensor(value, dtype=dtype, device=self.device)

    def take(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.take(entry) for name, entry in value.items()}
        if isinstance(value, tuple):
            return tuple(map(self.take, value))
        return value.cpu().numpy().astype(np.float64) if isinstance(value, torch.Tensor) else value

    def agrees(self, received: Any, expected: Any, tolerance: float | None = None) -> None:
        """Assert equality up to rounding."""
        assert_close(received, expected, self.tolerance if tolerance is None else tolerance)


REFERENCE = Engine("reference", reference, tolerance=1e-12)
FAST = Engine("fast", fast, tolerance=1e-12)
FAST_FLOAT32 = Engine("fast-float32", fast, tolerance=2e-5, dtype=torch.float32)
ENGINES = [REFERENCE, FAST, FAST_FLOAT32]
if torch.cuda.is_available():
    ENGINES.append(Engine("fast-cuda", fast, tolerance=1e-12, device="cuda"))


def name_of(engine: Engine) -> str:
    return engine.name


every_engine = pytest.mark.parametrize("engine", ENGINES, ids=name_of)
both_engines = pytest.mark.parametrize("engine", [REFERENCE, FAST], ids=name_of)

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 4)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def assert_close(received: Any, expected: Any, tolerance: float) -> None:
    """Assert equal shapes, and equal numbers up to ``tolerance`` times the largest of them."""
    if isinstance(expected, dict):
        assert list(received) == list(expected)
        for name in expected:
            assert_close(received[name], expected[name], tolerance)
        return
    received, expected = np.asarray(received), np.asarray(expected)
    assert received.shape == expected.shape
    scale = np.abs(expected).max(initial=0)
    np.testing.assert_allclose(received, expected, rtol=tolerance, atol=tolerance * scale)


def assert_gradient(
    function: Callable[[np.ndarray], float],
    at: np.ndarray,
    received: np.ndarray,
    step: float = 1e-5,
    tolerance: float = 1e-8,
) -> None:
    """Compare every entry of a gradient with a central difference of ``function``, which must be smooth around ``at``.

    The tolerance is relative to the largest entry. A failure names the worst entry, what came and what was expected.
    """
    assert received.shape == at.shape, f"the gradient has shape {received.shape}, its argument {at.shape}"
    expected = central_differences(function, at, step)
    worst = np.unravel_index(np.abs(received - expected).argmax(), at.shape)
    allowed = tolerance * max(np.abs(expected).max(), 1e-2)
    assert abs(received[worst] - expected[worst]) <= allowed, (
        f"gradient at index {tuple(map(int, worst))}: received {received[worst]:.10g}, "
        f"expected {expected[worst]:.10g} ± {allowed:.1g}"
    )


def has_compiled_loops():
    """Return whether the engine in C can be had here."""
    from sl1lib.engine.compiler import NotCompiledError, kernels  # here: most tests need no engine

    try:
        kernels("float")
    except NotCompiledError:
        return False
    return True
