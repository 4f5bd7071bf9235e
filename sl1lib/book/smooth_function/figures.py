"""Figures of the smooth function's profiles: values, slopes, curvatures, and what rounding leaves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...reference import smooth_abs, smooth_abs_grad
from ..style import ACCENT, HIGHLIGHT, INK, WIDTH, finish, label_ends, method_style

QUIET = "#8b94a0"
GREEN = method_style("SL1").color
#: Colour and line style of each profile that follows r.
PROFILE_STYLES = {
    "huber": (GREEN, "-"),
    "quartic": (INK, (0, (5, 1.5))),
    "pseudo_huber": ("#9a4fa3", (0, (6, 1.5, 1, 1.5))),
    "log_cosh": ("#a0522d", (0, (1, 1))),
}
NAMES = {"value": r"$\varphi$", "slope": r"$\varphi'$", "curvature": r"$\varphi''$", "gap": r"$(\varphi - r)$"}


def gap_to_fill(eps: float, filled: bool) -> Figure:
    r"""Draw :math:`|w|` with a piece of width :math:`2\varepsilon` cut out, and the parabola that fills it.

    Parameters
    ----------
    eps : float
    filled : bool
        Draw the parabola, or leave the gap open.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 2.9))
    for side in (-1, 1):
        w = side * np.linspace(eps, 2.2 * eps, 50)
        axes.plot(w, np.abs(w), color=INK)
        axes.plot(side * eps, eps, "o", color=INK)
    inside = np.linspace(-eps, eps, 201)
    axes.plot(inside, np.abs(inside), color=QUIET, linewidth=1, linestyle=(0, (2, 2)))
    if filled:
        axes.plot(inside, smooth_abs(inside, eps), color=GREEN, linewidth=2.4)
        axes.annotate(f"height {eps / 2:g}", (0, eps / 2), xytext=(0, 13), textcoords="offset points", ha="center")
    else:
        axes.annotate("?", (0, eps / 2), ha="center", va="center", fontsize=18)
    axes.set_ylim(-0.05 * eps, 2.25 * eps)
    axes.set_xlabel("weight $w$")
    axes.set_ylabel(r"$|w|$")
    return finish(figure)


def profile_panels(
    eps: float, profiles: Sequence[str], quantities: Sequence[str], names: bool = True, furthest: float = 2.5
) -> Figure:
    r"""Draw quantities of profiles side by side, against :math:`r/\varepsilon`, as functions of :math:`r \ge 0`.

    Parameters
    ----------
    eps : float
    profiles : sequence of str
        Of `PROFILE_STYLES`.
    quantities : sequence of {"value", "slope", "curvature", "gap"}
        Values and gaps are drawn in units of ``eps``, curvatures in units of ``1/eps``.
    names : bool
        Write the profiles' names beside the last panel.
    furthest : float
        Right end, in units of ``eps``.

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, len(quantities), figsize=(WIDTH, 2.7), squeeze=False)
    t = np.linspace(0, furthest, 1501)
    r = eps * t
    ends = []
    for axes, quantity in zip(row[0], quantities, strict=True):
        if quantity == "value":
            axes.plot(t, t, color=QUIET, linewidth=1)
        for profile in profiles:
            slope = smooth_abs_grad(r, eps, profile)
            drawn = {
                "value": smooth_abs(r, eps, profile) / eps,
                "slope": slope,
                "curvature": np.gradient(slope, t),
                "gap": smooth_abs(r, eps, profile) / eps - t,
            }[quantity]
            color, line = PROFILE_STYLES[profile]
            axes.plot(t, drawn, color=color, linestyle=line, linewidth=1.5)
            if axes is row[0][-1]:
                ends.append((profile, float(drawn[-1]), color))
        unit = {"value": r" / $\varepsilon$", "gap": r" / $\varepsilon$", "curvature": r" · $\varepsilon$", "slope": ""}
        axes.set_title(NAMES[quantity] + unit[quantity], fontweight="normal", loc="center")
        axes.set_xlabel(r"$r / \varepsilon$")
        axes.set_xlim(0, furthest)
    if names:
        label_ends(row[0][-1], ends)
    figure.tight_layout(w_pad=1.2)
    return finish(figure)


def gap_against_lipschitz(points: Mapping[str, tuple[float, float]]) -> Figure:
    r"""Draw each profile's spread of :math:`\varphi - r` against its Lipschitz constant, both for width 1.

    Parameters
    ----------
    points : mapping of str to pair of float
        Lipschitz constant, spread.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.1))
    steepest = np.linspace(0.5, 2, 201)
    axes.fill_between(steepest, 0, 1 / (2 * steepest), color=QUIET, alpha=0.2, linewidth=0)
    axes.plot(steepest, 1 / (2 * steepest), color=QUIET)
    axes.annotate("impossible", (0.62, 0.25), color="#5a6470")
    for name, point in points.items():
        axes.plot(*point, "o", color=PROFILE_STYLES[name][0], markersize=7)
        axes.annotate(name, point, xytext=(8, 4), textcoords="offset points", color=PROFILE_STYLES[name][0])
    axes.set_xlim(0.5, 2)
    axes.set_ylim(0, 1.15)
    axes.set_xlabel(r"Lipschitz constant of the slope, times $\varepsilon$")
    axes.set_ylabel(r"spread of $\varphi - r$, over $\varepsilon$")
    return finish(figure)


