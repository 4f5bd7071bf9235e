"""Derive the JupyterLab edition: every page as a notebook that reads well in JupyterLab, VS Code and Colab.

python tools/lab_edition.py             with solutions, folded, into lab/
python tools/lab_edition.py --student   without solutions, into lab-student/
                            --folder FOLDER   into another folder

Roles and directives of MyST are resolved, with the numbers of the built pages (book/_ext/sl1lab.py); code, ids and
stored outputs stay. The stored study lies beside the pages, so that the folder needs nothing but the library.

What a reader changed there is kept: a notebook that the book has changed meanwhile goes under another name first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from common import BUILD, LOGS, ROOT, say
from pages import NOTEBOOKS, forget, run_sphinx

SOURCES = ("book", "sl1lib", "results", "_config.yml", "_toc.yml", "tools/lab_edition.py")
DERIVED = ".derived.json"  # in the folder: digests of what was written there
SHOWN = 5  # lines of Sphinx's trouble


def newest() -> float:
    """Return when what the edition is made of was changed last."""
    paths = (path for name in SOURCES for path in (ROOT / name, *(ROOT / name).rglob("*")))
    return max(path.stat().st_mtime for path in paths if path.is_file() and "__pycache__" not in path.parts)


def make(student: bool) -> Path | None:
    """Return the folder of the derived notebooks, made anew if the book changed; None, if Sphinx failed."""
    output = BUILD / ("lab-student" if student else "lab") / "_build"
    stamp = output / "stamp"
    if stamp.is_file() and stamp.stat().st_mtime >= newest():
        return output / "lab"
    say("deriving the notebooks; this takes half a minute after a change of the book")
    started = newest()
    forget(output)
    log = LOGS / "sphinx-lab.log"
    log.unlink(missing_ok=True)
    status, trouble = run_sphinx(output, log, {"SL1LIB_STUDENT": "1"} if student else {}, NOTEBOOKS)
    if status or trouble:
        lines = ["The notebooks are not derived:", *(f"    {line}" for line in trouble[:SHOWN]), f"Sphinx's log: {log}"]
        say(*lines, stream="stderr")
        return None
    stamp.touch()
    os.utime(stamp, (started, started))  # what is changed meanwhile is newer
    return output / "lab"


def digest(path: Path) -> str:
    """Return the digest of a file's content."""
    return sha256(path.read_bytes()).hexdigest()


def deliver(made: Path, folder: Path) -> list[Path]:
    """Copy derived files into a reader's folder; return where those are now that the reader had changed."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / DERIVED
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    kept = []
    pages = [*(made / "book").rglob("*"), made / "requirements.txt"]  # not what extensions put beside them
    for path in sorted(p for p in pages if p.is_file()):
        name, target = path.relative_to(made).as_posix(), folder / path.relative_to(made)
        fresh = digest(path)
        if target.is_file() and known.get(name) == fresh:
            continue  # the book has nothing new: whatever the reader made of it stays
        if target.is_file() and digest(target) not in (known.get(name), fresh):
            kept.append(set_aside(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        known[name] = fresh
    record.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return kept


def set_aside(path: Path) -> Path:
    """Give a reader's file a name that nothing has yet."""
    number, aside = 1, path.with_stem(f"{path.stem}-yours")
    while aside.exists():
        number += 1
        aside = path.with_stem(f"{path.stem}-yours-{number}")
    return path.rename(aside)


def derive(folder: Path | None = None, student: bool = False) -> Path | None:
    """Bring a folder up to date with the book and return it; None, if that failed."""
    made = make(student)
    if made is None:
        return None
    folder = folder or ROOT / ("lab-student" if student else "lab")
    for path in deliver(made, folder):
        say(f"you had changed {path.name.partition('-yours')[0]}: your version is {path}")
    ignored = shutil.ignore_patterns(".lock", "__pycache__")
    shutil.copytree(ROOT / "results", folder / "results", dirs_exist_ok=True, ignore=ignored)
    return folder


def main() -> int:
    """Derive, say where the first page is, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", action="store_true", help="leave the solutions of exercises out")
    parser.add_argument("--folder", type=Path, help="where the edition goes")
    options = parser.parse_args()
    folder = derive(options.folder, options.student)
    if folder is None:
        return 1
    say(f"The JupyterLab edition is in {folder}; it begins with {folder / 'book' / 'index.ipynb'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
