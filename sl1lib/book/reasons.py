"""Why a claim has its verdict, in a sentence that is made from the keys of its numbers: one function for each rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ..study import Verdict
from ..study.verdicts import wanted_comparisons
from .numbers import p_value, signed


def reason(verdict: Verdict) -> str:
    """Return why a claim has its verdict, or what it waits for.

    Examples
    --------
    >>> from sl1lib.study import Answer, Claim
    >>> reason(Verdict(Claim(1, "?", untested="Nobody can."), Answer.UNTESTED, waiting="Nobody can."))
    'Nobody can.'
    """
    return verdict.waiting or _REASONS.get(verdict.claim.rule, _comparisons)(verdict)


def _comparisons(verdict: Verdict) -> str:
    """Count comparisons, equivalences, and pairs that a divergence took away."""
    comparisons, wanted = verdict.comparisons, wanted_comparisons(verdict.claim)
    tested = any(comparison.equivalent is not None for comparison in comparisons)
    same = f", {sum(each.equal for each in comparisons)} shown to be equal within the margin" if tested else ""
    dropped = sum(comparison.effect.dropped for comparison in comparisons)
    gone = f"; {dropped} pairs left out, since a training of theirs diverged" if dropped else ""
    few = f"; only {len(comparisons)} of at least {wanted} comparisons" if len(comparisons) < wanted else ""
    return (
        f"of {len(comparisons)} comparisons, {verdict.count(1)} in favour, {verdict.count(-1)} against, "
        f"{verdict.count(0)} without a significant difference{same}{gone}{few}"
    )


def _nodes_go(verdict: Verdict) -> str:
    said = []
    rival = {1: "is worse", 0: "is not shown to be worse", -1: "is better"}
    for stage in verdict.claim.settings["stages"]:
        pruned, lead = verdict.numbers[f"pruned.{stage}"], verdict.comparison(stage, "error_pruned")
        within = "no more than" if verdict.comparison(stage, "error_lost").favours == 1 else "perhaps more than"
        said.append(
            f"{stage}: nodes go in {pruned.count} of {pruned.n} seeds, {within} "
            f"{verdict.claim.settings['loss_points']:g} points are lost, magnitude pruning {rival[lead.favours]} "
            f"({p_value(lead.p_corrected)})"
        )
    return "; ".join(said)


def _node_wise(verdict: Verdict) -> str:
    (comparison,) = verdict.comparisons
    effect, most = comparison.effect, [verdict.numbers[f"most_nodes.{name}-wise"].value for name in ("node", "weight")]
    return (
        f"node-wise {most[0]:.1f} nodes go on average, weight-wise {most[1]:.1f}; difference "
        f"{signed(effect.effect, '.1f')} [{signed(effect.low, '.1f')}, {signed(effect.high, '.1f')}], one-sided "
        f"{p_value(comparison.p_corrected)}, n = {effect.n} seeds"
    )


def _corner(verdict: Verdict) -> str:
    plain, lasso, ours = (verdict.numbers[f"jumps.{method}"] for method in ("L1", "group lasso", "SL1"))
    return (
        f"in {ours.n} instances, plain L1 jumps at every rate and momentum in {plain.count}, the group lasso in "
        f"{lasso.count}; SL1 jumps above the predicted transition and nowhere below it in {ours.count}, "
        f"over {verdict.numbers['descents.SL1'].value:.0f} descents from 3 % below it to 3 % above"
    )


def _descent(verdict: Verdict) -> str:
    layer, above = (verdict.numbers[f"layer.{what}"] for what in ("converges", "rises_above"))
    networks = {name: verdict.numbers[f"network.{name}.converges"] for name in ("table", "text")}
    return (
        f"the last layer converges below the bound in {layer.count} of {layer.n} instances, and its error rises "
        f"above it in {above.count}; the whole network converges at some rate in "
        + " and ".join(f"{each.count} of {each.n} (reading {name})" for name, each in networks.items())
    )


def _solution(verdict: Verdict) -> str:
    from ..study.experiments.consistency import WIDTHS  # needs PyTorch, which other reasons do not

    falls, arrives, power = (verdict.numbers[key] for key in ("falls", "arrives", "power"))
    return (
        f"in {falls.count} of {falls.n} instances the distance falls with each of {len(WIDTHS) - 1} steps of ε, in "
        f"{arrives.count} it ends within the solver's tolerance; it falls like ε to the power {power.value:.3f}"
    )


def _work(verdict: Verdict) -> str:
    saving, given = verdict.numbers["saving.all"], verdict.claim.settings
    mean, low, high = (signed(value) for value in (saving.value, saving.low, saving.high))
    return (
        f"within {given['loss_points']:g} points of a seed's best network, the cheapest one saves {mean.lstrip('+')} % "
        f"[{low}, {high}] of the multiply-adds on average, n = {saving.n} seeds; the bounds are "
        f"{given['holds_from_percent']:g} and {given['fails_below_percent']:g} %"
    )


_REASONS: Final[Mapping[str, Callable[[Verdict], str]]] = {
    "nodes-go": _nodes_go,
    "node-wise-prunes-more": _node_wise,
    "corner-chatters": _corner,
    "descent-converges": _descent,
    "solution-tends": _solution,
    "work-saved": _work,
}
