"""From configurations to runs: `train` and `train_many`."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import nullcontext
from typing import Any, Final, TypeAlias

import torch

from .._output import tell
from ..data import Dataset, load_data
from ..errors import require_count, unexpected
from .checkpoint import EVERY, Checkpoint
from .cohorts import image_count, plan, split_into_cohorts
from .config import RunConfig
from .loop import deferred_ctrl_c, train_cohort
from .processes import Processes
from .progress import Reported, image_bar
from .run import DivergedError, Run
from .snapshot import Keeper

LOOK: Final = 0.1  # seconds between two looks at processes, at the bar and for Ctrl-C

_Results: TypeAlias = dict[int, Run | DivergedError]  # by their places among the configurations


def train(
    config: RunConfig,
    progress: bool = True,
    data: Dataset | None = None,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = EVERY,
) -> Run:
    """Train one network.

    Ctrl-C ends the training after the update it came in, and returns what is done so far, with ``Run.complete`` False.

    Parameters
    ----------
    config : RunConfig
    progress : bool
        Show a bar with error, images per second and time left, in a terminal or a notebook.
    data : Dataset, optional
        Use this data set instead of loading ``config.data``.
    checkpoint : path, optional
        A folder, made where it is missing, in which the training is kept while it runs. Killed or interrupted at any
        moment and called again with the same arguments, it resumes and ends with the same bits as if nothing had
        happened; once finished, it is returned as it is. One process at a time.
    checkpoint_every : float
        Seconds between two saves, at least 0: what a kill may cost. Ctrl-C saves the update it came in.

    Returns
    -------
    Run
        One seed gives one run: on the CPU of one machine bit for bit, whatever the number of threads and processes,
        and whichever trainings run beside it.

    Raises
    ------
    CheckpointError
        If the folder belongs to other trainings or data, is in use, damaged, or cannot be written.
    DataError
        If the data cannot be had.
    DivergedError
        If the error becomes NaN or infinite, naming the update.
    ValueError
        If the device is not there, or the data set has too few images.

    Examples
    --------
    >>> run = train(RunConfig(data="digits", epochs=2, lr=0.1), progress=False)
    >>> run.test_error < 0.5, run.params["U"].shape
    (True, (10, 192))
    """
    (run,) = train_many([config], progress, data, checkpoint=checkpoint, checkpoint_every=checkpoint_every)
    return run


def train_many(
    configs: Iterable[RunConfig],
    progress: bool = True,
    data: Dataset | None = None,
    *,
    processes: int = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = EVERY,
) -> list[Run]:
    """Train several networks, side by side where they allow it.

    Configurations that differ only in penalty, learning rate, momentum or seed make their updates together, which takes
    less time than one after the other and gives the same numbers, on a CPU bit for bit. They are
    a *cohort*. Other differences make other cohorts, and so do more trainings than fit into 1 GiB beside their images;
    cohorts follow one another.

    Parameters
    ----------
    configs : iterable of RunConfig
        Two that share a seed start alike and see the same batches: a paired comparison.
    progress, data
        As in `train`. Before the bar, a line says how many cohorts there are and how much memory they take.
    processes : int
        Train in as many processes, each with a cohort of its own, which use the cores better than one process with
        several threads. It takes some seconds to start them, and pays for long trainings. On the CPU only.
    checkpoint, checkpoint_every
        As in `train`, for all trainings together. A finished cohort is not trained again; cohorts stay as they were
        begun, whatever ``processes`` says then.

    Returns
    -------
    list of Run
        In the order of ``configs``. After Ctrl-C, those begun so far; ``complete`` is False for those not finished.
        ``history.seconds`` is each training's share of what its cohort took.

    Raises
    ------
    CheckpointError, DataError, ValueError
        As in `train`.
    DivergedError
        For the first of ``configs`` whose error became NaN or infinite, when all cohorts are done; the exception's
        ``runs`` are those of the others that stayed finite.
    KeyboardInterrupt
        After Ctrl-C before anything is trained: there is nothing to keep.

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> pair = [RunConfig(data="digits", n_train=100, epochs=1, penalty=p) for p in (None, Penalty(1e-3, 1e-2))]
    >>> [run.config.method for run in train_many(pair, progress=False)]
    ['none', 'SL1']
    """
    if isinstance(configs, RunConfig):
        raise unexpected("configs", configs, "it must be several, a list of RunConfig; train takes a single one")
    configs = [checked(config) for config in configs]
    require_count("processes", processes, least=1)
    with nullcontext() if checkpoint is None else Checkpoint(checkpoint, checkpoint_every) as kept:
        begun = kept.cohorts(configs) if kept is not None else None
        sets = _load(configs, data)
        cohorts = split_into_cohorts(configs, sets, processes) if begun is None else begun
        if kept is not None and begun is None:
            kept.begin(configs, cohorts)
        if progress and len(configs) > 1:
            tell(plan(configs, cohorts, sets, processes))
        return _collected(_train(configs, cohorts, sets, kept, progress, min(processes, len(cohorts))))


def checked(config: RunConfig) -> RunConfig:
    """Return the configuration, if it is one."""
    if not isinstance(config, RunConfig):
        raise unexpected("config", config, "it must be a RunConfig(data=..., penalty=..., ...)")
    return config


def _load(configs: Sequence[RunConfig], data: Dataset | None) -> dict[str, Dataset]:
    """Return the data set of each name, before anything is trained, so that missing data is reported at once."""
    if data is not None and not isinstance(data, Dataset):
        raise unexpected("data", data, "it must be a Dataset, as load_data returns")
    names = dict.fromkeys(config.data for config in configs)
    return {name: load_data(name) if data is None else data for name in names}


def _train(
    configs: Sequence[RunConfig],
    cohorts: Sequence[Sequence[int]],
    sets: Mapping[str, Dataset],
    kept: Checkpoint | None,
    progress: bool,
    processes: int,
) -> Iterator[_Results]:
    """Yield what each cohort gives, one after the other or as processes have them, up to an interruption."""
    works = [
        ([configs[i] for i in cohort], sets[configs[cohort[0]].data], Keeper(kept, number, len(cohorts)))
        for number, cohort in enumerate(cohorts)
    ]
    if processes > 1:
        bar = image_bar(f"{len(configs)} trainings", image_count(configs, sets), 0, progress)
        yield from _train_side_by_side(works, cohorts, processes, bar)
        return
    for cohort, work in zip(cohorts, works, strict=True):
        results = train_cohort(*work, progress)
        yield dict(zip(cohort, results, strict=True))
        if not all(result.complete for result in results if isinstance(result, Run)):
            return


def _train_side_by_side(
    works: Sequence[tuple[Sequence[RunConfig], Dataset, Keeper]],
    cohorts: Sequence[Sequence[int]],
    processes: int,
    bar: Any,
) -> Iterator[_Results]:
    """Let each process train a cohort, then the next; after Ctrl-C each ends where it is."""
    reports: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
    threads = max(torch.get_num_threads() // processes, 1)
    with bar, Processes(processes, threads, reports.put) as executor, deferred_ctrl_c() as pressed:
        left = {
            executor.submit(train_cohort, *work, False, processes, Reported()): cohort
            for work, cohort in zip(works, cohorts, strict=True)
        }
        try:
            while left:
                done, _ = wait(left, timeout=LOOK, return_when=FIRST_COMPLETED)
                if pressed():
                    executor.ask_to_stop()
                    done |= {future for future in left if future.cancel()}
                while not reports.empty():
                    count, text = reports.get()
                    if bar.update(count):
                        bar.set_postfix_str(text, refresh=False)
                for future in done:
                    cohort = left.pop(future)
                    if not future.cancelled():
                        yield dict(zip(cohort, future.result(), strict=True))
        except BaseException:
            executor.stop()
            raise


def _collected(found: Iterable[_Results]) -> list[Run]:
    """Return the runs in their order; raise in the end if one diverged."""
    done: dict[int, Run] = {}
    diverged: dict[int, DivergedError] = {}
    try:
        for results in found:
            done |= {i: run for i, run in results.items() if isinstance(run, Run)}
            diverged |= {i: error for i, error in results.items() if isinstance(error, DivergedError)}
    except KeyboardInterrupt:  # between two cohorts
        if not done and not diverged:
            raise
    runs = [done[i] for i in sorted(done)]
    if diverged:
        first = diverged[min(diverged)]
        first.runs = runs
        raise first
    return runs
