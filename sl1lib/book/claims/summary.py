"""The findings of the replication: in one sentence and in three for a newcomer, and in three paragraphs with intervals.

Every number is computed from the verdicts. What is not decided yet is said to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

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

#: By the topic of the claim: what came of it, in a newcomer's words.
_PLAINLY: Final[Mapping[str, Mapping[Answer, str]]] = {
    "chatter": {
        Answer.HOLDS: "**The rounded corner works as its theory says**: weights that would jump back and forth at the "
        "sharp one for ever come to rest",
        Answer.IN_PART: "**The rounded corner works in part as its theory says**: some weights come to rest that jump "
        "back and forth at the sharp one, and others do not",
        Answer.FAILS: "**The rounded corner does not work as its theory says**: weights jump back and forth at it as "
        "they do at the sharp one",
    },
    "accuracy": {
        Answer.HOLDS: "**The network reads digits better with it**",
        Answer.IN_PART: "**The network reads digits better with it than with some other penalties, but not all**",
        Answer.FAILS: "**The network does not read digits better with it**",
    },
    "speed": {
        Answer.HOLDS: "it learns faster",
        Answer.IN_PART: "it learns faster than with some other penalties, but not all",
        Answer.FAILS: "it does not learn faster",
    },
    "pruning": {
        Answer.HOLDS: "**It switches off nodes, and cutting them away saves next to nothing**",
        Answer.IN_PART: "**It switches off some nodes, and cutting them away saves next to nothing**",
        Answer.FAILS: "**It switches off no nodes that could be cut away**",
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


def outcome(results: Results) -> list[str]:
    """Return what came of the study ``"paper"``: three sentences of Markdown for a reader who is new to its terms."""
    finals = results.stage("table finals")
    errors = {
        method: 100 * float(np.median(finals.where(method=method)["held_out_error"]))
        for method in ("SL1", BASE)
        if len(finals)
    }
    return outcome_of(results.verdicts, errors)


def in_one_sentence(sentences: Sequence[str]) -> str:
    """Return the sentences of `outcome` in one: of each what stands in bold, or all of it where nothing does."""
    parts = [sentence.split("**")[1] if "**" in sentence else sentence.rstrip(".") for sentence in sentences]
    return f"{'; '.join([parts[0], *(part[0].lower() + part[1:] for part in parts[1:])])}."


def outcome_of(verdicts: Sequence[Verdict], errors: Mapping[str, float]) -> list[str]:
    """Return three sentences: on the corner, on accuracy and speed, and on what can be cut away.

    ``errors`` are the median test errors in percent of SL1 and of no penalty.
    """
    on = {verdict.claim.topic: verdict for verdict in verdicts}

    def plainly(topic: str, otherwise: str) -> str:
        return _PLAINLY[topic].get(on[topic].answer, otherwise)

    corner = plainly("chatter", "Whether the rounded corner works as its theory says is not decided yet")
    accurate = plainly("accuracy", "Whether the network reads digits better with it is not decided yet")
    fast = plainly("speed", "whether it learns faster is not decided yet")
    misread = (
        f"; of 1,000 digits that it has never seen it misreads {10 * errors['SL1']:.0f} with the penalty and "
        f"{10 * errors[BASE]:.0f} without"
        if errors
        else ""
    )
    return [f"{corner}.", f"{accurate}, and {fast}{misread}.", f"{plainly('pruning', '')}{_cut_away(on['pruning'])}"]


def _cut_away(nodes: Verdict) -> str:
    """Say how many nodes can be cut away, and what that saves, behind the words of the verdict."""
    share = percent(NODES * CLASSES / FULL_COST)
    little = f"all {NODES} nodes together do {share} of the network's work"
    if nodes.answer == Answer.OPEN:
        return f"How many nodes it switches off is not decided yet; {little}."
    gone = [nodes.comparison(stage, "nodes_removed").effect.effect for stage in READINGS]
    table, text = (f"{count:.0f}" if round(count) else "none" for count in gone)
    return (
        f": of {NODES}, {table} on average if the network is built as the paper's table describes it, {text} if as its "
        f"text does, and {little}."
    )


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
