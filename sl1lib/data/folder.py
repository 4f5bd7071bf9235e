"""A folder that holds a dataset as four IDX files with MNIST's names."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from ..errors import DataError
from .dataset import Dataset, as_images, as_labels, require_counts
from .idx import MAX_BYTES, content_digest, read_idx


@dataclass(frozen=True)
class IdxFile:
    """What is known about one of the four files before it is read.

    ``stem`` is its name without ``.gz``, ``sha256`` the digest of its decompressed content; None allows any.
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


FourFiles = tuple[IdxFile, ...]  # training images, training labels, test images, test labels

#: The files of any set in MNIST's format, as Fashion-MNIST.
SAME_FORMAT: Final[FourFiles] = tuple(
    IdxFile(f"{part}-{kind}-ubyte") for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)


def read_folder(folder: Path, name: str, source: str, files: FourFiles = SAME_FORMAT) -> Dataset:
    """Read a dataset from a folder, and check all that is known about its files; a `DataError` names the wrong one."""
    if not os.path.isdir(folder):  # Path.is_dir raises for a name that is too long
        state = "is a file" if os.path.exists(folder) else "is not there"
        raise DataError(folder, state, f"it must be a folder with the files {listed(files)}")
    paths, arrays = zip(*(read_file(folder, file) for file in files), strict=True)
    for part in (0, 2):
        require_counts(arrays[part], arrays[part + 1], paths[part], paths[part + 1])
    for array in arrays:
        array.flags.writeable = False  # nobody else holds them, so Dataset need not copy
    x_train, y_train, x_test, y_test = arrays
    return Dataset(x_train, y_train, x_test, y_test, name, source)


def listed(files: Iterable[IdxFile]) -> str:
    """Return the files' names as messages have them."""
    return ", ".join(f"{file.stem}[.gz]" for file in files)


def read_file(folder: Path, file: IdxFile) -> tuple[Path, NDArray[Any]]:
    """Read a file of a folder, under the first of its names whose content is right; return that path, and the array.

    So a damaged plain file beside a whole compressed one, as an interrupted ``gunzip -k`` leaves it, does no harm.
    If no content is right, the `DataError` is about the first.
    """
    problems = []
    for path in (folder / name for name in file.names):
        if os.path.exists(path):
            try:
                return path, read_checked(path, file)
            except DataError as error:
                problems.append(error)
    raise problems[0] if problems else DataError(folder, f"has no file {listed([file])}", "put it there")


def read_checked(path: Path, file: IdxFile) -> NDArray[Any]:
    """Read one file as images ``(N, 28, 28)`` or labels ``(N,)``; a `DataError` if it is not what it must be.

    Structure comes before the digest: "has 10 at index 2" says more than two long numbers.
    """
    read = as_images if "images" in file.stem else as_labels
    array = read(path, read_idx(path))
    if file.shape is not None and array.shape != file.shape:
        raise DataError(path, f"has shape {array.shape}", f"it must be {file.shape}")
    if file.sha256 is not None and (digest := content_digest(array)) != file.sha256:
        right = f"it must be {file.sha256}: this is another file, or a damaged one"
        raise DataError(path, f"has content with SHA-256 {digest}", right)
    return array
