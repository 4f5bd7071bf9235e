"""A dataset: images and labels, for training and for testing, checked once and then unchangeable."""

from __future__ import annotations

import hashlib
import operator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sl1lib.data.errors import DataError, mismatch

#: Height and width of every image.
SIDE = 28

#: Number of classes; labels are 0 to CLASSES - 1.
CLASSES = 10


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels for training and testing, validated and read-only.

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
    sl1lib.data.errors.DataError: y_train: expected labels from 0 to 9, found label 10 at index 2
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    name: str
    source: str = field(default="memory")

    def __post_init__(self) -> None:
        """Check every array, and keep read-only copies."""
        if not isinstance(self.name, str) or not self.name:
            raise mismatch("name", "a non-empty string", repr(self.name))
        for part in ("train", "test"):
            images = check_images(getattr(self, f"x_{part}"), f"x_{part}")
            labels = check_labels(getattr(self, f"y_{part}"), f"y_{part}")
            check_counts(images, labels, f"x_{part}", f"y_{part}")
            # The class is frozen for its users, not for its own constructor.
            object.__setattr__(self, f"x_{part}", _read_only(images))
            object.__setattr__(self, f"y_{part}", _read_only(labels.astype(np.int64, copy=False)))

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}: {len(self.x_train):,} training and {len(self.x_test):,} test images, "
            f"{SIDE}x{SIDE} uint8; source: {self.source})"
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits.

        It is the same for the same images and labels, wherever they came from and on every machine.

        Examples
        --------
        >>> from sl1lib.data import load_data
        >>> digits = load_data("digits")
        >>> digits.digest == digits.subset(1000).digest
        False
        """
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(str(array.shape).encode())
            # Little endian everywhere, so that the digest does not depend on the machine.
            digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).data)
        return digest.hexdigest()

    def split(self, validation: int, seed: int = 0) -> Dataset:
        """Set part of the training images aside for validation.

        There, choices are made without the test images.

        Parameters
        ----------
        validation : int
            How many training images to set aside, at least 1 and fewer than there are.
        seed : int, optional
            0 to 2**32 - 1. The same seed draws the same images with every version of NumPy and on every
            system.

        Returns
        -------
        Dataset
            Its test part is the validation images; this dataset's own test images are out of reach in it, so
            code that reports a test error works unchanged and cannot touch them. Its name says that it is a
            split. Both parts keep their images in the original order.

        Raises
        ------
        DataError
            If `validation` or `seed` is out of range.

        Examples
        --------
        >>> from sl1lib.data import load_data
        >>> split = load_data("digits").split(validation=215, seed=1)
        >>> split.name, len(split.x_train), len(split.x_test)
        ('digits[215 validation, seed 1]', 1200, 215)
        """
        total = len(self.x_train)
        validation = _integer("validation", validation, 1, total - 1)
        order = _permutation(total, seed)
        kept, aside = np.sort(order[validation:]), np.sort(order[:validation])
        return Dataset(
            self.x_train[kept],
            self.y_train[kept],
            self.x_train[aside],
            self.y_train[aside],
            name=f"{self.name}[{validation} validation, seed {seed}]",
            source=self.source,
        )

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

        Raises
        ------
        DataError
            If `n_train` or `seed` is out of range.

        Examples
        --------
        >>> from sl1lib.data import load_data
        >>> small = load_data("digits").subset(200)
        >>> small.name, small.x_train.shape, small.x_test.shape
        ('digits[200 training, seed 0]', (200, 28, 28), (382, 28, 28))
        """
        total = len(self.x_train)
        n_train = _integer("n_train", n_train, 1, total)
        kept = np.sort(_permutation(total, seed)[:n_train])
        return Dataset(
            self.x_train[kept],
            self.y_train[kept],
            self.x_test,
            self.y_test,
            name=f"{self.name}[{n_train} training, seed {seed}]",
            source=self.source,
        )


