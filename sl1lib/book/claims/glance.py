"""All verdicts at a glance: a line for each claim, which opens to what led to its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from ...study import Answer, Comparison, Number, Verdict
from ..numbers import effect_text, settled
from ..show import say
from ..verdict_tables import headline, meaning, number_text, sentence
from .figures import half_widths

#: By answer: the sign before its words, and the class of the style sheet that colours both.
_LOOKS: Final[Mapping[Answer, tuple[str, str]]] = {
    Answer.HOLDS: ("✓", "holds"),
    Answer.IN_PART: ("◉", "part"),
    Answer.FAILS: ("✗", "fails"),
    Answer.UNTESTED: ("–", "open"),
    Answer.OPEN: ("…", "open"),
}
_SIDES: Final[Mapping[int, str]] = {1: "for", -1: "against", 0: "neither"}
REACH: Final = 4.0  # half widths to each side that an interval's drawing shows


def show_glance(verdicts: Sequence[Verdict], evidence: Mapping[str, str]) -> None:
    """Display a line for each claim, its verdict, comparisons for and against, an interval; and what opens below.

    Written as HTML within Markdown, which a page and JupyterLab show alike, so that the links of ``evidence``, one in
    Markdown for each topic, are resolved as they are anywhere else.
    """
    say("\n\n".join(_row(verdict, evidence[verdict.claim.topic]) for verdict in verdicts))


def _row(verdict: Verdict, link: str) -> str:
    """Return a claim's line and, folded, its reason, its few numbers, and the way to its evidence."""
    claim, (sign, look) = verdict.claim, _LOOKS[verdict.answer]
    told = primary(verdict)
    words = escape(_told(told, by_method=claim.vary == "method"))
    line = (
        f'<details class="sl1-claim" id="verdict-{claim.number}"><summary>'
        f'<span class="number">{claim.number}</span> <span class="statement">{escape(claim.statement)}</span> '
        f'<span class="verdict {look}">{sign} {verdict.answer}</span> '
        f'<span class="shares">{_bar(verdict)}</span> <span class="drawn">{_interval(verdict, told)}</span> '
        f'<span class="told">{words}</span></summary>'
    )
    numbers = "\n".join(f"- {number_text(each)}" for each in headline(verdict))
    parts = [line, f"**{meaning(verdict)[0].upper()}{meaning(verdict)[1:]}.** {sentence(verdict)}.", numbers]
    return "\n\n".join([*filter(None, parts), f"Evidence: {link}", "</details>"])


def primary(verdict: Verdict) -> Comparison | Number | None:
    """Return the one number that stands for a verdict in its line, chosen by the claim and not by its size.

    Of comparisons, that of the claim's first stage with its first rival, by the measure that stands for it. Of an
    experiment's numbers, the first that its rule is about.
    """
    claim = verdict.claim
    if not claim.rule:
        measure = claim.headline or next(iter(claim.measures), "")
        chosen = (c for c in verdict.comparisons if c.measure == measure and c.other == claim.against[0])
        return next(chosen, None)
    if tested := [each for each in verdict.comparisons if each.measure == "swing"]:
        return tested[0]
    return next(iter(headline(verdict)), None)


def _told(number: Comparison | Number | None, *, by_method: bool) -> str:
    if number is None:
        return ""
    if isinstance(number, Number):
        return number_text(number).partition(" (")[0] + (f" {number.unit}" if number.unit == "%" else "")
    other = "no penalty" if number.other == "none" and by_method else number.other.replace("_", " ")
    effect = effect_text(number.measure, number.effect)
    if number.measure == "nodes_removed":  # a count of nodes does not say by itself what became of them
        effect = effect.replace(" nodes", " nodes removed", 1)
    return f"{effect} against {other}"


def _bar(verdict: Verdict) -> str:
    """Return a bar whose parts are the comparisons in favour, against and neither; nothing for other kinds of rules."""
    counts = {side: verdict.count(sign) for sign, side in _SIDES.items()}
    total = sum(counts.values())
    if not total:
        return ""
    words = f"{counts['for']} for, {counts['against']} against, {counts['neither']} neither"
    place, parts = 0.0, []
    for side, count in counts.items():
        width = 100 * count / total
        parts.append(f'<rect class="{side}" x="{place:.1f}" y="0" width="{width:.1f}" height="12"/>')
        place += width
    bar = f'<svg viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="{words}">{"".join(parts)}</svg>'
    return f'{bar}<span class="counts">{counts["for"]}/{counts["against"]}/{counts["neither"]}</span>'


def _interval(verdict: Verdict, number: Comparison | Number | None) -> str:
    """Return the drawing of an interval beside the line of no effect; right of it is in favour."""
    ends = _ends(verdict, number)
    if ends is None:
        return ""
    middle, low, high = (50 + 50 * float(np.clip(settled(end), -REACH, REACH)) / REACH for end in ends)
    side = "in favour" if min(low, high) > 50 else "against" if max(low, high) < 50 else "on both sides of 0"
    mark = f'<line class="middle" x1="{middle:.1f}" x2="{middle:.1f}" y1="2" y2="10"/>'
    if middle in (0, 100):  # farther than is drawn
        mark = f'<path class="beyond" d="M{abs(middle - 7):.1f} 1L{middle:.1f} 6L{abs(middle - 7):.1f} 11z"/>'
    return (
        f'<svg viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="interval {side}">'
        '<line class="zero" x1="50" x2="50" y1="0" y2="12"/>'
        f'<line class="interval" x1="{min(low, high):.1f}" x2="{max(low, high):.1f}" y1="6" y2="6"/>{mark}</svg>'
    )


def _ends(verdict: Verdict, number: Comparison | Number | None) -> tuple[float, float, float] | None:
    """Return an effect and its ends in half widths of its interval, larger in favour; of a saving the same."""
    if isinstance(number, Comparison):
        more = number.measure == "nodes_removed" or verdict.claim.better == "higher"
        middle, low, high = (end if more else -end for end in half_widths(number.effect))
        return middle, low, high
    if number is None or number.unit != "%":
        return None
    half = (number.high - number.low) / 2
    return number.value / half, number.low / half, number.high / half
