"""Verdicts with the numbers that stand for them, as tables and in the units of their measures."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from . import Comparison, Effect, Estimate, Judgement, Verdict

#: What a measure is called in prose.
MEASURE_NAMES: Final = {
    "held_out_error": "held-out error",
    "held_out_E0": "held-out $E_0$",
    "train_E0": "training $E_0$",
    "gap": "gap",
    "updates_to_0.5": "updates to $E_0 = 0.5$",
    "updates_to_0.2": "updates to $E_0 = 0.2$",
    "updates_to_0.1": "updates to $E_0 = 0.1$",
}


def settled(value: float) -> float:
    """Return a number without its last digits, so that they do not decide how it is rounded to a few.

    Means of counts lie on the edge between two roundings, as 9.85 does, and their last bit differs between machines.
    Eleven decimals are kept, and of a large number 12 digits: a small one is a difference of numbers below 1.

    Examples
    --------
    >>> {f"{settled(mean):.1f}" for mean in (9.85, 9.850000000000001, 9.849999999999998)}
    {'9.8'}
    """
    return float(format(round(value, 11), ".12g"))


def signed(value: float, form: str = ".2f") -> str:
    """Return a number with its sign, a minus that is one; what rounds to 0 has no sign.

    Examples
    --------
    >>> signed(-0.123), signed(2, ".0f"), signed(-0.001), signed(-np.inf)
    ('−0.12', '+2', '0.00', '−∞')
    """
    if np.isinf(value):
        return "−∞" if value < 0 else "+∞"
    text = format(settled(value), "+" + form)
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def power(value: float, digits: int = 2) -> str:
    r"""Return a positive number that may be small, in TeX, as a number times a power of ten below a hundredth.

    Examples
    --------
    >>> power(0.35), power(0.00032), power(1e-5)
    ('0.35', '$3.2\\cdot10^{-4}$', '$10^{-5}$')
    """
    if value >= 0.01:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    factor = f"{float(mantissa):g}"
    return "$" + ("" if factor == "1" else factor + r"\cdot") + f"10^{{{int(exponent)}}}$"


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
    return f"{settled(100 * share):.2f} %"


#: The measure that stands for "the error is low sooner" where one number must do.
TO_LOW: Final = "updates_to_0.1"
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
    10: ("all penalties", "SL1 alone", "no penalty"),
}


_UNITS: Final[Mapping[str, str]] = {
    "held_out_E0": "nats",
    "train_E0": "nats",
    "nodes removed": "nodes",
    "nodes removed within 0.2 points": "nodes",
    "swing in ηλ": "ηλ",
}


_IN_POINTS: Final = ("held_out_error", "train_error", "gap", "error", "error lost")


def count_favours(judgement: Judgement, sign: int) -> int:
    """Return how many comparisons are in favour (1), against (-1), or neither (0)."""
    return sum(comparison.favours == sign for comparison in judgement.comparisons)


def effect_text(measure: str, effect: Effect) -> str:
    """Return a difference with its interval, in the unit of its measure.

    Examples
    --------
    >>> effect_text("gap", Effect(0.01, 0.0, 0.02, 0.04, 15))
    '+1.000 points [0.000, +2.000]'
    >>> effect_text("nodes removed", Effect(12.25, 11, 13, 0.01, 20))
    '+12.2 nodes [+11.0, +13.0]'
    >>> effect_text("train_E0", Effect(-1.6e-6, -1.7e-6, -1.5e-6, 0.01, 12))
    '−1.6e−06 nats [−1.7e−06, −1.5e−06]'
    """
    if measure in _IN_POINTS:
        return points(effect)
    if measure.startswith("updates_to_"):
        middle, _, interval = times(effect).partition(" ")
        return f"{middle} updates {interval}"
    unit, form = _UNITS.get(measure, ""), ".1f" if "nodes" in measure else ".2f"
    if measure.endswith("_E0"):
        form = ".4f" if abs(effect.effect) >= 1e-4 or not effect.effect else ".1e"
    middle, low, high = (signed(value, form) for value in (effect.effect, effect.low, effect.high))
    return f"{middle} {unit} [{low}, {high}]".replace("  ", " ")


def headline(judgement: Judgement) -> list[Comparison | Estimate]:
    """Return the few numbers that stand for a verdict where there is room for a few.

    Of an experiment's estimates, those that its rule is about. Of comparisons that decide in part, the largest
    difference in favour and the largest against; else those of one measure with the first rival. All others stand in
    the judgement.
    """
    number, comparisons = judgement.claim.number, judgement.comparisons
    if number in _ESTIMATE:
        return [each for each in judgement.estimates if any(word in each.what for word in _ESTIMATE[number])]
    if judgement.claim.against and judgement.verdict == Verdict.IN_PART:
        signs = {sign: [c for c in comparisons if c.favours == sign] for sign in (1, -1)}
        return [max(each, key=lambda c: abs(c.effect.effect)) for each in signs.values() if each]
    measures = _MEASURE.get(number, judgement.claim.measures[:1]) or [c.measure for c in comparisons]
    first = judgement.claim.against[0] if judgement.claim.against else None
    return [c for c in comparisons if c.measure in measures and first in (None, c.other)]


def number_text(number: Comparison | Estimate) -> str:
    """Return a number with its interval, and what it is of."""
    if isinstance(number, Estimate):
        if "instances" in number.what:
            share = f"{number.value * number.n:.0f} of {number.n} [{number.low:.0%}, {number.high:.0%}]"
            return f"{share.replace('%', ' %')} ({number.what})"
        numbers = f"{settled(number.value):.3g} [{settled(number.low):.3g}, {settled(number.high):.3g}]".replace(
            "-", "−"
        )
        return f"{numbers} ({number.what})"
    where, other = _stage_text(number), number.other.replace("_", " ")
    return f"{effect_text(number.measure, number.effect)} ({where}; against {other})"


def _stage_text(comparison: Comparison, axes: Sequence[str] | None = None) -> str:
    """Return the stage of a comparison and what else both sides share, of some axes or of all."""
    shared = [
        f"{'n' if axis == 'n_train' else axis} = {'all' if value is None else f'{value:,g}'}"
        for axis, value in comparison.where.items()
        if axes is None or axis in axes
    ]
    return ", ".join([comparison.stage, *shared])


def verdict_rows(judgements: Sequence[Judgement], evidence: Mapping[int, str]) -> list[list[str]]:
    """Return the table of claims: statement and evidence, verdict, comparisons for, against and neither, n, effects.

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
        signs = [count_favours(judgement, sign) for sign in (1, -1, 0)]
        rows.append(
            [
                f"**{judgement.claim.number}.** {judgement.claim.statement}<br>{evidence[judgement.claim.number]}",
                f"**{judgement.verdict}**",
                " / ".join(map(str, signs)) if judgement.comparisons else "–",
                ", ".join(map(str, counts)) or "–",
                "<br>".join(map(number_text, numbers)) or _instead(judgement),
            ]
        )
    return rows


