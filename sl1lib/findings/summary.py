"""The findings of the replication in three sentences, and each verdict with the numbers that stand for it.

Every number is computed from the judgements. What is not decided yet is said to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..architecture import CLASSES, NODES
from ..experiment.study import Comparison, Effect, Estimate, Judgement, Verdict, load_study
from .comparison import MEASURE_NAMES
from .judging import judge_all
from .pruning_verdicts import FULL_COST

BASE: Final = "none"
#: The readings of the finals, in the order in which they are told.
READINGS: Final[Mapping[str, str]] = {"table finals": "reading `table`", "text finals": "reading `text`"}
TO_LOW: Final = "updates_to_0.1"

#: By number of the claim: how the verdict reads in a sentence about SL1.
_SAID: Final[Mapping[int, Mapping[Verdict, str]]] = {
    1: {
        Verdict.HOLDS: "reduces the error faster than all of its rivals",
        Verdict.IN_PART: "reduces the error faster than some of its rivals",
        Verdict.FAILS: "does not reduce the error faster than any of its rivals",
    },
    3: {
        Verdict.HOLDS: "is more accurate than all of its rivals",
        Verdict.IN_PART: "is more accurate than some of its rivals",
        Verdict.FAILS: "is not more accurate than any of its rivals",
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
    sentence : str
        Markdown; one sentence.
    chapter : str
        The page with its evidence, a path below the book's folder.
    """

    topic: str
    sentence: str
    chapter: str


