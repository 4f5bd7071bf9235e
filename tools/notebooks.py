"""Execute notebooks in place, as `jupyter execute --inplace` does, and store only what belongs in the repository.

python tools/notebooks.py [FILE ...]     without a FILE, every notebook of the book

Cell ids stay. Time stamps go, and so does the exact Python version, which changes with every machine. A notebook
that raises or writes to stderr is left as it was, and the exit status is 1.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import nbformat
from common import ROOT, environment, notebooks
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

TIMEOUT = 1800  # seconds a cell, as in _config.yml


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Remove what differs from run to run without saying anything about the result."""
    notebook.metadata.get("language_info", {}).pop("version", None)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)


def execute(path: Path) -> None:
    """Run one notebook from top to bottom in a fresh kernel and write it back in one step."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise ValueError(f"cell {number} ({cell.get('id')}) wrote to stderr:\n{output['text']}")
    tidy(notebook)
    fresh = path.with_suffix(".ipynb.tmp")
    nbformat.write(notebook, fresh)
    os.replace(fresh, path)


def main(names: list[str]) -> int:
    """Execute the named notebooks, or all, and count failures."""
    os.environ.update(environment())
    failed = 0
    for path in [Path(name).resolve() for name in names] or notebooks():
        start = time.perf_counter()
        try:
            execute(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError, ValueError) as error:
            failed += 1
            print(f"FAILED {path.relative_to(ROOT).as_posix()}\n{error}", file=sys.stderr, flush=True)
        else:
            print(f"{path.relative_to(ROOT).as_posix()}  {time.perf_counter() - start:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
