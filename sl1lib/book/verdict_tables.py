"""Verdicts on pages: the table of claims, and all the numbers behind one verdict."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from ..study import MEASURES, Answer, Comparison, Number, Verdict
from ..study.experiments import convergence
from .numbers import effect_text, settled
from .reasons import reason
from .show import say, show_table

#: By rule: the measures, or the keys of numbers, that stand for its verdict where there is room for a few.
_HEADLINES: Final[Mapping[str, Sequence[str]]] = {
    "nodes-go": ("nodes_removed", "error_lost"),
    "node-wise-prunes-more": ("nodes_removed",),
    "corner-chatters": ("jumps.SL1",),
    "descent-converges": ("layer.converges", "network.table.converges", "network.text.converges"),
    "solution-tends": ("power",),
    "work-saved": ("saving.all", "saving.SL1", "saving.none"),
}
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


def verdict_rows(verdicts: Sequence[Verdict], evidence: Mapping[str, str]) -> list[list[str]]:
    """Return the table of claims: statement and evidence, verdict, comparisons for, against and neither, n, effects.

    ``evidence`` has a link in Markdown for each topic.
    """
    rows = []
    for verdict in verdicts:
        numbers, claim = headline(verdict), verdict.claim
        counts = sorted({each.n if isinstance(each, Number) else each.effect.n for each in numbers})
        rows.append(
            [
                f"**{claim.number}.** {claim.statement}<br>{evidence[claim.topic]}",
                f"**{verdict.answer}**",
                " / ".join(str(verdict.count(sign)) for sign in (1, -1, 0)) if verdict.comparisons else "–",
                ", ".join(map(str, counts)) or "–",
                "<br>".join(map(number_text, numbers)) or sentence(verdict),
            ]
        )
    return rows


def sentence(verdict: Verdict) -> str:
    """Return the reason of a verdict with a capital letter."""
    why = reason(verdict)
    return why[0].upper() + why[1:]


def show_numbers(verdict: Verdict) -> None:
    """Display a verdict, its reason, and all comparisons and numbers that led to it."""
    claim = verdict.claim
    say(f"**Claim {claim.number} {verdict.answer}.** {sentence(verdict)}.")
    if verdict.comparisons:
        headers = ["stage", "measure", "against", "effect [95 %]", "corrected p", "n", "says"]
        show_table(headers, [_comparison_row(comparison, claim.spread_over) for comparison in verdict.comparisons])
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
    """Display a verdict on comparisons, its reason, and against whom the favoured side does better or worse.

    All numbers that led to it are `show_numbers`'s.
    """
    claim = verdict.claim
    say(f"**Claim {claim.number}: *{claim.statement}* The study says: {verdict.answer}.** {sentence(verdict)}.")
    if verdict.comparisons:
        side = claim.favoured.replace("_", " ")
        headers = ["stage", "measure", f"{side} better than", f"{side} worse than", "no difference shown"]
        show_table(headers, rival_rows(verdict))


def rival_rows(verdict: Verdict) -> list[list[str]]:
    """Return a row for each family and measure: against whom the favoured side is better, worse, or neither."""

    def place(comparison: Comparison) -> tuple[str, ...]:
        return _stage_text(comparison, ["n_train"]), MEASURES[comparison.measure].name

    rows = []
    for key, group in itertools.groupby(verdict.comparisons, key=place):
        signs: dict[int, list[str]] = {1: [], -1: [], 0: []}
        for comparison in group:
            signs[comparison.favours].append(comparison.other.replace("_", " "))
        rows.append([*key, *(", ".join(signs[sign]) or "–" for sign in (1, -1, 0))])
    return rows
