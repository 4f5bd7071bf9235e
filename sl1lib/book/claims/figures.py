"""Figures of the chapter *The table of claims*: all comparisons at once, and the full-batch experiments."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...study import ALPHA, MEASURES, Comparison, Effect, Table, Verdict
from ..style import HIGHLIGHT, INK, METHOD_STYLES, MUTED, PALE, SMALL, Look, finish, name_rows, panels, variant_style
from .robustness import Noise

REACH: Final = 8.0  # half intervals that the forest shows; what lies beyond is drawn at its edge
LINE: Final = 0.062  # inches between two comparisons
#: What a row of the forest calls a stage.
STAGES: Final = {
    "table finals": "table",
    "text finals": "text",
    "small finals": "small",
    "error function": "table",
    "error function, text": "text",
}


def half_widths(effect: Effect) -> tuple[float, float, float]:
    """Return an effect and the ends of its interval in units of half the interval's width.

    Whether an interval contains 0 is the same in any unit. An infinite one, or one of width 0, has only its sign.

    Examples
    --------
    >>> half_widths(Effect(3.0, 1.0, 5.0, 0.01, 20))
    (1.5, 0.5, 2.5)
    """
    half = (effect.high - effect.low) / 2
    if not np.isfinite(half) or half == 0:
        # Of width 0 is a difference that is the same in nearly all pairs: its test may see the few others.
        end = REACH * float(np.sign(effect.effect if half == 0 else effect.direction or effect.effect))
        return end, end, end
    return effect.effect / half, effect.low / half, effect.high / half


def forest(verdicts: Sequence[Verdict]) -> Figure:
    """Draw all comparisons of all claims as effect and interval, in units of half its width; right is in favour.

    Filled: significant in its family. The colour is the rival's. Comparisons of which no p is asked are left out.
    """
    blocks = _blocks(verdicts)
    rows = sum(len(block) for _, block in blocks)
    figure, (axes,) = panels(1, max(LINE * (rows + 4 * len(blocks)) + 0.9, 1.6))
    place, ticks = 0.0, []
    for _, block in blocks:
        ticks.append(place + (len(block) - 1) / 2)
        for sign, comparison in block:
            _draw_comparison(axes, place, sign, comparison)
            place += 1
        axes.axhline(place + 1.5, color=PALE, linewidth=0.6)
        place += 4
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_yticks(ticks, [name for name, _ in blocks], fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(place - 2, -3), xlim=(-REACH - 0.5, REACH + 0.5), xlabel="effect, scaled: its interval is 2 long")
    rivals = {c.other: _rival(c) for _, block in blocks for _, c in block if _rival(c)[0] != INK}
    for name, (color, marker) in rivals.items():
        axes.plot([], [], marker, color=color, markersize=4, label=name)
    figure.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=SMALL)
    figure.tight_layout()
    axes.text(0.02, 1.0, "← against the claim", transform=axes.transAxes, va="bottom", fontsize=SMALL)
    axes.text(0.98, 1.0, "in favour →", transform=axes.transAxes, va="bottom", ha="right", fontsize=SMALL)
    return finish(figure)


def _blocks(verdicts: Sequence[Verdict]) -> list[tuple[str, list[tuple[int, Comparison]]]]:
    """Return the forest's blocks, a claim, stage and measure each: comparisons with the sign that is in favour."""
    found = []
    for verdict in verdicts:
        claim, shown = verdict.claim, [c for c in verdict.comparisons if c.tested]
        for (stage, measure), group in itertools.groupby(shown, key=lambda c: (c.stage, c.measure)):
            sign = -1 if claim.better == "lower" else 1
            what = "spread" if claim.spread_over else MEASURES[measure].short
            found.append((f"{claim.number}  {STAGES.get(stage, stage)}: {what}", [(sign, c) for c in group]))
    return found


def _draw_comparison(axes: Axes, place: float, sign: int, comparison: Comparison) -> None:
    middle, low, high = (sign * float(np.clip(x, -1e3, 1e3)) for x in half_widths(comparison.effect))
    color, marker = _rival(comparison)
    edge = float(np.clip(middle, -REACH, REACH))
    axes.plot(np.clip([low, high], -REACH, REACH), [place] * 2, color=color, linewidth=0.9)
    significant = comparison.p_corrected < ALPHA
    axes.plot(edge, place, marker, color=color, markersize=3.4, markerfacecolor=color if significant else "white")
    if edge != middle:
        axes.plot(edge + 0.3 * np.sign(edge), place, ">" if edge > 0 else "<", color=color, markersize=2.5)


def _rival(comparison: Comparison) -> tuple[str, str]:
    """Return colour and marker of a comparison's other side; what is no method, a momentum say, is drawn in ink."""
    try:
        style = variant_style(comparison.other)
    except ValueError:
        return INK, "o"
    return (INK, "o") if comparison.stage == "momentum" else (style.color, style.marker)


