"""Figures of the smooth function's profiles: values, slopes, curvatures, and what rounding leaves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ...reference import smooth_abs, smooth_abs_grad
from ..style import ACCENT, HIGHLIGHT, INK, MUTED, SMALL, centre_title, finish, label_ends, method_style, note, panels

GREEN = method_style("SL1").color
#: Colour and line style of each profile that follows r.
PROFILE_STYLES = {
    "huber": (GREEN, "-"),
    "quartic": (INK, (0, (5, 1.5))),
    "pseudo_huber": ("#9a4fa3", (0, (6, 1.5, 1, 1.5))),
    "log_cosh": ("#a0522d", (0, (1, 1))),
}
#: What panels of profiles show, and how its axis is named: in units of ε, or of 1/ε.
QUANTITIES = {
    "value": r"$\varphi$ / $\varepsilon$",
    "slope": r"$\varphi'$",
    "curvature": r"$\varphi''$ · $\varepsilon$",
    "gap": r"$(\varphi - r)$ / $\varepsilon$",
}


def gap_to_fill(eps: float, filled: bool) -> Figure:
    r"""Draw :math:`|w|` without its piece of width :math:`2\varepsilon`, and perhaps the parabola that fills it."""
    figure, (axes,) = panels(1, 2.9)
    for side in (-1, 1):
        w = side * np.linspace(eps, 2.2 * eps, 50)
        axes.plot(w, np.abs(w), color=INK)
        axes.plot(side * eps, eps, "o", color=INK)
    inside = np.linspace(-eps, eps, 201)
    axes.plot(inside, np.abs(inside), color=MUTED, linewidth=1, linestyle=(0, (2, 2)))
    if filled:
        axes.plot(inside, smooth_abs(inside, eps), color=GREEN, linewidth=2.4)
        note(axes, f"height {eps / 2:g}", (0, eps / 2), (0, 13), ha="center")
    else:
        axes.annotate("?", (0, eps / 2), ha="center", va="center", fontsize=18)
    axes.set(ylim=(-0.05 * eps, 2.25 * eps), xlabel="weight $w$", ylabel=r"$|w|$")
    return finish(figure)


def profile_panels(eps: float, profiles: Sequence[str], quantities: Sequence[str], furthest: float = 2.5) -> Figure:
    r"""Draw some of `QUANTITIES` of profiles side by side, against :math:`r/\varepsilon` from 0 to ``furthest``."""
    figure, row = panels(len(quantities), 2.7)
    t = np.linspace(0, furthest, 1501)
    for axes, quantity in zip(row, quantities, strict=True):
        if quantity == "value":
            axes.plot(t, t, color=MUTED, linewidth=1)
        for profile in profiles:
            value, slope = smooth_abs(eps * t, eps, profile) / eps, smooth_abs_grad(eps * t, eps, profile)
            drawn = {"value": value, "slope": slope, "curvature": np.gradient(slope, t), "gap": value - t}[quantity]
            color, line = PROFILE_STYLES[profile]
            axes.plot(t, drawn, color=color, linestyle=line, linewidth=1.5, label=profile)
        centre_title(axes, QUANTITIES[quantity])
        axes.set(xlabel=r"$r / \varepsilon$", xlim=(0, furthest))
    label_ends(row[-1])
    figure.tight_layout(w_pad=1.2)
    return finish(figure)


def gap_against_lipschitz(points: Mapping[str, tuple[float, float]]) -> Figure:
    r"""Draw each profile's spread of :math:`\varphi - r` against its Lipschitz constant, both for width 1.

    ``points`` has constant and spread by the profile's name.
    """
    figure, (axes,) = panels(1, 3.1)
    steepest = np.linspace(0.5, 2, 201)
    axes.fill_between(steepest, 0, 1 / (2 * steepest), color=MUTED, alpha=0.2, linewidth=0)
    axes.plot(steepest, 1 / (2 * steepest), color=MUTED)
    axes.annotate("impossible", (0.62, 0.25), color="#5a6470")
    for name, point in points.items():
        axes.plot(*point, "o", color=PROFILE_STYLES[name][0], markersize=7)
        note(axes, name, point, (8, 4), color=PROFILE_STYLES[name][0])
    axes.set(xlim=(0.5, 2), xlabel=r"Lipschitz constant of the slope, times $\varepsilon$")
    axes.set(ylim=(0, 1.15), ylabel=r"spread of $\varphi - r$, over $\varepsilon$")
    return finish(figure)


def shrinking_widths(widths: Sequence[float]) -> Figure:
    """Draw Huber's value and slope about 0, for at most three widths."""
    figure, (values, slopes) = panels(2, 2.7)
    w = np.linspace(-1, 1, 2001)
    values.plot(w, np.abs(w), color=MUTED, linewidth=1)
    slopes.plot(w, np.where(w == 0, np.nan, np.sign(w)), color=MUTED, linewidth=1)
    for eps, alpha in zip(widths, (1.0, 0.65, 0.4), strict=False):
        values.plot(w, smooth_abs(w, eps), color=GREEN, alpha=alpha)
        slopes.plot(w, smooth_abs_grad(w, eps), color=GREEN, alpha=alpha)
        note(values, f"{eps:g}", (0, eps / 2), (0, 3), ha="center", fontsize=SMALL)
    values.set(xlabel="$w$", ylabel=r"$\varphi_\varepsilon(w)$")
    slopes.set(xlabel="$w$", ylabel=r"$\varphi'_\varepsilon(w)$")
    figure.tight_layout(w_pad=1.5)
    return finish(figure)


