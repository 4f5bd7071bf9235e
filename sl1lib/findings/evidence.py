"""What an experiment beside the trainings found: a table in a text file, with the circumstances that it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..data.idx import replacing
from ..errors import require_choice, unexpected

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
        head = json.dumps({"name": self.name, "provenance": dict(self.provenance), "columns": list(self.columns)})
        lines = ",\n".join(json.dumps(list(row.values())) for row in self.rows())
        with replacing(path) as part:
            part.write_text(f'{head[:-1]}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
        return path

    @classmethod
    def load(cls, results: Path, name: str) -> Evidence:
        """Read what `save` wrote.

        Raises
        ------
        EvidenceError
            Naming the file.
        """
        path = evidence_path(results, name)
        try:
            parts = json.loads(path.read_text(encoding="utf-8"))
            columns = zip(*parts["rows"], strict=True) if parts["rows"] else [()] * len(parts["columns"])
            named = dict(zip(parts["columns"], map(np.array, columns), strict=True))
            found = cls(parts["name"], named, parts["provenance"])
        except FileNotFoundError as error:
            raise EvidenceError(f"{path} is not there; `sl1 study run {results.name}` makes it") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvidenceError(f"{path}: no evidence ({type(error).__name__}: {error})") from error
        if found.name != name:
            raise EvidenceError(f"{path}: the evidence in it is called {found.name!r}")
        return found


def evidence_path(results: Path, name: str) -> Path:
    """Return where a study's results have the table of an experiment."""
    return results / FOLDER / f"{name}.json"


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
