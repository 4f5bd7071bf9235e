"""Build the book with warnings as errors and say where to read it.

python tools/build_book.py            execute every notebook, into _build/html
python tools/build_book.py --stored   use the outputs stored in the notebooks, into _build/test (for the tests,
                                      which have just compared those outputs with fresh ones)

The notebooks are executed first, into copies, from which Sphinx then makes the pages. The book that is there stays
until the new one is made. A page whose notebook failed says so at its top and shows nothing from behind the cell that
failed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from base64 import b64decode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import nbformat
from common import BUILD, LOGS, ROOT, TEST_BUILD, VECTORS, notebooks, say, warm_up
from notebooks import Executed, execute_all, remember, store, told
from pages import NOTEBOOKS, forget, offer_notebooks, run_sphinx
from progress import in_words

EXECUTED = BUILD / "executed"
TITLE = re.compile(r"^# .*$", re.MULTILINE)
SHOWN = 5  # lines of Sphinx's trouble


def execute() -> list[Executed]:
    """Execute every notebook into a copy below _build/executed."""
    warm_up()
    for folder in (EXECUTED, VECTORS):
        shutil.rmtree(folder, ignore_errors=True)
    found = []
    for executed in execute_all(notebooks(), {"SL1LIB_FIGURES": "svg"}):
        take_vectors(executed.notebook)
        if executed.failure is not None:
            mark(executed)
        store(executed, EXECUTED / executed.path.relative_to(ROOT))
        found.append(executed)
    remember(found)
    return found


def take_vectors(notebook: nbformat.NotebookNode) -> None:
    """Move the figures' vector graphics from a notebook to _build/figures, for print; a page shows the pictures.

    One has the name that MyST-NB gives the picture.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            vector = data.pop("image/svg+xml", None) if "image/png" in data else None
            if vector is not None:
                name = sha256(b64decode(data["image/png"])).hexdigest()
                VECTORS.mkdir(parents=True, exist_ok=True)
                (VECTORS / f"{name}.svg").write_text(vector, encoding="utf-8")


def mark(executed: Executed) -> None:
    """Put a box below the title of a page that failed: it says which cell, and why."""
    failure = executed.failure
    cells = executed.notebook.cells
    where = f"cell {failure.cell} of {len(cells)}" if failure.cell else "the kernel"
    lines = [f"{where}:  {failure.source}".rstrip(": "), *failure.lines]
    box = [
        ":::{admonition} This page could not be computed",
        ":class: danger failed-page",
        "",
        *(f"    {line}" for line in lines),
        "",
        "Nothing behind it was computed: cells below have no output, and numbers are missing from the text.",
        ":::",
    ]
    for cell in cells:
        if cell.cell_type == "markdown" and (title := TITLE.search(cell.source)):
            cell.source = "\n".join([cell.source[: title.end()], "", *box, cell.source[title.end() :]])
            return
    cells.insert(0, nbformat.v4.new_markdown_cell("\n".join(box)))


def make_pages(stored: bool, log: Path) -> tuple[int, Path, list[str]]:
    """Let Sphinx make the pages from nothing; return its exit status, their folder, and what it warns of.

    The notebooks that the pages offer are derived from the same reading: see lab_edition.py.
    """
    output = TEST_BUILD / "_build" if stored else BUILD
    variables = {} if stored else {"SL1LIB_EXECUTED": str(EXECUTED)}
    forget(output)
    log.unlink(missing_ok=True)
    status, trouble = run_sphinx(output, log, variables)
    if status == 0:
        status, trouble = run_sphinx(output, log, variables, NOTEBOOKS)
        offer_notebooks(output)
    return status, output / "html", trouble


def report(failed: Iterable[Executed], status: int, trouble: list[str], index: Path, log: Path) -> int:
    """Say where the book is to be read, or what failed; return the exit status."""
    failed = list(failed)
    if not failed and status == 0 and index.is_file():
        say(f"Sphinx's log: {log}", "", "The book is built. Open", index.as_uri())
        return 0
    lines = [""]
    for executed in failed:
        lines += [*told(executed), ""]
    if status or trouble:
        lines += [f"Sphinx ended with status {status}" + (" because of warnings:" if trouble else ".")]
        if failed:
            lines[-1] += " (some may follow from what failed above)"
        lines += [f"    {line}" for line in trouble[:SHOWN]]
        if len(trouble) > SHOWN:
            lines += [f"    and {len(trouble) - SHOWN} more"]
    lines += [f"Sphinx's log: {log}"]
    if index.is_file():
        lines += [f"The pages are there all the same, from {index.as_uri()}"]
    count = f"{len(failed)} page{'s' * (len(failed) > 1)} failed."
    lines += [f"The book is not built: {count if failed else 'see above.'}"]
    say(*lines, stream="stderr")
    return status or 1


def main() -> int:
    """Build, report, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", action="store_true", help="do not execute, use the stored outputs")
    stored = parser.parse_args().stored
    start = time.perf_counter()
    try:
        executed = [] if stored else execute()
        say("making the pages")
        log = LOGS / ("sphinx-stored.log" if stored else "sphinx.log")
        status, html, trouble = make_pages(stored, log)
    except KeyboardInterrupt:
        say("\nInterrupted; nothing is built.", stream="stderr")
        return 130
    say(f"{in_words(time.perf_counter() - start)} in all")
    return report((each for each in executed if each.failure), status, trouble, html / "index.html", log)


if __name__ == "__main__":
    sys.exit(main())
