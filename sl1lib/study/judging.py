"""All claims of a study judged: by comparisons of its trainings, or by the experiments that its claims name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from .._output import bar
from ..errors import require_choice
from . import Claim, Judgement, Processes, Store, Study, Verdict
from .evidence import Evidence, EvidenceError, damaged, evidence_path
from .terminal import judged_by_table

#: The module of each experiment that a claim may name. It has ``NAME``, ``measure(study, results_folder, data=None,
#: progress=True)``, ``is_current(evidence, study, results_folder)`` and ``judge(claim, evidence)``.
EXPERIMENTS: Final = {
    "pruning": "pruned_networks",
    "chatter": "chatter",
    "convergence": "convergence",
    "consistency": "consistency",
}


def experiment(name: str) -> ModuleType:
    """Return the module of an experiment.

    Raises
    ------
    ValueError
        If there is none of this name.

    Examples
    --------
    >>> experiment("chatter").NAME
    'chatter'
    """
    require_choice("experiment", name, EXPERIMENTS)
    return import_module(f".experiments.{EXPERIMENTS[name]}", __package__)


def judge_all(study: Study, results_folder: Path) -> list[Judgement]:
    """Decide every claim of a study, as far as its results allow.

    Parameters
    ----------
    study : Study
    results_folder : Path
        Where its results are.

    Returns
    -------
    list of Judgement
        In the order of the claims. What *is not decided yet* says what is missing.

    Raises
    ------
    StoreError, EvidenceError
        If a file is damaged.
    """
    judgements = judged_by_table(study, Store(results_folder))
    names = dict.fromkeys(claim.experiment for claim in study.claims if claim.experiment)
    known = {name: current_evidence(name, study, results_folder) for name in names}
    return [
        _judge_experiment(judgement.claim, known[judgement.claim.experiment], results_folder)
        if judgement.claim.experiment
        else judgement
        for judgement in judgements
    ]


def current_evidence(name: str, study: Study, results_folder: Path) -> Evidence | str:
    """Return the evidence of an experiment, or what must be said instead of it: that it is missing or out of date.

    Raises
    ------
    ValueError
        If no experiment has this name.
    EvidenceError
        If the file is damaged.
    """
    module = experiment(name)
    if not evidence_path(results_folder, module.NAME).exists():
        return f"its evidence is missing; {_command(study)}"
    evidence = Evidence.load(results_folder, module.NAME)
    with _blaming(evidence, results_folder):
        if module.is_current(evidence, study, results_folder):
            return evidence
    return f"its evidence is out of date; {_command(study)}"


def _judge_experiment(claim: Claim, evidence: Evidence | str, results_folder: Path) -> Judgement:
    if isinstance(evidence, str):
        return Judgement(claim, Verdict.OPEN, (), evidence)
    with _blaming(evidence, results_folder):
        judgement: Judgement = experiment(claim.experiment).judge(claim, evidence)
    return judgement


@contextmanager
def _blaming(evidence: Evidence, results_folder: Path) -> Iterator[None]:
    """Name the file where evidence has not what its experiment looks up in it."""
    try:
        yield
    except (LookupError, TypeError, AttributeError) as error:
        raise damaged(results_folder, evidence.name, error) from error


def measure_missing(
    study: Study, results_folder: Path, progress: bool = True, processes: int | None = None
) -> Iterator[Evidence]:
    """Do the experiments that a study's claims name and whose evidence is missing, out of date or damaged.

    Several are done side by side; one alone is done in this process.

    Parameters
    ----------
    study : Study
        Its trainings should be complete: some experiments are about the trained networks.
    results_folder : Path
    progress : bool
        Show a bar.
    processes : int, optional
        How many at most; None: as many as this process may use cores.

    Yields
    ------
    Evidence
        As soon as it is kept; interrupted, the next call goes on with the next experiment.
    """
    names = dict.fromkeys(claim.experiment for claim in study.claims if claim.experiment)
    missing = [name for name in names if not _is_current(name, study, results_folder)]
    for evidence in _measured(missing, study, results_folder, progress, processes):
        evidence.save(results_folder)
        yield evidence


def _measured(
    names: Sequence[str], study: Study, results_folder: Path, progress: bool, processes: int | None
) -> Iterator[Evidence]:
    if len(names) < 2 or processes == 1:
        for name in names:
            yield experiment(name).measure(study, results_folder, progress=progress)
        return
    pool = Processes(processes)
    try:
        futures = [pool.submit(_measure, name, study, results_folder) for name in names]
        with bar(total=len(futures), desc="experiments", unit="experiment", leave=False, shown=progress) as drawn:
            for future in as_completed(futures):
                yield future.result()
                drawn.update()
    except BaseException:
        pool.stop()  # what still runs is of no use
        raise
    finally:
        pool.shutdown()


def _measure(name: str, study: Study, results_folder: Path) -> Evidence:
    evidence: Evidence = experiment(name).measure(study, results_folder, progress=False)
    return evidence


def _is_current(name: str, study: Study, results_folder: Path) -> bool:
    try:
        return isinstance(current_evidence(name, study, results_folder), Evidence)
    except EvidenceError:
        return False


def _command(study: Study) -> str:
    return f"`sl1 study run {study.name}` makes it"
