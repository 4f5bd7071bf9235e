"""The exercises of the book: a file each, found by the name of the function that is asked for."""

from __future__ import annotations

import html
import importlib.util
import os
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import FileError, require_choice
from . import exercises as _folder
from .chapters import CHAPTERS
from .exercise import LEVELS, Exercise
from .sandbox import SANDBOX
from .verdict import Verdict


class Listing(tuple[Exercise, ...]):
    """Exercises as a table."""

    _HEADS = ("exercise", "what it is", "chapter", "level", "minutes")

    def _rows(self) -> list[tuple[str, ...]]:
        return [(q.name, q.title, q.chapter, q.level, str(q.minutes)) for q in self]

    def __repr__(self) -> str:
        rows = [self._HEADS, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in self._HEADS)
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in self._rows())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(_folder.__path__))


def exercise(name: str | os.PathLike[str]) -> Exercise:
    """Return an exercise of the book, or one of your own from its file.

    Parameters
    ----------
    name : str or path
        The name of the function that is asked for, one of `exercises`; or a file ending in ``.py``, in which the
        exercise is called ``EXERCISE``.

    Raises
    ------
    ValueError
        For a name that no exercise has, or a file without one.

    Examples
    --------
    >>> exercise("softmax").level
    'function'
    """
    SANDBOX.warm()
    if str(name).endswith(".py"):
        return _of_file(Path(name))
    require_choice("exercise", name, _names())
    return import_module(f"{_folder.__name__}.{name}").EXERCISE


def _of_file(path: Path) -> Exercise:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileError(path, "is not there", "give the path of a file with an EXERCISE")
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not isinstance(getattr(module, "EXERCISE", None), Exercise):
        raise FileError(path, "has no EXERCISE", "make one: EXERCISE = course.Exercise(...)")
    return module.EXERCISE


def exercises() -> Listing:
    """Return all exercises of the book, in its order and from easy to hard.

    Returns
    -------
    tuple of Exercise
        Shown as a table with chapter, level and minutes.

    Examples
    --------
    >>> exercises()[0].chapter
    'convolution'
    """
    found = [import_module(f"{_folder.__name__}.{name}").EXERCISE for name in _names()]
    chapters, levels = list(CHAPTERS), list(LEVELS)
    return Listing(sorted(found, key=lambda q: (chapters.index(q.chapter), levels.index(q.level), q.minutes, q.name)))


def check(name: str | os.PathLike[str], function: Any) -> Verdict:
    """Check a function: is it right, and if not, which mistake is it.

    Parameters
    ----------
    name : str or path
        As `exercise` takes it.
    function : function
        What was written.

    Returns
    -------
    sl1lib.course.Verdict

    Examples
    --------
    >>> check("dense", lambda o, U, b: o @ U.T)
    dense: not yet. You leave out the bias. ...
    """
    return exercise(name).check(function)
