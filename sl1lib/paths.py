"""A path as a user gives it, and as the library uses it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .errors import unexpected


def user_path(what: str, given: object, kind: str = "file") -> Path:
    """Return a path with ``~`` expanded, as a shell does, which sees no ``~`` in ``--save=~/run``.

    Parameters
    ----------
    what : str
        What messages call it.
    given : str or path
    kind : {"file", "folder"}
        Of what it is the path.

    Raises
    ------
    ValueError
        If it is no path, or begins with the home of somebody whom this machine does not know.

    Examples
    --------
    >>> user_path("save", "~/run.npz") == Path.home() / "run.npz"
    True
    >>> user_path("save", 3)
    Traceback (most recent call last):
    ...
    ValueError: save is 3; it must be the path of a file
    """
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if not isinstance(path, str) or "\0" in path or (not path and kind == "folder"):
        raise unexpected(what, given, f"it must be the path of a {kind}")
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no such user, or no home at all
        right = "this machine knows no home folder for its beginning; write the path out"
        raise unexpected(what, str(path), right) from None


def path_option(text: str) -> Path:
    """Return the path that an option of the command line names: argparse's ``type``.

    Raises
    ------
    argparse.ArgumentTypeError
        As `user_path` raises a ValueError, whose words argparse would not repeat.
    """
    try:
        return user_path("the path", text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
