"""Verdicts on claims 5, 6 and 10, by the rules that `sl1lib/study/declared/paper.toml` states with them.

Where a rule's words leave something open, the reading stands here, beside what applies it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from ..architecture import NODES
from ..errors import unexpected
from . import Claim, Comparison, Effect, Estimate, Judgement, Verdict, holm, paired_difference
from .evidence import Evidence
from .verdict_tables import signed
from .verdicts import ALPHA, decide

#: What a pruned network may lose, as a share of the images, by the number of the claim.
LOSS: Final[Mapping[int, float]] = {5: 0.001, 6: 0.002, 10: 0.001}
FINALS: Final = ("table finals", "text finals")
FRONTIER: Final = "frontier"
#: Strengths of the frontier, as multiples of the middle one, at which SL1 loses enough nodes for a comparison.
STRENGTHS: Final = (10.0, 31.6, 100.0)
FULL_COST: Final = 203_520
#: Choices for claim 10, by what their rows have in common: the first one decides.
SAVERS: Final[Mapping[str, Mapping[str, str]]] = {
    "all penalties": {},
    "counted by nodes": {"grouping": "node"},
    "SL1 alone": {"method": "SL1"},
    "SL1 quartic alone": {"method": "SL1 quartic"},
    "no penalty": {"method": "none"},
}
_SAVED: Final = "multiply-adds saved within 0.1 points"
#: Savings from which on claim 10 holds, and below which it does not.
SAVING: Final = (0.10, 0.01)
FLOAT: Final = 1e-12  # errors are shares of images: rounding must not make 0.1 points more than 0.1 points


def judge(claim: Claim, evidence: Evidence) -> Judgement:
    """Decide claim 5, 6 or 10 by its rule.

    Parameters
    ----------
    claim : Claim
        Of the study ``"paper"``.
    evidence : Evidence
        As `measure` gave it.

    Returns
    -------
    Judgement
        *Is not decided yet* while networks that the rule asks for are missing.

    Raises
    ------
    ValueError
        For another claim.
    """
    if claim.number not in _RULES:
        raise unexpected("the number of the claim", claim.number, "pruned networks decide 5, 6 and 10")
    comparisons, estimates, verdict, reason = _RULES[claim.number](evidence)
    return Judgement(claim, verdict, tuple(comparisons), reason, tuple(estimates))


Ruling = tuple[Sequence[Comparison], Sequence[Estimate], Verdict, str]
_MISSING: Final[Ruling] = ((), (), Verdict.OPEN, "pruned networks that it needs are missing")


def _nodes_go(evidence: Evidence) -> Ruling:
    """Claim 5: for each reading, nodes go in every seed, little is lost, and magnitude pruning is worse.

    "Lose no more than 0.1 points" asks that the whole 95 % interval of the mean loss lies below 0.1 points. A seed that
    loses no node stays in all comparisons: to leave it out would be a choice by the result.

    The rule names the frontier too. Its few seeds cannot make a two-sided test significant, so the finals decide, and
    what the frontier says is estimated beside them.
    """
    sides = {stage: _sides_of(evidence, stage) for stage in FINALS}
    beyond = {factor: frontier_sides(evidence, factor) for factor in STRENGTHS}
    if any(len(ours) < 2 for ours, _ in (*sides.values(), *beyond.values())):
        return _MISSING
    beaten = {stage: paired_difference(ours["error"], theirs["error"]) for stage, (ours, theirs) in sides.items()}
    corrected = dict(zip(beaten, holm([effect.p for effect in beaten.values()]), strict=True))
    _require_too_few(beyond)
    comparisons, said = [], []
    for stage, (ours, _) in sides.items():
        gone = NODES - ours["nodes"]
        lost = paired_difference(ours["error"], ours["error_before"])
        better = corrected[stage] < ALPHA
        sign = -beaten[stage].direction if better else 0
        comparisons += [
            _comparison(stage, "nodes removed", "none", paired_difference(gone, 0 * gone), int(gone.min() > 0)),
            _comparison(stage, "error lost", "the full network", lost, int(lost.high <= LOSS[5] + FLOAT)),
            _comparison(stage, "error", "none, its shortest nodes", beaten[stage], sign, corrected[stage]),
        ]
        within = "no more than" if lost.high <= LOSS[5] + FLOAT else "perhaps more than"
        said.append(
            f"{stage}: nodes go in {int((gone > 0).sum())} of {len(gone)} seeds, {within} {100 * LOSS[5]:g} points are "
            f"lost, magnitude pruning {_RIVAL[sign]} ({_p(corrected[stage])})"
        )
    effects = {factor: paired_difference(ours["error"], theirs["error"]) for factor, (ours, theirs) in beyond.items()}
    estimates = [_share(f"{FRONTIER}, {factor:g} {_ESTIMATED}", effect) for factor, effect in effects.items()]
    return comparisons, estimates, decide([comparison.favours for comparison in comparisons]), "; ".join(said)


_ESTIMATED: Final = "times the middle strength: error of SL1 pruned minus none with as many nodes cut (points)"


#: What is said of magnitude pruning, by whom the comparison favours.
_RIVAL: Final = {1: "is worse", 0: "is not shown to be worse", -1: "is better"}


def _require_too_few(beyond: Mapping[float, tuple[Evidence, Evidence]]) -> None:
    """Raise if the frontier has so many seeds that a test of its pairs could be significant: it would have to count."""
    n = max(len(ours) for ours, _ in beyond.values())
    if 2.0 ** (1 - n) < ALPHA:  # all differences have one sign, or all have the other
        raise unexpected(f"the number of seeds of {FRONTIER!r}", n, "a test could be significant; the rule must use it")


def _sides_of(evidence: Evidence, stage: str) -> tuple[Evidence, Evidence]:
    """Return SL1's networks pruned at ε and the unpenalised ones of the same seeds, as many nodes removed."""
    rows = evidence.where(stage=stage)
    return _paired(rows.where(kind="threshold", method="SL1"), rows.where(kind="matched", method="none"))


