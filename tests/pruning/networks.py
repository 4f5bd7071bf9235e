"""Random networks and images to prune, and the readings to do it in."""

import numpy as np
import pytest
import torch

from sl1lib import READINGS, Reading, reference

#: The paper's readings with either kind of scores, and the two other orders of pooling and activation.
ALL_READINGS = [
    *READINGS.values(),
    *(reading.with_relu_logits() for reading in READINGS.values()),
    Reading("sigmoid-last", "sigmoid", pool_first=True),
    Reading("relu-first", "relu", pool_first=False),
]
every_reading = pytest.mark.parametrize("reading", ALL_READINGS, ids=lambda reading: reading.name)


def random_params(seed: int = 0) -> dict[str, np.ndarray]:
    """Parameters of the full network with biases that are not 0, float64."""
    rng = np.random.default_rng(seed)
    return {name: array + rng.normal(0, 0.2, array.shape) for name, array in reference.init_params(seed).items()}


def random_images(count: int = 5, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 1, 28, 28))


def tensors(params: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array) for name, array in params.items()}
