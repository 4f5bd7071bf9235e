"""Downloading files that are known by their digest, into a cache that processes share.

Nothing is believed because of where it came from; every file must have its SHA-256 before it gets its name. So
a cut or forged download leaves nothing behind, and any mirror is as good as any other.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from filelock import FileLock, Timeout

from sl1lib._output import bar
from sl1lib.data.errors import DataError, DataUnavailableError, mismatch
from sl1lib.data.folder import IdxFile, read_checked, read_file
from sl1lib.data.idx import replacing

#: Seconds without a single byte after which a download is given up.
STALL_SECONDS = 15.0

#: Seconds that one file may take; the largest has 10 MB, so this is 270 kbit/s.
FILE_SECONDS = 300.0

#: Seconds to wait while another process downloads the same files.
LOCK_SECONDS = 900.0

_CHUNK = 2**16
_HEADERS = {"User-Agent": "sl1lib"}


def fetch_files(
    folder: Path, files: Sequence[IdxFile], mirrors: Sequence[str], *, patience: float, progress: bool = True
) -> None:
    """Make sure that a folder holds all files, downloading those that are missing or damaged.

    Any number of processes may do so at once: one downloads, the others wait and find the files.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    files : sequence of IdxFile
        What must be there, each with its `sha256`.
    mirrors : sequence of str
        Addresses of folders that hold the files compressed, in order of preference.
    patience : float
        Seconds in which a mirror must answer at all. All mirrors are asked at once, so this bounds the time
        until `DataUnavailableError` where there is no network.
    progress : bool, optional
        Show a progress bar on stderr.

    Raises
    ------
    DataUnavailableError
        If no mirror gave a file, with each mirror's failure, or the folder cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> fetch_files(Path(folder.name), files=[], mirrors=["https://example.org/mnist"], patience=1.0)
    >>> folder.cleanup()
    """
    wanted = lacking(folder, files)
    if not wanted:
        return
    alive, failures = _ask_all(mirrors, wanted[0], patience)
    if not alive:
        raise _unavailable(failures)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
            # While this process waited, another may have done the work.
            wanted = lacking(folder, files)
            _remove_leftovers(folder)
            _fetch_each(folder, wanted, alive, failures, progress)
    except Timeout:
        found = f"{folder / '.lock'} held by another process for {LOCK_SECONDS:g} seconds"
        raise DataUnavailableError(f"another process is downloading into {folder}: {found}") from None
    except (OSError, NotImplementedError) as error:
        raise DataUnavailableError(f"{folder}: expected a folder to download into, found: {error}") from error


def lacking(folder: Path, files: Iterable[IdxFile]) -> list[IdxFile]:
    """List the files that a folder does not hold, or holds with other content.

    Parameters
    ----------
    folder : Path
        Need not exist.
    files : iterable of IdxFile
        What should be there.

    Returns
    -------
    list of IdxFile
        Those to be downloaded.

    Examples
    --------
    >>> lacking(Path("no/such/folder"), [IdxFile("t10k-labels-idx1-ubyte")])
    [IdxFile(stem='t10k-labels-idx1-ubyte', shape=None, sha256=None)]
    """
    return [file for file in files if not _holds(folder, file)]


def _holds(folder: Path, file: IdxFile) -> bool:
    try:
        read_file(folder, file)
    except DataError:
        return False
    return True


def _ask_all(mirrors: Sequence[str], file: IdxFile, patience: float) -> tuple[list[str], dict[str, str]]:
    """Ask all mirrors at once whether they have a file; give those that do, and why the others do not.

    Threads, since the time that looking up a name takes cannot be limited in Python, only waited for or not;
    daemons, so that one that hangs does not keep the program from ending.
    """
    answers: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()
    for mirror in mirrors:
        threading.Thread(target=_ask, args=(mirror, file, patience, answers), daemon=True).start()
    problems: dict[str, str | None] = dict.fromkeys(mirrors, f"no answer within {patience:g} seconds")
    deadline = time.monotonic() + patience
    for _ in mirrors:
        try:
            mirror, problem = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        problems[mirror] = problem
    alive = [mirror for mirror in mirrors if problems[mirror] is None]
    return alive, {mirror: problem for mirror, problem in problems.items() if problem is not None}


def _ask(mirror: str, file: IdxFile, patience: float, answers: queue.SimpleQueue[tuple[str, str | None]]) -> None:
    try:
        with _open(_address(mirror, file), patience, method="HEAD"):
            answers.put((mirror, None))
    except Exception as error:  # whatever it is, the thread that waits must hear of it
        answers.put((mirror, _describe(error)))


def _fetch_each(
    folder: Path, files: Iterable[IdxFile], alive: list[str], failures: dict[str, str], progress: bool
) -> None:
    """Download file after file; a mirror that fails once is not asked again."""
    for file in files:
        while not _fetch_from_first(folder, file, alive, failures, progress):
            if not alive:
                raise _unavailable(failures)


def _fetch_from_first(folder: Path, file: IdxFile, alive: list[str], failures: dict[str, str], progress: bool) -> bool:
    """Download a file from the preferred mirror; on failure strike the mirror off."""
    mirror = alive[0]
    try:
        download(_address(mirror, file), folder / f"{file.stem}.gz", file, progress=progress)
    except (OSError, HTTPException, DataError) as error:
        failures[mirror] = _describe(error)
        alive.remove(mirror)
        return False
    return True


def download(address: str, target: Path, file: IdxFile, *, progress: bool = True) -> None:
    """Download one file, check it, and only then give it its name.

    Parameters
    ----------
    address : str
        Where from.
    target : Path
        Where to; left as it is on any failure.
    file : IdxFile
        What it must be.
    progress : bool, optional
        Show a progress bar on stderr.

    Raises
    ------
    DataError
        If what came is not the file; the message names the address.
    OSError, http.client.HTTPException
        If the network or the disk fails.

    Examples
    --------
    >>> download("file:///x.gz", Path("x.gz"), IdxFile("x"))
    Traceback (most recent call last):
    sl1lib.data.errors.DataError: file:///x.gz: expected an https address, found another scheme
    """
    with replacing(target) as part:
        with part.open("xb") as stream, _open(address, STALL_SECONDS) as reply:
            _copy(reply, stream, address, file, progress)
        read_checked(part, file, where=address)


def _copy(reply: Any, stream: BinaryIO, address: str, file: IdxFile, progress: bool) -> None:
    """Copy the reply's body, within the limits of size and time that the file allows."""
    announced = int(reply.headers["Content-Length"]) if reply.headers["Content-Length"] else None
    # gzip never adds more than a thousandth to what it cannot compress.
    limit = file.max_bytes + file.max_bytes // 1000 + 2**10
    received, deadline = 0, time.monotonic() + FILE_SECONDS
    with bar(total=announced, desc=file.stem, unit="B", unit_scale=True, leave=False, shown=progress) as drawn:
        while piece := reply.read1(_CHUNK):
            received += stream.write(piece)
            drawn.update(len(piece))
            if received > limit:
                raise mismatch(address, f"at most {limit:,} bytes", "more")
            if time.monotonic() > deadline:
                raise mismatch(address, f"the file within {FILE_SECONDS:g} seconds", f"{received:,} bytes by then")
    if announced is not None and received != announced:
        raise mismatch(address, f"{announced:,} bytes", f"{received:,} (the download was cut)")


def _open(address: str, timeout: float, method: str = "GET") -> Any:
    """Open an address; the scheme is checked, since urlopen would also open files."""
    if not address.startswith(("https://", "http://")):
        raise mismatch(address, "an https address", "another scheme")
    return urlopen(Request(address, headers=_HEADERS, method=method), timeout=timeout)


def _address(mirror: str, file: IdxFile) -> str:
    return f"{mirror.rstrip('/')}/{file.stem}.gz"


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed download left; the lock is held, so no living one is writing."""
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)


def _describe(error: Exception) -> str:
    """Say in one line what failed."""
    if isinstance(error, HTTPError):
        error.close()
    return str(error) if isinstance(error, DataError) else f"{type(error).__name__}: {error}"


def _unavailable(failures: dict[str, str]) -> DataUnavailableError:
    listed = "".join(f"\n  {mirror}: {failure}" for mirror, failure in failures.items())
    return DataUnavailableError(f"no mirror gave the files:{listed or ' there is none'}")


__all__ = ["FILE_SECONDS", "LOCK_SECONDS", "STALL_SECONDS", "download", "fetch_files", "lacking"]
