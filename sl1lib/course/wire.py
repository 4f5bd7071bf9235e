"""What a function returned, as a line of text and back: nothing that is read here can run code."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

LARGEST: Final = (
    10**4
)  # numbers, items or letters; no answer of an exercise is nearly as large, and its size says enough
MOST_AXES: Final = 6  # what shows an array would not end with a hundred axes


@dataclass(frozen=True)
class Foreign:
    """Stands for a result that is no number, array, text, or collection of these: only its type is known."""

    type_name: str


@dataclass(frozen=True)
class Tensor:
    """Stands for a tensor: its numbers, without PyTorch."""

    array: np.ndarray


def encode(value: Any) -> str:
    """Return a result as one line of JSON."""
    return json.dumps(_plain(value))


def decode(line: str) -> Any:
    """Return the result that `encode` was given; `Foreign` and `Tensor` in the place of what has no other form here."""
    return _restored(json.loads(line))


def _plain(value: Any) -> Any:
    if isinstance(value, str | tuple | list | dict) and len(value) > LARGEST:
        return {"foreign": f"{type(value).__name__} of length {len(value)}"}
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > LARGEST:
        return {"foreign": f"whole number of {value.bit_length()} bits"}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.ndim > MOST_AXES:
        return {"foreign": f"array of {value.ndim} axes"}
    if isinstance(value, np.ndarray | np.generic) and not np.asarray(value).dtype.hasobject:
        array = np.asarray(value)
        if array.size > LARGEST:
            return {"shape": array.shape}
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
        return {"array": data, "dtype": array.dtype.str, "shape": array.shape}
    if hasattr(value, "free_symbols") and getattr(value, "is_real", False) and not value.free_symbols:
        return float(value)  # SymPy's
    if isinstance(value, tuple):
        return {"tuple": [_plain(each) for each in value]}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {"dict": {str(key): _plain(each) for key, each in value.items()}}
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        return {"tensor": _plain(value.detach().cpu().numpy())}
    if isinstance(value, np.ndarray):  # of objects
        return {"foreign": "ellipsis" if any(each is Ellipsis for each in value.flat) else "array of objects"}
    return {"foreign": type(value).__name__}


def _restored(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_restored(each) for each in plain]
    if not isinstance(plain, dict):
        return plain
    if "array" in plain:
        flat = np.frombuffer(base64.b64decode(plain["array"]), dtype=plain["dtype"])
        return flat.reshape(plain["shape"]).copy()
    if "shape" in plain and len(plain["shape"]) <= MOST_AXES:
        return np.broadcast_to(np.nan, plain["shape"])
    if "tuple" in plain:
        return tuple(_restored(each) for each in plain["tuple"])
    if "dict" in plain:
        return {key: _restored(each) for key, each in plain["dict"].items()}
    if "tensor" in plain:
        return Tensor(_restored(plain["tensor"]))
    return Foreign(plain["foreign"])
