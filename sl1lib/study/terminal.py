"""Tables of a study for a terminal: what it will cost, what is there, what was chosen, what came out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._output import aligned
from .cost import core_seconds, model_epochs
from .declaration import Selection, Stage
from .results import Results
from .statistics import mean_and_sd
from .table import Table, table_of
from .verdicts import Comparison, Number, Verdict


def plan_text(results: Results, processes: int) -> str:
    """Return a table of the stages: trainings, how many are missing, model-epochs, and the time among some processes.

    A stage that waits for a selection has as many trainings as with any other one, and costs the same.
    """
    study, layout = results.study, results.layout
    rows: list[tuple[str, ...]] = [("stage", "trainings", "missing", "model-epochs", "minutes", "to do")]
    sums, seen = np.zeros(5), set[str]()
    for stage in study.stages:
        known, cells = stage.name in layout.cells, layout.expected(stage)
        todo = [cell for cell in layout.to_come(stage) if cell.key not in seen]
        minutes = [sum(core_seconds(c.config) for c in part) / 60 / processes for part in (cells, todo)]
        numbers = (len(cells), len(todo), sum(model_epochs(c.config) for c in cells), *minutes)
        seen |= {cell.key for cell in cells} if known else set()
        rows.append((stage.name, *_plan_row(*numbers)))
        sums += numbers
    rows.append(("together", *_plan_row(*sums)))
    note = f"A model-epoch is 60,000 images through one network. Minutes are estimates for {processes} processes."
    return "\n".join([f"{study.name}: {study.question}", "", *_indented(rows), "", note])


def _plan_row(cells: float, missing: float, epochs: float, minutes: float, todo: float) -> tuple[str, ...]:
    return (f"{cells:.0f}", f"{missing:.0f}", f"{epochs:.1f}", f"{minutes:.1f}", f"{todo:.1f}")


def show_text(results: Results) -> str:
    """Return, stage after stage, what was chosen and how the methods did."""
    study, layout = results.study, results.layout
    parts = [f"{study.name}: {study.question}"]
    for stage in study.stages:
        parts.append(f"\n{stage.name}: {stage.question}")
        if stage.name in results.selections:
            parts += _indented(selection_rows(results.selections[stage.name]))
        elif cells := layout.stored(stage.name):
            parts += _indented(stage_rows(stage, table_of(cells, results.store)))
        if stage.name not in layout.cells:
            parts.append(f"  waits for {stage.tuned_by}")
        elif missing := len(layout.missing(stage)):
            parts.append(f"  {missing} of {len(layout.cells[stage.name])} trainings missing")
    return "\n".join(parts)


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
        error, spread = mean_and_sd(group["held_out_error"])
        E0, nodes = (mean_and_sd(group[name])[0] for name in ("held_out_E0", "nodes_below"))
        chosen = (f"{group['lr'][0]:g}", f"{group['strength'][0]:g}", str(len(group)))
        percents = (_number(100 * error, ".3f", " %"), _number(100 * spread, ".3f"))
        counts = (_number(nodes, ".1f"), f"{group['failed'].sum():.0f}")
        found = (*percents, _number(E0, ".4f"), *counts)
        rows.append((method, *map(_text, place), *chosen, *found))
    return rows


def verdict_text(verdict: Verdict, reason: str) -> str:
    """Return a claim, its verdict, the reason, and a line for each number that led to it: effect, interval, n."""
    claim = verdict.claim
    lines = [f"{claim.number:>2}. {claim.statement}", f"    {verdict.answer}: {reason}"]
    lines += [f"      {comparison_line(comparison)}" for comparison in verdict.comparisons]
    lines += [f"      {number_line(number)}" for number in verdict.numbers.values()]
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


def number_line(number: Number) -> str:
    """Return an experiment's number in a line."""
    interval = "" if np.isnan(number.low) else f" [{number.low:.3g}, {number.high:.3g}]"
    return f"{number.key}: {number.value:.3g}{interval} {number.unit}".rstrip() + f", n = {number.n}"


def _text(value: object) -> str:
    return _number(value, "g") if isinstance(value, float) else "–" if value is None else str(value)


def _number(value: float, form: str, unit: str = "") -> str:
    return "–" if np.isnan(value) else f"{value:{form}}{unit}"


def _indented(rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"  {line}" for line in aligned(rows)]
