"""What an experiment beside the trainings found, in a text file: a table with the circumstances that it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import unexpected
from ..paths import replacing
from .store import StoreError
from .table import Table

FOLDER: Final = "evidence"


class NotMeasuredError(StoreError):
    """Evidence that is missing or out of date: nothing is wrong, and it can be made."""


def evidence_path(results: Path, name: str) -> Path:
    """Return where a study's results have the table of an experiment."""
    return results / FOLDER / f"{name}.json"


def save_evidence(table: Table, results: Path) -> Path:
    """Write ``results/evidence/NAME.json``, whole or not at all, one row per line."""
    path = evidence_path(results, table.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    columns, rows = list(table.columns), [list(row.values()) for row in table.rows()]
    about = {"name": table.name, "provenance": dict(table.provenance), "columns": columns}
    head = json.dumps(about | {"sha256": _digest(columns, rows)})
    lines = ",\n".join(map(json.dumps, rows))
    with replacing(path) as part:
        part.write_text(f'{head[:-1]}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
    return path


def load_evidence(results: Path, name: str) -> Table:
    """Read what `save_evidence` wrote; raise `NotMeasuredError` if it is not there, `StoreError` if it is damaged."""
    path = evidence_path(results, name)
    try:
        found = _of_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotMeasuredError(path, "is not there", f"`sl1 study run {results.name}` makes it") from error
    except OSError as error:
        raise StoreError(path, f"cannot be read ({error})", "make it readable: it may be whole") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(results, name, error) from error
    if found.name != name:
        raise StoreError(path, f"holds the evidence of {found.name!r}", "name the file after it")
    return found


def damaged(results: Path, name: str, error: Exception) -> StoreError:
    """Build the error for a file of evidence that is not what its experiment wrote."""
    why = f"holds no evidence ({type(error).__name__}: {error})"
    return StoreError(evidence_path(results, name), why, f"delete it, and `sl1 study run {results.name}` makes it")


def _of_text(text: str) -> Table:
    """Take apart what `save_evidence` wrote; any of many exceptions if it is not that."""
    parts = json.loads(text)
    for part, kind in (("name", str), ("provenance", dict), ("columns", list), ("rows", list)):
        if not isinstance(parts[part], kind):
            raise unexpected(part, parts[part], f"it must be a {kind.__name__}")
    names, rows = parts["columns"], parts["rows"]
    if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        raise unexpected("columns", names, "it must be a list of texts, each once")
    if "sha256" not in parts:  # it was written when evidence had no digest
        if len(set(map(json.dumps, rows))) < len(rows):
            raise ValueError("some of its rows are the same; each must be there once")
    elif parts["sha256"] != (found := _digest(names, rows)):
        raise unexpected("the SHA-256 of its rows", found, f"they were written with {parts['sha256']}")
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    named = {column: _column(column, values) for column, values in zip(names, columns, strict=True)}
    return Table(named, name=parts["name"], provenance=parts["provenance"])


def _digest(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return hashlib.sha256(json.dumps([columns, rows]).encode()).hexdigest()


def _column(name: str, values: Sequence[Any]) -> np.ndarray:
    """Return a column of texts or of numbers; NumPy would turn a mixture into texts."""
    column = np.array(values)
    text = [isinstance(value, str) for value in values]
    if column.ndim != 1 or column.dtype.kind not in "Ubiuf" or any(text) != all(text):
        raise ValueError(f"column {name!r} must have a text in each row, or a number in each")
    return column
