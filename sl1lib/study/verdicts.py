"""Verdicts on claims, with the numbers that led to them; and the rule for claims that compare trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np

from .claim import Claim
from .measures import MEASURES, Unit
from .statistics import ALPHA, Effect, Equivalence, equivalence, holm, paired_difference, paired_times
from .table import Table

CHANCE: Final = 0.9  # the error of a network that diverged, where the spread along a setting is asked for
MISSING: Final = "trainings that it needs are missing"


class Answer(StrEnum):
    """What a study says about a claim."""

    HOLDS = "holds"
    IN_PART = "holds in part"
    FAILS = "does not hold"
    UNTESTED = "cannot be tested"
    OPEN = "is not decided yet"


@dataclass(frozen=True)
class Comparison:
    """One comparison of a family."""

    stage: str  #: or another name for what is compared
    measure: str  #: of `sl1lib.study.MEASURES`
    where: dict[str, Any]  #: what both sides have in common, by column
    other: str  #: the side that the favoured one is compared with
    effect: Effect  #: of the favoured side minus the other
    p_corrected: float  #: within the family
    #: 1 in favour of the claim, −1 against it, 0 if neither is shown. The sign is the test's, which is nearly always
    #: the effect's too.
    favours: int
    equivalent: Equivalence | None = None  #: where the claim has a margin; its p is corrected within the family too
    tested: bool = True  #: whether its p decides; else a count or an interval does

    @property
    def equal(self) -> bool:
        """Whether both sides are shown to be equal within the claim's margin."""
        return self.equivalent is not None and self.equivalent.p < ALPHA


@dataclass(frozen=True)
class Number:
    """A number that an experiment found, with its interval."""

    key: str  #: what it is the size of; parts are joined by dots: ``"saving.SL1"``
    value: float  #: how large it is
    low: float  #: the lower end of a 95 % interval for it; NaN where there is none
    high: float  #: the upper end
    n: int  #: how many independent instances it rests on
    unit: str = ""  #: ``"%"``, ``"points"``, a name of what is counted; ``"instances"`` for a share of the n instances

    @property
    def count(self) -> int:
        """Of a share of instances: how many they are."""
        return round(self.value * self.n)


@dataclass(frozen=True)
class Verdict:
    """A claim, what the study says of it, and what led to that."""

    claim: Claim  #: what was to be decided
    answer: Answer  #: what the study says of it
    comparisons: tuple[Comparison, ...] = ()  #: of all its families
    numbers: Mapping[str, Number] = field(default_factory=dict)  #: by key: what an experiment found beside comparisons
    waiting: str = ""  #: where nothing is decided: why, or what must come first

    def count(self, sign: int) -> int:
        """Return how many comparisons are in favour (1), against (−1), or neither (0)."""
        return sum(comparison.favours == sign for comparison in self.comparisons)

    def comparison(self, stage: str, measure: str) -> Comparison:
        """Return the first comparison of a stage by a measure."""
        return next(each for each in self.comparisons if (each.stage, each.measure) == (stage, measure))


class UndecidedError(Exception):
    """What a rule needs is missing; the message says what."""


#: What a rule takes from a table, with the settings that its claim declares, and gives back.
Ruling = tuple[Answer, Sequence[Comparison], Sequence[Number]]
Rule = Callable[..., Ruling]


def compare_trainings(claim: Claim, table: Table, missing: Mapping[str, int] | None = None) -> Verdict:
    """Decide a claim by comparisons of a study's trainings, as `Claim` states.

    ``missing`` says for each stage how many trainings are still to come. A claim that needs one of them is not decided:
    to look at half of the pairs, and again at all, would be two tests where one was declared.
    """
    waiting = {stage: (missing or {}).get(stage, 0) for stage in claim.stages}
    if any(waiting.values()):
        left = ", ".join(f"{count} of {stage!r}" for stage, count in waiting.items() if count)
        return Verdict(claim, Answer.OPEN, waiting=f"{MISSING}: {left}")
    families = [_family(claim, table.where(stage=stage), stage) for stage in claim.stages]
    comparisons = tuple(comparison for family in families for comparison in family)
    if not all(families):
        return Verdict(claim, Answer.UNTESTED, comparisons, waiting=MISSING)
    answer = decide([comparison.favours for comparison in comparisons])
    incomplete = len(comparisons) < wanted_comparisons(claim)
    return Verdict(claim, Answer.IN_PART if incomplete and answer == Answer.HOLDS else answer, comparisons)


