"""The figure of the chapter *Where this network stands*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ..style import MUTED, finish, method_style, note, panels
from .published import Published


def error_by_parameters(
    published: Sequence[Published], parameters: int, ours: Mapping[str, tuple[float, float, float]]
) -> Figure:
    """Draw errors in percent against parameters: others' as they report them, ours as means with their intervals.

    ``ours`` has mean, low and high by method.
    """
    figure, (axes,) = panels(1, 3.2, layout="constrained")
    for each in published:
        axes.plot(each.parameters, each.error, "o", color=MUTED, markersize=6, markerfacecolor="white")
        right = each.parameters > 20_000
        look = {"ha": "right" if right else "left", "va": "center", "fontsize": 9.5}
        note(axes, each.name, (each.parameters, each.error), (-8 if right else 8, 0), **look)
    for place, (method, (mean, low, high)) in enumerate(ours.items()):
        x, color = parameters * 1.12 ** (2 * place - 1) * 0.86, method_style(method).color
        axes.plot([x, x], [low, high], color=color, linewidth=2)
        axes.plot(x, mean, "o", color=color, markersize=6)
        name = "no penalty" if method == "none" else method
        note(axes, name, (x, mean), (-8, 0), ha="right", va="center", fontsize=9.5, color=color, fontweight="bold")
    axes.set(xscale="log", xlim=(450, 110_000), ylim=(0.6, 2.0), xlabel="parameters", ylabel="test error (%)")
    axes.set_xticks([1_000, 10_000, 100_000], ["1,000", "10,000", "100,000"])
    return finish(figure)
