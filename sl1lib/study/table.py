"""A study's results as one tidy table: a row for each training of each stage, a column for each quantity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import require_choice
from .declaration import Cell, Study, momentum_name
from .record import NUMBERS, Record
from .runner import Layout
from .store import Store

STUCK: Final = 0.5  # a network that errs more often than this at its end has learnt next to nothing


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length, and the records that they come from.

    Parameters
    ----------
    columns : mapping of str to ndarray
        ``stage``, ``method``, ``reading``, ``data``, ``loss``, ``dtype``, ``device``, ``momentum`` and ``key``
        are texts; the rest are numbers, NaN where there is none. Each setting that a grid can vary has one.
        ``gap`` is the held-out error minus that on training images; ``failed`` is 1 for a training that diverged or
        errs on more than half of the images.
    records : sequence of Record
        One a row, for curves and node norms.

    Examples
    --------
    >>> table = Table({"method": np.array(["none", "SL1"]), "seed": np.array([0, 0])}, [])
    >>> len(table.where(method="SL1")), table["seed"].tolist()
    (1, [0, 0])
    """

    columns: Mapping[str, np.ndarray]
    records: Sequence[Record]

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
        """Return the rows where a mask, shape (rows,), is True."""
        records = [record for record, here in zip(self.records, chosen, strict=False) if here]
        return Table({name: column[chosen] for name, column in self.columns.items()}, records)

    def groups(self, *names: str) -> Iterator[tuple[tuple[Any, ...], Table]]:
        """Yield the values of some columns, in the order of their first row, and the rows that have them.

        None stands for NaN, which does not equal itself.
        """
        columns = [[None if value != value else value for value in self[name].tolist()] for name in names]
        rows = list(zip(*columns, strict=True)) if names else [()] * len(self)
        for values in dict.fromkeys(rows):
            yield values, self.where(**dict(zip(names, values, strict=True)))

    def pairs(self, measure: str, vary: str, one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return a quantity on two sides, for the seeds that both have.

        Parameters
        ----------
        measure, vary : str
            The quantity, and the column that tells the sides apart.
        one, other : object
            Its values on the two sides; each must have a seed at most once.

        Returns
        -------
        a, b : ndarray, shape (seeds,)

        Raises
        ------
        ValueError
            If a side has a seed twice: such trainings are no independent pairs.
        """
        sides = []
        for value in (one, other):
            rows = self.where(**{vary: value})
            by_seed = dict(zip(rows["seed"].tolist(), rows[measure].tolist(), strict=True))
            if len(by_seed) < len(rows):
                raise ValueError(f"{vary} {value!r} has several trainings of one seed; choose among them first")
            sides.append(by_seed)
        shared = sorted(sides[0].keys() & sides[1].keys())
        a, b = (np.array([side[seed] for seed in shared], dtype=np.float64) for side in sides)
        return a, b


def load_table(study: Study, folder: Path) -> Table:
    """Return the results that are there of a study.

    Parameters
    ----------
    study : Study
    folder : Path
        Where its results are.

    Raises
    ------
    StoreError
        If a file is damaged.
    """
    store = Store(folder)
    return make_table(stored_cells(study, store), store)


def stored_cells(study: Study, store: Store) -> list[Cell]:
    """Return the trainings of a study whose results are there."""
    return [cell for stage in Layout.of(study, store).cells.values() for cell in stage if store.has(cell.key)]


def make_table(cells: Sequence[Cell], store: Store) -> Table:
    """Return a table with a row for each of these trainings, which must be in the store."""
    records = [store.records[cell.key] for cell in cells]
    rows = [_row(cell, record) for cell, record in zip(cells, records, strict=True)]
    names = dict.fromkeys(name for row in rows for name in row)
    return Table({name: np.array([row.get(name, np.nan) for row in rows]) for name in names}, records)


def _row(cell: Cell, record: Record) -> dict[str, Any]:
    config, penalty, numbers = cell.config, cell.config.penalty, record.numbers
    error = numbers["held_out_error"]
    return {
        "stage": cell.stage,
        "method": cell.method,
        "seed": config.seed,
        "reading": config.reading.name,
        "data": config.data,
        "n_train": np.nan if config.n_train is None else config.n_train,
        "validation": config.validation,
        "epochs": config.epochs,
        "batch_size": config.batch_size,
        "lr": config.lr,
        "lr_end": config.lr_end,
        "strength": penalty.strength if penalty else 0.0,
        "eps": penalty.eps if penalty else np.nan,
        "loss": config.loss,
        "dtype": config.dtype,
        "device": config.device,
        "momentum": momentum_name(config.momentum),
        **{axis: value for axis, value in cell.point.items() if axis.endswith("_factor")},
        **{name: numbers[name] for name in NUMBERS},
        "gap": error - numbers["train_error"],
        "failed": float(record.diverged or error > STUCK),
        "key": cell.key,
    }