def shrinking_widths(widths: Sequence[float]) -> Figure:
    r"""Draw Huber's value and slope for several widths about 0.

    Parameters
    ----------
    widths : sequence of float
        At most three.

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 2.7))
    w = np.linspace(-1, 1, 2001)
    row[0].plot(w, np.abs(w), color=QUIET, linewidth=1)
    row[1].plot(w, np.where(w == 0, np.nan, np.sign(w)), color=QUIET, linewidth=1)
    ends = []
    for eps, alpha in zip(widths, (1.0, 0.65, 0.4), strict=False):
        row[0].plot(w, smooth_abs(w, eps), color=GREEN, alpha=alpha)
        row[1].plot(w, smooth_abs_grad(w, eps), color=GREEN, alpha=alpha)
        place = (0, eps / 2)
        row[0].annotate(f"{eps:g}", place, xytext=(0, 3), textcoords="offset points", ha="center", fontsize=9)
        ends.append(place)
    row[0].set_ylabel(r"$\varphi_\varepsilon(w)$")
    row[1].set_ylabel(r"$\varphi'_\varepsilon(w)$")
    for axes in row:
        axes.set_xlabel("$w$")
    figure.tight_layout(w_pad=1.5)
    return finish(figure)


def torn_cap(eps: float) -> Figure:
    r"""Draw the wrong cap :math:`r^2/\varepsilon + \varepsilon/2` beside the right one: values and slopes.

    Parameters
    ----------
    eps : float

    Returns
    -------
    Figure
    """
    figure, row = plt.subplots(1, 2, figsize=(WIDTH, 2.7))
    inside, outside = np.linspace(0, eps, 101), np.linspace(eps, 2 * eps, 51)
    for axes, wrong, right, beyond in (
        (row[0], inside**2 / eps + eps / 2, smooth_abs(inside, eps), outside),
        (row[1], 2 * inside / eps, smooth_abs_grad(inside, eps), np.ones(51)),
    ):
        axes.plot(inside, wrong, color=HIGHLIGHT)
        axes.plot(inside, right, color=GREEN)
        axes.plot(outside, beyond, color=INK)
        axes.plot(eps, wrong[-1], "o", color=HIGHLIGHT, fillstyle="none")
        axes.plot(eps, beyond[0], "o", color=INK, markersize=4)
        axes.axvline(eps, color=QUIET, linewidth=0.7, zorder=0)
        axes.set_xlabel("$r$")
        axes.set_xlim(0, 2 * eps)
        axes.set_ylim(0, None)
    row[0].set_ylabel("value")
    row[1].set_ylabel("slope")
    row[0].annotate("wrong", (0.55 * eps, 1.05 * eps), color=HIGHLIGHT, ha="right")
    row[0].annotate("right", (0.62 * eps, 0.55 * eps), color=GREEN)
    figure.tight_layout(w_pad=1.5)
    return finish(figure)


def rounding_errors(t: np.ndarray, errors: Mapping[str, np.ndarray], unit: float) -> Figure:
    r"""Draw relative errors against :math:`r/\varepsilon`, both on logarithmic axes, named at the left.

    Parameters
    ----------
    t : ndarray, shape (T,)
    errors : mapping of str to ndarray, shape (T,)
        At most three.
    unit : float
        The relative rounding error of a single number, drawn as a line.

    Returns
    -------
    Figure
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.1))
    for (name, error), color in zip(errors.items(), (HIGHLIGHT, GREEN, ACCENT), strict=False):
        axes.plot(t, np.maximum(error, unit / 30), "o", markersize=2.5, color=color)
        _name_start(axes, t, error, name, color)
    axes.axhline(unit, color=QUIET, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(r"$r / \varepsilon$")
    axes.set_ylabel("relative error")
    return finish(figure)


def _name_start(axes: Axes, t: np.ndarray, error: np.ndarray, name: str, color: str) -> None:
    """Write a cloud's name above its left end."""
    height = float(error[: max(3, len(t) // 8)].max())
    axes.annotate(name, (t[0], height), xytext=(2, 5), textcoords="offset points", color=color, fontweight="bold")
