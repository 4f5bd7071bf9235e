"""Where a study's results are: a folder with one archive of columns for each stage, and one writer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout

from ..errors import FileError, unexpected
from ..paths import replacing, user_path
from ..training.archive import read_archive, reason, write_archive
from ..training.config import RunConfig
from .declaration import file_name
from .record import ARRAYS, NUMBERS, Record
from .worker import Batch

FILE_FORMAT: Final = 1
_PART: Final = ".part-"  # a batch's own file, until its stage is packed
_TRIES: Final = 20  # to read a folder whose files another process packs meanwhile


class StoreError(FileError):
    """Results that cannot be used, or not be written."""


class Store:
    """The results of a study, in a folder.

    Each batch is written to a file of its own as soon as it is there, whole or not at all. `pack` makes one file of
    a stage's batches. To write, enter the store: one process at a time may.

    Parameters
    ----------
    folder : path
        Made when first written to.

    Attributes
    ----------
    records : dict of str to Record
        By the key of the training.
    batches : dict of str to dict
        The circumstances of each batch; ``batches[store.batch_of[key]]`` are those of a training, and its ``keys``
        say what it was trained beside.
    batch_of : dict of str to str

    Raises
    ------
    StoreError
        If a file cannot be read, is damaged, or is of another format.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = user_path("folder", folder, "folder")
        self.records: dict[str, Record] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.batch_of: dict[str, str] = {}
        self._lock = FileLock(self.folder / ".lock", timeout=0)
        self._load()

    def __enter__(self) -> Store:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise StoreError(self.folder, "is in use: another process adds to it", "wait for its end") from None
        except OSError as error:
            raise StoreError(
                self.folder, f"cannot keep results ({error})", "name a folder that can be written"
            ) from error
        self._load()  # the other process may have added something meanwhile
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def has(self, key: str, params: bool = False) -> bool:
        """Say whether there is a result, with its parameters if they are asked for."""
        record = self.records.get(key)
        return record is not None and (not params or _is_whole(record))

    def add(self, stage: str, batch: Batch) -> None:
        """Write a batch.

        Raises
        ------
        StoreError
            If it was trained on other data than what is there under the same name, or if it cannot be written.
        """
        self._require_same_data(batch)
        keys = [record.key for record in batch.records]
        name = hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
        content = _Content(batch.records, [name] * len(keys), {name: batch.provenance | {"keys": keys}})
        self._write(self.folder / f"{file_name(stage)}{_PART}{name}.npz", content)
        self._take(content)

    def pack(self, stage: str) -> None:
        """Make one file of a stage's batches. Killed at any moment, nothing is lost, and the next call goes on."""
        base = file_name(stage)
        parts = sorted(self.folder.glob(f"{base}{_PART}*.npz"))
        if not parts:
            return
        path = self.folder / f"{base}.npz"
        contents = [_read(each) for each in ([path] if path.exists() else []) + parts]
        merged: dict[str, tuple[Record, str]] = {}
        for content in contents:
            for record, name in zip(content.records, content.names, strict=True):
                if record.key not in merged or not _is_whole(merged[record.key][0]):
                    merged[record.key] = record, name  # of two, the one with parameters is kept, as in memory
        records, names = zip(*merged.values(), strict=True)
        batches = {name: facts for content in contents for name, facts in content.batches.items() if name in names}
        self._write(path, _Content(records, names, batches))
        for part in parts:
            part.unlink()

    def write_text(self, name: str, text: str) -> None:
        """Write a small text file beside the results, whole or not at all, if it is not there as it is.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        path, content = self.folder / name, text.encode()
        try:
            if path.exists() and path.read_bytes() == content:
                return
            with replacing(path) as part:
                part.write_bytes(content)
        except OSError as error:
            raise StoreError(path, f"cannot be written ({error})", "make it and its folder writable") from error

    def _load(self) -> None:
        for _ in range(_TRIES):
            try:
                for path in self._files():
                    self._take(_read(path))
            except FileNotFoundError:  # another process has packed it since: its records are in another file now
                continue
            return
        raise StoreError(self.folder, "loses files while it is read", "try again when nothing writes there")

    def _files(self) -> list[Path]:
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(
                self.folder, f"cannot be read ({error})", "name a folder of results that can be read"
            ) from error
        return sorted(self.folder / name for name in names if name.endswith(".npz"))

    def _take(self, content: _Content) -> None:
        self.batches |= content.batches
        for record, name in zip(content.records, content.names, strict=True):
            if not self.has(record.key, params=True):  # of two, the one with more is kept
                self.records[record.key], self.batch_of[record.key] = record, name

    def _require_same_data(self, batch: Batch) -> None:
        config, digest = batch.records[0].config, batch.provenance["data_sha256"]
        for key, name in self.batch_of.items():
            facts = self.batches[name]
            if self.records[key].config.data == config.data and facts["data_sha256"] != digest:
                there = f"SHA-256 {facts['data_sha256'][:12]}…, here {digest[:12]}…"
                why = f"has results on other data of the name {config.data!r} ({there})"
                raise StoreError(self.folder, why, "use another folder for these")

    def _write(self, path: Path, content: _Content) -> None:
        about = {
            "format": FILE_FORMAT,
            "configs": [record.config.to_dict() for record in content.records],
            "batch_of": list(content.names),
            "batches": content.batches,
        }
        try:
            write_archive(path, about, _columns(content.records), compressed=True)
        except OSError as error:
            right = "free some space, or make the folder writable, and start again: what was finished is kept"
            raise StoreError(path, f"cannot be written ({error})", right) from error


@dataclass(frozen=True)
class _Content:
    """What a file holds: records, the batch of each, the circumstances of the batches."""

    records: Sequence[Record]
    names: Sequence[str]
    batches: Mapping[str, dict[str, Any]]


def _is_whole(record: Record) -> bool:
    """Say whether a record has all that it can have: its parameters, unless it diverged."""
    return record.diverged or "params" in record.arrays


def _columns(records: Sequence[Record]) -> dict[str, np.ndarray]:
    """Return a column for each number, and for each kind of array the rows that have it, as long as the longest."""
    columns: dict[str, np.ndarray] = {
        name: np.array([record.numbers[name] for record in records], dtype=np.float64) for name in NUMBERS
    }
    columns["fingerprint"] = np.array([record.fingerprint for record in records])
    for name in ARRAYS:
        rows = [i for i, record in enumerate(records) if name in record.arrays]
        lengths = [len(records[i].arrays[name]) for i in rows]
        table = np.full((len(rows), max(lengths, default=0)), np.nan, dtype=np.float32)
        for row, i in zip(table, rows, strict=True):
            row[: len(records[i].arrays[name])] = records[i].arrays[name]
        columns |= {
            name: table,
            f"{name}_rows": np.array(rows, np.int32),
            f"{name}_length": np.array(lengths, np.int32),
        }
    return columns


def _read(path: Path) -> _Content:
    """Read a file of results.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    StoreError
        If it cannot be read. Only one whose bytes are wrong is to be deleted.
    """
    try:
        about, columns = read_archive(path)
        if about["format"] == FILE_FORMAT:
            return _content(about, columns)
    except FileNotFoundError:
        raise
    except (OSError, MemoryError) as error:
        raise StoreError(path, f"cannot be read ({reason(error)})", "make it readable: it may be whole") from error
    except Exception as error:  # zip, deflate, NumPy, JSON and the checks: each fails in its own way
        right = "delete it, and run the study again for what it had"
        raise StoreError(path, f"holds no results of a study ({reason(error)})", right) from error
    why = f"was written by another version of sl1lib (format {about['format']}, where {FILE_FORMAT} is read)"
    raise StoreError(path, why, "use that version, or another folder")


def _content(about: Mapping[str, Any], columns: Mapping[str, np.ndarray]) -> _Content:
    """Take apart what `Store` wrote; any exception if it is not that."""
    arrays: list[dict[str, np.ndarray]] = [{} for _ in about["configs"]]
    for name in ARRAYS:
        parts = (columns[name], columns[f"{name}_rows"], columns[f"{name}_length"])
        for row, i, length in zip(*parts, strict=True):
            arrays[i][name] = row[:length]
    records = [
        Record(
            RunConfig.from_dict(config),
            {name: float(columns[name][i]) for name in NUMBERS},
            arrays[i],
            str(columns["fingerprint"][i]),
        )
        for i, config in enumerate(about["configs"])
    ]
    names, batches = about["batch_of"], about["batches"]
    if len(names) != len(records):
        raise unexpected("the length of batch_of", len(names), f"it must be that of configs, {len(records)}")
    for name in names:
        for needed in ("keys", "data_sha256"):
            if needed not in batches[name]:
                raise unexpected(f"what is known of batch {name}", list(batches[name]), f"it must have {needed!r}")
    return _Content(records, names, batches)
