"""Tables of a study for a terminal: what it will cost, what is there, what was chosen, what came out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cost import core_seconds, model_epochs
from .declaration import Stage, Study
from .runner import Layout
from .statistics import mean_and_sd
from .store import Store
from .table import Table, make_table
from .tuning import Selection, first_candidates
from .verdicts import Comparison, Estimate, Judgement, judge


def plan_text(study: Study, store: Store, processes: int) -> str:
    """Return a table of the stages: trainings, how many are missing, model-epochs and the estimated time.

    Parameters
    ----------
    study : Study
    store : Store
    processes : int
        Among which the work is divided.

    Notes
    -----
    A stage that waits for a selection has as many trainings as with any other one, and costs the same.
    """
    layout = Layout.of(study, store)
    rows: list[tuple[str, ...]] = [("stage", "trainings", "missing", "model-epochs", "minutes", "to do")]
    sums, seen = np.zeros(5), set[str]()
    for stage in study.stages:
        known = stage.name in layout.cells
        cells = layout.cells[stage.name] if known else study.cells(stage, any_selection(study, stage))
        todo = [c for c in cells if c.key not in seen and not (known and store.has(c.key, stage.keep_params))]
        minutes = [sum(core_seconds(c.config) for c in part) / 60 / processes for part in (cells, todo)]
        numbers = (len(cells), len(todo), sum(model_epochs(c.config) for c in cells), *minutes)
        seen |= {cell.key for cell in cells} if known else set()
        rows.append((stage.name, *_plan_row(*numbers)))
        sums += numbers
    rows.append(("together", *_plan_row(*sums)))
    note = f"A model-epoch is 60,000 images through one network. Minutes are estimates for {processes} processes."
    return "\n".join([f"{study.name}: {study.question}", "", *_aligned(rows), "", note])


def _plan_row(cells: float, missing: float, epochs: float, minutes: float, todo: float) -> tuple[str, ...]:
    return (f"{cells:.0f}", f"{missing:.0f}", f"{epochs:.1f}", f"{minutes:.1f}", f"{todo:.1f}")


def any_selection(study: Study, stage: Stage) -> Selection | None:
    """Return a selection that stands for one that is not known yet: the first candidate of each method."""
    if not stage.tuned_by:
        return None
    tuning = study.stage(stage.tuned_by)
    return first_candidates(tuning, study.cells(tuning, any_selection(study, tuning)))


def show_text(study: Study, store: Store, judgements: Sequence[Judgement] | None = None) -> str:
    """Return, stage after stage, what was chosen and how the methods did, and the verdicts that follow.

    Parameters
    ----------
    study : Study
    store : Store
    judgements : sequence of Judgement, optional
        On the study's claims. None: those that its table alone decides.
    """
    layout, parts = Layout.of(study, store), [f"{study.name}: {study.question}"]
    stored = []
    for stage in study.stages:
        parts.append(f"\n{stage.name}: {stage.question}")
        cells = [cell for cell in layout.cells.get(stage.name, ()) if store.has(cell.key)]
        stored += cells
        if stage.name in layout.selections:
            parts += _aligned(selection_rows(layout.selections[stage.name]))
        elif cells:
            parts += _aligned(stage_rows(stage, make_table(cells, store)))
        missing = len(layout.missing(stage, store))
        if stage.name not in layout.cells:
            parts.append(f"  waits for {stage.tuned_by}")
        elif missing:
            parts.append(f"  {missing} of {len(layout.cells[stage.name])} trainings missing")
    if judgements is None:
        judgements = judged_by_table(study, store)
    if judgements:
        parts += ["\nclaims", *map(judgement_text, judgements)]
    return "\n".join(parts)


def judged_by_table(study: Study, store: Store) -> list[Judgement]:
    """Return what a study's own table says about its claims."""
    layout = Layout.of(study, store)
    stored = [cell for cells in layout.cells.values() for cell in cells if store.has(cell.key)]
    table, missing = make_table(stored, store), missing_trainings(study, layout, store)
    return [judge(claim, table, missing) for claim in study.claims]


