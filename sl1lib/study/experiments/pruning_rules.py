"""The rules of claims on pruned networks. Where a rule's words leave something open, the reading stands here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ...architecture import NODES, PARAMETER_SHAPES
from ...errors import require_choice, unexpected
from ...pruning import Size
from ..statistics import ALPHA, Effect, holm, mean_interval, paired_difference
from ..table import Table, paired
from ..verdicts import Answer, Comparison, Number, Rule, Ruling, UndecidedError, decide
from .experiment import share_of_instances

FULL_COST: Final = Size.of(
    {name: np.broadcast_to(0.0, shape) for name, shape in PARAMETER_SHAPES.items()}
).multiply_adds
#: By how much more a pruned network may err than the seed's best one, where the most nodes that go are looked for.
TOLERANCES: Final = (0.001, 0.002)
FRONTIER: Final = "frontier"
#: Choices of what may save work, by what their rows have in common: the first one decides.
SAVERS: Final[Mapping[str, Mapping[str, str]]] = {
    "all": {},
    "nodes": {"grouping": "node"},
    "SL1": {"method": "SL1"},
    "SL1 quartic": {"method": "SL1 quartic"},
    "none": {"method": "none"},
}
FLOAT: Final = 1e-12  # errors are shares of images: rounding must not make 0.1 points more than 0.1 points
_MISSING: Final = "pruned networks that it needs are missing"


def nodes_go(table: Table, stages: Sequence[str], strengths: Sequence[float], loss_points: float) -> Ruling:
    """Claim 5: for each reading, nodes go in every seed, little is lost, and magnitude pruning is worse.

    "Lose no more than 0.1 points" asks that the whole 95 % interval of the mean loss lies below 0.1 points. A seed that
    loses no node stays in all comparisons: to leave it out would be a choice by the result.

    The rule names the frontier too. Its few seeds cannot make a two-sided test significant, so the finals decide, and
    what the frontier says is estimated beside them.
    """
    sides = {stage: _sides_of(table.where(stage=stage)) for stage in stages}
    beyond = {strength: frontier_sides(table, strength) for strength in strengths}
    if any(len(ours) < 2 for ours, _ in (*sides.values(), *beyond.values())):
        raise UndecidedError(_MISSING)
    _require_too_few(beyond)
    leads = {stage: _lead(*each) for stage, each in sides.items()}
    corrected = holm([lead.p for lead in leads.values()])
    comparisons: list[Comparison] = []
    numbers = [_percent(f"behind.{strength:g}", _lead(*each), "points") for strength, each in beyond.items()]
    for (stage, lead), p in zip(leads.items(), corrected, strict=True):
        ours, _ = sides[stage]
        gone = NODES - ours["nodes"]
        lost = paired_difference(ours["error"], ours["error_before"])
        some, little = int(gone.min() > 0), int(lost.high <= loss_points / 100 + FLOAT)
        removed = paired_difference(gone, 0 * gone)
        comparisons += [
            Comparison(stage, "nodes_removed", {}, "none", removed, removed.p, some, tested=False),
            Comparison(stage, "error_lost", {}, "the full network", lost, lost.p, little, tested=False),
            Comparison(stage, "error_pruned", {}, "none", lead, p, -lead.direction if p < ALPHA else 0),
        ]
        numbers.append(share_of_instances(f"pruned.{stage}", gone > 0))
    return decide([comparison.favours for comparison in comparisons]), comparisons, numbers


def _require_too_few(beyond: Mapping[float, tuple[Table, Table]]) -> None:
    """Raise if the frontier has so many seeds that a test of its pairs could be significant: it would have to count."""
    n = max(len(ours) for ours, _ in beyond.values())
    if 2.0 ** (1 - n) < ALPHA:  # all differences have one sign, or all have the other
        raise unexpected(f"the number of seeds of {FRONTIER!r}", n, "a test could be significant; the rule must use it")


def _lead(ours: Table, theirs: Table) -> Effect:
    return paired_difference(ours["error"], theirs["error"])


def _sides_of(rows: Table) -> tuple[Table, Table]:
    """Return SL1's networks pruned at ε and the unpenalised ones of the same seeds, as many nodes removed."""
    return _paired(rows.where(kind="threshold", method="SL1"), rows.where(kind="matched", method="none"))


def frontier_sides(table: Table, factor: float) -> tuple[Table, Table]:
    """Return SL1's networks of the frontier, pruned at ε, and their unpenalised rivals with as many nodes cut.

    ``factor`` is SL1's strength, as a multiple of the middle one. Both sides have one row per seed, in the same order;
    none where the stage has no such strength.
    """
    rows = table.where(stage=FRONTIER)
    ours = rows.where(kind="threshold", method="SL1", factor=factor)
    targets = {f"{strength:g}" for strength in ours["strength"]}
    if len(targets) > 1:
        raise unexpected(f"the strengths at {factor:g} times the middle one", sorted(targets), "they must be one")
    return _paired(ours, rows.where(kind="matched", method="none", target="".join(targets)))