def show_judgement(judgement: Judgement) -> None:
    """Display a verdict, its reason, and a table of all comparisons and estimates that led to it.

    Parameters
    ----------
    judgement : Judgement
    """
    from ..book.show import say, show_table

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
    measure = MEASURE_NAMES.get(comparison.measure, comparison.measure)
    what = f"spread of the {measure}" if spread_over else measure
    says = {1: "for", -1: "against", 0: "neither"}[comparison.favours]
    number = effect_text(comparison.measure, effect)
    return [_stage_text(comparison), what, other, number, f"{comparison.p_corrected:.2g}", str(effect.n), says]


def _instead(judgement: Judgement) -> str:
    return judgement.reason[0].upper() + judgement.reason[1:]


def show_verdict(judgement: Judgement) -> None:
    """Display a verdict on comparisons, its reason, and against whom the favoured side does better or worse.

    All numbers that led to it are `show_judgement`'s.

    Parameters
    ----------
    judgement : Judgement
    """
    from ..book.show import say, show_table

    claim = judgement.claim
    say(f"**Claim {claim.number}: *{claim.statement}* The study says: {judgement.verdict}.** {_instead(judgement)}.")
    if judgement.comparisons:
        side = claim.favoured.replace("_", " ")
        headers = ["stage", "measure", f"{side} better than", f"{side} worse than", "no difference shown"]
        show_table(headers, judgement_rows(judgement))


def judgement_rows(judgement: Judgement) -> list[list[str]]:
    """Return a table's rows: for each family and measure, against whom the favoured side does better, or worse.

    Parameters
    ----------
    judgement : Judgement

    Returns
    -------
    list of list of str
        Stage and what else is shared, measure, and three lists: better than, worse than, no difference shown.
    """

    def place(comparison: Comparison) -> tuple[str, ...]:
        return _stage_text(comparison, ["n_train"]), MEASURE_NAMES.get(comparison.measure, comparison.measure)

    rows = []
    for key, group in itertools.groupby(judgement.comparisons, key=place):
        signs: dict[int, list[str]] = {1: [], -1: [], 0: []}
        for comparison in group:
            signs[comparison.favours].append(comparison.other.replace("_", " "))
        rows.append([*key, *(", ".join(signs[sign]) or "–" for sign in (1, -1, 0))])
    return rows