def torn_cap(eps: float) -> Figure:
    r"""Draw the wrong cap :math:`r^2/\varepsilon + \varepsilon/2` beside the right one: values and slopes."""
    figure, (values, slopes) = panels(2, 2.7)
    inside, outside = np.linspace(0, eps, 101), np.linspace(eps, 2 * eps, 51)
    for axes, wrong, right, beyond, name in (
        (values, inside**2 / eps + eps / 2, smooth_abs(inside, eps), outside, "value"),
        (slopes, 2 * inside / eps, smooth_abs_grad(inside, eps), np.ones(51), "slope"),
    ):
        axes.plot(inside, wrong, color=HIGHLIGHT)
        axes.plot(inside, right, color=GREEN)
        axes.plot(outside, beyond, color=INK)
        axes.plot(eps, wrong[-1], "o", color=HIGHLIGHT, fillstyle="none")
        axes.plot(eps, beyond[0], "o", color=INK, markersize=4)
        axes.axvline(eps, color=MUTED, linewidth=0.7, zorder=0)
        axes.set(xlabel="$r$", ylabel=name, xlim=(0, 2 * eps), ylim=(0, None))
    values.annotate("wrong", (0.55 * eps, 1.05 * eps), color=HIGHLIGHT, ha="right")
    values.annotate("right", (0.62 * eps, 0.55 * eps), color=GREEN)
    figure.tight_layout(w_pad=1.5)
    return finish(figure)


def rounding_errors(t: np.ndarray, errors: Mapping[str, np.ndarray], unit: float) -> Figure:
    r"""Draw at most three relative errors (T,) against :math:`r/\varepsilon` on logarithmic axes, named at the left.

    A line marks ``unit``, the relative rounding error of a single number.
    """
    figure, (axes,) = panels(1, 3.1)
    for (name, error), color in zip(errors.items(), (HIGHLIGHT, GREEN, ACCENT), strict=False):
        axes.plot(t, np.maximum(error, unit / 30), "o", markersize=2.5, color=color)
        height = float(error[: max(3, len(t) // 8)].max())  # above the cloud's left end
        note(axes, name, (t[0], height), (2, 5), color=color, fontweight="bold")
    axes.axhline(unit, color=MUTED, linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel=r"$r / \varepsilon$", ylabel="relative error")
    return finish(figure)