def missing_trainings(study: Study, layout: Layout, store: Store) -> dict[str, int]:
    """Return for each stage how many of its trainings are not there: all of them, where it cannot be laid out yet."""
    missing = {}
    for stage in study.stages:
        known = stage.name in layout.cells
        cells = layout.missing(stage, store) if known else study.cells(stage, any_selection(study, stage))
        missing[stage.name] = len(cells)
    return missing


def selection_rows(selection: Selection) -> list[tuple[str, ...]]:
    """Return a row for each choice of a tuning stage: what was chosen, among how many, ties, edges of the grid."""
    fields = selection.stage.select
    others = list(dict.fromkeys(axis for choice in selection.choices for axis in choice.others))
    rows = [("method", *others, *fields, "validation error", "candidates", "ties", "diverged", "at edge")]
    for choice in selection.choices:
        cells = [f"{choice.values[name]:g}" if name in choice.values else "–" for name in fields]
        places = [_text(choice.others.get(axis, "–")) for axis in others]
        counts = (str(choice.candidates), str(choice.ties), str(choice.failed), ", ".join(choice.at_edge) or "–")
        rows.append((choice.method, *places, *cells, f"{100 * choice.error:.2f} %", *counts))
    return rows


def stage_rows(stage: Stage, table: Table) -> list[tuple[str, ...]]:
    """Return a row for each method and point of a stage's grid: mean and standard deviation over the seeds."""
    instead = (axis for grid in stage.instead.values() for axis in grid)
    axes = list(dict.fromkeys([*stage.grid, *(f"{axis}_factor" for axis in stage.scale), *instead]))
    axes = [axis for axis in axes if axis in table.columns]  # a factor that no training has is no column
    rows = [("method", *axes, "lr", "λ", "n", "error", "± sd", "E0", "nodes < ε", "failed")]
    for (method, *place), group in table.groups("method", *axes):
        error, spread, _ = mean_and_sd(group["held_out_error"])
        E0, nodes = (mean_and_sd(group[name])[0] for name in ("held_out_E0", "nodes_below"))
        chosen = (f"{group['lr'][0]:g}", f"{group['strength'][0]:g}", str(len(group)))
        percents = (_number(100 * error, ".3f", " %"), _number(100 * spread, ".3f"))
        counts = (_number(nodes, ".1f"), f"{group['failed'].sum():.0f}")
        found = (*percents, _number(E0, ".4f"), *counts)
        rows.append((method, *map(_text, place), *chosen, *found))
    return rows


def judgement_text(judgement: Judgement) -> str:
    """Return a claim, its verdict, and a line for each number that led to it: effect, interval, n."""
    claim = judgement.claim
    lines = [f"{claim.number:>2}. {claim.statement}", f"    {judgement.verdict}: {judgement.reason}"]
    lines += [f"      {comparison_line(comparison)}" for comparison in judgement.comparisons]
    lines += [f"      {estimate_line(estimate)}" for estimate in judgement.estimates]
    return "\n".join(lines)


def comparison_line(comparison: Comparison) -> str:
    """Return a comparison in a line; the effect is the favoured side's minus the other's."""
    effect = comparison.effect
    middle, low, high = (round(x, 12) for x in (effect.effect, effect.low, effect.high))  # 0 may come out as 1e-20
    where = "".join(f", {name} {_text(value)}" for name, value in comparison.where.items())
    return (
        f"{comparison.stage}{where}: {comparison.measure} against {comparison.other}: {middle:+.3g} "
        f"[{low:+.3g}, {high:+.3g}], corrected p = {comparison.p_corrected:.3g}, n = {effect.n}"
    )


def estimate_line(estimate: Estimate) -> str:
    """Return an experiment's number in a line."""
    interval = "" if np.isnan(estimate.low) else f" [{estimate.low:.3g}, {estimate.high:.3g}]"
    return f"{estimate.what}: {estimate.value:.3g}{interval}, n = {estimate.n}"


def _text(value: object) -> str:
    return _number(value, "g") if isinstance(value, float) else "–" if value is None else str(value)


def _number(value: float, form: str, unit: str = "") -> str:
    return "–" if np.isnan(value) else f"{value:{form}}{unit}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table, the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
