"""Downloading files that are known by their digest, into a folder that processes share.

Nothing is believed because of where it came from; every file must have its SHA-256 before it gets its name. So
a cut or forged download leaves nothing behind, and any mirror is as good as any other.
"""

# Tried with pooch: mirrors, limits, the lock, the digest of the unpacked content and files that others may read
# would still be made here, in as many lines; it would bring six packages that nothing else here needs.

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from filelock import FileLock, Timeout

from .._output import bar
from ..errors import DataError
from ..paths import replacing
from .folder import IdxFile, read_checked, read_file

#: Seconds without a single byte after which a download is given up.
STALL_SECONDS: Final = 15.0

#: Seconds that one file may take; the largest has 10 MB, so this is 270 kbit/s.
FILE_SECONDS: Final = 300.0

#: Seconds to wait while another process downloads the same files.
LOCK_SECONDS: Final = 900.0

_CHUNK: Final = 2**16
_HEADERS: Final = {"User-Agent": "sl1lib"}


class DownloadError(Exception):
    """No mirror gave the files, or the folder could not take them; the message says why."""


def fetch_files(
    folder: Path, files: Sequence[IdxFile], mirrors: Sequence[str], *, patience: float, progress: bool = True
) -> None:
    """Make sure that a folder holds all files, downloading those that are missing or damaged.

    Any number of processes may do so at once: one downloads, the others wait and find the files. The mirrors,
    addresses of folders that hold the files compressed, are asked all at once, so after ``patience`` seconds it is
    known that there is no network; then they are used in their order. A `DownloadError` names each mirror's failure, or
    what is wrong with the folder.
    """
    wanted = lacking(folder, files)
    if not wanted:
        return
    failures = _ask_all(mirrors, wanted[0], patience)
    if len(failures) == len(mirrors):  # without a network, no folder is made
        raise _no_mirror(failures)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
            for part in folder.glob(".*.part"):  # a killed download left it: the lock is held, so none is being written
                part.unlink(missing_ok=True)
            for file in lacking(folder, files):  # while this process waited, another may have done the work
                _fetch(folder, file, mirrors, failures, progress)
    except Timeout:
        raise DownloadError(f"for {LOCK_SECONDS:g} seconds another process has kept {folder} locked") from None
    except (OSError, NotImplementedError) as error:
        raise DownloadError(f"the folder {folder} cannot take a download ({error})") from error


def lacking(folder: Path, files: Iterable[IdxFile]) -> list[IdxFile]:
    """Return the files that a folder, which need not exist, does not hold, or holds with other content."""
    return [file for file in files if not _holds(folder, file)]


def _holds(folder: Path, file: IdxFile) -> bool:
    try:
        read_file(folder, file)
    except DataError:
        return False
    return True


def _ask_all(mirrors: Sequence[str], file: IdxFile, patience: float) -> dict[str, str]:
    """Ask all mirrors at once whether they have a file; return those that do not say yes, and why.

    Threads, since the time that looking up a name takes cannot be limited in Python, only waited for or not;
    daemons, so that one that hangs does not keep the program from ending.
    """
    answers = dict.fromkeys(mirrors, f"no answer within {patience:g} seconds")
    asking = [threading.Thread(target=_ask, args=(mirror, file, patience, answers), daemon=True) for mirror in mirrors]
    deadline = time.monotonic() + patience
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {mirror: answer for mirror, answer in answers.items() if answer}


def _ask(mirror: str, file: IdxFile, patience: float, answers: dict[str, str]) -> None:
    try:
        with _open(_address(mirror, file), patience, method="HEAD"):
            answers[mirror] = ""
    except Exception as error:  # of any kind: the thread that waits must know
        answers[mirror] = _describe(error)


def _fetch(folder: Path, file: IdxFile, mirrors: Sequence[str], failures: dict[str, str], progress: bool) -> None:
    """Download a file from the first mirror that gives it; one that fails once is not asked again."""
    for mirror in mirrors:
        if mirror not in failures:
            try:
                return download(_address(mirror, file), folder / f"{file.stem}.gz", file, progress)
            except (OSError, HTTPException, DataError) as error:
                failures[mirror] = _describe(error)
    raise _no_mirror(failures)


def download(address: str, target: Path, file: IdxFile, progress: bool = True) -> None:
    """Download one file, check it, and only then give it its name; on any failure ``target`` stays as it is."""
    with replacing(target) as part:
        with part.open("xb") as stream, _open(address, STALL_SECONDS) as reply:
            _copy(reply, stream, address, file, progress)
        try:
            read_checked(part, file)
        except DataError as error:  # the part's name means nothing to a reader
            raise DataError(address, error.why, error.remedy) from None


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
                raise DataError(address, "sends too much", f"the file has at most {limit:,} bytes")
            if time.monotonic() > deadline:
                right = f"the whole file must come in {FILE_SECONDS:g} seconds"
                raise DataError(address, f"is slow: {received:,} bytes came", right)
    if announced is not None and received != announced:
        raise DataError(address, f"sent {received:,} bytes", f"it announced {announced:,}: the download was cut")


def _open(address: str, timeout: float, method: str = "GET") -> Any:
    """Open an address; the scheme is checked, since urlopen would also open files."""
    if not address.startswith(("https://", "http://")):
        raise DataError(address, "has another scheme", "it must be an https address")
    return urlopen(Request(address, headers=_HEADERS, method=method), timeout=timeout)


def _address(mirror: str, file: IdxFile) -> str:
    return f"{mirror.rstrip('/')}/{file.stem}.gz"


def _describe(error: Exception) -> str:
    """Return in one line what failed."""
    if isinstance(error, HTTPError):
        error.close()
    return str(error) if isinstance(error, DataError) else f"{type(error).__name__}: {error}"


def _no_mirror(failures: dict[str, str]) -> DownloadError:
    listed = [f"{mirror}: {failure}" for mirror, failure in failures.items()] or ["there is none"]
    return DownloadError("\n  ".join(["no mirror gave the files", *listed]))
