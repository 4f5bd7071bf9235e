"""A stored study as the chapters read it: its complete stages, and a slice of it trained again."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from ..errors import unexpected
from . import Claim, Finding, Judgement, Layout, Selection, Store, Study, Table, audit, judge, load_study
from .table import make_table
from .terminal import missing_trainings


@dataclass(frozen=True, eq=False)
class Results:
    """The complete stages of a stored study.

    Parameters
    ----------
    study : Study
    folder : Path
        Where its results are.
    table : Table
        The trainings of all stages that are complete, and no others: half a stage would compare unequal numbers.
    selections : mapping of str to Selection
        What the tuning stages chose, those that are complete.
    missing : mapping of str to int
        How many trainings of each stage are still to come.
    """

    study: Study
    folder: Path
    table: Table
    selections: Mapping[str, Selection]
    missing: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not any(self.missing.values())

    def stage(self, name: str) -> Table:
        """Return the trainings of a stage, none if it is not complete."""
        self.study.stage(name)  # a slip in the name is an error, and no missing stage
        return self.table.where(stage=name) if len(self.table) else self.table

    def judged(self, number: int) -> Judgement:
        """Decide a claim by its declared rule, if its stages are complete.

        Parameters
        ----------
        number : int
            Of a claim that comparisons of trainings decide.

        Raises
        ------
        ValueError
            If the study has no such claim.
        """
        claims = {claim.number: claim for claim in self.study.claims if claim.stages}
        if number not in claims:
            raise unexpected("claim", number, f"comparisons decide {', '.join(map(str, claims))}")
        return _judged(self, claims[number])


@cache
def _judged(results: Results, claim: Claim) -> Judgement:
    return judge(claim, results.table, results.missing)


def load_results(study: str, folder: str | os.PathLike[str]) -> Results:
    """Read what is complete of a stored study.

    Parameters
    ----------
    study : str
        As for `sl1lib.study.load_study`.
    folder : path
        Where its results are; one that is not there has none.

    Returns
    -------
    Results

    Raises
    ------
    StoreError
        If a file cannot be read or is damaged.
    """
    declared, store = load_study(study), Store(folder)
    layout = Layout.of(declared, store)
    missing = missing_trainings(declared, layout, store)
    complete = [cells for stage, cells in layout.cells.items() if not missing[stage]]
    table = make_table(list(itertools.chain(*complete)), store)
    return Results(declared, store.folder, table, layout.selections, missing)


def train_again(results: Results, sample: int, stages: Sequence[str], **where: Any) -> list[Finding]:
    """Train a slice of a study again, in this process, and compare: `audit` of whole batches.

    Parameters
    ----------
    results : Results
    sample : int
        How many trainings to draw; their whole batches are trained.
    stages : sequence of str
        To draw from.
    **where
        Values of the configuration that what is drawn must have.

    Returns
    -------
    list of Finding
    """
    threads = torch.get_num_threads()
    try:
        # One thread, as each process of a study has.
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as one:
            return audit(
                results.study, results.folder, sample, stages=stages, where=where, whole=True, executor=one,
                progress=False,
            )  # fmt: skip
    finally:
        torch.set_num_threads(threads)
