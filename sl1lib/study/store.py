"""Where a study's results are: a folder with one archive of columns for each stage, and one writer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from filelock import FileLock, Timeout

from ..errors import FileError, unexpected
from ..paths import replacing, user_path
from ..training.archive import read_archive, reason, write_archive
from ..training.config import RunConfig
from .declaration import file_name
from .record import ARRAYS, NUMBERS, Record

if TYPE_CHECKING:
    from .worker import Batch

FILE_FORMAT: Final = 1
_PART: Final = ".part-"  # a batch's own file, until its stage is packed
_TRIES: Final = 20  # to read a folder whose files another process packs meanwhile


class StoreError(FileError):
    """Results that cannot be used, or not be written."""


@contextmanager
def blaming(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Raise a `StoreError` on ``path`` for an ``OSError`` of the block."""
    try:
        yield
    except OSError as error:
        raise StoreError(path, f"cannot {what} ({error})", remedy) from error


@dataclass(eq=False, repr=False)
class Kept:
    """What a file of results holds, and a whole store. Of two records of one training the one with more is kept."""

    records: dict[str, Record] = field(default_factory=dict)  #: by the key of the training
    batch_of: dict[str, str] = field(default_factory=dict)  #: the name of the batch in which it was trained
    #: The circumstances of each batch, by its name; its ``keys`` say what was trained side by side.
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)

    def has(self, key: str, params: bool = False) -> bool:
        """Say whether there is a result, with its parameters if they are asked for and it did not diverge."""
        record = self.records.get(key)
        return record is not None and (not params or record.diverged or "params" in record.arrays)

    def take(self, other: Kept) -> None:
        """Add what another one has."""
        self.batches |= other.batches
        for key, record in other.records.items():
            if not self.has(key, params=True):
                self.records[key], self.batch_of[key] = record, other.batch_of[key]


class Store(Kept):
    """The results of a study, in a folder.

    Each batch is written to a file of its own as soon as it is there, whole or not at all. `pack` makes one file of
    a stage's batches. To write, enter the store: one process at a time may.

    Parameters
    ----------
    folder : path
        Made when first written to.

    Raises
    ------
    StoreError
        If a file cannot be read, is damaged, or is of another format.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__()
        self.folder = user_path("folder", folder, "folder")
        self._lock = FileLock(self.folder / ".lock", timeout=0)
        self._load()

    def __enter__(self) -> Store:
        with blaming(self.folder, "keep results", "name a folder that can be written"):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout:
                raise StoreError(self.folder, "is in use: another process adds to it", "wait for its end") from None
        self._load()  # the other process may have added something meanwhile
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def add(self, stage: str, batch: Batch) -> None:
        """Write a batch; raise `StoreError` if it was trained on other data than what is there under the same name."""
        self._require_same_data(batch)
        keys = [record.key for record in batch.records]
        name = hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
        facts = {name: batch.provenance | {"keys": keys}}
        added = Kept(dict(zip(keys, batch.records, strict=True)), dict.fromkeys(keys, name), facts)
        _write(self.folder / f"{file_name(stage)}{_PART}{name}.npz", added)
        self.take(added)

    def pack(self, stage: str) -> None:
        """Make one file of a stage's batches. Killed at any moment, nothing is lost, and the next call goes on."""
        path = self.folder / f"{file_name(stage)}.npz"
        parts = sorted(self.folder.glob(f"{path.stem}{_PART}*.npz"))
        if not parts:
            return
        merged = Kept()
        for each in [path, *parts] if path.exists() else parts:
            merged.take(_read(each))
        used = set(merged.batch_of.values())
        merged.batches = {name: facts for name, facts in merged.batches.items() if name in used}
        _write(path, merged)
        for part in parts:
            part.unlink()

    def write_text(self, name: str, text: str) -> None:
        """Write a small text file beside the results, whole or not at all, if it is not there as it is."""
        path, content = self.folder / name, text.encode()
        with blaming(path, "be written", "make it and its folder writable"):
            if not path.exists() or path.read_bytes() != content:
                with replacing(path) as part:
                    part.write_bytes(content)

    def _load(self) -> None:
        for _ in range(_TRIES):
            try:
                for path in self._files():
                    self.take(_read(path))
            except FileNotFoundError:  # another process has packed it since: its records are in another file now
                continue
            return
        raise StoreError(self.folder, "loses files while it is read", "try again when nothing writes there")

    def _files(self) -> list[Path]:
        with blaming(self.folder, "be read", "name a folder of results that can be read"):
            try:
                names = os.listdir(self.folder)
            except FileNotFoundError:
                names = []
        return sorted(self.folder / name for name in names if name.endswith(".npz"))

    def _require_same_data(self, batch: Batch) -> None:
        config, digest = batch.records[0].config, batch.provenance["data_sha256"]
        for key, name in self.batch_of.items():
            there = self.batches[name]["data_sha256"]
            if self.records[key].config.data == config.data and there != digest:
                differ = f"SHA-256 {there[:12]}…, here {digest[:12]}…"
                why = f"has results on other data of the name {config.data!r} ({differ})"
                raise StoreError(self.folder, why, "use another folder for these")


def _write(path: Path, kept: Kept) -> None:
    records = list(kept.records.values())
    about = {
        "format": FILE_FORMAT,
        "configs": [record.config.to_dict() for record in records],
        "batch_of": [kept.batch_of[key] for key in kept.records],
        "batches": kept.batches,
    }
    right = "free some space, or make the folder writable, and start again: what was finished is kept"
    with blaming(path, "be written", right):
        write_archive(path, about, _columns(records), compressed=True)


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


def _read(path: Path) -> Kept:
    """Read a file of results. Only one whose bytes are wrong is to be deleted."""
    try:
        about, columns = read_archive(path)
        if about["format"] == FILE_FORMAT:
            return _kept(about, columns)
    except FileNotFoundError:
        raise  # another process may just have packed it
    except (OSError, MemoryError) as error:
        raise StoreError(path, f"cannot be read ({reason(error)})", "make it readable: it may be whole") from error
    except Exception as error:  # zip, deflate, NumPy, JSON and the checks: each fails in its own way
        right = "delete it, and run the study again for what it had"
        raise StoreError(path, f"holds no results of a study ({reason(error)})", right) from error
    why = f"was written by another version of sl1lib (format {about['format']}, where {FILE_FORMAT} is read)"
    raise StoreError(path, why, "use that version, or another folder")


def _kept(about: Mapping[str, Any], columns: Mapping[str, np.ndarray]) -> Kept:
    """Take apart what `_write` wrote; any exception if it is not that."""
    arrays: list[dict[str, np.ndarray]] = [{} for _ in about["configs"]]
    for name in ARRAYS:
        parts = (columns[name], columns[f"{name}_rows"], columns[f"{name}_length"])
        for row, i, length in zip(*parts, strict=True):
            arrays[i][name] = row[:length]
    kept = Kept(batches=about["batches"])
    for i, (config, name) in enumerate(zip(about["configs"], about["batch_of"], strict=True)):
        numbers = {number: float(columns[number][i]) for number in NUMBERS}
        record = Record(RunConfig.from_dict(config), numbers, arrays[i], str(columns["fingerprint"][i]))
        kept.records[record.key], kept.batch_of[record.key] = record, name
        for needed in ("keys", "data_sha256"):
            if needed not in kept.batches[name]:
                raise unexpected(f"what is known of batch {name}", list(kept.batches[name]), f"it must have {needed!r}")
    return kept
