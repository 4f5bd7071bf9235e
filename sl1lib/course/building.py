"""Make a course's folder out of exercises: whole or not at all, and never in the place of what is not its own."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from .._version import __version__
from ..errors import FileError, require_choice, require_count, unexpected
from ..paths import user_path
from .chapters import CHAPTERS
from .editions import SOLUTIONS, STUDENT, TEACHER, Plan, needs
from .exercise import Exercise
from .formats import FORMATS, editions, nbgrader, otter
from .shelf import exercise, exercises

RECORD: Final = "course.json"  # what is asked, and digests of what was written
_MAKER: Final = "sl1 course build"

Chosen = list[tuple[str, Exercise]]  # what it was asked for by, its name or its file


def choose(names: Iterable[str | os.PathLike[str]] = ()) -> Chosen:
    """Return exercises by their names, those of chapters by the names of these, and one's own by their files.

    Without any name, all of the book that NumPy is enough for: no tensors, and no derivations, whose check takes SymPy.

    Raises
    ------
    ValueError
        For a name that is neither, and for two exercises of one name.

    Examples
    --------
    >>> [name for name, _ in choose(["pooling", "dense"])]
    ['composed_share', 'avg_pool2d', 'avg_pool2d_backward', 'composed_kernel', 'dense']
    """
    shelf = {q.name: q for q in exercises()}
    wanted = [str(name) for name in names] or [name for name, q in shelf.items() if not needs(q)]
    chosen: Chosen = []
    for name in wanted:
        if name.endswith(".py"):
            chosen.append((name, exercise(name)))
        elif name in CHAPTERS:
            chosen += [(q.name, q) for q in shelf.values() if q.chapter == name]
        else:
            require_choice("exercise or chapter", name, [*shelf, *CHAPTERS])
            chosen.append((name, shelf[name]))
    names_chosen = [q.name for _, q in chosen]
    for name in names_chosen:
        if names_chosen.count(name) > 1:
            raise unexpected("exercise", name, "it is asked for more than once")
    order = list(CHAPTERS)
    return sorted(chosen, key=lambda pair: order.index(pair[1].chapter))


def build(
    out: str | os.PathLike[str],
    names: Iterable[str | os.PathLike[str]] = (),
    *,
    kind: str = "notebooks",
    solutions: bool = True,
    seed: int | None = None,
    install: str = f"sl1lib=={__version__}",
) -> list[Path]:
    """Make a course's folder.

    Parameters
    ----------
    out : path
        The folder. One that this function made is replaced, unless somebody changed something in it.
    names : iterable of str or path
        As `choose` takes them.
    kind : {"notebooks", "scripts", "otter", "nbgrader"}
    solutions : bool
        Whether there are editions with solutions and for the teacher, and whether ``q.solution()`` shows one.
    seed : int, optional
        Each exercise gets a small case that depends on it: another number, another case.
    install : str
        What pip is given where the library is missing: its name, the address of a wheel.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ValueError
        For a folder that holds anything else, for unknown names; without solutions, for a format whose sources are the
        solutions.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in build(Path(folder, "course"), ["dense"], solutions=False)]
    ['README.md', 'course.json', 'requirements.txt', 'dense_and_entropy.ipynb']
    """
    require_choice("format", kind, FORMATS)
    if seed is not None:
        require_count("seed", seed, least=0)
    if not solutions and kind in ("otter", "nbgrader"):
        raise unexpected(
            "format", kind, "its sources hold the solutions, and it cuts them out itself; leave --no-solutions out"
        )
    folder = user_path("out", out, "folder").absolute()
    chosen = choose(names)
    files = dict(_files(chosen, kind, solutions, seed, install))
    more = sorted({name for _, q in chosen for name in needs(q)})
    files["requirements.txt"] = "".join(f"{name}\n" for name in ["numpy", install, *more])
    files["README.md"] = _read_me(chosen, kind, solutions)
    record = {
        "made_by": _MAKER,
        "version": __version__,
        "format": kind,
        "seed": seed,
        "exercises": [{"name": name if name == q.name else _own(q), "points": q.points} for name, q in chosen],
        "files": {name: _digest(text.encode()) for name, text in sorted(files.items())},
    }
    files[RECORD] = json.dumps(record, indent=1) + "\n"
    require_own(folder)
    _put(folder, files)
    return [folder / name for name in sorted(files)]


def _own(exercise: Exercise) -> str:
    return f"exercises/{exercise.name}.py"


def _files(chosen: Chosen, kind: str, solutions: bool, seed: int | None, install: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file but those that every course has."""
    asked: dict[str, Chosen] = {}
    for pair in chosen:
        asked.setdefault(pair[1].chapter, []).append(pair)
    student = Plan(STUDENT, install, seed, solutions, notebook=kind != "scripts")
    if kind in ("otter", "nbgrader"):
        yield from {"otter": otter, "nbgrader": nbgrader}[kind](asked, student)
        homes = {chapter: f"{'source/' * (kind == 'nbgrader')}{chapter}" for chapter in asked}
    else:
        plans = [student, *(replace(student, edition=edition) for edition in (SOLUTIONS, TEACHER) if solutions)]
        yield from editions(asked, plans, {"notebooks": ".ipynb", "scripts": ".py"}[kind])
        homes = {plan.edition: plan.edition for plan in plans}
    for name, q in chosen:
        if name != q.name:
            text = Path(name).read_text(encoding="utf-8")
            near = [homes[q.chapter]] if q.chapter in homes else list(homes.values())
            yield from ((f"{home}/{_own(q)}", text) for home in near)
            yield _own(q), text


