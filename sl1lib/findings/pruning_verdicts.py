"""Verdicts on claims 5, 6 and 10, by the rules that `sl1lib/experiment/study/declared/paper.toml` states with them.

Where a rule's words leave something open, the reading stands here, beside what applies it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from ..architecture import NODES
from ..errors import unexpected
from ..experiment.study import Claim, Comparison, Effect, Estimate, Judgement, Verdict, holm, paired_difference
from ..experiment.study.verdicts import ALPHA, decide
from .evidence import Evidence

#: What a pruned network may lose, as a share of the images, by the number of the claim.
LOSS: Final[Mapping[int, float]] = {5: 0.001, 6: 0.002, 10: 0.001}
FINALS: Final = ("table finals", "text finals")
FRONTIER: Final = "frontier"
FULL_COST: Final = 203_520
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
    """
    sides = {stage: _sides_of(evidence, stage) for stage in FINALS}
    if any(len(ours) < 2 for ours, _ in sides.values()):
        return _MISSING
    beaten = {stage: paired_difference(ours["error"], theirs["error"]) for stage, (ours, theirs) in sides.items()}
    corrected = dict(zip(beaten, holm([effect.p for effect in beaten.values()]), strict=True))
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
        seeds = f"in {int((gone > 0).sum())} of {len(gone)} seeds"
        said.append(
            f"{stage}: {gone.mean():.1f} nodes go on average, a node or more {seeds}; that costs "
            f"{_points(lost)}; against magnitude pruning {_points(beaten[stage])}, p = {corrected[stage]:.3g}"
        )
    return comparisons, (), decide([comparison.favours for comparison in comparisons]), "; ".join(said)


def _sides_of(evidence: Evidence, stage: str) -> tuple[Evidence, Evidence]:
    """Return SL1's networks pruned at ε and the unpenalised ones of the same seeds, as many nodes removed."""
    rows = evidence.where(stage=stage)
    ours, theirs = rows.where(kind="threshold", method="SL1"), rows.where(kind="matched", method="none")
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
        f"{effect.effect:+.1f} [{effect.low:+.1f}, {effect.high:+.1f}], one-sided p = {p:.3g}, n = {effect.n} seeds"
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

    "The best network" is found for each seed, over all penalties and strengths; the mean over seeds decides. Node-wise
    penalties alone stand beside it, since the paper has no other.
    """
    rows = evidence.where(stage=FRONTIER, kind="within", target=f"{LOSS[10]:g}")
    seeds = sorted(set(evidence.where(stage=FRONTIER)["seed"].tolist()))
    if len(seeds) < 2:
        return _MISSING
    best = {scope: _savings(part, seeds) for scope, part in (("all", rows), ("node", rows.where(grouping="node")))}
    effects = {scope: paired_difference(saved, 0 * saved) for scope, saved in best.items()}
    words = {"all": "multiply-adds saved within 0.1 points, all penalties (%)", "node": "the same, node-wise only (%)"}
    estimates = [_share(words[scope], effect) for scope, effect in effects.items()]
    saving = effects["all"].effect
    verdict = Verdict.HOLDS if saving >= SAVING[0] else Verdict.FAILS if saving < SAVING[1] else Verdict.IN_PART
    all_, node = (_percent(effects[scope]) for scope in ("all", "node"))
    reason = (
        f"within 0.1 points of the best, the cheapest network of a seed saves {all_} of the multiply-adds; with "
        f"node-wise penalties, the paper's, {node}; n = {len(seeds)} seeds"
    )
    return (), estimates, verdict, reason


def _share(what: str, effect: Effect) -> Estimate:
    return Estimate(what, 100 * effect.effect, 100 * effect.low, 100 * effect.high, effect.n)


def _savings(rows: Evidence, seeds: Sequence[int]) -> np.ndarray:
    """Return for each seed the largest share of multiply-adds saved; 0 where nothing is within the bound."""
    return np.array(
        [(1 - rows.where(seed=seed)["multiply_adds"] / FULL_COST).max(initial=0.0) for seed in seeds], dtype=float
    )


def _comparison(
    stage: str, measure: str, other: str, effect: Effect, favours: int, p: float | None = None
) -> Comparison:
    return Comparison(stage, measure, {}, other, effect, effect.p if p is None else p, favours)


def _points(effect: Effect) -> str:
    """Return a difference of error rates in percentage points."""
    mean, low, high = (100 * value for value in (effect.effect, effect.low, effect.high))
    return f"{mean:+.3f} points [{low:+.3f}, {high:+.3f}]"


def _percent(effect: Effect) -> str:
    mean, low, high = (100 * value for value in (effect.effect, effect.low, effect.high))
    return f"{mean:.2f} % [{low:.2f}, {high:.2f}]"


_RULES: Final[Mapping[int, Callable[[Evidence], Ruling]]] = {
    5: _nodes_go,
    6: _node_wise_against_weight_wise,
    10: _saves_work,
}
