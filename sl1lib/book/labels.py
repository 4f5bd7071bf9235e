"""The labels of the equations in the book's sources, read without Sphinx."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import unexpected

_LABEL = re.compile(r"^\$\$\s*\((eq-[\w-]+)\)|^:label:\s*(eq-[\w-]+)", re.MULTILINE)


def labels_in(book: str | os.PathLike[str]) -> dict[str, str]:
    r"""Return the label of every labelled equation below a folder, with its page.

    Parameters
    ----------
    book : path
        The folder ``book``.

    Returns
    -------
    dict of str
        Label → page, as a path below the folder without suffix; compare with ``Entry.chapter``.

    Raises
    ------
    ValueError
        If two equations share a label.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "page.md").write_text("$$ a = b $$ (inline)\n\n$$\na = b\n$$ (eq-page-a)\n")
    ...     labels_in(folder)
    {'eq-page-a': 'page'}
    """
    found: dict[str, str] = {}
    for page, text in _markdown(Path(book)):
        for match in _LABEL.finditer(text):
            label = match.group(1) or match.group(2)
            if label in found:
                raise unexpected("a label", label, f"it labels an equation in {found[label]} and another in {page}")
            found[label] = page
    return found


def _markdown(book: Path) -> Iterator[tuple[str, str]]:
    """Yield each page's name and its Markdown."""
    for path in sorted(book.rglob("*.md")):
        yield path.relative_to(book).with_suffix("").as_posix(), path.read_text(encoding="utf-8")
    for path in sorted(book.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        yield path.relative_to(book).with_suffix("").as_posix(), text
