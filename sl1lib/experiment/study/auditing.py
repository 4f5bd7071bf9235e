"""Do the stored results still come out? Random trainings are done again, beside the same others, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import require_choice, require_count
from ..config import RunConfig
from .cost import held_out_images
from .declaration import Cell, Study
from .processes import Processes
from .record import Record
from .runner import batch_bar, cost
from .store import Store, StoreError
from .table import stored_cells
from .worker import Batch, train_batch

# With all of these equal, the bits have to be equal.
_SAME: Final = ("processor", "platform", "device", "threads", "torch", "numpy", "data_sha256", "source_sha256")
STANDARD_ERRORS: Final = 3.0


@dataclass(frozen=True)
class Finding:
    """What became of one training that was done again.

    Parameters
    ----------
    stored, again : Record
    exact : bool
        Whether equal bits were asked for, since the circumstances are the same.
    differs : tuple of str
        Which circumstances are not.
    """

    stored: Record
    again: Record
    exact: bool
    differs: tuple[str, ...] = ()

    @property
    def tolerance(self) -> float:
        """How far the errors may be apart: 0, or 3 standard errors of the difference of two rates, and one image."""
        if self.exact:
            return 0.0
        n, p = held_out_images(self.stored.config), self.stored.held_out_error
        return STANDARD_ERRORS * float(np.sqrt(2 * p * (1 - p) / n)) + 1 / n

    @property
    def passed(self) -> bool:
        """Whether the results agree."""
        if self.stored.diverged or self.again.diverged:
            return self.stored.diverged and self.again.diverged
        if self.exact:
            return self.stored.fingerprint == self.again.fingerprint and _same_numbers(self.stored, self.again)
        return abs(self.stored.held_out_error - self.again.held_out_error) <= self.tolerance

    def __str__(self) -> str:
        config = self.stored.config
        name = f"{self.stored.key}  {config.method}, reading {config.reading.name}, seed {config.seed}"
        errors = [_error(record) for record in (self.stored, self.again)]
        how = (
            "to the bit"
            if self.exact
            else f"within {100 * self.tolerance:.2f} points: {', '.join(self.differs)} differ"
        )
        return f"{'✓' if self.passed else '✗'} {name}: error {errors[0]} stored, {errors[1]} now ({how})"


def audit(
    study: Study,
    folder: Path,
    sample: int = 10,
    seed: int = 0,
    *,
    stages: Sequence[str] = (),
    where: Mapping[str, Any] | None = None,
    whole: bool = False,
    executor: Executor | None = None,
    processes: int | None = None,
    progress: bool = True,
) -> list[Finding]:
    """Train some of a study's trainings again and compare.

    A training's last bits depend on what it was trained beside, so each is done again in its batch.

    Parameters
    ----------
    study : Study
    folder : Path
        Where its results are.
    sample : int
        How many trainings to draw, at least 1; all, if there are no more.
    seed : int
        Of the draw.
    stages : sequence of str
        Draw from these stages only; empty: from all.
    where : mapping, optional
        Draw only trainings whose configuration has these values, ``{"n_train": 500}`` say.
    whole : bool
        Compare everything in the batches that the drawn trainings belong to, and not only what was drawn: it is
        trained again in any case. The batches of a study have a few trainings each.
    executor, processes
        As for `run`.
    progress : bool
        Show a bar with the time left.

    Returns
    -------
    list of Finding
        In the order of the draw, or batch after batch where they are ``whole``. On the same machine with the same
        software, all numbers and the final parameters have to be equal to the bit. Elsewhere, rounding makes trainings
        drift apart as if their seeds differed, and the error may differ by `Finding.tolerance`.

    Raises
    ------
    StoreError
        If there is nothing to audit, or a file is damaged.
    ValueError
        For a sample that is no whole number of at least 1, an unknown stage, or an unknown field.
    """
    require_count("sample", sample, least=1)
    require_count("seed", seed, least=0)
    for name in stages:
        require_choice("a stage to audit", name, [stage.name for stage in study.stages])
    for name in where or {}:
        require_choice("a field to audit by", name, [each.name for each in fields(RunConfig)])
    store = Store(folder)
    keys = sorted({cell.key for cell in stored_cells(study, store) if _wanted(cell, stages, where or {})})
    if not keys:
        restricted = " that this audit is restricted to" if stages or where else ""
        raise StoreError(f"{folder} has no results of study {study.name!r}{restricted}; run it first")
    drawn = [keys[i] for i in np.random.default_rng(seed).permutation(len(keys))[:sample]]
    names = list(dict.fromkeys(store.batch_of[key] for key in drawn))
    if whole:
        drawn = [key for name in names for key in store.batches[name]["keys"] if store.batch_of[key] == name]
    ours = Processes(processes) if executor is None else None
    try:
        again = _again(store, names, executor or ours, progress)
    except BaseException:
        if ours is not None:
            ours.stop()
        raise
    finally:
        if ours is not None:
            ours.shutdown()
    return [_compare(store, key, again[store.batch_of[key]]) for key in drawn]


def _wanted(cell: Cell, stages: Sequence[str], where: Mapping[str, Any]) -> bool:
    return (not stages or cell.stage in stages) and all(
        getattr(cell.config, name) == value for name, value in where.items()
    )


def _again(store: Store, names: Sequence[str], executor: Any, progress: bool) -> dict[str, Batch]:
    futures = {}
    for name in names:
        configs = [store.records[key].config for key in store.batches[name]["keys"]]
        futures[executor.submit(train_batch, configs)] = name, cost(configs)
    with batch_bar("audit", sum(each for _, each in futures.values()), progress) as bar:
        for future in as_completed(futures):
            future.result()  # raises what the worker did
            bar.update(futures[future][1])
    return {name: future.result() for future, (name, _) in futures.items()}


def _compare(store: Store, key: str, batch: Batch) -> Finding:
    there, here = store.batches[store.batch_of[key]], batch.provenance
    differs = tuple(name for name in _SAME if there.get(name) != here.get(name))
    again = next(record for record in batch.records if record.key == key)
    return Finding(store.records[key], again, not differs, differs)


def _same_numbers(one: Record, other: Record) -> bool:
    return all(
        np.array_equal(one.numbers[name], other.numbers[name], equal_nan=True)
        for name in one.numbers
        if name != "seconds"
    )


def _error(record: Record) -> str:
    return "diverged" if record.diverged else f"{100 * record.held_out_error:.2f} %"