def main_findings(name: str, results_folder: Path) -> list[Finding]:
    """Return the main findings of a stored study: three sentences.

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
    return findings_of(judge_all(load_study(name), results_folder))


def findings_of(judgements: Sequence[Judgement]) -> list[Finding]:
    """Return the main findings that judgements of the claims of the study ``"paper"`` lead to.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of claims 1, 3, 5 and 10 at least.
    """
    found = {judgement.claim.number: judgement for judgement in judgements}
    return [
        Finding("Accuracy and speed", _accuracy_and_speed(found[3], found[1]), "findings/comparison"),
        Finding("Pruning", _pruning(found[5], found[10]), "findings/pruning"),
        Finding("All claims", _counts(judgements), "findings/claims"),
    ]


def _accuracy_and_speed(accuracy: Judgement, speed: Judgement) -> str:
    if Verdict.OPEN in (accuracy.verdict, speed.verdict):
        return f"Whether SL1 is more accurate or faster than its rivals is not decided yet: {_why(accuracy, speed)}."
    errors = _both_readings(accuracy, "held_out_error", lambda effect: f"{points(effect)} (n = {effect.n})")
    updates = _both_readings(speed, TO_LOW, lambda effect: f"{times(effect)} updates")
    return (
        f"SL1 {_SAID[3][accuracy.verdict]} (better in {_favours(accuracy, 1)} of {len(accuracy.comparisons)} "
        f"comparisons, worse in {_favours(accuracy, -1)}, shown to be equal within 0.1 points in {_equal(accuracy)}) "
        f"and {_SAID[1][speed.verdict]} ({_favours(speed, 1)} of {len(speed.comparisons)}; slower in "
        f"{_favours(speed, -1)}): against no penalty, its test error differs by {errors}, and $E_0$ is at 0.1 with a "
        f"difference of {updates}."
    )


def _both_readings(judgement: Judgement, measure: str, written: Callable[[Effect], str]) -> str:
    """Return the differences from no penalty, a reading each."""
    parts = []
    for stage, reading in READINGS.items():
        chosen = [c for c in judgement.comparisons if (c.stage, c.measure, c.other) == (stage, measure, BASE)]
        parts += [f"{written(c.effect)} in {reading}" for c in chosen]
    return " and ".join(parts)


def _pruning(nodes: Judgement, work: Judgement) -> str:
    bound = NODES * CLASSES / FULL_COST
    limit = f"all {NODES} nodes together do {percent(bound)} of the multiply-adds"
    if Verdict.OPEN in (nodes.verdict, work.verdict):
        return f"How many nodes SL1 prunes, and at what cost, is not decided yet ({_why(nodes, work)}); {limit}."
    parts = []
    for stage, reading in READINGS.items():
        gone, lost = (_of(nodes, stage, measure).effect for measure in ("nodes removed", "error lost"))
        parts.append(
            f"in {reading} {gone.effect:.1f} of {NODES} nodes go [{gone.low:.1f}, {gone.high:.1f}] (n = {gone.n}), "
            f"which changes the test error by {points(lost)}"
        )
    everything, nodes_only = (f"{each.value:.1f} %" for each in work.estimates)
    return (
        f"{_SAID[5][nodes.verdict]}: {'; '.join(parts)}; but {limit}, and the cheapest networks within 0.1 points save "
        f"{everything} of them on average ({nodes_only} with node-wise penalties alone), where whole maps have emptied "
        "and their filters go too."
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
    return f"Of the paper's {len(judgements)} claims, {', '.join(parts[:-1])} and {parts[-1]}."


def _why(*judgements: Judgement) -> str:
    """Return why judgements are open, each reason once."""
    reasons = dict.fromkeys(each.reason for each in judgements if each.verdict == Verdict.OPEN)
    return "; ".join(reasons)


def _favours(judgement: Judgement, sign: int) -> int:
    return sum(comparison.favours == sign for comparison in judgement.comparisons)


def _equal(judgement: Judgement) -> int:
    return sum(c.equivalent is not None and c.equivalent.p < 0.05 for c in judgement.comparisons)


def signed(value: float, form: str = ".2f") -> str:
    """Return a number with its sign, a minus that is one; what rounds to 0 has no sign.

    Examples
    --------
    >>> signed(-0.123), signed(2, ".0f"), signed(-0.001), signed(-np.inf)
    ('−0.12', '+2', '0.00', '−∞')
    """
    if np.isinf(value):
        return "−∞" if value < 0 else "+∞"
    text = format(value, "+" + form)
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def points(effect: Effect) -> str:
    """Return a difference of error rates in percentage points, with its interval.

    Examples
    --------
    >>> points(Effect(-0.00012, -0.0003, 0.0001, 0.2, 20))
    '−0.012 points [−0.030, +0.010]'
    """
    mean, low, high = (signed(100 * value, ".3f") for value in (effect.effect, effect.low, effect.high))
    return f"{mean} points [{low}, {high}]"


def times(effect: Effect) -> str:
    """Return a difference of numbers of updates, with its interval; infinite where one side never got there.

    Examples
    --------
    >>> times(Effect(-12.5, -30, np.inf, 0.2, 20))
    '−12.5 [−30, +∞]'
    """
    middle, low, high = (signed(value, "g") for value in (effect.effect, effect.low, effect.high))
    return f"{middle} [{low}, {high}]"


def percent(share: float) -> str:
    """Return a share in percent.

    Examples
    --------
    >>> percent(1920 / 203520)
    '0.94 %'
    """
    return f"{100 * share:.2f} %"


#: The measure that stands for a claim in a row of a table, where it is not the first.
_MEASURE: Final[Mapping[int, tuple[str, ...]]] = {
    1: (TO_LOW,),
    2: ("held_out_E0",),
    5: ("nodes removed", "error lost"),
}
#: What the name of an experiment's estimate contains that stands for a claim.
_ESTIMATE: Final[Mapping[int, tuple[str, ...]]] = {
    7: ("SL1 jumps exactly",),
    8: ("converge below the bound", "instances that converge"),
    9: ("power of ε",),
}
_UNITS: Final[Mapping[str, str]] = {
    "held_out_E0": "nats",
    "train_E0": "nats",
    "nodes removed": "nodes",
    "nodes removed within 0.2 points": "nodes",
    "swing in ηλ": "ηλ",
}
_IN_POINTS: Final = ("held_out_error", "train_error", "gap", "error", "error lost")


def effect_text(measure: str, effect: Effect) -> str:
    """Return a difference with its interval, in the unit of its measure.

    Examples
    --------
    >>> effect_text("gap", Effect(0.01, 0.0, 0.02, 0.04, 15))
    '+1.000 points [0.000, +2.000]'
    >>> effect_text("nodes removed", Effect(12.25, 11, 13, 0.01, 20))
    '+12.2 nodes [+11.0, +13.0]'
    """
    if measure in _IN_POINTS:
        return points(effect)
    if measure.startswith("updates_to_"):
        middle, _, interval = times(effect).partition(" ")
        return f"{middle} updates {interval}"
    unit, form = _UNITS.get(measure, ""), ".4f" if measure.endswith("_E0") else ".1f" if "nodes" in measure else ".2f"
    middle, low, high = (signed(value, form) for value in (effect.effect, effect.low, effect.high))
    return f"{middle} {unit} [{low}, {high}]".replace("  ", " ")


def headline(judgement: Judgement) -> list[Comparison | Estimate]:
    """Return the few numbers that stand for a verdict where there is room for a few.

    Of comparisons, those of one measure with the first rival; of an experiment's estimates, those that its rule is
    about. All others stand in the judgement.
    """
    number = judgement.claim.number
    if judgement.estimates:
        words = _ESTIMATE.get(number, ("",))
        return [each for each in judgement.estimates if any(word in each.what for word in words)]
    measures = _MEASURE.get(number, judgement.claim.measures[:1]) or [c.measure for c in judgement.comparisons]
    first = judgement.claim.against[0] if judgement.claim.against else None
    return [c for c in judgement.comparisons if c.measure in measures and first in (None, c.other)]


def number_text(number: Comparison | Estimate) -> str:
    """Return a number with its interval, and what it is of."""
    if isinstance(number, Estimate):
        if "instances" in number.what:
            share = f"{number.value * number.n:.0f} of {number.n} [{number.low:.0%}, {number.high:.0%}]"
            return f"{share.replace('%', ' %')} ({number.what})"
        numbers = f"{number.value:.3g} [{number.low:.3g}, {number.high:.3g}]".replace("-", "−")
        return f"{numbers} ({number.what})"
    shared = "".join(f", {axis} = {'all' if value is None else f'{value:,g}'}" for axis, value in number.where.items())
    where = f"{number.stage}{shared.replace('n_train', 'n')}"
    return f"{effect_text(number.measure, number.effect)} ({where}; against {number.other.replace('_', ' ')})"


def verdict_rows(judgements: Sequence[Judgement], evidence: Mapping[int, str]) -> list[list[str]]:
    """Return the table of claims: statement, verdict, comparisons for and against and neither, n, effects, where it is.

    Parameters
    ----------
    judgements : sequence of Judgement
    evidence : mapping of int to str
        By number of the claim, a link in Markdown.
    """
    rows = []
    for judgement in judgements:
        numbers = headline(judgement)
        counts = sorted({each.n if isinstance(each, Estimate) else each.effect.n for each in numbers})
        signs = [_favours(judgement, sign) for sign in (1, -1, 0)]
        rows.append(
            [
                f"**{judgement.claim.number}.** {judgement.claim.statement}",
                f"**{judgement.verdict}**",
                " / ".join(map(str, signs)) if judgement.comparisons else "–",
                ", ".join(map(str, counts)) or "–",
                "<br>".join(map(number_text, numbers)) or _instead(judgement),
                evidence[judgement.claim.number],
            ]
        )
    return rows


def show_judgement(judgement: Judgement) -> None:
    """Display a verdict, its reason, and a table of all comparisons and estimates that led to it.

    Parameters
    ----------
    judgement : Judgement
    """
    from ..notebook import say, show_table

    claim = judgement.claim
    say(f"**Claim {claim.number} {judgement.verdict}.** {_instead(judgement)}.")
    if judgement.comparisons:
        headers = ["stage", "measure", "against", "effect [95 %]", "corrected p", "n", "says"]
        show_table(headers, [_comparison_row(comparison, claim.spread_over) for comparison in judgement.comparisons])
    if judgement.estimates:
        say("\n".join(f"- {number_text(each)}" for each in judgement.estimates))


def _comparison_row(comparison: Comparison, spread_over: str) -> list[str]:
    """Return a comparison as a row; a spread is named as what it is."""
    effect, other = comparison.effect, comparison.other.replace("_", " ")
    shared = "".join(f", n = {'all' if value is None else f'{value:,g}'}" for value in comparison.where.values())
    measure = MEASURE_NAMES.get(comparison.measure, comparison.measure)
    what = f"spread of the {measure}" if spread_over else measure
    says = {1: "for", -1: "against", 0: "neither"}[comparison.favours]
    number = effect_text(comparison.measure, effect)
    return [comparison.stage + shared, what, other, number, f"{comparison.p_corrected:.2g}", str(effect.n), says]


def _instead(judgement: Judgement) -> str:
    return judgement.reason[0].upper() + judgement.reason[1:]
