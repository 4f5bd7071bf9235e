"""Run Sphinx on the book: it makes the pages, and from the same reading the notebooks of the JupyterLab edition."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from common import ROOT, environment
from notebooks import ANSI
from progress import clear, draw

# The package has no __main__, and the script's folder differs between systems.
JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
NOTEBOOKS = ("--builder", "custom", "--custom-builder", "lab")  # see book/_ext/sl1lab.py
TROUBLE = re.compile(r"\b(?:WARNING|ERROR|CRITICAL|Exception|Error)\b.*:")
STAGE = re.compile(r"(reading|writing) [^\[]*\[ *\d+%\]")


def forget(output: Path) -> None:
    """Remove pages and what Sphinx read: it reads again only what changed, but a changed library changes all pages."""
    for name in ("html", "lab", ".doctrees"):
        shutil.rmtree(output / name, ignore_errors=True)


def run_sphinx(
    output: Path, log: Path, variables: Mapping[str, str], builder: tuple[str, ...] = ()
) -> tuple[int, list[str]]:
    """Make the pages in ``output/html``, or the notebooks in ``output/lab``; return the exit status and the trouble.

    The name of ``output`` is `_build`, as Jupyter Book will have it.
    """
    env = environment() | {"NO_COLOR": "1"}
    env.pop("SL1LIB_EXECUTED", None)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(ROOT), "-W", "--keep-going", *builder]
    if output.parent != ROOT:
        command += ["--path-output", str(output.parent)]
        output.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    trouble = []
    with (
        log.open("a", encoding="utf-8") as kept,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=env | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as sphinx,
    ):
        for line in io.TextIOWrapper(sphinx.stdout, encoding="utf-8", errors="backslashreplace"):
            line = ANSI.sub("", line)
            kept.write(line)
            if stage := STAGE.match(line):
                draw(f"pages: {stage.group()}")
            if TROUBLE.search(line):
                trouble.append(line.strip())
    clear()
    return sphinx.returncode, trouble


def offer_notebooks(output: Path) -> None:
    """Let a page's button for downloads give the derived notebook, which reads well anywhere."""
    for path in (output / "lab").rglob("*.ipynb"):
        offered = output / "html" / "_sources" / path.relative_to(output / "lab")
        if offered.is_file():
            shutil.copy(path, offered)
