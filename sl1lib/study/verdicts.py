"""From a study's table to verdicts on its claims, by the rule that `Claim` states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from .claim import Claim
from .statistics import Effect, Equivalence, equivalence, holm, paired_difference, paired_times
from .table import Table

ALPHA: Final = 0.05
CHANCE: Final = 0.9  # the error of a network that diverged, where the spread along a setting is asked for


class Verdict(StrEnum):
    """What a study says about a claim."""

    HOLDS = "holds"
    IN_PART = "holds in part"
    FAILS = "does not hold"
    UNTESTED = "cannot be tested"
    ELSEWHERE = "is decided elsewhere"
    OPEN = "is not decided yet"


@dataclass(frozen=True)
class Comparison:
    """One comparison of a family.

    Parameters
    ----------
    stage, measure : str
    where : dict
        What both sides have in common, by column.
    other : str
        The side that the favoured one is compared with.
    effect : Effect
        Of the favoured side minus the other.
    p_corrected : float
        Within the family.
    favours : int
        1 in favour of the claim, −1 against it, 0 if the corrected p is not below 5 %. The sign is the test's, which
        is nearly always the effect's too.
    equivalent : Equivalence or None
        Where the claim has a margin; its p is corrected within the family too.
    """

    stage: str
    measure: str
    where: dict[str, Any]
    other: str
    effect: Effect
    p_corrected: float
    favours: int
    equivalent: Equivalence | None = None


@dataclass(frozen=True)
class Estimate:
    """A number that an experiment found, with its interval.

    Parameters
    ----------
    what : str
        Of which it is the size: with its unit.
    value, low, high : float
        The number, and a 95 % interval for it; NaN where there is none.
    n : int
        How many independent instances it rests on.
    """

    what: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict and what led to it.

    Parameters
    ----------
    claim : Claim
    verdict : Verdict
    comparisons : tuple of Comparison
    reason : str
        The verdict in a sentence.
    estimates : tuple of Estimate
        Where no comparison of pairs led to the verdict, what did.
    """

    claim: Claim
    verdict: Verdict
    comparisons: tuple[Comparison, ...]
    reason: str
    estimates: tuple[Estimate, ...] = ()


def judge(claim: Claim, table: Table, missing: Mapping[str, int] | None = None) -> Judgement:
    """Decide a claim.

    Parameters
    ----------
    claim : Claim
    table : Table
        Of the whole study.
    missing : mapping of str to int, optional
        By stage, how many trainings are still to come. A claim that needs one of them is not decided: to look at
        half of the pairs, and again at all, would be two tests where one was declared.

    Returns
    -------
    Judgement
    """
    if claim.untested:
        return Judgement(claim, Verdict.UNTESTED, (), claim.untested)
    if claim.elsewhere:
        return Judgement(claim, Verdict.ELSEWHERE, (), claim.elsewhere)
    waiting = {stage: (missing or {}).get(stage, 0) for stage in claim.stages}
    if any(waiting.values()):
        left = ", ".join(f"{count} of {stage!r}" for stage, count in waiting.items() if count)
        return Judgement(claim, Verdict.OPEN, (), f"trainings that it needs are missing: {left}")
    families = [_family(claim, table.where(stage=stage), stage) for stage in claim.stages]
    comparisons = tuple(comparison for family in families for comparison in family)
    wanted = len(claim.stages) * len(claim.measures) * len(claim.against)
    if not comparisons or not all(families):
        return Judgement(claim, Verdict.UNTESTED, comparisons, "trainings that it needs are missing")
    verdict = decide([comparison.favours for comparison in comparisons])
    counts = {sign: sum(comparison.favours == sign for comparison in comparisons) for sign in (1, -1, 0)}
    incomplete = f"; only {len(comparisons)} of at least {wanted} comparisons" if len(comparisons) < wanted else ""
    return Judgement(
        claim,
        Verdict.IN_PART if incomplete and verdict == Verdict.HOLDS else verdict,
        comparisons,
        f"of {len(comparisons)} comparisons, {counts[1]} in favour, {counts[-1]} against, "
        f"{counts[0]} without a significant difference{_beside(comparisons)}{incomplete}",
    )


def _beside(comparisons: Sequence[Comparison]) -> str:
    """Return what a reader must know beside the counts: equivalences, and pairs that a divergence took away."""
    tested = [comparison.equivalent for comparison in comparisons if comparison.equivalent is not None]
    dropped = sum(comparison.effect.dropped for comparison in comparisons)
    same = f", {sum(each.p < ALPHA for each in tested)} shown to be equal within the margin" if tested else ""
    return same + (f"; {dropped} pairs left out, since a training of theirs diverged" if dropped else "")


def decide(favours: Sequence[int]) -> Verdict:
    """Return the verdict for comparisons in favour (1), against (−1), or neither (0).

    Examples
    --------
    >>> [str(decide(signs)) for signs in ([1, 1], [1, 0], [1, -1], [0, -1])]
    ['holds', 'holds in part', 'holds in part', 'does not hold']
    """
    if not favours:
        return Verdict.UNTESTED
    if all(sign > 0 for sign in favours):
        return Verdict.HOLDS
    return Verdict.IN_PART if any(sign > 0 for sign in favours) else Verdict.FAILS


def _family(claim: Claim, table: Table, stage: str) -> list[Comparison]:
    """Return all comparisons of a claim within a stage, corrected together."""
    found: list[tuple[str, dict[str, Any], str, Effect, Equivalence | None]] = []
    for measure in claim.measures:
        for values, rows in table.groups(*claim.each):
            where = dict(zip(claim.each, values, strict=True))
            for other in claim.against:
                a, b = _sides(claim, rows, measure, other)
                if (~(np.isnan(a) | np.isnan(b))).sum() < 2:
                    continue
                compare = paired_times if measure.startswith("updates_to_") else paired_difference
                same = equivalence(a, b, claim.margin) if claim.margin else None
                found.append((measure, where, other, compare(a, b), same))
    corrected = holm([effect.p for *_, effect, _ in found])
    same_corrected = iter(holm([same.p for *_, same in found if same is not None]))
    sign = -1 if claim.better == "lower" else 1
    return [
        Comparison(
            stage, measure, where, other, effect, p,
            favours=sign * effect.direction if p < ALPHA else 0,
            equivalent=None if same is None else _with_p(same, next(same_corrected)),
        )
        for (measure, where, other, effect, same), p in zip(found, corrected, strict=True)
    ]  # fmt: skip


def _with_p(found: Equivalence, p: float) -> Equivalence:
    return Equivalence(found.margin, found.low, found.high, p, found.n)


def _sides(claim: Claim, table: Table, measure: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of both sides, a pair a seed; or how they spread, where the claim asks for that."""
    if not claim.spread_over:
        return table.pairs(measure, claim.vary, claim.favoured, other)
    if claim.spread_over == "seed":
        a, b = table.pairs(measure, claim.vary, claim.favoured, other)
        return np.abs(a - np.nanmedian(a)), np.abs(b - np.nanmedian(b))
    return _ranges(table, claim, measure).pairs(measure, claim.vary, claim.favoured, other)


def _ranges(table: Table, claim: Claim, measure: str) -> Table:
    """Return for each seed and side the largest minus the smallest value along a column.

    A training that diverged counts as a network that guesses: to leave it out would reward it.
    """
    rows = [
        (*place, np.ptp(np.nan_to_num(group[measure], nan=CHANCE))) for place, group in table.groups(claim.vary, "seed")
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return Table(dict(zip((claim.vary, "seed", measure), map(np.array, columns), strict=True)), [])
