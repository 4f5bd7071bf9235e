"""Checkpoints: a folder from which trainings that were killed resume, bit for bit.

====================  ================================================================================
file                  what it holds
====================  ================================================================================
``checkpoint.json``   what the folder belongs to: the configurations, their cohorts, the library's version
``group-000.npz``     where a cohort is: parameters, velocities and histories of its trainings
``.lock``             held by the process that trains; the system frees it however that process ends
====================  ================================================================================

Each file appears whole or not at all, so a kill at any moment costs what came after the last one, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout

from .._version import __version__
from ..errors import FileError, require_number, unexpected
from ..paths import user_path
from .archive import read_archive, reason, whole_file, write_archive
from .config import RunConfig

FILE_FORMAT: Final = 1
MANIFEST: Final = "checkpoint.json"
EVERY: Final = 10.0  # seconds between two saves
WRITING_SHARE: Final = 0.02  # of the time, at most: what takes long to write is written less often

# What file managers and notebooks leave in a folder by themselves.
_LEFT_BY_SYSTEMS: Final = (".DS_Store", ".ipynb_checkpoints", ".directory", "Thumbs.db", "desktop.ini")
_DIFFERENCES: Final = 3  # a message names no more of them


class CheckpointError(FileError):
    """A checkpoint that cannot be used, or not be written; the message names it and says what would help."""


class Checkpoint:
    """A folder that keeps certain trainings, and nothing else; one process at a time may use it.

    Whatever goes wrong with it raises `CheckpointError`. ``every`` says how many seconds pass between two saves.
    """

    def __init__(self, folder: str | os.PathLike[str], every: float = EVERY) -> None:
        self.folder = user_path("checkpoint", folder, "folder")
        require_number("checkpoint_every", every, least=0)
        self._every, self._belongs = float(every), ""
        self._lock = FileLock(self.folder / ".lock", timeout=0)
        self._next_save = 0.0

    def __enter__(self) -> Checkpoint:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._refuse_other_files()
            self._lock.acquire()
            self._remove_leftovers()
        except Timeout:
            right = "wait for its end, or name another folder"
            raise CheckpointError(self.folder, "is in use by another training", right) from None
        except (OSError, NotImplementedError) as error:
            why = f"cannot keep a checkpoint ({_cause(error)})"
            raise CheckpointError(self.folder, why, "name a folder that can be written") from error
        self._wait(0.0)
        return self

    def __exit__(self, *raised: object) -> None:
        self._lock.release()

    def __getstate__(self) -> dict[str, Any]:
        """Another process may save here on behalf of the one that holds the lock."""
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def cohorts(self, configs: Sequence[RunConfig]) -> list[list[int]] | None:
        """Return in which cohorts these configurations were begun here, or None if nothing was saved of any."""
        path = self.folder / MANIFEST
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointError(path, f"cannot be read ({_cause(error)})", "name another folder") from error
        try:
            there = json.loads(content)
            self._check_version(there["format"], there["sl1lib"])
            members = [i for cohort in there["groups"] for i in cohort]
            if not all(type(i) is int for i in members) or sorted(members) != list(range(len(there["configs"]))):
                raise unexpected("groups", there["groups"], "each training must be in one of them, by its number")
        except CheckpointError:
            raise
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            right = "name another folder, or delete this one to start again"
            raise CheckpointError(path, f"is damaged ({reason(error)})", right) from error
        if not any(self.folder.glob("group-*.npz")):  # a start that failed must not keep the next one out
            return None
        self._check_configs(there["configs"], [config.to_dict() for config in configs])
        self._belongs = _digest(content)
        return there["groups"]

    def begin(self, configs: Sequence[RunConfig], cohorts: Sequence[Sequence[int]]) -> None:
        """Let the folder belong to these configurations, in these cohorts."""
        fields = [config.to_dict() for config in configs]
        manifest = {"format": FILE_FORMAT, "sl1lib": __version__, "configs": fields, "groups": cohorts}
        content = json.dumps(manifest, indent=1).encode()
        path = self.folder / MANIFEST
        try:
            with whole_file(path) as file:
                file.write(content)
        except OSError as error:
            raise _not_written(path, error) from error
        self._belongs = _digest(content)

    def load(self, cohort: int) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """Return what was last saved of a cohort, or None if nothing was."""
        path = self._path(cohort)
        if not path.exists():
            return None
        with self.reading(cohort):
            about, arrays = read_archive(path)
            if about["belongs"] != self._belongs:
                raise unexpected("the checkpoint it belongs to", about["belongs"], f"here it is {self._belongs}")
        return about, arrays

    def save(self, cohort: int, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Keep where a cohort is; if that fails, what was saved before is still there."""
        path, begun = self._path(cohort), time.monotonic()
        try:
            write_archive(path, {**about, "belongs": self._belongs}, arrays, compressed=False)
        except OSError as error:
            raise _not_written(path, error) from error
        self._wait(time.monotonic() - begun)

    def due(self) -> bool:
        """Say whether it is time to save again."""
        return time.monotonic() >= self._next_save

    @contextmanager
    def reading(self, cohort: int) -> Iterator[None]:
        """Tell whatever fails while a cohort's file is read as damage of that file."""
        try:
            yield
        except Exception as error:  # zip, NumPy, JSON and the checks: each fails in its own way
            why, right = f"cannot be read back ({reason(error)})", "delete it, and its trainings start again"
            raise CheckpointError(self._path(cohort), why, right) from error

    def _path(self, cohort: int) -> Path:
        return self.folder / f"group-{cohort:03d}.npz"

    def _wait(self, took: float) -> None:
        """Put off the next save by the usual time, or by as much longer as the last one was long."""
        self._next_save = time.monotonic() + max(self._every, took / WRITING_SHARE)

    def _refuse_other_files(self) -> None:
        """Keep out of folders that hold something else: a checkpoint is deleted as a whole, some day."""
        names = sorted(entry.name for entry in self.folder.iterdir())
        others = [name for name in names if not name.endswith(".part") or not name.startswith(".")]
        others = [name for name in others if name not in (".lock", *_LEFT_BY_SYSTEMS)]
        if others and MANIFEST not in names:
            why = f"is no checkpoint and not empty (it holds {others[0]!r})"
            raise CheckpointError(self.folder, why, "name a new or an empty folder")

    def _remove_leftovers(self) -> None:
        """Remove what a killed process was writing; the lock is held, so no other one is."""
        for pattern in (f".{MANIFEST}.*.part", ".group-*.part"):
            for part in self.folder.glob(pattern):
                part.unlink(missing_ok=True)

    def _check_version(self, file_format: object, version: object) -> None:
        if (file_format, version) != (FILE_FORMAT, __version__):
            begun, this = f"sl1lib {version} (format {file_format})", f"sl1lib {__version__} (format {FILE_FORMAT})"
            right = "resume with that version, or name another folder"
            raise CheckpointError(self.folder, f"was begun by {begun}, and this is {this}", right)

    def _check_configs(self, there: list[dict[str, Any]], here: list[dict[str, Any]]) -> None:
        here = json.loads(json.dumps(here))
        if there == here:
            return
        if len(there) != len(here):
            asked = f"{_trainings(len(here))} {'is' if len(here) == 1 else 'are'} asked for"
            found = f"it holds {_trainings(len(there))}, and {asked}"
        else:
            first = next(i for i, pair in enumerate(zip(there, here, strict=True)) if pair[0] != pair[1])
            changes = list(_differences(there[first], here[first]))
            found = ", ".join(changes[:_DIFFERENCES]) + (" …" if len(changes) > _DIFFERENCES else "")
            found = f"of configuration {first}, {found}" if len(here) > 1 else found
        right = "ask for the same to resume it, or name another folder"
        raise CheckpointError(self.folder, f"belongs to another training: {found}", right)


def _differences(there: Any, here: Any, name: str = "") -> Iterator[str]:
    """Yield in words where two configurations differ, field by field."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in here | there:
            yield from _differences(there.get(key), here.get(key), f"{name}.{key}" if name else key)
    elif there != here:
        yield f"{name} is {there!r} there and {here!r} here"


def _trainings(count: int) -> str:
    return f"{count} training{'s' * (count != 1)}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _not_written(path: Path, error: OSError) -> CheckpointError:
    right = "make room or allow writing there, and start again: what was saved before is whole, and is resumed"
    return CheckpointError(path, f"could not be written ({_cause(error)})", right)
