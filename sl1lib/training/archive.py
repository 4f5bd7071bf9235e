"""One file of named arrays and a few facts about them: what saved runs and checkpoints are written as."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import unexpected
from ..paths import replacing


def write_archive(path: Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray], compressed: bool) -> None:
    """Write a NumPy archive, whole or not at all: a kill, or a full disk, leaves what was there before.

    A compressed one is smaller, and takes several times as long to write.
    """
    save = np.savez_compressed if compressed else np.savez
    with whole_file(path) as file:
        save(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Lend a file to write that gets its name when it is on the disk: a power cut must not leave an empty one there."""
    with replacing(path) as part, part.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what `write_archive` wrote, running no code of the file's.

    What is damaged raises any ``Exception``: zip, deflate, NumPy and JSON each fail in their own way.
    """
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):  # NumPy would take it for a pickle, and advise to load it as one
            raise ValueError("it is no archive of arrays, or cut off")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    about = json.loads(str(arrays.pop("about")))
    if not isinstance(about, dict):
        raise unexpected("about", about, "it must be a dict")
    return about, arrays


def reason(error: Exception) -> str:
    """Say in a few words why a file could not be read."""
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__


def side_by_side(**kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Name the arrays of each kind ``kind/name``."""
    return {f"{kind}/{name}": array for kind, arrays in kinds.items() for name, array in arrays.items()}


def under(kind: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the arrays of one kind out of those that `side_by_side` named."""
    return {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{kind}/")}
