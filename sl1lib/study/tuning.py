"""Which learning rate and strength a tuning stage chose, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..training.config import RunConfig
from .declaration import Cell, Choice, Selection, Stage
from .record import Record
from .statistics import DECIMALS


def select(stage: Stage, cells: Sequence[Cell], records: Mapping[str, Record]) -> Selection:
    """Choose for each method, and for each value of the axes that are not selected, the best candidate.

    The rule: the smallest mean error on the validation images over the seeds; among equals the smallest mean
    validation :math:`E_0`, then the first in the grid. A candidate that diverged with any seed is out.

    Parameters
    ----------
    stage : Stage
        With ``select``.
    cells : sequence of Cell
        The stage's.
    records : mapping of str to Record
        By key; all of the cells must be there.

    Raises
    ------
    ValueError
        If every candidate of a method diverged.
    """
    groups: dict[tuple[Any, ...], dict[tuple[float, ...], list[Cell]]] = {}
    for cell in cells:
        place = (cell.method, *sorted(stage.others(cell.point).items()))
        candidate = tuple(_chosen(cell.config, stage.select).values())
        groups.setdefault(place, {}).setdefault(candidate, []).append(cell)
    return Selection(stage, tuple(_choose(stage, list(group.values()), records) for group in groups.values()))


def first_candidates(stage: Stage, cells: Sequence[Cell]) -> Selection:
    """Return a selection of the first candidates, for laying out what waits for the real one."""
    chosen: dict[tuple[Any, ...], Choice] = {}
    for cell in cells:
        others = stage.others(cell.point)
        values = _chosen(cell.config, stage.select)
        chosen.setdefault(
            (cell.method, *sorted(others.items())), Choice(cell.method, others, values, np.nan, 0, 0, (), 0)
        )
    return Selection(stage, tuple(chosen.values()))


def _choose(stage: Stage, candidates: Sequence[Sequence[Cell]], records: Mapping[str, Record]) -> Choice:
    scores = [_score([records[cell.key] for cell in cells]) for cells in candidates]
    best = min(range(len(scores)), key=lambda i: scores[i])
    first = candidates[best][0]
    if not np.isfinite(scores[best][0]):
        raise ValueError(f"stage {stage.name!r}: every candidate of {first.method} diverged; smaller rates are needed")
    values = _chosen(first.config, stage.select)
    tried = [_chosen(cells[0].config, stage.select) for cells in candidates]
    ranges = {name: [each[name] for each in tried] for name in values}
    return Choice(
        first.method,
        stage.others(first.point),
        values,
        scores[best][0],
        candidates=len(candidates),
        ties=sum(score[0] == scores[best][0] for score in scores) - 1,
        at_edge=tuple(n for n, r in ranges.items() if min(r) < max(r) and values[n] in (min(r), max(r))),
        failed=sum(not np.isfinite(score[0]) for score in scores),
    )


def _score(records: Sequence[Record]) -> tuple[float, float]:
    """Return mean error and mean entropy error; infinite if one diverged, so that it never is the smallest."""
    if any(record.diverged for record in records):
        return np.inf, np.inf
    error, E0 = (np.mean([record.numbers[name] for record in records]) for name in ("held_out_error", "held_out_E0"))
    return round(float(error), DECIMALS), round(float(E0), DECIMALS)


def _chosen(config: RunConfig, names: Sequence[str]) -> dict[str, float]:
    values = {}
    for name in names:
        if name not in ("strength", "eps"):
            values[name] = getattr(config, name)
        elif config.penalty is not None:
            values[name] = getattr(config.penalty, name)
    return values
