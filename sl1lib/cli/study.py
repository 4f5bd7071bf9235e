"""The command ``sl1 study``: plan, run, show and audit a study."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from .._output import tell
from ..errors import require_count
from ..paths import path_option
from ..study.cost import BATCH
from ..study.declaration import STUDIES, load_study
from ..study.results import RESULTS, Results
from ..study.terminal import plan_text, show_text, verdict_text
from ..training.processes import usable_cores

_ACTIONS = ("plan", "run", "show", "audit")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to ``parser``."""
    parser.add_argument(
        "action", choices=_ACTIONS,
        help="plan: what it will cost; run: train, measure what is missing; show: tables, verdicts; audit: repeat some",
    )  # fmt: skip
    parser.add_argument("study", metavar="NAME", help=f"{', '.join(STUDIES)}, or a TOML file that declares a study")
    parser.add_argument(
        "--results", type=path_option, default=RESULTS, metavar="FOLDER", help="results are kept in FOLDER/NAME"
    )
    running = parser.add_argument_group("run and audit")
    running.add_argument("--processes", type=int, metavar="N", help="without it, one for each core")
    running.add_argument(
        "--batch", type=int, default=BATCH, metavar="N", help="run: trainings side by side in a process"
    )
    running.add_argument("--quiet", action="store_true", help="no progress bar")
    running.add_argument("--sample", type=int, default=10, metavar="N", help="audit: how many trainings")
    running.add_argument("--seed", type=int, default=0, help="audit: which ones")


def run(options: argparse.Namespace) -> int:
    """Do what ``sl1 study`` was asked to do, print what came of it, and return 1 if trainings failed or differ."""
    study = load_study(options.study)
    results = Results(study, options.results / study.name)
    if options.processes is not None:
        require_count("processes", options.processes, least=1)
    if options.action == "plan":
        print(plan_text(results, options.processes or usable_cores()))
        return 0
    if options.action == "show":
        _show(results)
        return 0
    return _audit(options, results) if options.action == "audit" else _run(options, results)


def _show(results: Results) -> None:
    if not results.folder.exists():
        name = results.study.name
        tell(f"{results.folder} is not there: nothing is trained here; --results names the folder that holds {name}")
    print(show_text(results))
    with _statistics():
        from ..book.reasons import reason  # pages say it in the same words

        texts = [verdict_text(verdict, reason(verdict)) for verdict in results.verdicts]
    if texts:
        print("\nclaims", *texts, sep="\n")


@contextmanager
def _statistics() -> Iterator[None]:
    """Say what to install where the statistics are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        right = "the verdicts need the extra: python -m pip install 'sl1lib[study]'"
        raise ValueError(f"{error.name} is not installed; {right}") from error


def _run(options: argparse.Namespace, results: Results) -> int:
    from ..study.runner import run as run_study  # needs PyTorch, as the audit does; plans and tables do not

    study, folder = results.study, results.folder
    outcome = run_study(study, folder, processes=options.processes, batch=options.batch, progress=not options.quiet)
    for failure in outcome.failures if options.quiet else ():
        print(failure)
    print(f"{outcome.trained} trainings added to {folder}, {outcome.missing} missing")
    if outcome.missing or outcome.failures:
        return 1
    with _statistics():
        for table in results.measure_missing(not options.quiet, options.processes):
            print(f"{len(table)} rows of evidence on {table.name!r} added to {folder}")
    return 0


def _audit(options: argparse.Namespace, results: Results) -> int:
    from ..study.auditing import RULE, audit

    print(RULE, flush=True)
    bar = not options.quiet
    repeats = audit(results, options.sample, options.seed, processes=options.processes, progress=bar)
    for repeat in repeats:
        print(repeat)
    failed = [repeat.stored.key for repeat in repeats if not repeat.passed]
    summary = f"{len(repeats)} trainings done again, {len(failed)} did not come out as stored"
    print(f"{summary}: {', '.join(failed)}" if failed else summary)
    return 1 if failed else 0