def frontier_sides(evidence: Evidence, factor: float) -> tuple[Evidence, Evidence]:
    """Return SL1's networks of the frontier, pruned at ε, and their unpenalised rivals with as many nodes cut.

    Parameters
    ----------
    evidence : Evidence
    factor : float
        SL1's strength, as a multiple of the middle one.

    Returns
    -------
    ours, theirs : Evidence
        A row a seed, in the same order; none where the stage has no such strength.
    """
    rows = evidence.where(stage=FRONTIER)
    ours = rows.where(kind="threshold", method="SL1", factor=factor)
    targets = {f"{strength:g}" for strength in ours["strength"]}
    if len(targets) > 1:
        raise unexpected(f"the strengths at {factor:g} times the middle one", sorted(targets), "they must be one")
    return _paired(ours, rows.where(kind="matched", method="none", target="".join(targets)))


def _paired(ours: Evidence, theirs: Evidence) -> tuple[Evidence, Evidence]:
    """Return the rows of the seeds that both sides have."""
    shared = sorted(set(ours["seed"].tolist()) & set(theirs["seed"].tolist()))
    return _ordered(ours, shared), _ordered(theirs, shared)


def _ordered(rows: Evidence, seeds: Sequence[int]) -> Evidence:
    """Return one row a seed, in the order of the seeds."""
    places = [np.flatnonzero(rows["seed"] == seed) for seed in seeds]
    if any(len(place) != 1 for place in places):
        raise ValueError("a seed has several pruned networks of one kind; such rows are no independent pairs")
    return rows.take(np.array([place[0] for place in places], dtype=int))


def _node_wise_against_weight_wise(evidence: Evidence) -> Ruling:
    """Claim 6: for each seed the most nodes that go within 0.2 points, over all strengths; both profiles quartic.

    The claim has a direction, and so has its test: Wilcoxon's signed-rank test, one-sided at 5 %. With five seeds it is
    passed only if all five differences are positive; a two-sided test could not be passed at all.
    """
    rows = evidence.where(stage=FRONTIER, kind="within", target=f"{LOSS[6]:g}")
    counts = [_most_nodes(rows, evidence, f"SL1 quartic{grouping}") for grouping in ("", " weight-wise")]
    seeds = sorted(counts[0].keys() & counts[1].keys())
    if len(seeds) < 2:
        return _MISSING
    node_wise, weight_wise = (np.array([count[seed] for seed in seeds], dtype=float) for count in counts)
    effect = paired_difference(node_wise, weight_wise)
    p = one_sided(effect)
    positive = p < ALPHA
    against = effect.direction < 0 and effect.p < ALPHA
    comparison = _comparison(
        FRONTIER, "nodes removed within 0.2 points", "SL1 quartic weight-wise", effect, int(positive) - int(against), p
    )
    reason = (
        f"node-wise {node_wise.mean():.1f} nodes go on average, weight-wise {weight_wise.mean():.1f}; difference "
        f"{signed(effect.effect, '.1f')} [{signed(effect.low, '.1f')}, {signed(effect.high, '.1f')}], one-sided "
        f"{_p(p)}, n = {effect.n} seeds"
    )
    return [comparison], (), Verdict.HOLDS if positive else Verdict.FAILS, reason


