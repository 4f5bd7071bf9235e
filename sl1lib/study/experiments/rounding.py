"""How far another processor's rounding drives a training from itself: what the audit's tolerances were set by."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...clock import processor_name
from .. import Finding, Store, Study, audit
from ..cost import held_out_images
from ..evidence import Evidence

NAME: Final = "rounding"


def measure(study: Study, results_folder: Path, sample: int = 100, executor: Executor | None = None) -> Evidence:
    """Train some of a study's trainings again, on another processor than the one that they were stored on.

    Parameters
    ----------
    study : Study
    results_folder : Path
        Where its results are.
    sample : int
        How many trainings to draw; their whole batches are compared.
    executor : Executor, optional
        As for `sl1lib.study.audit`.

    Returns
    -------
    Evidence
        As `evidence_of` makes it.
    """
    return evidence_of(audit(study, results_folder, sample, whole=True, executor=executor), Store(results_folder))


def evidence_of(findings: Iterable[Finding], store: Store) -> Evidence:
    """Return how far trainings and their repetitions were apart.

    Parameters
    ----------
    findings : iterable of Finding
        Of trainings that were done again elsewhere; those that diverged are left out.
    store : Store
        Where the trainings are, for the processors that they were done on.

    Returns
    -------
    Evidence
        A row for each: ``early``, ``drift`` and ``lengths`` as `Finding` has them, ``images`` by how many the numbers
        of wrong answers differ, ``standard_errors`` the same in those of a difference of two rates, and ``allowed``, by
        how many images they may differ.
    """
    rows = [_row(finding) for finding in findings if not (finding.stored.diverged or finding.again.diverged)]
    there = sorted({store.batches[store.batch_of[row["key"]]]["processor"] for row in rows})
    return Evidence.of_rows(NAME, rows, {"stored": ", ".join(there), "again": processor_name()})


def _row(finding: Finding) -> dict[str, Any]:
    n, p = held_out_images(finding.stored.config), finding.stored.held_out_error
    apart = abs(finding.again.held_out_error - p)
    return {
        "key": finding.stored.key,
        "early": finding.early,
        "drift": finding.drift,
        "lengths": finding.lengths,
        "images": round(apart * n),
        "standard_errors": float(apart / np.sqrt(2 * p * (1 - p) / n)) if 0 < p < 1 else 0.0,
        "allowed": finding.tolerance * n,
    }
