"""Do the stored results still come out? Random trainings are done again, beside the same others, and compared."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..engine import Engine
from ..errors import require_choice, require_count
from ..training.config import RunConfig
from ..training.processes import working
from .cost import held_out_images
from .record import Record, curve_updates
from .runner import batch_bar, cost
from .store import Store, StoreError
from .worker import Batch, train_batch

if TYPE_CHECKING:
    from .results import Results

# With all of these equal, the bits have to be equal.
_SAME: Final = (
    *("processor", "instructions", "platform", "device", "threads", "torch", "numpy", "engine"),
    *("data_sha256", "source_sha256"),
)

# Elsewhere sums are rounded otherwise, and sooner or later a ReLU opens in one training and stays closed in the other:
# from there on the two part. How far was measured before these bounds were set (`sl1lib.study.experiments.rounding`).
EARLY_UPDATES: Final = 20
EARLY: Final = 2e-5  # of the smoothed E0 up to there, relative: far below what a learning rate 1 % larger does
TOGETHER: Final = 1e-3  # of the whole curve, relative: within it the two have not parted,
TIES: Final = 2.5  # and answer alike but for so many images,
LENGTHS: Final = 0.02  # and the lengths of their nodes differ by no more, relative to all lengths together
STANDARD_ERRORS: Final = 1.5  # of the difference of two rates: so far apart may be the errors of two that have parted
FATE: Final = 0.5  # where they may be farther apart than this, one has learnt and the other has not

RULE: Final = f"""\
Where processor, software, threads and data are those of the stored trainings, every bit has to be equal. Elsewhere,
- E0, smoothed, has to agree within {EARLY:.0e} in the first {EARLY_UPDATES} updates;
- where it does within {TOGETHER:.0e} to the end, the errors have to agree within {int(TIES)} images, and the nodes' \
lengths within {LENGTHS:.0%};
- where rounding has driven two trainings apart, their errors within {STANDARD_ERRORS:g} standard errors of a \
difference, one image, and the share by which E0 differs at the end."""


@dataclass(frozen=True)
class Repeat:
    """What became of one training that was done again."""

    stored: Record  #: as it was
    again: Record  #: as it is now
    exact: bool  #: whether equal bits were asked for, since the circumstances are the same
    differs: tuple[str, ...] = ()  #: which circumstances are not

    @property
    def early(self) -> float:
        """How far the smoothed E0 were apart in the first 20 updates, relative to the stored one."""
        return float(self._drift[curve_updates(int(self.stored.numbers["updates"])) < EARLY_UPDATES].max())

    @property
    def drift(self) -> float:
        """How far they were apart in all updates that a record keeps."""
        return float(self._drift.max())

    @property
    def lengths(self) -> float:
        """How far the lengths of the nodes are apart at the end, relative to the length of all together."""
        stored, again = self._both("node_norms")
        return float(np.linalg.norm(again - stored) / np.linalg.norm(stored))

    @property
    def tolerance(self) -> float:
        """How far the errors may be apart."""
        if self.exact:
            return 0.0
        n, p = held_out_images(self.stored.config), self.stored.held_out_error
        if self.drift <= TOGETHER:
            return TIES / n
        return STANDARD_ERRORS * float(np.sqrt(2 * p * (1 - p) / n)) + 1 / n + p * float(self._drift[-1])

    @property
    def _drift(self) -> np.ndarray:
        stored, again = self._both("curve")
        return np.abs(again - stored) / np.abs(stored)

    def _both(self, name: str) -> list[np.ndarray]:
        return [each.arrays[name].astype(np.float64) for each in (self.stored, self.again)]

    @property
    def passed(self) -> bool:
        """Whether the results agree."""
        if self.stored.diverged or self.again.diverged:
            return self._diverged_alike
        if self.exact:
            return self.stored.fingerprint == self.again.fingerprint and _same_numbers(self.stored, self.again)
        return (
            self.early <= EARLY
            and abs(self.stored.held_out_error - self.again.held_out_error) <= self.tolerance
            and (self.drift > TOGETHER or self.lengths <= LENGTHS)
        )

    @property
    def _diverged_alike(self) -> bool:
        """Whether both diverged, and at one update, unless rounding had driven them apart before."""
        stored, again = (record.numbers["diverged_at"] for record in (self.stored, self.again))
        return bool(stored == again or (not self.exact and stored >= EARLY_UPDATES and again >= EARLY_UPDATES))

    def __str__(self) -> str:
        config = self.stored.config
        name = f"{self.stored.key}  {config.method}, reading {config.reading.name}, seed {config.seed}"
        stored, again = (_error(record) for record in (self.stored, self.again))
        return f"{'✓' if self.passed else '✗'} {name}: {stored} stored, {again} now ({self._how})"

    @property
    def _how(self) -> str:
        if self.exact:
            return "to the bit"
        elsewhere = f"{', '.join(self.differs)} differ"
        if self.stored.diverged or self.again.diverged:
            return elsewhere
        error = f"within {100 * self.tolerance:.2f} points"
        if self.tolerance > FATE:
            error = "rounding decided whether it learns"
        return (
            f"{error}; E0 apart by {self.early:.0e} in {EARLY_UPDATES} updates, by {self.drift:.0e} in all: {elsewhere}"
        )


def audit(
    results: Results,
    sample: int = 10,
    seed: int = 0,
    *,
    stages: Sequence[str] = (),
    where: Mapping[str, Any] | None = None,
    whole: bool = False,
    executor: Executor | None = None,
    processes: int | None = None,
    progress: bool = True,
) -> list[Repeat]:
    """Train some of a study's trainings again and compare.

    A training's last bits depend on what it was trained beside, so each is done again in its batch.

    Parameters
    ----------
    results : Results
    sample : int
        How many trainings to draw, at least 1; all, if there are no more.
    seed : int
        Of the draw.
    stages : sequence of str
        Draw from these stages only; empty: from all.
    where : mapping, optional
        Draw only trainings whose configuration has these values, ``{"n_train": 500}`` say.
    whole : bool
        Compare everything in the batches that the drawn trainings belong to: it is trained again in any case.
    executor, processes, progress
        As for `run`.

    Returns
    -------
    list of Repeat
        In the order of the draw, or batch after batch where they are ``whole``. On the same machine with the same
        software, all numbers and the final parameters have to be equal to the bit; elsewhere, as close as `RULE` says.

    Raises
    ------
    StoreError
        If there is nothing to audit, or a file is damaged.
    ValueError
        For a sample that is no whole number of at least 1, an unknown stage, or an unknown field.
    """
    require_count("sample", sample, least=1)
    require_count("seed", seed, least=0)
    all_stages, given = [stage.name for stage in results.study.stages], dict(where or {})
    for name in stages:
        require_choice("a stage to audit", name, all_stages)
    for name in given:
        require_choice("a field to audit by", name, [each.name for each in fields(RunConfig)])
    store = results.store
    cells = itertools.chain(*map(results.layout.stored, stages or all_stages))
    keys = sorted({cell.key for cell in cells if given.items() <= vars(cell.config).items()})
    if not keys:
        restricted = " that this audit is restricted to" if stages or where else ""
        raise StoreError(store.folder, f"has no results of study {results.study.name!r}{restricted}", "run it first")
    drawn = [keys[i] for i in np.random.default_rng(seed).permutation(len(keys))[:sample]]
    names = list(dict.fromkeys(store.batch_of[key] for key in drawn))
    if whole:
        drawn = [key for name in names for key in store.batches[name]["keys"] if store.batch_of[key] == name]
    with working(executor, processes) as workers:
        again = _again(store, names, workers, progress)
    return [_compare(store, key, again[store.batch_of[key]]) for key in drawn]


def _again(store: Store, names: Sequence[str], executor: Executor, progress: bool) -> dict[str, Batch]:
    configs = [[store.records[key].config for key in store.batches[name]["keys"]] for name in names]
    work = configs, itertools.repeat(False), [_engine(store.batches[name]) for name in names]
    again = []
    with batch_bar("audit", sum(map(cost, configs)), progress) as drawn:
        for trained, batch in zip(configs, executor.map(train_batch, *work), strict=True):
            again.append(batch)
            drawn.update(cost(trained))
    return dict(zip(names, again, strict=True))


def _compare(store: Store, key: str, batch: Batch) -> Repeat:
    there, here = store.batches[store.batch_of[key]], batch.provenance
    there = there | {"engine": _engine(there)}
    differs = tuple(name for name in _SAME if there.get(name) != here.get(name))
    again = next(record for record in batch.records if record.key == key)
    return Repeat(store.records[key], again, not differs, differs)


def _engine(circumstances: Mapping[str, Any]) -> str:
    """Return the engine that trained a batch; when there was only one, none was named."""
    return str(circumstances.get("engine", Engine.__name__))


def _same_numbers(*records: Record) -> bool:
    one, other = ([value for name, value in each.numbers.items() if name != "seconds"] for each in records)
    return np.array_equal(one, other, equal_nan=True)


def _error(record: Record) -> str:
    if record.diverged:
        return f"diverged at update {record.numbers['diverged_at']:.0f}"
    return f"error {100 * record.held_out_error:.2f} %"
