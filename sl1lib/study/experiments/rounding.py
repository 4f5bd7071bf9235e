"""How far another processor's rounding drives a training from itself: what the audit's tolerances were set by."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...clock import processor_name
from ..auditing import Repeat, audit
from ..cost import held_out_images
from ..table import Table
from .experiment import Experiment

if TYPE_CHECKING:
    from ..results import Results

SAMPLE: Final = 100


class Rounding(Experiment):
    """Some of a study's trainings, done again on another processor than the one that they were stored on.

    A row has ``early``, ``drift`` and ``lengths`` as `Repeat` has them, ``images`` by how many the numbers of wrong
    answers differ, ``standard_errors`` the same in those of a difference of two rates, and ``allowed``, by how many
    images they may differ. Trainings that diverged are left out.
    """

    def measure(
        self, results: Results, progress: bool = True, sample: int = SAMPLE, executor: Executor | None = None
    ) -> Table:
        """Train a sample again, whole batches of it; ``executor`` is as for `sl1lib.study.audit`."""
        repeats = audit(results, sample, whole=True, executor=executor, progress=progress)
        rows = [_row(each) for each in repeats if not (each.stored.diverged or each.again.diverged)]
        store = results.store
        there = sorted({store.batches[store.batch_of[row["key"]]]["processor"] for row in rows})
        facts = {"stored": ", ".join(there), "again": processor_name()}
        return Table.of_rows(rows, name=self.name, provenance=facts)

    def is_current(self, table: Table, results: Results) -> bool:
        """Return True: how far rounding drove two trainings apart stays true, whatever is trained later."""
        return True


def _row(repeat: Repeat) -> dict[str, Any]:
    n, p = held_out_images(repeat.stored.config), repeat.stored.held_out_error
    apart = abs(repeat.again.held_out_error - p)
    return {
        "key": repeat.stored.key,
        "early": repeat.early,
        "drift": repeat.drift,
        "lengths": repeat.lengths,
        "images": round(apart * n),
        "standard_errors": float(apart / np.sqrt(2 * p * (1 - p) / n)) if 0 < p < 1 else 0.0,
        "allowed": repeat.tolerance * n,
    }


ROUNDING: Final = Rounding("rounding", {})
