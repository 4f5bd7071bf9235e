"""Verdicts on pages: the few numbers that stand for one, a grid of rivals, and all the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..study import MEASURES, Answer, Comparison, Number, Verdict
from ..study.experiments import convergence
from .numbers import effect_text, settled
from .reasons import reason
from .show import as_table, say, show_folded_table

#: By rule: the measures, or the keys of numbers, that stand for its verdict where there is room for a few.
_HEADLINES: Final[Mapping[str, Sequence[str]]] = {
    "nodes-go": ("nodes_removed", "error_lost"),
    "node-wise-prunes-more": ("nodes_removed",),
    "corner-chatters": ("jumps.SL1",),
    "descent-converges": ("layer.converges", "network.table.converges", "network.text.converges"),
    "solution-tends": ("power",),
    "work-saved": ("saving.all", "saving.SL1", "saving.none"),
}
#: What a comparison says of the favoured side, in a grid.
BETTER, WORSE, NEITHER = "▲", "▼", "·"
SIGNS: Final[Mapping[int, str]] = {1: BETTER, -1: WORSE, 0: NEITHER}
_SLOWEST: Final = {reading: min(rates) for reading, rates in convergence.RATES.items()}
#: What numbers are called; those that are not here, tables of their own tell.
_LABELS: Final[Mapping[str, str]] = {
    "jumps.L1": "instances in which L1 always jumps",
    "jumps.group lasso": "instances in which group lasso always jumps",
    "jumps.SL1": "instances in which SL1 jumps exactly above the transition",
    "jumps.SL1 quartic": "instances in which SL1 quartic does, which the rule does not ask for",
    "layer.converges": "last layer: instances that converge below the bound",
    "layer.rises_above": "last layer: instances whose error rises above the bound",
    "layer.energy_falls": f"last layer, μ = {convergence.MOMENTUM}: instances whose energy never rises below the bound",
    "layer.left": f"last layer: gradient left after {convergence.UPDATES:,} updates at ηL = {convergence.BELOW[-1]}",
    **{f"network.{name}.converges": f"network, {name}: instances that converge" for name in _SLOWEST},
    **{
        f"network.{name}.left": f"network, {name}: gradient left after {convergence.NETWORK_UPDATES:,} updates at "
        f"η = {rate}"
        for name, rate in _SLOWEST.items()
    },
    "tends": "instances whose distance falls with every step and ends within tolerance",
    "power": "the power of ε that the distance falls with",
    "saving.all": "multiply-adds saved, all penalties",
    "saving.nodes": "the same, counted by nodes",
    "saving.SL1": "the same, SL1 alone",
    "saving.SL1 quartic": "the same, SL1 quartic alone",
    "saving.none": "the same, no penalty",
}


def headline(verdict: Verdict) -> list[Comparison | Number]:
    """Return the few numbers that stand for a verdict where there is room for a few.

    Of an experiment's, those that its rule is about. Of comparisons of trainings that decide in part, the largest
    difference in favour and the largest against; else those of one measure with the first rival. All others stand in
    the verdict.
    """
    claim, comparisons = verdict.claim, verdict.comparisons
    if claim.rule:
        keys = _HEADLINES[claim.rule]
        return [c for c in comparisons if c.measure in keys] + [
            verdict.numbers[k] for k in keys if k in verdict.numbers
        ]
    if verdict.answer == Answer.IN_PART:
        signs = {sign: [c for c in comparisons if c.favours == sign] for sign in (1, -1)}
        return [max(each, key=lambda c: abs(c.effect.effect)) for each in signs.values() if each]
    measure = claim.headline or next(iter(claim.measures), "")
    return [c for c in comparisons if c.measure == measure and c.other == claim.against[0]]


def number_text(number: Comparison | Number) -> str:
    """Return a number with its interval, and what it is of."""
    if isinstance(number, Comparison):
        other = number.other.replace("_", " ")
        return f"{effect_text(number.measure, number.effect)} ({_stage_text(number)}; against {other})"
    label = _LABELS.get(number.key, number.key)
    if number.unit == "instances":
        share = f"{number.count} of {number.n} [{number.low:.0%}, {number.high:.0%}]".replace("%", " %")
        return f"{share} ({label})"
    value, low, high = (f"{settled(each):.3g}".replace("-", "−") for each in (number.value, number.low, number.high))
    return f"{value} [{low}, {high}] ({label}{f' ({number.unit})' if number.unit else ''})"


def _stage_text(comparison: Comparison, axes: Sequence[str] | None = None) -> str:
    """Return the stage of a comparison and what else both sides share, of some axes or of all."""
    shared = [
        f"{'n' if axis == 'n_train' else axis} = {'all' if value is None else f'{value:,g}'}"
        for axis, value in comparison.where.items()
        if axes is None or axis in axes
    ]
    return ", ".join([comparison.stage, *shared])


def sentence(verdict: Verdict) -> str:
    """Return the reason of a verdict with a capital letter."""
    why = reason(verdict)
    return why[0].upper() + why[1:]


def meaning(verdict: Verdict) -> str:
    """Return the answer, with what *in part* means where that is the answer: the word alone says too much."""
    if verdict.answer != Answer.IN_PART:
        return str(verdict.answer)
    if verdict.claim.rule:
        return f"{verdict.answer} (some of what its rule asks was found, not all)"
    return f"{verdict.answer} (one comparison in favour is enough for that, whatever the others say)"


def show_numbers(verdict: Verdict) -> None:
    """Display a verdict, its reason, and all comparisons and numbers that led to it."""
    claim = verdict.claim
    say(f"**Claim {claim.number} {meaning(verdict)}.** {sentence(verdict)}.")
    if verdict.comparisons:
        headers = ["stage", "measure", "against", "effect [95 %]", "corrected p", "n", "says"]
        rows = [_comparison_row(comparison, claim.spread_over) for comparison in verdict.comparisons]
        show_folded_table(f"{len(rows)} comparisons, with their numbers", headers, rows)
    if told := [each for key, each in verdict.numbers.items() if key in _LABELS]:
        say("\n".join(f"- {number_text(each)}" for each in told))


def _comparison_row(comparison: Comparison, spread_over: str) -> list[str]:
    """Return a comparison as a row; a spread is named as what it is."""
    effect, other = comparison.effect, comparison.other.replace("_", " ")
    measure = MEASURES[comparison.measure].name
    what = f"spread of the {measure}" if spread_over else measure
    says = {1: "for", -1: "against", 0: "neither"}[comparison.favours]
    number = effect_text(comparison.measure, effect)
    return [_stage_text(comparison), what, other, number, f"{comparison.p_corrected:.2g}", str(effect.n), says]


def show_verdict(verdict: Verdict) -> None:
    """Display a verdict on comparisons, its reason, and a grid: against whom the favoured side does better or worse.

    All numbers that led to it are `show_numbers`'s.
    """
    claim = verdict.claim
    say(f"**Claim {claim.number}: *{claim.statement}* The study says: {meaning(verdict)}.** {sentence(verdict)}.")
    if verdict.comparisons:
        say(f'<div class="sl1-grid">\n\n{as_table(*rival_grid(verdict))}\n\n</div>')
        side = claim.favoured.replace("_", " ")
        say(f"{BETTER} {side} is better, {WORSE} it is worse, {NEITHER} no difference is shown.")


def rival_grid(verdict: Verdict) -> tuple[list[str], list[list[str]]]:
    """Return headers and rows of a grid: a row for each rival, a column for each family and measure, a sign in each."""
    columns: dict[str, dict[str, str]] = {}
    for each in verdict.comparisons:
        stage = _stage_text(each, ["n_train"]).replace(" finals", "")
        place = f"{stage}: {MEASURES[each.measure].short}"
        columns.setdefault(place, {})[each.other.replace("_", " ")] = SIGNS[each.favours]
    rivals = dict.fromkeys(each.other.replace("_", " ") for each in verdict.comparisons)
    rows = [[rival, *(column.get(rival, "") for column in columns.values())] for rival in rivals]
    return ["against", *columns], rows
