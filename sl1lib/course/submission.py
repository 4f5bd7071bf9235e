"""Read what was handed in: a folder of notebooks and scripts, as text. Nothing of it is run or parsed here."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import FileError
from ..paths import user_path

LARGEST: Final = 50_000_000  # bytes of a file; a notebook keeps its pictures
_ENDINGS: Final = (".ipynb", ".py")
_CELL: Final = re.compile(r"^# ?%%.*$", re.MULTILINE)  # what begins a cell of a script
_EXERCISE: Final = re.compile(r"^EXERCISE *= *[\w.]*Exercise\(", re.MULTILINE)  # one of the teacher's own
_MAGIC: Final = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?+\s*)$")  # of IPython, no Python


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Parameters
    ----------
    student : str
        The name of the file, or of the folder that holds the student's files.
    pieces : tuple of (str, str)
        The cells of notebooks and of scripts in their order: how messages call each, and its source.
    notes : tuple of str
        Which files could not be read, and why.
    """

    student: str
    pieces: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def mentions(self, function: str) -> bool:
        """Whether a function of this name is written in it somewhere."""
        return any(defines(source, function) for _, source in self.pieces)


def defines(source: str, function: str) -> bool:
    """Whether a piece of source defines a function of this name."""
    return re.search(rf"^[ \t]*def[ \t]+{function}\b", source, re.MULTILINE) is not None


def submissions(folder: str | os.PathLike[str]) -> list[Submission]:
    """Return what was handed in, a file or a folder for each student, by name.

    Raises
    ------
    FileError
        If there is no such folder, or nothing in it.
    """
    path = user_path("the folder of submissions", folder, "folder")
    if not path.is_dir():
        raise FileError(
            path, "is no folder", "name the one that holds a notebook, a script or a folder for each student"
        )
    found: dict[str, list[Path]] = {}
    for entry in sorted(path.iterdir()):
        files = [each for each in sorted(entry.rglob("*")) if _counts(each, entry)] if entry.is_dir() else [entry]
        files = [each for each in files if each.suffix.lower() in _ENDINGS]
        if entry.name.startswith((".", "__")) or not (files or entry.is_dir()):
            continue
        found.setdefault(entry.name if entry.is_dir() else entry.stem, []).extend(files)
    if not found:
        raise FileError(path, "holds no submission", "put a notebook, a script or a folder for each student into it")
    return [_submission(student, files) for student, files in found.items()]


def _counts(file: Path, folder: Path) -> bool:
    """Whether a file below a student's folder is the student's: editors keep copies in hidden ones."""
    return not any(part.startswith((".", "__")) for part in file.relative_to(folder).parts)


def _submission(student: str, files: list[Path]) -> Submission:
    pieces, notes = [], []
    for file in files:
        try:
            text = _text(file)
            if _EXERCISE.search(text):  # beside the notebook, so that it can be checked; it holds the solution
                continue
            cells = list(_notebook(text) if file.suffix.lower() == ".ipynb" else _script(text))
        except (OSError, ValueError, RecursionError) as error:
            notes.append(f"{file.name} cannot be read: {error}")
            continue
        pieces += [(f"{student}: {file.name}{where}", source) for where, source in cells]
    return Submission(student, tuple(pieces), tuple(notes) if files else ("the folder is empty",))


def _text(file: Path) -> str:
    found = file.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no ordinary file")
    if found.st_size > LARGEST:
        raise ValueError(f"it has {found.st_size:,} bytes, more than {LARGEST:,}")
    return file.read_bytes().decode("utf-8-sig")


def _notebook(text: str) -> Iterator[tuple[str, str]]:
    """Yield the code cells of a notebook."""
    document = json.loads(text)
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it is no notebook of format 4")
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield f", cell {number}", _python(_joined(cell.get("source", "")))


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(line for line in source if isinstance(line, str))


def _python(source: str) -> str:
    """Return a cell without what only IPython understands; its lines keep their numbers."""
    if source.lstrip().startswith("%%"):
        return ""
    return "\n".join(_MAGIC.sub(r"\1pass", line) for line in source.split("\n"))


def _script(text: str) -> Iterator[tuple[str, str]]:
    """Yield the cells of a script, which begin with ``# %%``: what is wrong in one leaves the others alone."""
    text = text.replace("\r\n", "\n")
    starts = sorted({0, *(match.start() for match in _CELL.finditer(text))})
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), 1):
        if text[start:end].strip():
            yield (f", cell {number}" if len(starts) > 1 else ""), text[start:end]
