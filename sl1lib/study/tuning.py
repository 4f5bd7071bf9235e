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

    ``records`` has those of all cells by key. ``ValueError`` if every candidate of a method diverged.
    """
    return Selection(stage, tuple(_choose(stage, group, records) for group in _candidates(stage, cells)))


def first_candidates(stage: Stage, cells: Sequence[Cell]) -> Selection:
    """Return a selection of the first candidates, for laying out what waits for the real one."""
    firsts = [group[0][0] for group in _candidates(stage, cells)]
    chosen = [(cell.method, stage.others(cell.point), _chosen(cell.config, stage.select)) for cell in firsts]
    return Selection(stage, tuple(Choice(*each, np.nan, 0, 0, (), 0) for each in chosen))


def _candidates(stage: Stage, cells: Sequence[Cell]) -> list[list[list[Cell]]]:
    """Return for each method and place the candidates among which one is chosen, and of each the cells of all seeds."""
    groups: dict[tuple[Any, ...], dict[tuple[float, ...], list[Cell]]] = {}
    for cell in cells:
        place = (cell.method, *sorted(stage.others(cell.point).items()))
        candidate = tuple(_chosen(cell.config, stage.select).values())
        groups.setdefault(place, {}).setdefault(candidate, []).append(cell)
    return [list(group.values()) for group in groups.values()]


def _choose(stage: Stage, candidates: Sequence[Sequence[Cell]], records: Mapping[str, Record]) -> Choice:
    scores = [_score([records[cell.key] for cell in cells]) for cells in candidates]
    best = scores.index(min(scores))
    errors, first = [error for error, _ in scores], candidates[best][0]
    if not np.isfinite(errors[best]):
        raise ValueError(f"stage {stage.name!r}: every candidate of {first.method} diverged; smaller rates are needed")
    values = _chosen(first.config, stage.select)
    tried = [_chosen(cells[0].config, stage.select) for cells in candidates]
    ranges = {name: {each[name] for each in tried} for name in values}
    return Choice(
        first.method,
        stage.others(first.point),
        values,
        errors[best],
        candidates=len(candidates),
        ties=errors.count(errors[best]) - 1,
        at_edge=tuple(n for n, r in ranges.items() if len(r) > 1 and values[n] in (min(r), max(r))),
        failed=errors.count(np.inf),
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
