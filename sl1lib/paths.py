"""A path as a user gives it, and a file that appears under it whole or not at all."""

from __future__ import annotations

import argparse
import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from .errors import FileError

_KEPT_OF_NAME: Final = 50  # characters of a file's name in that of its part
_PROBE_BYTES: Final = 4096  # a full disk may still have room for a name
_REMEDIES: Final = {
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ENOSPC: "make room there, or name a file elsewhere",
    errno.EEXIST: "what should be its folder is a file; name another folder",
    errno.ENOTDIR: "what should be its folder is a file; name another folder",
}


def user_path(what: str, given: object, kind: str = "file") -> Path:
    """Return a path with ``~`` expanded, as a shell does, which sees no ``~`` in ``--save=~/run``.

    A `FileError`, in which ``what`` names it, if it is no path of a ``kind`` or begins with the home of somebody whom
    this machine does not know.
    """
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if not isinstance(path, str) or "\0" in path or (not path and kind == "folder"):
        raise FileError(what, f"is {given!r}", f"it must be the path of a {kind}")
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no such user, or no home at all
        right = "this machine knows no home folder for its beginning; write the path out"
        raise FileError(what, f"is {path!r}", right) from None


def path_option(text: str) -> Path:
    """Return the path that an option of the command line names: argparse's ``type``."""
    try:
        return user_path("the path", text)
    except FileError as error:  # of another error argparse would not repeat the words
        raise argparse.ArgumentTypeError(str(error)) from None


def file_path(given: str | os.PathLike[str], ending: str, example: str) -> Path:
    """Return the path of a file to write: ``ending`` is added where it is missing, and a folder is refused."""
    named = user_path("path", given)
    file = named if named.suffix == ending or not named.name else named.with_name(named.name + ending)
    for place in (named, file):
        if os.path.isdir(place):  # Path.is_dir raises for a name that is too long
            raise IsADirectoryError(f"{place} is a folder; give the name of a file in it, {place / example} say")
    return file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend the name of a new file beside ``path``; rename it to ``path`` on success, remove it on any failure."""
    part = _part_of(path)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Raise unless a file can be written under this name; what is there stays as it is, and folders are made.

    To be called before long work: after it, an error would come too late.
    """
    part = _part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.lstat()  # fails for a name that is too long; the part's name is cut
        try:
            part.write_bytes(bytes(_PROBE_BYTES))
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "name a file in a folder where you may write")
        raise OSError(f"{path} cannot be written ({error.strerror or error}); {remedy}") from error


def _part_of(path: Path) -> Path:
    """Return a name beside ``path`` that no other file has, hidden, and short enough whatever that of ``path``."""
    # Not the tempfile module: its files are readable by their owner only, and the name would keep that. File
    # systems allow 255 bytes, of which a character may take four.
    return path.with_name(f".{path.name[:_KEPT_OF_NAME]}.{uuid.uuid4().hex}.part")