def wanted_comparisons(claim: Claim) -> int:
    """Return how many comparisons a claim that trainings decide has at least."""
    return len(claim.stages) * len(claim.measures) * len(claim.against)


def decide(favours: Sequence[int]) -> Answer:
    """Return the answer for comparisons in favour (1), against (−1), or neither (0).

    Examples
    --------
    >>> [str(decide(signs)) for signs in ([1, 1], [1, 0], [1, -1], [0, -1])]
    ['holds', 'holds in part', 'holds in part', 'does not hold']
    """
    if not favours:
        return Answer.UNTESTED
    if all(sign > 0 for sign in favours):
        return Answer.HOLDS
    return Answer.IN_PART if any(sign > 0 for sign in favours) else Answer.FAILS


def compared(sides: Mapping[str, Effect], stage: str, measure: str) -> list[Comparison]:
    """Return the comparisons of a family that has an effect for each other side, corrected together; less is better."""
    return _corrected([Comparison(stage, measure, {}, *side, 1.0, 0) for side in sides.items()], "lower")


def _corrected(family: Sequence[Comparison], better: str) -> list[Comparison]:
    """Correct the p values of a family by Holm's procedure, and see whom its comparisons favour."""
    ps = holm([each.effect.p for each in family])
    same = iter(holm([each.equivalent.p for each in family if each.equivalent is not None]))
    sign = -1 if better == "lower" else 1
    return [
        replace(
            each,
            p_corrected=p,
            favours=sign * each.effect.direction if p < ALPHA else 0,
            equivalent=None if each.equivalent is None else replace(each.equivalent, p=next(same)),
        )
        for each, p in zip(family, ps, strict=True)
    ]


def _family(claim: Claim, table: Table, stage: str) -> list[Comparison]:
    """Return all comparisons of a claim within a stage."""
    found = []
    for measure in claim.measures:
        compare = paired_times if MEASURES[measure].unit == Unit.UPDATES else paired_difference
        for values, rows in table.groups(*claim.each):
            where = dict(zip(claim.each, values, strict=True))
            for other in claim.against:
                a, b = _sides(claim, rows, measure, other)
                if (~(np.isnan(a) | np.isnan(b))).sum() >= 2:
                    same = equivalence(a, b, claim.margin) if claim.margin else None
                    found.append(Comparison(stage, measure, where, other, compare(a, b), 1.0, 0, same))
    return _corrected(found, claim.better)


def _sides(claim: Claim, table: Table, measure: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of both sides, a pair for each seed; or how they spread, where the claim asks for that."""
    if claim.spread_over not in ("", "seed"):
        table = _ranges(table, claim, measure)
    a, b = table.pairs(measure, claim.vary, claim.favoured, other)
    if claim.spread_over == "seed":
        return np.abs(a - np.nanmedian(a)), np.abs(b - np.nanmedian(b))
    return a, b


def _ranges(table: Table, claim: Claim, measure: str) -> Table:
    """Return for each seed and side the largest minus the smallest value along a column.

    A training that diverged counts as a network that guesses: to leave it out would reward it.
    """
    rows = [
        {claim.vary: side, "seed": seed, measure: np.ptp(np.nan_to_num(group[measure], nan=CHANCE))}
        for (side, seed), group in table.groups(claim.vary, "seed")
    ]
    return Table.of_rows(rows)
