"""A dataset: images and labels, for training and for testing, checked once and then unchangeable."""

from __future__ import annotations

import hashlib
import numbers
from collections.abc import Sized
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..architecture import CLASSES, IMAGE_SIZE
from ..errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels for training and testing, checked and read-only.

    Parameters
    ----------
    x_train, x_test : array_like, shape (N, 28, 28), dtype uint8
        Grey levels, 0 the background and 255 full ink. `N` is at least 1 and may differ between the two.
    y_train, y_test : array_like, shape (N,), any integer dtype
        Labels from 0 to 9; kept as int64.
    name : str
        What the numbers made from this data must be called: ``"mnist"``, ``"digits"``, or another set's name.
        A part of a set has a name that says so, as ``"mnist[1000 training, seed 0]"``.
    source : str, optional
        Where the data came from, for people.

    Raises
    ------
    DataError
        If an array has the wrong shape, dtype or range, or images and labels differ in number.

    Notes
    -----
    The arrays are read-only, since they are shared by every caller of `load_data`. ``x_train / 255.0`` and
    other arithmetic give new arrays; ``x_train.copy()`` gives a writable one. ``torch.tensor(x_train)``
    copies; ``torch.from_numpy`` would share the memory and warns.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.zeros((3, 28, 28), np.uint8), np.array([1, 2, 3])
    >>> Dataset(x, y, x[:1], y[:1], name="blank", source="made for this example")
    Dataset('blank': 3 training and 1 test images, 28x28 uint8; source: made for this example)
    >>> Dataset(x, y + 7, x, y, name="blank")
    Traceback (most recent call last):
    ...
    sl1lib.errors.DataError: y_train has 10 at index 2; labels are 0 to 9
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    name: str
    source: str = "memory"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise DataError("name", f"is {self.name!r}", "it must be a text that is not empty")
        for x, y in (("x_train", "y_train"), ("x_test", "y_test")):
            images, labels = as_images(x, getattr(self, x)), as_labels(y, getattr(self, y))
            require_counts(images, labels, x, y)
            # The class is frozen for its users, not for its own constructor.
            object.__setattr__(self, x, _read_only(images))
            object.__setattr__(self, y, _read_only(labels.astype(np.int64, copy=False)))

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}: {len(self.x_train):,} training and {len(self.x_test):,} test images, "
            f"{IMAGE_SIZE}x{IMAGE_SIZE} uint8; source: {self.source})"
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits: the same for the same images and labels on every machine."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(str(array.shape).encode())
            # Little endian everywhere, so that the digest does not depend on the machine.
            digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).data)
        return digest.hexdigest()

    def split(self, validation: int, seed: int = 0) -> Dataset:
        """Set part of the training images aside for validation: choices are made there, without the test images.

        Parameters
        ----------
        validation : int
            How many training images to set aside, at least 1 and fewer than there are.
        seed : int, optional
            0 to 2**32 - 1. One seed draws the same images with every version of NumPy and on every system.

        Returns
        -------
        Dataset
            Its test part is the validation images; this dataset's own test images are not in it, so code that
            reports a test error works unchanged and cannot touch them. Its name says that it is a split. Both parts
            keep their images in the original order.

        Raises
        ------
        DataError
            If `validation` or `seed` is out of range; so does `subset`.

        Examples
        --------
        >>> from sl1lib.data import load_data
        >>> split = load_data("digits").split(validation=215, seed=1)
        >>> split.name, len(split.x_train), len(split.x_test)
        ('digits[215 validation, seed 1]', 1200, 215)
        """
        total = len(self.x_train)
        validation = _whole("validation", validation, 1, total - 1)
        order = _permutation(total, seed)
        kept, aside = np.sort(order[validation:]), np.sort(order[:validation])
        return self._part(kept, self.x_train[aside], self.y_train[aside], f"{validation} validation, seed {seed}")

    def subset(self, n_train: int, seed: int = 0) -> Dataset:
        """Keep a random part of the training images, and all test images: for quick runs and learning curves.

        Parameters
        ----------
        n_train : int
            How many training images to keep, from 1 to all.
        seed : int, optional
            0 to 2**32 - 1, as in `split`. With one seed, a smaller subset is part of every larger one.

        Returns
        -------
        Dataset
            Its name says that it is a subset. Images keep their original order.

        Examples
        --------
        >>> from sl1lib.data import load_data
        >>> small = load_data("digits").subset(200)
        >>> small.name, small.x_train.shape, small.x_test.shape
        ('digits[200 training, seed 0]', (200, 28, 28), (382, 28, 28))
        """
        total = len(self.x_train)
        n_train = _whole("n_train", n_train, 1, total)
        kept = np.sort(_permutation(total, seed)[:n_train])
        return self._part(kept, self.x_test, self.y_test, f"{n_train} training, seed {seed}")

    def _part(self, kept: NDArray[np.int64], x_test: NDArray[Any], y_test: NDArray[Any], part: str) -> Dataset:
        return Dataset(self.x_train[kept], self.y_train[kept], x_test, y_test, f"{self.name}[{part}]", self.source)


def as_images(what: str | Path, images: ArrayLike) -> NDArray[np.uint8]:
    """Return images as an array; a `DataError` unless they are ``(N, 28, 28)`` of uint8, at least one of them."""
    array = _as_array(what, images)
    if array.dtype != np.uint8:
        raise DataError(what, f"has dtype {array.dtype}", "images are uint8, grey levels from 0 to 255")
    if array.ndim != 3 or array.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE) or len(array) == 0:
        right = f"images are (N, {IMAGE_SIZE}, {IMAGE_SIZE}) with N of at least 1"
        raise DataError(what, f"has shape {array.shape}", right)
    return array


def as_labels(what: str | Path, labels: ArrayLike) -> NDArray[Any]:
    """Return labels as an array; a `DataError` unless they are ``(N,)`` of integers from 0 to 9."""
    array = _as_array(what, labels)
    if array.dtype.kind not in "iu":
        raise DataError(what, f"has dtype {array.dtype}", "labels are integers")
    if array.ndim != 1:
        raise DataError(what, f"has shape {array.shape}", "labels are (N,)")
    wrong = np.flatnonzero((array < 0) | (array >= CLASSES))
    if wrong.size:
        raise DataError(what, f"has {array[wrong[0]]} at index {wrong[0]}", f"labels are 0 to {CLASSES - 1}")
    return array


def require_counts(images: Sized, labels: Sized, what_images: str | Path, what_labels: str | Path) -> None:
    """Raise a `DataError` unless there is one label for each image."""
    if len(images) != len(labels):
        right = f"there must be {len(images)}, one for each of {what_images}"
        raise DataError(what_labels, f"has {len(labels)} labels", right)


def _as_array(what: str | Path, values: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise DataError(what, f"is a {type(values).__name__} ({error})", "it must be an array") from error


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only array; a writable one is copied, since its owner could change it."""
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def _whole(what: str, found: Any, least: int, most: int) -> int:
    if not isinstance(found, numbers.Integral) or not least <= int(found) <= most:
        raise DataError(what, f"is {found!r}", f"it must be a whole number from {least} to {most}")
    return int(found)


def _permutation(total: int, seed: int) -> NDArray[np.int64]:
    """Shuffle 0 ... total - 1. RandomState, since NumPy has frozen its stream; a Generator's may change."""
    return np.random.RandomState(_whole("seed", seed, 0, 2**32 - 1)).permutation(total).astype(np.int64)
