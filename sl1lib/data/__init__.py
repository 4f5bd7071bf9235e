"""Data: MNIST where it is available, the embedded digits everywhere, and any set in MNIST's format.

``load_data`` is the way in. Everything here needs NumPy and no PyTorch.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

from ..errors import DataError, DataUnavailableError
from .dataset import Dataset
from .digits import load_digits
from .folder import SAME_FORMAT, read_folder
from .idx import data_path, read_idx, write_idx
from .mnist import MNIST_FILES, SHORT_PATIENCE, cache_folder, fetch_mnist, load_mnist

__all__ = [
    "DataError",
    "DataUnavailableError",
    "Dataset",
    "cache_folder",
    "fetch_mnist",
    "load_data",
    "load_digits",
    "read_idx",
    "write_idx",
]

_log = logging.getLogger(__name__)

# The names that mean something here, which a folder's data must not borrow.
_CHOICES = ("mnist", "digits", "auto")


def load_data(name: str | os.PathLike[str] = "auto") -> Dataset:
    """Load a dataset by name.

    Parameters
    ----------
    name : str or path, optional
        - ``"mnist"``: MNIST, from ``$SL1LIB_DATA``, the user's cache or a download (`sl1lib.data.mnist`).
        - ``"digits"``: 1,797 embedded digits, which need no network (`sl1lib.data.digits`).
        - ``"auto"``: MNIST where it is available, otherwise the digits. The result's ``name`` and ``source``
          say which, and so does the log at level INFO. Without a network it waits a few seconds, once.
        - A path (one that exists, or has a slash in it): a folder with four IDX files of MNIST's names, as
          Fashion-MNIST has them. Everything is checked but the digests. The folder's name becomes the dataset's.

    Returns
    -------
    Dataset
        ``x_train`` uint8 (N, 28, 28), ``y_train`` int64 (N,), ``x_test``, ``y_test``, ``name``, ``source``.
        All arrays are read-only, and shared between calls.

    Raises
    ------
    DataError
        If the name is unknown, a file is not what it must be, or the folder that ``SL1LIB_DATA`` names is broken.
    DataUnavailableError
        If ``"mnist"`` is not on this machine and cannot be downloaded. A `DataError`.

    Examples
    --------
    >>> data = load_data("digits")
    >>> data.name, data.x_train.shape, data.x_train.dtype
    ('digits', (1415, 28, 28), dtype('uint8'))
    >>> load_data("digit")
    Traceback (most recent call last):
    ...
    sl1lib.errors.DataError: data is 'digit'; it must be "mnist", "digits", "auto" or the path of a folder
    """
    if name == "mnist":
        return load_mnist()
    if name == "digits":
        return load_digits()
    if name == "auto":
        return _load_auto()
    if isinstance(name, os.PathLike) or (isinstance(name, str) and _is_path(name)):
        return _load_path(data_path("data", name))
    raise DataError("data", f"is {name!r}", 'it must be "mnist", "digits", "auto" or the path of a folder')


def _load_auto() -> Dataset:
    """Load MNIST, or the digits with the reason in `source`."""
    try:
        dataset = load_mnist(patience=SHORT_PATIENCE, retry=False)
    except DataUnavailableError as error:
        reason = f"{error.path} {error.why}".partition("\n")[0]
        _log.info('load_data("auto") took the embedded digits. %s', error)
        digits = load_digits()
        return replace(digits, source=f"{digits.source}; taken instead of MNIST ({reason})")
    _log.info('load_data("auto") took MNIST from %s', dataset.source)
    return dataset


def _is_path(name: str) -> bool:
    """Return whether a name is meant as a path, rather than misspelt."""
    return bool(name) and ("/" in name or os.sep in name or name.startswith("~") or os.path.exists(name))


def _load_path(path: Path) -> Dataset:
    """Load a set in MNIST's format under its folder's name, unless that name claims to be another set."""
    folder = path.resolve()
    name = folder.name or "folder"
    claimed = name.partition("[")[0].strip().lower()  # a subset's name says in brackets what it is of
    if claimed not in _CHOICES:
        return read_folder(folder, name, f"folder {folder}", SAME_FORMAT)
    if name.lower() == "mnist":
        try:
            return read_folder(folder, "mnist", f"folder {folder}", MNIST_FILES)
        except DataError:
            # Another set, in a folder of this name. What is wrong with it, if anything, is said below.
            _log.info("%s is not MNIST", folder)
    return read_folder(folder, f"{name} (unverified)", f"folder {folder}", SAME_FORMAT)