def check_images(images: ArrayLike, where: object) -> NDArray[np.uint8]:
    """Check that an array holds images; `where` is what the message calls it.

    Parameters
    ----------
    images : array_like, shape (N, 28, 28), dtype uint8
        With `N` at least 1.
    where : object
        The file or argument that the images came from.

    Returns
    -------
    ndarray
        The images.

    Raises
    ------
    DataError
        If dtype or shape differ.

    Examples
    --------
    >>> check_images(np.zeros((5, 8, 8), np.uint8), "x_train")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: x_train: expected images of shape (N, 28, 28) with N >= 1, ...
    """
    array = _as_array(images, where)
    if array.dtype != np.uint8:
        raise mismatch(where, "images of dtype uint8 (grey levels 0 to 255)", f"dtype {array.dtype}")
    if array.ndim != 3 or array.shape[1:] != (SIDE, SIDE) or len(array) == 0:
        expected = f"images of shape (N, {SIDE}, {SIDE}) with N >= 1"
        raise mismatch(where, expected, f"shape {array.shape}")
    return array


def check_labels(labels: ArrayLike, where: object) -> NDArray[Any]:
    """Check that an array holds labels; `where` is what the message calls it.

    Parameters
    ----------
    labels : array_like, shape (N,), any integer dtype
        From 0 to 9.
    where : object
        The file or argument that the labels came from.

    Returns
    -------
    ndarray
        The labels.

    Raises
    ------
    DataError
        If dtype or shape differ or a label is out of range; the message names the first such label and its
        index.

    Examples
    --------
    >>> check_labels([3, 1, 10], "y_train")
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: y_train: expected labels from 0 to 9, found label 10 at index 2
    """
    array = _as_array(labels, where)
    if array.dtype.kind not in "iu":
        raise mismatch(where, "integer labels", f"dtype {array.dtype}")
    if array.ndim != 1:
        raise mismatch(where, "labels of shape (N,)", f"shape {array.shape}")
    wrong = np.flatnonzero((array < 0) | (array >= CLASSES))
    if wrong.size:
        found = f"label {array[wrong[0]]} at index {wrong[0]}"
        raise mismatch(where, f"labels from 0 to {CLASSES - 1}", found)
    return array


def check_counts(images: NDArray[Any], labels: NDArray[Any], where_images: object, where_labels: object) -> None:
    """Check that there is one label for each image.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)
        The images.
    labels : ndarray, shape (N,)
        The labels.
    where_images, where_labels : object
        What the message calls them.

    Raises
    ------
    DataError
        If the numbers differ.

    Examples
    --------
    >>> check_counts(np.zeros((2, 28, 28)), np.zeros(3), "x_test", "y_test")
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: y_test: expected 2 labels, one for each image of x_test, found 3
    """
    if len(images) != len(labels):
        raise mismatch(where_labels, f"{len(images)} labels, one for each image of {where_images}", len(labels))


def _as_array(values: ArrayLike, where: object) -> NDArray[Any]:
    """Make an array, with this module's error where NumPy cannot."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise DataError(f"{where}: expected an array, found a {type(values).__name__} ({error})") from error


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Give an array that nobody can write to; a writable one is copied, as its owner could change it."""
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def _integer(name: str, value: Any, low: int, high: int) -> int:
    """Check an argument that is a whole number in a range."""
    try:
        number = operator.index(value)
    except TypeError:
        raise mismatch(name, f"an integer from {low} to {high}", repr(value)) from None
    if not low <= number <= high:
        raise mismatch(name, f"an integer from {low} to {high}", number)
    return int(number)


def _permutation(total: int, seed: int) -> NDArray[np.int64]:
    """Shuffle 0 ... total - 1. RandomState, since NumPy has frozen its stream; a Generator's may change."""
    seed = _integer("seed", seed, 0, 2**32 - 1)
    return np.random.RandomState(seed).permutation(total).astype(np.int64)


__all__ = ["CLASSES", "SIDE", "Dataset", "check_counts", "check_images", "check_labels"]
