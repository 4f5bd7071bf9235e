"""Results as tidy tables: a row for each training of a study, or for each thing that an experiment measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np

from ..errors import require_choice, unexpected
from .declaration import Cell, momentum_name
from .record import NUMBERS, Record
from .store import Store

STUCK: Final = 0.5  # a network that errs more often than this at its end has learnt next to nothing


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length, and where they come from.

    Parameters
    ----------
    columns : mapping of str to ndarray
        One axis each: texts, or numbers, NaN where there is none.
    records : sequence of Record
        Of trainings: one for each row, for curves and node norms.
    name : str
        Of an experiment: its name.
    provenance : mapping
        Of an experiment: versions, machine, data, time, and what else decided the numbers.

    Raises
    ------
    ValueError
        For columns of different lengths.

    Examples
    --------
    >>> table = Table({"method": np.array(["none", "SL1"]), "seed": np.array([0, 0])})
    >>> len(table.where(method="SL1")), table["seed"].tolist()
    (1, [0, 0])
    """

    columns: Mapping[str, np.ndarray]
    records: Sequence[Record] = ()
    name: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise unexpected("the lengths of the columns of a table", lengths, "they must be equal")

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, Any]], **about: Any) -> Table:
        """Make a table of rows; what a row lacks is NaN, and ``about`` has the other parts of the table."""
        names = dict.fromkeys(name for row in rows for name in row)
        return cls({name: np.array([row.get(name, np.nan) for row in rows]) for name in names}, **about)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> np.ndarray:
        require_choice("column", name, self.columns)
        return self.columns[name]

    def where(self, **values: Any) -> Table:
        """Return the rows whose columns have these values; None stands for NaN."""
        chosen = np.ones(len(self), dtype=bool)
        for name, value in values.items():
            column = self[name]
            chosen &= np.isnan(column) if value is None else column == value
        return self.take(chosen)

    def take(self, chosen: np.ndarray) -> Table:
        """Return some rows: those where a mask is True, or those at given places, in that order."""
        places = np.arange(len(self))[chosen].tolist()
        records = [self.records[place] for place in places] if len(self.records) else ()
        return replace(self, columns={name: column[chosen] for name, column in self.columns.items()}, records=records)

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, each as a dictionary of plain values; `of_rows` takes them back."""
        columns = [column.tolist() for column in self.columns.values()]
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*columns, strict=True)]

    def groups(self, *names: str) -> Iterator[tuple[tuple[Any, ...], Table]]:
        """Yield the values of some columns, in the order of their first row, and the rows that have them.

        None stands for NaN, which does not equal itself.
        """
        columns = [[None if value != value else value for value in self[name].tolist()] for name in names]
        rows = list(zip(*columns, strict=True)) if names else [()] * len(self)
        for values in dict.fromkeys(rows):
            yield values, self.where(**dict(zip(names, values, strict=True)))

    def pairs(self, measure: str, vary: str, one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return a quantity on two sides, for the seeds that both have, in their order.

        ``one`` and ``other`` are the values of the column ``vary`` that tell the sides apart. ``ValueError`` if a side
        has a seed twice: such trainings are no independent pairs.
        """
        return paired(*(self.where(**{vary: value}).by_seed(measure, f"{vary} {value!r}") for value in (one, other)))

    def by_seed(self, measure: str, what: str) -> dict[int, float]:
        """Return a quantity by seed; raise ``ValueError``, of ``what``, if a seed is there twice."""
        found = dict(zip(self["seed"].tolist(), self[measure].tolist(), strict=True))
        if len(found) < len(self):
            raise ValueError(f"{what} has several trainings of one seed; choose among them first")
        return found


def paired(one: Mapping[int, float], other: Mapping[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of two sides for the seeds that both have, in the order of the seeds."""
    shared = sorted(one.keys() & other.keys())
    a, b = (np.array([side[seed] for seed in shared], dtype=np.float64) for side in (one, other))
    return a, b


def table_of(cells: Sequence[Cell], store: Store) -> Table:
    """Return a table with a row for each of these trainings, which must be in the store."""
    records = [store.records[cell.key] for cell in cells]
    return Table.of_rows([training_row(*each) for each in zip(cells, records, strict=True)], records=records)


def training_row(cell: Cell, record: Record) -> dict[str, Any]:
    """Return the row of a training: what it is, each setting that a grid can vary, and each number of its record.

    ``gap`` is the held-out error minus that on training images; ``failed`` is 1 for a training that diverged or errs on
    more than half of the images.
    """
    config, penalty, error = cell.config, cell.config.penalty, record.numbers["held_out_error"]
    settings = {each.name: getattr(config, each.name) for each in fields(config) if each.name != "penalty"}
    return {
        "stage": cell.stage,
        "method": cell.method,
        "key": cell.key,
        **settings,
        "reading": config.reading.name,
        "momentum": momentum_name(config.momentum),
        "n_train": np.nan if config.n_train is None else config.n_train,
        "strength": penalty.strength if penalty else 0.0,
        "eps": penalty.eps if penalty else np.nan,
        **{axis: value for axis, value in cell.point.items() if axis.endswith("_factor")},
        **{name: record.numbers[name] for name in NUMBERS},
        "gap": error - record.numbers["train_error"],
        "failed": float(record.diverged or error > STUCK),
    }