def _paired(ours: Table, theirs: Table) -> tuple[Table, Table]:
    """Return the rows of the seeds that both sides have, one per seed, in the order of the seeds."""
    for rows, what in ((ours, "SL1"), (theirs, "no penalty")):
        rows.by_seed("error", what)  # raises for a seed that is there twice
    _, here, there = np.intersect1d(ours["seed"], theirs["seed"], return_indices=True)
    return ours.take(here), theirs.take(there)


def node_wise_prunes_more(table: Table, loss_points: float) -> Ruling:
    """Claim 6: for each seed the most nodes that go within 0.2 points, over all strengths; both profiles quartic.

    The claim has a direction, and so has its test: Wilcoxon's signed-rank test, one-sided at 5 %. With five seeds it is
    passed only if all five differences are positive; a two-sided test could not be passed at all.
    """
    rows = _within(table, loss_points)
    counts = [_most_nodes(rows, table, f"SL1 quartic{grouping}") for grouping in ("", " weight-wise")]
    node_wise, weight_wise = paired(*counts)
    if len(node_wise) < 2:
        raise UndecidedError(_MISSING)
    effect = paired_difference(node_wise, weight_wise)
    p = one_sided(effect)
    favours = int(p < ALPHA) - int(effect.direction < 0 and effect.p < ALPHA)
    comparison = Comparison(FRONTIER, "nodes_removed", {}, "SL1 quartic weight-wise", effect, p, favours)
    sides = {"node-wise": node_wise, "weight-wise": weight_wise}
    numbers = [Number(f"most_nodes.{name}", *mean_interval(each), len(each), "nodes") for name, each in sides.items()]
    return Answer.HOLDS if p < ALPHA else Answer.FAILS, [comparison], numbers


def _within(table: Table, loss_points: float) -> Table:
    """Return the networks of the frontier that are within a bound, which must be one of those that were measured."""
    targets = [f"{tolerance:g}" for tolerance in TOLERANCES]
    require_choice("loss_points / 100", f"{loss_points / 100:g}", targets)
    return table.where(stage=FRONTIER, kind="within", target=f"{loss_points / 100:g}")


def one_sided(effect: Effect) -> float:
    """Return the p value against a difference that is not positive."""
    return effect.p / 2 if effect.direction > 0 else 1 - effect.p / 2


def _most_nodes(rows: Table, table: Table, method: str) -> dict[int, float]:
    """Return for each seed how many nodes go at most; 0 where the full network is not good enough already."""
    seeds = set(table.where(stage=FRONTIER, method=method)["seed"].tolist())
    ours = rows.where(method=method)
    return {seed: float((NODES - ours.where(seed=seed)["nodes"]).max(initial=0)) for seed in seeds}


def work_saved(table: Table, loss_points: float, holds_from_percent: float, fails_below_percent: float) -> Ruling:
    """Claim 10: the multiply-adds that the best network saves, within 0.1 points of the seed's best full network.

    "The best network" is found for each seed, over all penalties and strengths; the mean over seeds decides. Beside it
    stand smaller choices by the same rule: only what is counted by nodes, SL1 with each profile, and no penalty, which
    says how much of a saving the rule itself makes.
    """
    rows = _within(table, loss_points)
    seeds = sorted(set(table.where(stage=FRONTIER)["seed"].tolist()))
    if len(seeds) < 2:
        raise UndecidedError(_MISSING)
    saved = {scope: savings(rows.where(**where), seeds) for scope, where in SAVERS.items()}
    numbers = [_percent(f"saving.{scope}", paired_difference(each, 0 * each), "%") for scope, each in saved.items()]
    percent = numbers[0].value
    fails = percent < fails_below_percent
    return Answer.HOLDS if percent >= holds_from_percent else Answer.FAILS if fails else Answer.IN_PART, (), numbers


def _percent(key: str, effect: Effect, unit: str) -> Number:
    return Number(key, 100 * effect.effect, 100 * effect.low, 100 * effect.high, effect.n, unit)


def savings(rows: Table, seeds: Sequence[int]) -> np.ndarray:
    """Return for each seed the largest share of multiply-adds that a row saves; 0 where a seed has no row."""
    saved = [1 - rows.where(seed=seed)["multiply_adds"] / FULL_COST for seed in seeds]
    return np.array([each.max(initial=0.0) for each in saved], dtype=float)


RULES: Final[Mapping[str, Rule]] = {
    "nodes-go": nodes_go,
    "node-wise-prunes-more": node_wise_prunes_more,
    "work-saved": work_saved,
}
