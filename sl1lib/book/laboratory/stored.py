"""The weights that the laboratory carries: a training on MNIST with the book's own penalty, in 16 bits a weight.

``python -m sl1lib.book.laboratory.stored`` trains it again and writes the file.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...architecture import PARAMETER_SHAPES
from ...reference import forward
from ...training import DEFAULT_PENALTY, RunConfig, train

#: What was trained. Its weights are stored with the test error that they have once they are rounded.
STORED_RUN: Final = RunConfig(data="mnist", penalty=DEFAULT_PENALTY, epochs=10, seed=0)

_FILE: Final = Path(__file__).parent / "mnist.json"
_HALF: Final = "<f2"


def stored() -> dict[str, Any]:
    """Return the stored file: ``config``, ``test_error`` and ``weights``, float16 in base64, array behind array."""
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def stored_params() -> dict[str, np.ndarray]:
    """Return the stored parameters in float64.

    Examples
    --------
    >>> stored_params()["U"].shape
    (10, 192)
    """
    return _unpack(stored()["weights"])


def packed(params: Mapping[str, np.ndarray]) -> str:
    """Return parameters as the page reads them."""
    halves = np.concatenate([np.asarray(params[name]).ravel() for name in PARAMETER_SHAPES]).astype(_HALF)
    return b64encode(halves.tobytes()).decode()


def _unpack(weights: str) -> dict[str, np.ndarray]:
    numbers = np.frombuffer(b64decode(weights), dtype=_HALF).astype(float)
    ends = np.cumsum([np.prod(shape) for shape in PARAMETER_SHAPES.values()])
    shapes, parts = PARAMETER_SHAPES.items(), np.split(numbers, ends[:-1])
    return {name: part.reshape(shape) for part, (name, shape) in zip(parts, shapes, strict=True)}


def error_rate(params: dict[str, np.ndarray], images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images, grey levels from 0 to 255, that the reference misreads."""
    parts = np.array_split(images[:, None] / 255, max(1, len(images) // 500))
    answers = np.concatenate([forward(params, part).argmax(axis=1) for part in parts])
    return float((answers != labels).mean())


def _main() -> None:
    """Train on MNIST, and store the weights with what they achieve."""
    from ...data import load_data

    run, data = train(STORED_RUN), load_data("mnist")
    weights = packed(run.params)
    error = error_rate(_unpack(weights), data.x_test, data.y_test)
    content = {"config": STORED_RUN.to_dict(), "test_error": error, "weights": weights}
    _FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{_FILE}: test error {error:.2%}")


if __name__ == "__main__":
    _main()
