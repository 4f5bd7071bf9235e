"""What an experiment beside the trainings found: a table in a text file, with the circumstances that it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import require_choice, unexpected
from ..paths import replacing

FOLDER: Final = "evidence"


class EvidenceError(ValueError):
    """A file of evidence is not there, damaged, or was written for something else."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The table of one experiment: columns of equal length.

    Parameters
    ----------
    name : str
        Of the experiment, and of its file in ``results/STUDY/evidence``.
    columns : mapping of str to ndarray
        One axis each: texts, or numbers, NaN where there is none.
    provenance : mapping
        Versions, machine, data, time: what else decided the numbers.

    Raises
    ------
    ValueError
        For columns of different lengths.

    Examples
    --------
    >>> table = Evidence("swings", {"method": np.array(["L1", "SL1"]), "swing": np.array([0.9, 0.0])})
    >>> len(table), table.where(method="SL1")["swing"].tolist()
    (2, [0.0])
    """

    name: str
    columns: Mapping[str, np.ndarray]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise unexpected(f"the lengths of the columns of {self.name!r}", lengths, "they must be equal")

    @classmethod
    def of_rows(cls, name: str, rows: Sequence[Mapping[str, Any]], provenance: Mapping[str, Any]) -> Evidence:
        """Make a table of rows that have the same entries."""
        names = dict.fromkeys(name for row in rows for name in row)
        return cls(name, {column: np.array([row[column] for row in rows]) for column in names}, provenance)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> np.ndarray:
        require_choice("column", name, self.columns)
        return self.columns[name]

    def where(self, **values: Any) -> Evidence:
        """Return the rows whose columns have these values."""
        chosen = np.ones(len(self), dtype=bool)
        for name, value in values.items():
            chosen &= self[name] == value
        return self.take(chosen)

    def take(self, chosen: np.ndarray) -> Evidence:
        """Return some rows: those where a mask is True, or those at given places, in that order."""
        return Evidence(self.name, {name: column[chosen] for name, column in self.columns.items()}, self.provenance)

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, each as a dictionary of plain values; `of_rows` takes them back.

        Examples
        --------
        >>> Evidence("two", {"seed": np.array([0, 1]), "error": np.array([0.1, 0.2])}).rows()
        [{'seed': 0, 'error': 0.1}, {'seed': 1, 'error': 0.2}]
        """
        columns = [column.tolist() for column in self.columns.values()]
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*columns, strict=True)]

    def save(self, results: Path) -> Path:
        """Write ``results/evidence/NAME.json``, whole or not at all, a row a line."""
        path = evidence_path(results, self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        columns, rows = list(self.columns), [list(row.values()) for row in self.rows()]
        about = {"name": self.name, "provenance": dict(self.provenance), "columns": columns}
        head = json.dumps(about | {"sha256": _digest(columns, rows)})
        lines = ",\n".join(map(json.dumps, rows))
        with replacing(path) as part:
            part.write_text(f'{head[:-1]}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
        return path

    @classmethod
    def load(cls, results: Path, name: str) -> Evidence:
        """Read what `save` wrote.

        Raises
        ------
        EvidenceError
            Naming the file: it is not there, or cannot be read, or is not as it was written.
        """
        path = evidence_path(results, name)
        try:
            found = cls._of_text(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise EvidenceError(f"{path} is not there; `sl1 study run {results.name}` makes it") from error
        except OSError as error:
            raise EvidenceError(f"{path} cannot be read ({error}); make it readable: it may be whole") from error
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise damaged(results, name, error) from error
        if found.name != name:
            raise EvidenceError(f"{path}: the evidence in it is called {found.name!r}; name the file after it")
        return found

    @classmethod
    def _of_text(cls, text: str) -> Evidence:
        """Take apart what `save` wrote; any of many exceptions if it is not that."""
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
        return cls(parts["name"], named, parts["provenance"])


def evidence_path(results: Path, name: str) -> Path:
    """Return where a study's results have the table of an experiment."""
    return results / FOLDER / f"{name}.json"


def damaged(results: Path, name: str, error: Exception) -> EvidenceError:
    """Build the error for a file of evidence that is not what its experiment wrote."""
    return EvidenceError(
        f"{evidence_path(results, name)}: no evidence ({type(error).__name__}: {error}); delete it, and "
        f"`sl1 study run {results.name}` makes it"
    )


def _digest(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return hashlib.sha256(json.dumps([columns, rows]).encode()).hexdigest()


def _column(name: str, values: Sequence[Any]) -> np.ndarray:
    """Return a column of texts or of numbers; NumPy would turn a mixture into texts."""
    column = np.array(values)
    text = [isinstance(value, str) for value in values]
    if column.ndim != 1 or column.dtype.kind not in "Ubiuf" or any(text) != all(text):
        raise ValueError(f"column {name!r} must have a text in each row, or a number in each")
    return column


def agreement(
    fresh: Sequence[Mapping[str, Any]], stored: Evidence, keys: Sequence[str], numbers: Sequence[str]
) -> tuple[int, float]:
    """Compare rows that were computed again with the stored rows that have the same keys.

    Parameters
    ----------
    fresh : sequence of mapping
        A row without a stored counterpart is left out: a course that was cut short keeps other points.
    stored : Evidence
    keys : sequence of str
        The columns that tell rows apart; equal to the last bit.
    numbers : sequence of str
        The columns to compare. NaN agrees with NaN alone.

    Returns
    -------
    rows : int
        How many were compared.
    deviation : float
        The largest, relative to the stored number; infinite if that is 0 or NaN and the fresh one is not.

    Raises
    ------
    ValueError
        If the keys name more than one stored row, or no row has a counterpart.

    Examples
    --------
    >>> stored = Evidence("swings", {"seed": np.array([0, 1]), "swing": np.array([0.5, 2.0])})
    >>> agreement([{"seed": 1, "swing": 2.5}, {"seed": 2, "swing": 9.0}], stored, ["seed"], ["swing"])
    (1, 0.25)
    """
    pairs, rows = [], 0
    for row in fresh:
        key = {name: row[name] for name in keys}
        there = stored.where(**key)
        if len(there) > 1:
            raise unexpected(
                f"the number of rows of {stored.name!r} with {key}", len(there), "keys must tell rows apart"
            )
        rows += len(there)
        pairs += [(row[name], there[name][0]) for name in numbers if len(there)]
    if not pairs:
        raise unexpected(f"the number of rows of {stored.name!r} that were computed again", rows, "there must be some")
    new, old = np.array(pairs, dtype=np.float64).T
    same = (new == old) | (np.isnan(new) & np.isnan(old))
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.where(same, 0.0, np.abs(new - old) / np.abs(old))
    return rows, float(np.where(np.isnan(deviation), np.inf, deviation).max())
