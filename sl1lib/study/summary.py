"""The findings of the replication in three paragraphs.

Every number is computed from the judgements. What is not decided yet is said to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..architecture import CLASSES, NODES
from . import Comparison, Effect, Judgement, Verdict
from .judging import judge_all
from .pruning_verdicts import FULL_COST
from .robustness import text_at_one_rate
from .stored import load_results
from .verdict_tables import count_favours, percent, points, settled

BASE: Final = "none"


#: The readings of the finals, in the order in which they are told.
READINGS: Final[Mapping[str, str]] = {"table finals": "reading `table`", "text finals": "reading `text`"}


#: By number of the claim: how the verdict on SL1 reads.
_SAID: Final[Mapping[int, Mapping[Verdict, str]]] = {
    1: {
        Verdict.HOLDS: "It reduces the error faster than each of its rivals",
        Verdict.IN_PART: "It reduces the error faster than some of its rivals, and not faster than others",
        Verdict.FAILS: "It reduces the error faster than none of its rivals",
    },
    3: {
        Verdict.HOLDS: "SL1 is more accurate than each of its rivals",
        Verdict.IN_PART: "SL1 is more accurate than some of its rivals, and not more accurate than others",
        Verdict.FAILS: "SL1 is more accurate than none of its rivals",
    },
    5: {
        Verdict.HOLDS: "SL1 prunes nodes at next to no cost, and better than by their magnitude alone",
        Verdict.IN_PART: "SL1 prunes nodes, but not all that was claimed of it holds",
        Verdict.FAILS: "SL1 does not prune nodes as was claimed",
    },
}


@dataclass(frozen=True)
class Finding:
    """One main finding.

    Parameters
    ----------
    topic : str
    text : str
        Markdown; a few sentences.
    chapter : str
        The page with its evidence, a path below the book's folder.
    """

    topic: str
    text: str
    chapter: str


def main_findings(name: str, results_folder: Path) -> list[Finding]:
    """Return the main findings of a stored study: three of them.

    Parameters
    ----------
    name : str
        Of the study.
    results_folder : Path
        Where its results are.

    Returns
    -------
    list of Finding
    """
    results = load_results(name, results_folder)
    judgements = judge_all(results.study, results_folder)
    return findings_of(judgements, text_at_one_rate(results.table) if results.complete else None)


def findings_of(judgements: Sequence[Judgement], at_one_rate: Effect | None = None) -> list[Finding]:
    """Return the main findings that judgements of the claims of the study ``"paper"`` lead to.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of claims 1, 3, 5 and 10 at least.
    at_one_rate : Effect, optional
        SL1 against no penalty in reading ``text`` at one learning rate: `robustness.text_at_one_rate`.
    """
    found = {judgement.claim.number: judgement for judgement in judgements}
    return [
        Finding("Accuracy and speed", _accuracy_and_speed(found[3], found[1], at_one_rate), "findings/comparison"),
        Finding("Pruning", _pruning(found[5], found[10]), "findings/pruning"),
        Finding("All claims", _counts(judgements), "findings/claims"),
    ]


def _accuracy_and_speed(accuracy: Judgement, speed: Judgement, at_one_rate: Effect | None) -> str:
    if Verdict.OPEN in (accuracy.verdict, speed.verdict):
        return f"Whether SL1 is more accurate or faster than its rivals is not decided yet: {_why(accuracy, speed)}."
    better, worse, faster, slower = (
        count_favours(judgement, sign) for judgement in (accuracy, speed) for sign in (1, -1)
    )
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
        f"{_SAID[3][accuracy.verdict]}: of {len(accuracy.comparisons)} comparisons it wins {better} and loses {worse}. "
        f"{_equal(accuracy)} {_SAID[1][speed.verdict]}: of {len(speed.comparisons)} comparisons it reaches a low error "
        f"sooner in {faster} and later in {slower}. The test error with SL1 minus that without a penalty is "
        f"{errors}.{rate}"
    )


def _nodes(count: float) -> str:
    return f"{settled(count):.1f}"


def _pruning(nodes: Judgement, work: Judgement) -> str:
    bound = NODES * CLASSES / FULL_COST
    limit = f"all {NODES} nodes together do {percent(bound)} of the multiply-adds"
    if Verdict.OPEN in (nodes.verdict, work.verdict):
        return f"How many nodes SL1 prunes, and at what cost, is not decided yet ({_why(nodes, work)}); {limit}."
    gone = [(reading, _of(nodes, stage, "nodes removed").effect) for stage, reading in READINGS.items()]
    told = " and ".join(
        f"{_nodes(each.effect)} [{_nodes(each.low)}, {_nodes(each.high)}] in {reading} (n = {each.n})"
        for reading, each in gone
    )
    lost = max(READINGS, key=lambda stage: _of(nodes, stage, "error lost").effect.effect)
    everything, alone = (
        next(f"{each.value:.1f} %" for each in work.estimates if words in each.what)
        for words in ("all penalties", "SL1 alone")
    )
    return (
        f"{_SAID[5][nodes.verdict]}. Of {NODES} nodes, {told} can go. The mean cost in test error is "
        f"{points(_of(nodes, lost, 'error lost').effect)} in {READINGS[lost]}, the larger of the two. But {limit}. The "
        f"cheapest networks within 0.1 points on the validation images are those whose maps have emptied and taken "
        f"their filters along; they save {everything} on average, and {alone} with SL1 alone."
    )


def _of(judgement: Judgement, stage: str, measure: str) -> Comparison:
    return next(c for c in judgement.comparisons if (c.stage, c.measure) == (stage, measure))


def _counts(judgements: Sequence[Judgement]) -> str:
    counts = Counter(judgement.verdict for judgement in judgements)
    words = {
        Verdict.HOLDS: ("holds", "hold"),
        Verdict.IN_PART: ("holds in part", "hold in part"),
        Verdict.FAILS: ("does not hold", "do not hold"),
        Verdict.UNTESTED: ("cannot be tested", "cannot be tested"),
        Verdict.OPEN: ("is not decided yet", "are not decided yet"),
    }
    parts = []
    for verdict, (one, several) in words.items():
        numbers = [judgement.claim.number for judgement in judgements if judgement.verdict == verdict]
        if numbers or verdict not in (Verdict.OPEN, Verdict.UNTESTED):
            which = f" ({', '.join(map(str, numbers))})" if numbers else ""
            parts.append(f"{counts[verdict]} {one if counts[verdict] == 1 else several}{which}")
    meaning = (
        " A claim holds in part as soon as one of its comparisons favours it, even where others speak against it."
        if counts[Verdict.IN_PART]
        else ""
    )
    return f"Of the paper's {len(judgements)} claims, {', '.join(parts[:-1])} and {parts[-1]}.{meaning}"


def _why(*judgements: Judgement) -> str:
    """Return why judgements are open, each reason once."""
    reasons = dict.fromkeys(each.reason for each in judgements if each.verdict == Verdict.OPEN)
    return "; ".join(reasons)


def _equal(judgement: Judgement) -> str:
    """Say for how many comparisons equality is shown, and of how many of these it is no wonder."""
    equal = [c.effect for c in judgement.comparisons if c.equivalent is not None and c.equivalent.p < 0.05]
    same = sum(effect.effect == effect.low == effect.high == 0 for effect in equal)
    twins = f"; in {same} of these every pair had the same error" if same else ""
    return f"In {len(equal)} it is shown to be equal within 0.1 points{twins}."
