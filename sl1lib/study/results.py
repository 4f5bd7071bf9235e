"""What there is of a stored study: trainings, experiments, and the verdicts that follow; each file is read once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .._output import bar
from ..errors import unexpected
from ..paths import user_path
from ..training.processes import working
from .declaration import STUDIES, Selection, Study, load_study
from .evidence import NotMeasuredError, damaged, evidence_path, load_evidence, save_evidence
from .layout import Layout
from .store import Store, StoreError
from .table import Table, table_of
from .verdicts import Answer, Verdict, compare_trainings

if TYPE_CHECKING:
    from .experiments.experiment import Experiment

RESULTS: Final = Path("results")
_DECLARATION: Final = "study.toml"


class Results:
    """The results of a study, read when they are asked for.

    Parameters
    ----------
    study : Study
    folder : path
        Where its results are; one that is not there has none.

    Examples
    --------
    >>> from sl1lib.study import load_study
    >>> results = Results(load_study("smoke"), "nowhere")
    >>> len(results.trainings), results.verdict(1).waiting
    (0, "trainings that it needs are missing: 21 of 'finals'")
    """

    def __init__(self, study: Study, folder: str | os.PathLike[str]) -> None:
        self.study, self.folder = study, user_path("folder", folder, "folder")
        self._evidence: dict[str, Table] = {}
        self._verdicts: dict[int, Verdict] = {}

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Results:
        """Open a folder of results: of a study of the library by the folder's name, else as its ``study.toml`` says."""
        path = user_path("folder", folder, "folder")
        declaration = path / _DECLARATION
        return cls(load_study(declaration if path.name not in STUDIES and declaration.exists() else path.name), path)

    @cached_property
    def store(self) -> Store:
        """The files of trainings; `StoreError` if one cannot be read or is damaged."""
        return Store(self.folder)

    @cached_property
    def layout(self) -> Layout:
        """Which trainings the study has."""
        return Layout.of(self.study, self.store)

    @property
    def selections(self) -> dict[str, Selection]:
        """What the tuning stages chose, those that are complete."""
        return self.layout.selections

    @cached_property
    def missing(self) -> dict[str, int]:
        """How many trainings of each stage are still to come."""
        return {stage.name: len(self.layout.to_come(stage)) for stage in self.study.stages}

    @property
    def complete(self) -> bool:
        """Whether no training is missing."""
        return not any(self.missing.values())

    @cached_property
    def trainings(self) -> Table:
        """The trainings of all stages that are complete, and no others: half a stage would compare unequal numbers."""
        stages = [cells for stage, cells in self.layout.cells.items() if not self.missing[stage]]
        return table_of(list(itertools.chain(*stages)), self.store)

    def stage(self, name: str) -> Table:
        """Return the trainings of a stage, none if it is not complete."""
        self.study.stage(name)  # a slip in the name is an error, and no missing stage
        return self.trainings.where(stage=name) if len(self.trainings) else self.trainings

    def experiment(self, name: str) -> Table:
        """Return what an experiment measured.

        Raises
        ------
        NotMeasuredError
            If it is missing, or comes from another design or other trainings than there are now.
        StoreError
            If its file is damaged.
        """
        if name not in self._evidence:
            experiment, found = _experiment(name), load_evidence(self.folder, name)
            with self._blaming(name):
                if not experiment.is_current(found, self):
                    right = f"`sl1 study run {self.study.name}` makes it"
                    raise NotMeasuredError(evidence_path(self.folder, name), "is out of date", right)
            self._evidence[name] = found
        return self._evidence[name]

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on all claims, in their order; what *is not decided yet* says what it waits for."""
        return [self.verdict(claim.number) for claim in self.study.claims]

    def verdict(self, number: int) -> Verdict:
        """Decide a claim by its declared rule, as far as the results allow; `StoreError` if a file is damaged."""
        if number not in self._verdicts:
            self._verdicts[number] = self._decide(number)
        return self._verdicts[number]

    def _decide(self, number: int) -> Verdict:
        claims = {claim.number: claim for claim in self.study.claims}
        if number not in claims:
            known = ", ".join(map(str, claims)) or "none"
            raise unexpected("claim", number, f"the claims of study {self.study.name!r} are {known}")
        claim = claims[number]
        if claim.untested:
            return Verdict(claim, Answer.UNTESTED, waiting=claim.untested)
        if not claim.experiment:
            if claim.words:  # they ask for something that nothing here does
                return Verdict(claim, Answer.OPEN, waiting=claim.words)
            return compare_trainings(claim, self.trainings, self.missing)
        try:
            table = self.experiment(claim.experiment)
        except NotMeasuredError as error:
            return Verdict(claim, Answer.OPEN, waiting=f"its evidence {error.why}; {error.remedy}")
        with self._blaming(claim.experiment):
            return _experiment(claim.experiment).decide(claim, table)

    @contextmanager
    def _blaming(self, name: str) -> Iterator[None]:
        """Name the file where evidence has not what its experiment looks up in it."""
        try:
            yield
        except (LookupError, TypeError, AttributeError) as error:
            raise damaged(self.folder, name, error) from error

    def measure_missing(self, progress: bool = True, processes: int | None = None) -> Iterator[Table]:
        """Do the experiments that the claims name and whose evidence is missing, out of date or damaged.

        Several are done side by side, in at most so many processes; one alone is done in this process. Some are about
        the trained networks, so that the trainings should be complete. Each table is yielded as soon as it is kept;
        interrupted, the next call resumes with the next experiment.
        """
        missing = []
        for name in dict.fromkeys(claim.experiment for claim in self.study.claims if claim.experiment):
            try:
                self.experiment(name)
            except StoreError:
                missing.append(name)
        for table in self._measured(missing, progress, processes):
            save_evidence(table, self.folder)
            yield table

    def _measured(self, names: Sequence[str], progress: bool, processes: int | None) -> Iterator[Table]:
        if len(names) < 2 or processes == 1:
            yield from (_experiment(name).measure(self, progress=progress) for name in names)
            return
        with working(None, processes) as pool:
            futures = [pool.submit(_measure, name, self.study, self.folder) for name in names]
            about = {"desc": "experiments", "unit": "experiment", "leave": False}
            for future in bar(as_completed(futures), total=len(futures), shown=progress, **about):
                yield future.result()


def _measure(name: str, study: Study, folder: Path) -> Table:
    return _experiment(name).measure(Results(study, folder), progress=False)


def _experiment(name: str) -> Experiment:
    from .experiments import experiment_of  # they need PyTorch, which the table of trainings does not

    return experiment_of(name)
