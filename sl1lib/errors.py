"""Errors that name the value and say what would be right.

Every check of the library that a user can trip is made here, so that the messages sound alike and both engines
refuse the same input with the same words. Arrays may be NumPy's or PyTorch's: only what both have is used.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

SUM_TOLERANCE: Final = 1e-5  # how far the sum of probabilities in single precision may be from 1
MOST_CHOICES: Final = 20  # a message lists at most so many


class TrainingError(Exception):
    """A training that ended without a result: its error diverged, or a process of it was lost."""


class FileError(ValueError):
    """A file that cannot be used: which one, why, and what would help.

    ``path`` begins a sentence and ``why`` continues it; values that came from no file have a name in its place.

    Examples
    --------
    >>> print(FileError("run.npz", "is empty", "save the run again"))
    run.npz is empty; save the run again
    """

    def __init__(self, path: str | os.PathLike[str], why: str, remedy: str) -> None:
        super().__init__(path, why, remedy)  # what pickle gives the constructor again
        self.path, self.why, self.remedy = path, why, remedy

    def __str__(self) -> str:
        return f"{self.path} {self.why}; {self.remedy}"


class DataError(FileError):
    """Data that cannot be used: malformed, inconsistent, of the wrong content, or not there."""


class DataUnavailableError(DataError):
    """MNIST is nowhere on this machine and could not be downloaded; the message says what to do."""


def unexpected(what: str, found: object, right: str) -> ValueError:
    """Build the ``ValueError`` of this library: what was looked at, what was found, what would be right."""
    return ValueError(f"{what} is {found!r}; {right}")


def require_choice(what: str, found: object, choices: Iterable[str]) -> None:
    """Raise unless ``found`` is one of ``choices``; suggest the nearest one."""
    known = list(choices)
    if isinstance(found, str) and found in known:
        return
    near = get_close_matches(str(found), known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    shown = [repr(choice) for choice in known]
    if len(shown) > MOST_CHOICES:  # the hint must not drown in a screenful of names
        shown = [*shown[:3], "…", shown[-1]]
    raise unexpected(what, found, f"it must be one of {', '.join(shown)}{hint}")


def require_number(
    what: str, found: object, *, above: float | None = None, least: float | None = None, below: float = math.inf
) -> None:
    """Raise unless ``found`` is a finite real number greater than ``above``, or at least ``least``, and ``below``."""
    value = float(found) if isinstance(found, numbers.Real) and not isinstance(found, bool) else math.nan
    right = "it must be a finite number"
    if above is not None:
        right += f" greater than {above:g}"
    elif least is not None:
        right += f" of at least {least:g}"
    if not math.isfinite(value) or (above is not None and value <= above) or (least is not None and value < least):
        raise unexpected(what, found, right)
    if value >= below:
        raise unexpected(what, found, f"it must be below {below:g}")


def require_count(what: str, found: object, least: int, most: int | None = None) -> None:
    """Raise unless ``found`` is a whole number of at least ``least``, and at most ``most``."""
    count = int(found) if isinstance(found, numbers.Integral) and not isinstance(found, bool) else None
    if count is None or count < least or (most is not None and count > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise unexpected(what, found, f"it must be a whole number {bounds}")


def require_array(what: str, array: Any) -> None:
    """Raise for a list, a number, or whatever else is neither an array nor a tensor."""
    if not hasattr(array, "shape"):
        raise ValueError(f"{what} is a {type(array).__name__}; it must be an array with a shape, or a tensor")


def shape_of(what: str, array: Any) -> tuple[int, ...]:
    """Return the shape of ``array``; raise for what has none."""
    require_array(what, array)
    return tuple(array.shape)


def require_axes(what: str, array: Any, axes: str) -> None:
    """Raise unless ``array`` has one axis for each letter of ``axes``, say ``"NCHW"``, and a sample."""
    shape = shape_of(what, array)
    if len(shape) != len(axes):
        names = ", ".join(axes)
        raise unexpected(f"the shape of {what}", shape, f"it must have {len(axes)} axes, ({names})")
    if axes.startswith("N") and shape[0] == 0:
        raise unexpected(f"the shape of {what}", shape, "the batch is empty; it must hold at least one sample")


def require_shape(what: str, array: Any, expected: tuple[int, ...], right: str = "") -> None:
    """Raise unless ``array`` has the shape ``expected``; ``right`` may say why it must."""
    shape = shape_of(what, array)
    if shape != expected:
        raise unexpected(f"the shape of {what}", shape, right or f"it must be {expected}")


def require_shape_of(what: str, array: Any, like: str, expected: tuple[int, ...]) -> None:
    """Raise unless ``array`` has the shape ``expected``, which is that of ``like``."""
    require_shape(what, array, expected, f"it must be that of {like}, {expected}")


def require_convolvable(x: Any, kernel: Any, bias: Any = None) -> None:
    """Raise unless ``kernel`` can slide over ``x``: axes, channels, sizes and the bias agree."""
    require_axes("x", x, "NCHW")
    require_axes("kernel", kernel, "MCHW")
    maps, channels = kernel.shape[:2]
    if channels != x.shape[1]:
        right = f"x of shape {tuple(x.shape)} has {x.shape[1]} channels, so kernel must be (M, {x.shape[1]}, kh, kw)"
        raise unexpected("the number of channels of kernel", int(channels), right)
    _require_fit("the kernel's size", kernel, x)
    if bias is not None:
        require_shape("bias", bias, (maps,), f"kernel has {maps} maps, so ({maps},)")


def require_correlatable(dy: Any, x: Any) -> None:
    """Raise unless ``dy`` may be the gradient of a convolution of ``x``: the batches agree, and ``dy`` is no larger."""
    require_axes("dy", dy, "NMHW")
    require_axes("x", x, "NCHW")
    if len(dy) != len(x):
        raise unexpected("the number of samples of dy", len(dy), f"x of shape {tuple(x.shape)} has {len(x)}")
    _require_fit("the size of dy", dy, x)


def _require_fit(what: str, window: Any, image: Any) -> None:
    size, room = tuple(window.shape[2:]), tuple(image.shape[2:])
    if any(k < 1 or k > n for k, n in zip(size, room, strict=True)):
        raise unexpected(what, size, f"it must be at least (1, 1) and fit into the image's {room}")


def require_same_maps(dy: Any, kernel: Any) -> None:
    """Raise unless ``dy`` has one map for each kernel."""
    require_axes("dy", dy, "NMHW")
    require_axes("kernel", kernel, "MCHW")
    if dy.shape[1] != kernel.shape[0]:
        right = f"kernel of shape {tuple(kernel.shape)} has {kernel.shape[0]}"
        raise unexpected("the number of maps of dy", int(dy.shape[1]), right)


def require_poolable(a: Any, k: object) -> None:
    """Raise unless windows of ``k×k`` tile the height and the width of ``a`` exactly."""
    require_axes("a", a, "NCHW")
    require_tiled(tuple(a.shape[2:]), k)


def require_tiled(size: tuple[int, int], k: Any) -> None:
    """Raise unless windows of ``k×k`` tile an image of this height and width exactly."""
    require_count("the pooling window k", k, least=1)
    height, width = map(int, size)
    if height % k or width % k:
        right = f"height and width must be multiples of the window k = {k}"
        raise unexpected("the size to pool", (height, width), right)


def require_dense(o: Any, U: Any, b: Any) -> None:
    """Raise unless ``o (N,K)``, ``U (C,K)`` and ``b (C,)`` fit together."""
    require_axes("o", o, "NK")
    require_axes("U", U, "CK")
    rows, columns = U.shape
    if o.shape[1] != columns:
        right = f"o of shape {tuple(o.shape)} has {o.shape[1]} features"
        raise unexpected("the number of columns of U", int(columns), right)
    require_shape("b", b, (rows,), f"U has {rows} rows, so ({rows},)")


def require_labels(labels: Any, logits: Any) -> None:
    """Raise unless ``labels`` are classes ``(N,)`` for ``logits (N,C)``, or rows ``(N,C)`` of probabilities."""
    require_axes("logits", logits, "NC")
    n, classes = logits.shape
    if shape_of("labels", labels) == (n, classes):
        close = abs(labels.sum(axis=1) - 1) <= SUM_TOLERANCE
        wrong = ~close | (labels < 0).any(axis=1)
        if wrong.any():
            row = wrong.tolist().index(True)
            right = "it must be at least 0 and sum to 1"
            raise unexpected(f"row {row} of the one-hot labels", labels[row].tolist(), right)
        return
    require_shape("labels", labels, (n,), f"logits are {(n, classes)}, so ({n},) or {(n, classes)}")
    dtype = _dtype(labels)
    if not dtype.startswith(("int", "uint")):
        raise unexpected("the dtype of labels", dtype, "classes are integers")
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        row = outside.tolist().index(True)
        raise unexpected(f"label {row}", int(labels[row]), f"with {classes} classes it must be 0 … {classes - 1}")


def require_mask(what: str, mask: Any, length: int) -> None:
    """Raise unless ``mask`` has the shape ``(length,)`` and holds truth values."""
    if shape_of(what, mask) != (length,) or _dtype(mask) != "bool":
        raise unexpected(what, f"{_dtype(mask)} {tuple(mask.shape)}", f"it must be bool ({length},)")


def _dtype(array: Any) -> str:
    """Return the name of the dtype, which NumPy and PyTorch share."""
    return str(getattr(array, "dtype", type(array).__name__)).removeprefix("torch.")


def require_removable(W: Any, b: Any, removed: Any, means: Any = None) -> None:
    """Raise unless inputs of a layer ``W (C,K)`` or ``(C,K,kh,kw)`` with bias ``b (C,)`` can be removed."""
    shape = shape_of("W", W)
    if len(shape) not in (2, 4):
        raise unexpected("the shape of W", shape, "it must have the axes (C, K) or (C, K, kh, kw)")
    outputs, inputs = shape[:2]
    require_shape("b", b, (outputs,), f"W has {outputs} outputs, so ({outputs},)")
    require_mask("removed", removed, inputs)
    if means is not None:
        require_shape("means", means, (inputs,), f"W has {inputs} inputs, so ({inputs},)")
