"""Errors that name the value and say what would be right.

Every check of the library that a user can trip is made here, so that the messages sound alike and both engines
refuse the same input with the same words. Arrays may be NumPy's or PyTorch's: only ``shape`` and ``ndim`` are read.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

MOST_CHOICES: Final = 20  # a message lists no more of them


class TrainingError(Exception):
    """A training that ended without a result: its error diverged, or a process of it was lost."""


class FileError(ValueError):
    """A file that cannot be used: which one, why, and what would help.

    Parameters
    ----------
    path : str or path
        The file or folder; for values that came from none, what the caller calls them.
    why : str
        What is wrong; continues the sentence that ``path`` begins.
    remedy : str
        What would be right, or what to do.

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
    """Build the ``ValueError`` of this library: what was looked at, what was found, what would be right.

    Examples
    --------
    >>> unexpected("eps", -1, "it must be greater than 0")
    ValueError('eps is -1; it must be greater than 0')
    """
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


def require_number(what: str, found: object, *, above: float | None = None, least: float | None = None) -> None:
    """Raise unless ``found`` is a finite real number greater than ``above``, or at least ``least``."""
    if above is not None:
        right = f"it must be a finite number greater than {above:g}"
    else:
        right = "it must be a finite number" + (f" of at least {least:g}" if least is not None else "")
    if isinstance(found, bool) or not isinstance(found, numbers.Real) or not math.isfinite(float(found)):
        raise unexpected(what, found, right)
    if (above is not None and not float(found) > above) or (least is not None and float(found) < least):
        raise unexpected(what, found, right)


def require_count(what: str, found: object, least: int) -> None:
    """Raise unless ``found`` is a whole number of at least ``least``."""
    if isinstance(found, bool) or not isinstance(found, numbers.Integral) or int(found) < least:
        raise unexpected(what, found, f"it must be a whole number of at least {least}")


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


def require_shape_of(what: str, array: Any, like: str, expected: tuple[int, ...]) -> None:
    """Raise unless ``array`` has the shape ``expected``, which is that of ``like``."""
    if shape_of(what, array) != expected:
        raise unexpected(f"the shape of {what}", tuple(array.shape), f"it must be that of {like}, {expected}")


def require_convolvable(x: Any, kernel: Any, bias: Any = None) -> None:
    """Raise unless ``kernel`` can slide over ``x``: axes, channels, sizes and the bias agree."""
    require_axes("x", x, "NCHW")
    require_axes("kernel", kernel, "MCHW")
    if kernel.shape[1] != x.shape[1]:
        raise unexpected(
            "the number of channels of kernel",
            int(kernel.shape[1]),
            f"x of shape {tuple(x.shape)} has {x.shape[1]} channels, so kernel must be (M, {x.shape[1]}, kh, kw)",
        )
    size, window = tuple(x.shape[2:]), tuple(kernel.shape[2:])
    if any(k < 1 or k > n for k, n in zip(window, size, strict=True)):
        raise unexpected("the kernel's size", window, f"it must be at least (1, 1) and fit into the image's {size}")
    if bias is not None and shape_of("bias", bias) != (kernel.shape[0],):
        raise unexpected(
            "the shape of bias",
            tuple(bias.shape),
            f"kernel has {kernel.shape[0]} maps, so ({kernel.shape[0]},)",
        )


def require_correlatable(dy: Any, x: Any) -> None:
    """Raise unless ``dy`` may be the gradient of a convolution of ``x``: the batches agree, and ``dy`` is no larger."""
    require_axes("dy", dy, "NMHW")
    require_axes("x", x, "NCHW")
    if len(dy) != len(x):
        raise unexpected("the number of samples of dy", len(dy), f"x of shape {tuple(x.shape)} has {len(x)}")
    size, room = tuple(dy.shape[2:]), tuple(x.shape[2:])
    if any(k < 1 or k > n for k, n in zip(size, room, strict=True)):
        raise unexpected("the size of dy", size, f"it must be at least (1, 1) and fit into the image's {room}")


def require_same_maps(dy: Any, kernel: Any) -> None:
    """Raise unless ``dy`` has one map for each kernel."""
    require_axes("dy", dy, "NMHW")
    require_axes("kernel", kernel, "MCHW")
    if dy.shape[1] != kernel.shape[0]:
        raise unexpected(
            "the number of maps of dy", int(dy.shape[1]), f"kernel of shape {tuple(kernel.shape)} has {kernel.shape[0]}"
        )


def require_poolable(a: Any, k: object) -> None:
    """Raise unless windows of ``k×k`` tile the height and the width of ``a`` exactly."""
    require_axes("a", a, "NCHW")
    require_tiled(tuple(a.shape[2:]), k)


def require_tiled(size: tuple[int, int], k: Any) -> None:
    """Raise unless windows of ``k×k`` tile an image of this height and width exactly."""
    require_count("the pooling window k", k, least=1)
    height, width = size
    if height % k or width % k:
        raise unexpected(
            "the size to pool",
            (int(height), int(width)),
            f"height and width must be multiples of the window k = {k}",
        )


def require_dense(o: Any, U: Any, b: Any) -> None:
    """Raise unless ``o (N,K)``, ``U (C,K)`` and ``b (C,)`` fit together."""
    require_axes("o", o, "NK")
    require_axes("U", U, "CK")
    if o.shape[1] != U.shape[1]:
        raise unexpected(
            "the number of columns of U",
            int(U.shape[1]),
            f"o of shape {tuple(o.shape)} has {o.shape[1]} features",
        )
    if shape_of("b", b) != (U.shape[0],):
        raise unexpected("the shape of b", tuple(b.shape), f"U has {U.shape[0]} rows, so ({U.shape[0]},)")


def require_mask(what: str, mask: Any, length: int) -> None:
    """Raise unless ``mask`` has the shape ``(length,)`` and holds truth values."""
    dtype = str(getattr(mask, "dtype", type(mask).__name__)).removeprefix("torch.")
    if shape_of(what, mask) != (length,) or dtype != "bool":
        raise unexpected(what, f"{dtype} {tuple(mask.shape)}", f"it must be bool ({length},)")


def require_removable(W: Any, b: Any, removed: Any, means: Any = None) -> None:
    """Raise unless inputs of a layer ``W (C,K)`` or ``(C,K,kh,kw)`` with bias ``b (C,)`` can be removed."""
    shape = shape_of("W", W)
    if len(shape) not in (2, 4):
        raise unexpected("the shape of W", shape, "it must have the axes (C, K) or (C, K, kh, kw)")
    if shape_of("b", b) != shape[:1]:
        raise unexpected("the shape of b", tuple(b.shape), f"W has {shape[0]} outputs, so ({shape[0]},)")
    require_mask("removed", removed, shape[1])
    if means is not None and shape_of("means", means) != shape[1:2]:
        raise unexpected("the shape of means", tuple(means.shape), f"W has {shape[1]} inputs, so ({shape[1]},)")
