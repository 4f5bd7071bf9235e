"""A folder that holds a dataset as four IDX files with MNIST's names."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sl1lib.data.dataset import Dataset, check_counts, check_images, check_labels
from sl1lib.data.errors import DataError, mismatch
from sl1lib.data.idx import MAX_BYTES, read_idx_and_digest


@dataclass(frozen=True)
class IdxFile:
    """What is known about one of the four files before it is read.

    Parameters
    ----------
    stem : str
        Its name without ``.gz``.
    shape : tuple of int, optional
        The shape it must have; any if None.
    sha256 : str, optional
        The SHA-256 of its decompressed content, 64 hexadecimal digits; any if None.

    Examples
    --------
    >>> IdxFile("train-labels-idx1-ubyte").names[:2]
    ('train-labels-idx1-ubyte', 'train-labels-idx1-ubyte.gz')
    """

    stem: str
    shape: tuple[int, ...] | None = None
    sha256: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the file is looked for.

        Some tools unpack ``-idx3-`` as ``.idx3-``, and some archives hold each file in a folder of its own name.
        """
        dotted = self.stem.replace("-idx", ".idx")
        return self.stem, f"{self.stem}.gz", dotted, f"{dotted}.gz", f"{self.stem}/{self.stem}", f"{dotted}/{dotted}"

    @property
    def max_bytes(self) -> int:
        """The most bytes of values that the file can hold, uint8 as they are."""
        return MAX_BYTES if self.shape is None else math.prod(self.shape)


#: Training images, training labels, test images, test labels.
FourFiles = tuple[IdxFile, IdxFile, IdxFile, IdxFile]

#: The files of any set in MNIST's format, as Fashion-MNIST.
SAME_FORMAT: FourFiles = (
    IdxFile("train-images-idx3-ubyte"),
    IdxFile("train-labels-idx1-ubyte"),
    IdxFile("t10k-images-idx3-ubyte"),
    IdxFile("t10k-labels-idx1-ubyte"),
)


def read_folder(folder: Path, name: str, source: str, files: FourFiles = SAME_FORMAT) -> Dataset:
    """Read a dataset from a folder, and check all that is known about it.

    Parameters
    ----------
    folder : Path
        Holds the four files, each gzip-compressed or plain.
    name, source : str
        The dataset's.
    files : tuple of four IdxFile, optional
        What each file must be; any set of 28x28 images with labels from 0 to 9 by default.

    Returns
    -------
    Dataset
        Validated.

    Raises
    ------
    DataError
        If the folder or a file is missing or a file is not what it must be. The message names it.

    Examples
    --------
    >>> read_folder(Path("no/such/folder"), "mine", "nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: ...: expected a folder with the files train-images-idx3-ubyte[.gz], ...
    """
    if not os.path.isdir(folder):  # Path.is_dir raises for a name that is too long
        stems = ", ".join(f"{file.stem}[.gz]" for file in files)
        raise mismatch(folder, f"a folder with the files {stems}", "a file" if os.path.exists(folder) else "nothing")
    paths, arrays = zip(*(read_file(folder, file) for file in files), strict=True)
    for part in (0, 2):
        check_counts(arrays[part], arrays[part + 1], paths[part], paths[part + 1])
    for array in arrays:
        array.flags.writeable = False  # nobody else holds them, so Dataset need not copy
    x_train, y_train, x_test, y_test = arrays
    return Dataset(x_train, y_train, x_test, y_test, name=name, source=source)


def read_file(folder: Path, file: IdxFile) -> tuple[Path, NDArray[Any]]:
    """Read a file of a folder, under the first of its names whose content is right.

    So a damaged plain file beside a whole compressed one, as an interrupted ``gunzip -k`` leaves it, does no harm.

    Parameters
    ----------
    folder : Path
        Where to look.
    file : IdxFile
        What to look for.

    Returns
    -------
    Path
        What was read; the plain file comes before the compressed one.
    ndarray
        Images (N, 28, 28) uint8 or labels (N,).

    Raises
    ------
    DataError
        If there is none; if none is right, what is wrong with the first.

    Examples
    --------
    >>> read_file(Path("empty"), IdxFile("t10k-labels-idx1-ubyte"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: empty: expected the file t10k-labels-idx1-ubyte.gz (or ...
    """
    found = [path for name in file.names if os.path.isfile(path := folder / name)]
    problems = []
    for path in found:
        try:
            return path, read_checked(path, file)
        except DataError as error:
            problems.append(error)
    if problems:
        raise problems[0]
    for name in file.names[:4]:
        if os.path.isdir(folder / name):
            raise mismatch(folder / name, "an IDX file", "a folder")
    raise mismatch(folder, f"the file {file.stem}.gz (or {file.stem}) in this folder", "no such file")


def read_checked(path: Path, file: IdxFile, where: str | None = None) -> NDArray[Any]:
    """Read one file, and check that it is the one it must be.

    Structure comes before the digest: "labels from 0 to 9, found label 10" says more than two long numbers.

    Parameters
    ----------
    path : Path
        The file.
    file : IdxFile
        What it must be.
    where : str, optional
        What messages call it; the path by default.

    Returns
    -------
    ndarray
        Images (N, 28, 28) uint8 or labels (N,).

    Raises
    ------
    DataError
        If the file is malformed or another one.

    Examples
    --------
    >>> read_checked(Path("t10k-labels"), IdxFile("t10k-labels-idx1-ubyte"), where="the test labels")
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: the test labels: expected an IDX file, found no such file
    """
    where = str(path) if where is None else where
    array, digest = read_idx_and_digest(path, where=where)
    check = check_images if "images" in file.stem else check_labels
    check(array, where)
    if file.shape is not None and array.shape != file.shape:
        raise mismatch(where, f"{file.shape[0]:,} of them, shape {file.shape}", f"{len(array):,}, shape {array.shape}")
    if file.sha256 is not None and digest != file.sha256:
        raise mismatch(
            where, f"content with SHA-256 {file.sha256}", f"SHA-256 {digest}: another file, or a damaged one"
        )
    return array


__all__ = ["SAME_FORMAT", "FourFiles", "IdxFile", "read_checked", "read_file", "read_folder"]
