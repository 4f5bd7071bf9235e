"""Train what is missing of a study: stage after stage, in batches, on any executor."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Final

from .._output import bar, tell
from ..errors import require_count, unexpected
from ..training.config import RunConfig
from ..training.processes import working
from .cost import BATCH, core_seconds
from .declaration import Cell, Stage, Study
from .layout import Layout
from .results import RESULTS
from .store import Store
from .worker import Batch, train_batch

POLL: Final = 1.0  # seconds between looks for batches that were cancelled: nobody is notified of all of them


@dataclass
class Outcome:
    """What `run` did."""

    trained: int = 0  #: how many trainings were added
    missing: int = 0  #: how many are still missing, as far as their stage could be laid out
    failures: list[str] = field(default_factory=list)  #: for each batch that failed: which trainings, and why


def run(
    study: Study,
    folder: str | os.PathLike[str] | None = None,
    *,
    executor: Executor | None = None,
    processes: int | None = None,
    batch: int = BATCH,
    progress: bool = True,
) -> Outcome:
    """Train what is missing of a study, and keep its results.

    Interrupted or killed at any moment and called again, it resumes; what it had finished is not trained again.

    Parameters
    ----------
    study : Study
    folder : path, optional
        Where the results are kept; None: ``results/NAME``.
    executor : concurrent.futures.Executor, optional
        Where the trainings run: a process pool, a thread pool, ``dask.distributed.Client.get_executor()``,
        ``mpi4py.futures.MPIPoolExecutor``. Its workers need this library, the data, and as many threads as they are to
        use. It is not shut down. Give a ``ProcessPoolExecutor`` ``mp_context=multiprocessing.get_context("spawn")``:
        its workers hang if they are forks of a process that has trained. None: `Processes`, one for each core.
    processes : int, optional
        How many, without an executor.
    batch : int
        At most so many trainings go side by side in a worker, and are lost if it is interrupted.
    progress : bool
        Show a bar with the time left.

    Returns
    -------
    Outcome
        A worker that raises or dies, or an executor that refuses or cancels a batch, leaves it missing; the others go
        on. A training that diverges is no failure, but a result.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when all workers of ours have ended; batches that were finished are kept.
    StoreError
        If the results are in use, damaged, or cannot be written.
    ValueError
        For a batch that is no whole number of at least 1, or an ``executor`` that is none.
    """
    require_count("batch", batch, least=1)
    if executor is not None and not isinstance(executor, Executor):
        raise unexpected("executor", executor, "it must be a concurrent.futures.Executor")
    with Store(folder if folder is not None else RESULTS / study.name) as store:
        store.write_text("study.toml", study.to_toml())
        with working(executor, processes) as workers:
            return _Work(study, store, workers, batch, progress).finish()


@dataclass
class _Work:
    """The run of a study."""

    study: Study
    store: Store
    executor: Executor
    batch: int
    progress: bool
    outcome: Outcome = field(default_factory=Outcome)
    failed: set[str] = field(default_factory=set)
    pending: dict[Future[Batch], tuple[Stage, list[Cell]]] = field(default_factory=dict)
    left: int = 0

    def finish(self) -> Outcome:
        """Train in rounds: each has all stages that the selections so far let be laid out."""
        while batches := list(self._batches()):
            self._round(batches)
        layout = Layout.of(self.study, self.store)
        for stage in self.study.stages:
            self.store.pack(stage.name)
            self.outcome.missing += len(layout.missing(stage))
            if stage.name not in layout.cells:
                why = f"stage {stage.name!r} waits for {stage.tuned_by!r}, which is not complete"
                self.outcome.failures.append(why)
        return self.outcome

    def _batches(self) -> Iterator[tuple[Stage, list[Cell]]]:
        """Yield what is missing and has not failed before, divided into batches; each training only once.

        A stage is divided as a whole, whatever is there of it: a study that was interrupted trains the same beside
        the same, and ends with the same bits.
        """
        layout, seen = Layout.of(self.study, self.store), set(self.failed)
        # Parameters first: a training that two stages share is then done once, with them.
        for stage in sorted(self.study.stages, key=lambda stage: not stage.keep_params):
            unique = {cell.key: cell for cell in layout.cells.get(stage.name, ())}
            wanted = {cell.key for cell in layout.missing(stage)} - seen
            seen |= wanted
            for cells in in_batches(list(unique.values()), self.batch):
                if missing := [cell for cell in cells if cell.key in wanted]:
                    yield stage, missing

    def _round(self, batches: Sequence[tuple[Stage, list[Cell]]]) -> None:
        self.left = sum(len(cells) for _, cells in batches)
        total = sum(cost(cell.config for cell in cells) for _, cells in batches)
        with batch_bar(self.study.name, total, self.progress) as drawn:
            try:
                for stage, cells in batches:
                    self._submit(stage, cells)
                    self._collect(drawn, timeout=0)  # an executor without workers is done by now
                while self.pending:
                    self._collect(drawn, timeout=POLL)
            except BaseException:
                for future in self.pending:
                    future.cancel()
                raise

    def _submit(self, stage: Stage, cells: list[Cell]) -> None:
        try:
            future = self.executor.submit(train_batch, [cell.config for cell in cells], stage.keep_params)
        except Exception as error:  # broken, shut down, or whatever else somebody's executor may raise
            self._fail(stage, cells, error)
        else:
            self.pending[future] = stage, cells

    def _collect(self, drawn: Any, timeout: float) -> None:
        """Keep the results that have come."""
        done, _ = wait(self.pending, timeout, return_when=FIRST_COMPLETED)
        for future in done.union(future for future in self.pending if future.cancelled()):
            stage, cells = self.pending.pop(future)
            error = _error_of(future, cells)
            if isinstance(error, KeyboardInterrupt):
                raise error
            if error is not None:
                self._fail(stage, cells, error)
            else:
                self.store.add(stage.name, future.result())
                self.outcome.trained += len(cells)
            self.left -= len(cells)
            drawn.set_postfix_str(f"{self.left} trainings to do, {stage.name}", refresh=False)
            drawn.update(cost(cell.config for cell in cells))

    def _fail(self, stage: Stage, cells: Sequence[Cell], error: BaseException) -> None:
        self.failed |= {cell.key for cell in cells}
        names = ", ".join(f"{cell.method} seed {cell.config.seed} ({cell.key})" for cell in cells)
        message = f"stage {stage.name!r}: {names}: {type(error).__name__}: {error}"
        self.outcome.failures.append(message)
        if self.progress:
            tell(message)


def _error_of(future: Future[Batch], cells: Sequence[Cell]) -> BaseException | None:
    """Return why a future that is done has not the records of these trainings; None if it has them."""
    if future.cancelled():
        return CancelledError("the executor cancelled it")
    if error := future.exception():
        return error
    batch, right = future.result(), [cell.key for cell in cells]
    if not isinstance(batch, Batch):
        return TypeError(f"the executor returned {batch!r}; it must be the Batch that train_batch returns")
    if (found := [record.key for record in batch.records]) != right:
        return unexpected("the trainings of the batch that the executor returned", found, f"they must be {right}")
    return None


def in_batches(cells: Sequence[Cell], most: int) -> list[list[Cell]]:
    """Divide trainings into batches of at most so many that can run side by side, as equal in size as that allows."""
    alike: dict[tuple[tuple[str, Any], ...], list[Cell]] = {}
    for cell in cells:
        alike.setdefault(tuple(cell.config.shared().items()), []).append(cell)
    batches = []
    for group in alike.values():
        count = -(-len(group) // most)
        ends = [len(group) * i // count for i in range(count + 1)]
        batches += [group[first:last] for first, last in itertools.pairwise(ends)]
    return batches


def batch_bar(name: str, total: int, shown: bool) -> Any:
    """Return a bar that is advanced by the `cost` of each batch, and forecasts from that."""
    return bar(
        total=total,
        desc=name,
        bar_format="{desc} {percentage:3.0f}%|{bar}| {remaining} left{postfix}",
        shown=shown,
        dynamic_ncols=True,
        smoothing=0,  # batches come seldom, and several at a time: the mean over all is the best forecast
    )


def cost(configs: Iterable[RunConfig]) -> int:
    """Return about how many thousandths of a second a core needs for these trainings."""
    return round(1000 * sum(map(core_seconds, configs)))