def chatter_onset(table: Table) -> Figure:
    r"""Draw how far weights swing in the end against how sharp the corner is: SL1 on both sides of the transition.

    A dot for each descent of the experiment ``"chatter"``. Filled: some weight jumps. The panel on the right has
    methods without smoothing.
    """
    figure, (left, right) = panels(2, 3.1, sharey=True, width_ratios=[3, 1], layout="constrained")
    rng = np.random.default_rng(0)
    for method in ("SL1", "SL1 quartic"):
        _draw_swings(left, table.where(method=method), method, rng)
    left.axvline(1, color=INK, linewidth=1, linestyle=(0, (4, 2)))
    left.annotate("transition", (1, 0), xycoords=("data", "axes fraction"), xytext=(5, 5), textcoords="offset points")
    left.set(xscale="log", yscale="log")
    left.set_xticks([0.5, 1, 2], ["0.5", "1", "2"])
    left.set_xticks([], minor=True)
    left.set(
        xlabel=r"$\eta\lambda\,\mathrm{Lip}(\nabla h)$ in units of $2(1+\mu)$", ylabel=r"largest swing ($\eta\lambda$)"
    )
    left.legend(loc="center right", fontsize=SMALL, handletextpad=0.2)
    for place, method in enumerate(("L1", "group lasso")):
        rows, style = table.where(method=method), variant_style(method)
        x = place + rng.uniform(-0.2, 0.2, size=len(rows))
        right.plot(x, rows["swing"], style.marker, color=style.color, markersize=3, alpha=0.6)
    right.set_xticks([0, 1], ["L1", "group\nlasso"])
    right.set(xlim=(-0.6, 1.6), xlabel="no smoothing")
    return finish(figure)


def _draw_swings(axes: Axes, rows: Table, method: str, rng: np.random.Generator) -> None:
    style, floor = variant_style(method), 1e-9
    x = rows["share"] * np.exp(rng.uniform(-0.008, 0.008, size=len(rows)))
    jumps, shown = rows["jumping"] > 0, np.maximum(rows["swing"], floor)
    for chosen, face, what in ((jumps, style.color, "jumps"), (~jumps, "white", "at rest")):
        look: Look = {"color": style.color, "markersize": 3.6, "markerfacecolor": face}
        axes.plot(x[chosen], shown[chosen], style.marker, **look, label=f"{method}, {what}")


def gradient_courses(table: Table, gone: float) -> Figure:
    r"""Draw the norm of the full gradient against the update, as a share of the first: last layer and whole network.

    A line an instance and rate of the experiment ``"convergence"``. A dotted line marks the share at which a gradient
    counts as ``gone``.
    """
    parts: Sequence[tuple[str, Mapping[str, Any], str]] = (
        ("last layer", {"part": "last layer", "momentum": 0.0}, r"$\eta L$ = "),
        ("network, table", {"part": "network", "reading": "table"}, r"$\eta$ = "),
        ("network, text", {"part": "network", "reading": "text"}, r"$\eta$ = "),
    )
    figure, row = panels(3, 3.0, sharey=True, layout="constrained")
    colors = ("#9fd3c2", METHOD_STYLES["SL1"].color, HIGHLIGHT)
    for axes, (title, chosen, unit) in zip(row, parts, strict=True):
        part = table.where(**chosen)
        for color, rate in zip(colors, sorted(set(part["rate"].tolist())), strict=False):
            lines = part.where(rate=rate)
            for number, instance in enumerate(np.unique(lines["instance"])):
                one = lines.where(instance=instance)
                label = f"{unit}{rate:g}" if number == 0 else None
                axes.plot(one["update"] + 1, one["gradient"] / one["gradient"][0], color=color, lw=1, label=label)
        axes.axhline(gone, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.set(xscale="log", yscale="log")
        axes.set_title(title, fontsize=SMALL)
        axes.legend(fontsize=SMALL, loc="lower left", handlelength=1.2)
    row[0].set_ylabel(r"$\Vert\nabla E\Vert$ over its first value")
    row[1].set_xlabel("update")
    return finish(figure)


def distances(table: Table) -> Figure:
    r"""Draw how far SL1's solution is from the group lasso's against :math:`\varepsilon`, with the solver's tolerance.

    A line an instance of the experiment ``"consistency"``.
    """
    figure, (axes,) = panels(1, 3.1)
    color = METHOD_STYLES["SL1"].color
    instances = [table.where(instance=instance) for instance in np.unique(table["instance"])]
    for rows in instances:
        axes.plot(rows["eps"], rows["distance"], color=color, linewidth=1, marker="o", markersize=3)
    bounds = [rows["tolerance"][0] for rows in instances]
    axes.axhspan(min(bounds), max(bounds), color=MUTED, alpha=0.5, lw=0)
    look: Look = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "bottom"}
    axes.text(0.98, max(bounds), "the solver's tolerance", **look)
    widths = instances[0]["eps"]
    line = 0.3 * instances[0]["distance"][1] * widths / widths[1]
    axes.plot(widths, line, color=INK, linewidth=1, linestyle=(0, (4, 2)))
    axes.text(widths[3], line[3], r"  $\propto \varepsilon$", va="top")
    axes.set(xscale="log", yscale="log")
    axes.set(xlabel=r"width of the smoothing $\varepsilon$", ylabel="distance of the weights")
    return finish(figure)


def candidates_behind(noise: Mapping[str, Noise]) -> Figure:
    """Draw how far tuning's candidates are behind each method's winner, beside the noise of two seeds.

    What lies beyond 0.4 percentage points is counted.
    """
    most = 0.4
    figure, (axes,) = panels(1, 0.36 * len(noise) + 0.9)
    for place, (method, each) in enumerate(noise.items()):
        style, behind = variant_style(method), 100 * each.behind
        axes.barh(place, 200 * each.noise, height=0.62, color=PALE)
        near = behind[behind <= most]
        axes.plot(near, np.full(len(near), place), style.marker, color=style.color, markersize=4.5, alpha=0.75)
        if len(near) < len(behind):
            text = f"{len(behind) - len(near)} more"
            axes.text(most * 1.03, place, text, va="center", fontsize=SMALL, color=style.color)
    name_rows(axes, {method: variant_style(method).color for method in noise})
    axes.set(xlim=(-0.01, most * 1.2), xlabel="validation error behind the winner (points)")
    return finish(figure)