def one_sided(effect: Effect) -> float:
    """Return the p value against a difference that is not positive.

    Examples
    --------
    >>> one_sided(Effect(1.0, 0.5, 1.5, p=0.0625, n=5, direction=1))
    0.03125
    """
    return effect.p / 2 if effect.direction > 0 else 1 - effect.p / 2


def _most_nodes(rows: Evidence, evidence: Evidence, method: str) -> dict[int, int]:
    """Return for each seed how many nodes go at most; 0 where the full network is not good enough already."""
    seeds = set(evidence.where(stage=FRONTIER, method=method)["seed"].tolist())
    ours = rows.where(method=method)
    return {seed: int((NODES - ours.where(seed=seed)["nodes"]).max(initial=0)) for seed in seeds}


def _saves_work(evidence: Evidence) -> Ruling:
    """Claim 10: the multiply-adds that the best network saves, within 0.1 points of the seed's best full network.

    "The best network" is found for each seed, over all penalties and strengths; the mean over seeds decides. Beside it
    stand smaller choices by the same rule: only what is counted by nodes, SL1 with each profile, and no penalty, which
    says how much of a saving the rule itself makes.
    """
    rows = evidence.where(stage=FRONTIER, kind="within", target=f"{LOSS[10]:g}")
    seeds = sorted(set(evidence.where(stage=FRONTIER)["seed"].tolist()))
    if len(seeds) < 2:
        return _MISSING
    saved = {scope: savings(rows.where(**where), seeds) for scope, where in SAVERS.items()}
    effects = [paired_difference(each, 0 * each) for each in saved.values()]
    words = [f"{'the same' if place else _SAVED}, {scope} (%)" for place, scope in enumerate(SAVERS)]
    mean, low, high = (signed(100 * value) for value in (effects[0].effect, effects[0].low, effects[0].high))
    reason = (
        f"within 0.1 points of a seed's best network, the cheapest one saves {mean.lstrip('+')} % [{low}, {high}] of "
        f"the multiply-adds on average, n = {len(seeds)} seeds; the bounds are {100 * SAVING[0]:g} and "
        f"{100 * SAVING[1]:g} %"
    )
    estimates = [_share(what, effect) for what, effect in zip(words, effects, strict=True)]
    return (), estimates, _by_saving(effects[0].effect), reason


def _by_saving(saving: float) -> Verdict:
    return Verdict.HOLDS if saving >= SAVING[0] else Verdict.FAILS if saving < SAVING[1] else Verdict.IN_PART


def _share(what: str, effect: Effect) -> Estimate:
    return Estimate(what, 100 * effect.effect, 100 * effect.low, 100 * effect.high, effect.n)


def savings(rows: Evidence, seeds: Sequence[int]) -> np.ndarray:
    """Return for each seed the largest share of multiply-adds that a row saves.

    Parameters
    ----------
    rows : Evidence
        Pruned networks that are within a bound.
    seeds : sequence of int

    Returns
    -------
    ndarray, shape (seeds,)
        In [0, 1]; 0 where a seed has no row.

    Examples
    --------
    >>> rows = Evidence("few", {"seed": np.array([0, 0]), "multiply_adds": np.array([203_520, 152_640])})
    >>> savings(rows, [0, 1]).tolist()
    [0.25, 0.0]
    """
    return np.array(
        [(1 - rows.where(seed=seed)["multiply_adds"] / FULL_COST).max(initial=0.0) for seed in seeds], dtype=float
    )


def _comparison(
    stage: str, measure: str, other: str, effect: Effect, favours: int, p: float | None = None
) -> Comparison:
    return Comparison(stage, measure, {}, other, effect, effect.p if p is None else p, favours)


def _p(p: float) -> str:
    return f"p = {p:.2g}" if p >= 0.001 else "p < 0.001"


_RULES: Final[Mapping[int, Callable[[Evidence], Ruling]]] = {
    5: _nodes_go,
    6: _node_wise_against_weight_wise,
    10: _saves_work,
}
