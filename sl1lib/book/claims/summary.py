"""The findings of the replication in three paragraphs.

Every number is computed from the judgements. What is not decided yet is said to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...architecture import CLASSES, NODES
from ...study import Answer, Effect, Results, Verdict
from ...study.experiments.pruning_rules import FULL_COST
from ..numbers import percent, points, settled
from ..reasons import reason
from .robustness import text_at_one_rate

BASE: Final = "none"
#: The readings of the finals, in the order in which they are told.
READINGS: Final[Mapping[str, str]] = {"table finals": "reading `table`", "text finals": "reading `text`"}
#: By the topic of the claim: how the verdict on SL1 reads.
_SAID: Final[Mapping[str, Mapping[Answer, str]]] = {
    "speed": {
        Answer.HOLDS: "It reduces the error faster than each of its rivals",
        Answer.IN_PART: "It reduces the error faster than some of its rivals, and not faster than others",
        Answer.FAILS: "It reduces the error no faster than any of its rivals",
    },
    "accuracy": {
        Answer.HOLDS: "SL1 is more accurate than each of its rivals",
        Answer.IN_PART: "SL1 is more accurate than some of its rivals, and not more accurate than others",
        Answer.FAILS: "SL1 is no more accurate than any of its rivals",
    },
    "pruning": {
        Answer.HOLDS: "SL1 prunes nodes at next to no cost, and better than by their magnitude alone",
        Answer.IN_PART: "SL1 prunes nodes, but not all that was claimed of it holds",
        Answer.FAILS: "SL1 does not prune nodes as was claimed",
    },
}


@dataclass(frozen=True)
class Finding:
    """One main finding."""

    topic: str
    text: str  #: a few sentences in Markdown
    chapter: str  #: the page with its evidence, a path below the book's folder


def main_findings(results: Results) -> list[Finding]:
    """Return the main findings of the study ``"paper"``: three of them."""
    return findings_of(results.verdicts, text_at_one_rate(results.trainings) if results.complete else None)


def findings_of(verdicts: Sequence[Verdict], at_one_rate: Effect | None = None) -> list[Finding]:
    """Return the main findings that verdicts on accuracy, speed, pruning, work and all else lead to.

    ``at_one_rate`` is SL1 against no penalty in reading ``text``: `robustness.text_at_one_rate`.
    """
    on = {verdict.claim.topic: verdict for verdict in verdicts}
    accuracy = _accuracy_and_speed(on["accuracy"], on["speed"], at_one_rate)
    return [
        Finding("Accuracy and speed", accuracy, "findings/comparison"),
        Finding("Pruning", _pruning(on["pruning"], on["work"]), "findings/pruning"),
        Finding("All claims", _counts(verdicts), "findings/claims"),
    ]


def _accuracy_and_speed(accuracy: Verdict, speed: Verdict, at_one_rate: Effect | None) -> str:
    if Answer.OPEN in (accuracy.answer, speed.answer):
        return f"Whether SL1 is more accurate or faster than its rivals is not decided yet: {_why(accuracy, speed)}."
    accurate, fast = (_SAID[each.claim.topic][each.answer] for each in (accuracy, speed))
    better, worse, faster, slower = (verdict.count(sign) for verdict in (accuracy, speed) for sign in (1, -1))
    errors = " and ".join(
        f"{points(c.effect)} in {reading} (n = {c.effect.n})"
        for stage, reading in READINGS.items()
        for c in accuracy.comparisons
        if (c.stage, c.measure, c.other) == (stage, "held_out_error", BASE)
    )
    rate = (
        f" In reading `text`, tuning gave the two different learning rates; at SL1's rate the difference is "
        f"{points(at_one_rate)} (n = {at_one_rate.n})."
        if at_one_rate
        else ""
    )
    return (
        f"{accurate}: of {len(accuracy.comparisons)} comparisons it wins {better} and loses {worse}. "
        f"{_equal(accuracy)} {fast}: of {len(speed.comparisons)} comparisons it reaches a low error "
        f"sooner in {faster} and later in {slower}. The test error with SL1 minus that without a penalty is "
        f"{errors}.{rate}"
    )


def _nodes(count: float) -> str:
    return f"{settled(count):.1f}"


def _pruning(nodes: Verdict, work: Verdict) -> str:
    bound = NODES * CLASSES / FULL_COST
    limit = f"all {NODES} nodes together do {percent(bound)} of the multiply-adds"
    if Answer.OPEN in (nodes.answer, work.answer):
        return f"How many nodes SL1 prunes, and at what cost, is not decided yet ({_why(nodes, work)}); {limit}."
    gone = [(reading, nodes.comparison(stage, "nodes_removed").effect) for stage, reading in READINGS.items()]
    told = " and ".join(
        f"{_nodes(each.effect)} [{_nodes(each.low)}, {_nodes(each.high)}] in {reading} (n = {each.n})"
        for reading, each in gone
    )
    costs = {reading: nodes.comparison(stage, "error_lost").effect for stage, reading in READINGS.items()}
    worse = max(costs, key=lambda reading: costs[reading].effect)
    everything, alone = (f"{work.numbers[f'saving.{scope}'].value:.1f} %" for scope in ("all", "SL1"))
    within = f"{work.claim.settings['loss_points']:g} points"
    return (
        f"{_SAID['pruning'][nodes.answer]}. Of {NODES} nodes, {told} can go. The mean cost in test error is "
        f"{points(costs[worse])} in {worse}, the larger of the two. But {limit}. The "
        f"cheapest networks within {within} on the validation images are those whose maps have emptied and taken "
        f"their filters along; they save {everything} on average, and {alone} with SL1 alone."
    )


def _counts(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(verdict.answer for verdict in verdicts)
    words = {
        Answer.HOLDS: ("holds", "hold"),
        Answer.IN_PART: ("holds in part", "hold in part"),
        Answer.FAILS: ("does not hold", "do not hold"),
        Answer.UNTESTED: ("cannot be tested", "cannot be tested"),
        Answer.OPEN: ("is not decided yet", "are not decided yet"),
    }
    parts = []
    for answer, (one, several) in words.items():
        numbers = [verdict.claim.number for verdict in verdicts if verdict.answer == answer]
        if numbers or answer not in (Answer.OPEN, Answer.UNTESTED):
            which = f" ({', '.join(map(str, numbers))})" if numbers else ""
            parts.append(f"{counts[answer]} {one if counts[answer] == 1 else several}{which}")
    meaning = (
        " A claim holds in part as soon as one of its comparisons favours it, even where others speak against it."
        if counts[Answer.IN_PART]
        else ""
    )
    return f"Of the paper's {len(verdicts)} claims, {', '.join(parts[:-1])} and {parts[-1]}.{meaning}"


def _why(*verdicts: Verdict) -> str:
    """Return why verdicts are open, each reason once."""
    return "; ".join(dict.fromkeys(reason(each) for each in verdicts if each.answer == Answer.OPEN))


def _equal(verdict: Verdict) -> str:
    """Say for how many comparisons equality is shown, and of how many of these it is no wonder."""
    equal = [comparison.effect for comparison in verdict.comparisons if comparison.equal]
    same = sum(effect.effect == effect.low == effect.high == 0 for effect in equal)
    twins = f"; in {same} of these every pair had the same error" if same else ""
    return f"In {len(equal)} it is shown to be equal within {100 * verdict.claim.margin:g} points{twins}."
