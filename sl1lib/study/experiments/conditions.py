"""What the experiments share that need no training: their circumstances, their bar, rates over instances."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..._output import bar
from ...clock import processor_name
from ...data import load_data
from ...errors import require_count
from ...training.run import provenance
from .. import Estimate, Study, proportion
from ..evidence import Evidence


def circumstances(design: Mapping[str, Any]) -> dict[str, Any]:
    """Return versions, machine, data and design of an experiment on the embedded digits."""
    facts = provenance("cpu", load_data("digits").digest)
    return {**facts, "processor": processor_name(), "data": "digits", "design": plain(design)}


def plain(design: Mapping[str, Any]) -> Any:
    """Return a design as it comes back from a file."""
    return json.loads(json.dumps(design))


def made_by(design: Mapping[str, Any]) -> Callable[..., bool]:
    """Return an experiment's ``is_current``: whether evidence comes from this design, whatever study asks."""

    def is_current(evidence: Evidence, study: Study | None = None, results_folder: Path | None = None) -> bool:
        return bool(evidence.provenance.get("design") == plain(design))

    return is_current


def evidence_of(
    name: str,
    rows_of: Callable[[int], Iterable[Mapping[str, Any]]],
    instances: int,
    facts: Mapping[str, Any],
    progress: bool,
) -> Evidence:
    """Measure instance after instance, with a bar, and put the rows together.

    Parameters
    ----------
    name : str
        Of the evidence.
    rows_of : function
        Takes the number of an instance and returns its rows.
    instances : int
        At least 1.
    facts : mapping
        The provenance; when it began and how long it took are added.
    progress : bool
        Show a bar.
    """
    require_count("instances", instances, least=1)
    began, started = datetime.now(UTC), time.perf_counter()
    rows: list[Mapping[str, Any]] = []
    for instance in bar(range(instances), desc=name, unit="instance", leave=False, shown=progress):
        rows += rows_of(instance)
    took = {"began": began.isoformat(timespec="seconds"), "seconds": round(time.perf_counter() - started, 1)}
    return Evidence.of_rows(name, rows, {**facts, **took})


def proportion_of(what: str, right: np.ndarray) -> Estimate:
    """Return the share of instances that are as they should be, with its exact interval.

    Examples
    --------
    >>> found = proportion_of("calm", np.array([True, True, False]))
    >>> round(found.value, 2), found.n
    (0.67, 3)
    """
    return Estimate(what, *proportion(int(right.sum()), len(right)), len(right))