_USES: Final = {
    "notebooks": "Hand out `student/`; its notebooks open in JupyterLab, VS Code and Colab.",
    "scripts": "Hand out `student/`; VS Code, Spyder and PyCharm run its files cell by cell.",
    "otter": "For each chapter: `otter assign CHAPTER/CHAPTER.ipynb dist/CHAPTER`. Hand out `dist/CHAPTER/student`.",
    "nbgrader": "Here, for each chapter: `nbgrader generate_assignment CHAPTER`. Hand out `release/CHAPTER`.",
}


def _read_me(chosen: Chosen, kind: str, solutions: bool) -> str:
    rows = "\n".join(f"| `{q.name}` | {CHAPTERS[q.chapter][0]} | {q.minutes} | {q.points:g} |" for _, q in chosen)
    total = f"{sum(q.minutes for _, q in chosen)} minutes, {sum(q.points for _, q in chosen):g} points"
    editions = " `solutions/` and `teacher/` are yours." if solutions and kind in ("notebooks", "scripts") else ""
    own = [q.name for name, q in chosen if name != q.name]
    warning = (
        f"\n\nThe files of {', '.join(own)} in `exercises/` hold the solutions, and students get them." if own else ""
    )
    return (
        f"# A course of {len(chosen)} exercises, {total}\n\n{_USES[kind]}{editions}{warning}\n\n"
        "The library and NumPy are all that is needed: `python -m pip install numpy`, then "
        "`python -m pip install --no-deps` with what the second line of `requirements.txt` names; further lines are "
        "what some of these exercises need.\n\n"
        "Grade a folder of submissions, a file or a folder for each student:\n\n"
        "```console\nsl1 course grade SUBMISSIONS --course . --csv marks.csv --json feedback\n```\n\n"
        f"| exercise | chapter | minutes | points |\n|---|---|---|---|\n{rows}\n"
    )


def asked_in(folder: str | os.PathLike[str]) -> list[Exercise]:
    """Return the exercises of a course that `build` made.

    Raises
    ------
    FileError
        If the folder holds none, or what it says of one is not so.
    """
    path = user_path("the course", folder, "folder")
    record = _record(path)
    if record is None:
        raise FileError(path, "holds no course", f"name a folder that `{_MAKER}` made")
    names = [each["name"] for each in record["exercises"]]
    return [exercise(path / name if name.endswith(".py") else name) for name in names]


def _record(folder: Path) -> Any:
    """Return what a course's folder says of itself; None where it is no such folder."""
    with suppress(OSError, ValueError):
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if isinstance(record, dict) and record.get("made_by") == _MAKER:
            return record
    return None


def require_own(folder: Path) -> None:
    """Raise unless a folder may be written: it is not there, is empty, or is as `build` left it."""
    if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
        return
    record = _record(folder) if folder.is_dir() and not folder.is_symlink() else None
    if record is None:
        raise FileError(folder, "is there already, and no course of this command", "name another folder")
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    found.pop(RECORD)
    for name, path in sorted(found.items()):
        if record["files"].get(name) != _digest(path.read_bytes()):
            raise FileError(path, "is not as it was written", "move it elsewhere, or name another folder")


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _put(folder: Path, files: dict[str, str]) -> None:
    """Write a folder beside its place, then move it there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = (folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.{part}") for part in ("new", "old"))
    try:
        for name, text in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        if folder.exists():
            os.replace(folder, old)
        try:
            os.replace(new, folder)
        except OSError:
            if old.exists():
                os.replace(old, folder)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
