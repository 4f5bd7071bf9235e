"""One style for every figure of the book, one colour for each method, and the finishing touches that figures share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..errors import require_choice

WIDTH: Final = 5.8  # inches
#: Points: the smallest type in a figure, of ticks and of what stands beside dots. book/_static/custom.css keeps it 9 px
#: high on a phone.
SMALL: Final = 9.5

INK, PAPER = "#1b1f24", "#ffffff"
ACCENT, HIGHLIGHT = "#0072b2", "#d55e00"
MUTED, BORDER, FAINT, SURFACE = "#8b94a0", "#b9c0ca", "#e4e8ee", "#eef1f5"  # what is beside the point, and behind it
PALE = "#d5dae1"  # bands and rules behind dots
# What is too light for letters, and the shade in which it is written: the last is that of the smoothed L1/2.
_WRITTEN: Final = MappingProxyType({HIGHLIGHT: "#c05500", MUTED: "#6e757e", "#b8860b": "#976e09"})
#: Colours of lines and bars that are no methods, in the order in which they are taken.
SERIES: Final = (ACCENT, HIGHLIGHT, "#00815c", "#9a4fa3", "#666666")


#: How something is drawn, in matplotlib's keywords.
Look: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class MethodStyle:
    """How a method is drawn in every figure of the book: the line style repeats what the colour says."""

    color: str
    linestyle: Any
    marker: str = "o"

    @property
    def line(self) -> Look:
        """Colour and line style, for ``axes.plot``."""
        return {"color": self.color, "linestyle": self.linestyle}


METHOD_STYLES: Final = MappingProxyType(
    {
        "none": MethodStyle("#666666", "-"),
        "L2": MethodStyle("#0072b2", (0, (5, 1.5)), "s"),
        "L1": MethodStyle("#d55e00", (0, (1, 1)), "v"),
        "group lasso": MethodStyle("#9a4fa3", (0, (6, 1.5, 1, 1.5)), "D"),
        "SL1": MethodStyle("#00815c", "-"),
        "smoothed L1/2": MethodStyle("#b8860b", (0, (3, 1, 1, 1, 1, 1)), "^"),
    }
)

# Where a method and its variants are drawn together, colour says which family, line and marker which of it.
_VARIANTS: Final = MappingProxyType(
    {
        "group lasso proximal": ((0, (8, 1.5)), "d"),
        "SL1 quartic": ((0, (5, 1.5)), "P"),
        "SL1 quartic weight-wise": ((0, (1, 1)), "X"),
        "SL1 map-wise": ((0, (6, 1.5, 1, 1.5)), "H"),
        "group lasso map-wise proximal": ((0, (2, 1)), "p"),
    }
)

STYLE: Final[Mapping[Any, Any]] = MappingProxyType(
    {
        "figure.dpi": 110,
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "savefig.bbox": "tight",
        "savefig.pad_inches": 0.08,
        "svg.hashsalt": "sl1lib",
        "font.size": 10.5,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 10.5,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "lines.linewidth": 1.8,
        "legend.frameon": False,
        "mathtext.fontset": "cm",
        "image.cmap": "gray_r",
        "image.interpolation": "nearest",
    }
)


def use_style() -> None:
    """Give every figure drawn from now on the book's style, at twice the resolution in a notebook.

    A notebook keeps it in another format besides, where the environment variable ``SL1LIB_FIGURES`` names one.

    Examples
    --------
    >>> use_style()
    >>> mpl.rcParams["font.size"]
    10.5
    """
    mpl.rcParams.update(STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # no notebook here
        return
    from IPython.core.getipython import get_ipython

    if get_ipython() is not None:
        set_matplotlib_formats("retina", *os.environ.get("SL1LIB_FIGURES", "").split())


def method_style(method: str) -> MethodStyle:
    """Return the style of a method; a variant, ``"SL1 quartic"`` say, is drawn as what it is a variant of.

    Examples
    --------
    >>> method_style("SL1 quartic weight-wise").color == method_style("SL1").color
    True
    """
    for name in sorted(METHOD_STYLES, key=len, reverse=True):
        if method == name or method.startswith(name + " "):
            return METHOD_STYLES[name]
    require_choice("method", method, METHOD_STYLES)
    raise AssertionError("unreachable")


def variant_style(method: str) -> MethodStyle:
    """Return a style that differs between the variants of a method too, in line and marker.

    Examples
    --------
    >>> quartic, huber = variant_style("SL1 quartic"), variant_style("SL1")
    >>> quartic.color == huber.color, quartic.marker == huber.marker
    (True, False)
    """
    style = method_style(method)
    line, marker = _VARIANTS.get(method, (style.linestyle, style.marker))
    return MethodStyle(style.color, line, marker)


def darker(style: MethodStyle) -> MethodStyle:
    """Return a style with a deeper shade of its colour, for a second strength of the same method.

    Examples
    --------
    >>> darker(method_style("SL1")).color
    '#004d37'
    """
    shade = np.array(mpl.colors.to_rgb(style.color)) * 0.6
    return MethodStyle(mpl.colors.to_hex(tuple(shade)), style.linestyle, style.marker)


def written(color: str) -> str:
    """Return the shade in which a colour is written: letters need more contrast than lines, 4.5 to 1 in both themes.

    Examples
    --------
    >>> written(HIGHLIGHT), written(ACCENT) == ACCENT
    ('#c05500', True)
    """
    return _WRITTEN.get(color, color)


def panels(columns: int, height: float, rows: int = 1, **settings: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure as wide as a page, ``height`` inches high, and its axes, row after row.

    ``settings`` go to `matplotlib.pyplot.subplots`.
    """
    figure, grid = plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, **settings)
    return figure, list(grid.flat)


def note(axes: Axes, text: str, place: tuple[float, float], away: tuple[float, float], **look: Any) -> None:
    """Write a text ``away`` from a place: so many points to the right, so many up."""
    axes.annotate(text, place, away, textcoords="offset points", **look)


def centre_title(axes: Axes, text: str, size: float = 10.5) -> None:
    """Write a plain title over the middle of a panel."""
    axes.set_title(text, fontsize=size, fontweight="normal", loc="center")


def label_ends(axes: Axes, last: int = 1) -> None:
    """Write each line's label at its right end, in its colour, moved apart where two would overlap.

    The end of a line that swings is the mean of its ``last`` values.
    """
    axes.figure.canvas.draw()
    transform, inverse = axes.transData.transform, axes.transAxes.inverted().transform
    x = axes.get_xlim()[1]
    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_")]  # those that were given one
    ends = [float(np.mean(np.asarray(line.get_ydata(), dtype=float)[-last:])) for line in lines]
    heights = [float(inverse(transform((x, end)))[1]) for end in ends]
    apart = 0.085
    order = np.argsort(heights)
    placed = np.array(heights)[order]
    for _ in range(200):
        for i in range(len(placed) - 1):
            overlap = apart - (placed[i + 1] - placed[i])
            if overlap > 0:
                placed[i] -= overlap / 2
                placed[i + 1] += overlap / 2
        placed += max(0.0, -placed[0])  # no name below the axis
    for position, index in zip(placed, order, strict=True):
        look: Look = {"color": lines[index].get_color(), "va": "center", "fontweight": "bold"}
        axes.text(1.02, position, str(lines[index].get_label()), transform=axes.transAxes, **look)


def name_rows(axes: Axes, colors: Mapping[str, str]) -> None:
    """Write the names of rows at the left, each in its colour, the first one on top."""
    axes.set_yticks(range(len(colors)), [name.replace(" weight-wise", "\nweight-wise") for name in colors])
    axes.set_ylim(len(colors) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    for label, color in zip(axes.get_yticklabels(), colors.values(), strict=True):
        label.set_color(color)


def plain_log_ticks(axes: Axes) -> None:
    """Write 0.1 and 0.02 on a logarithmic axis, not powers of ten."""
    axes.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())


def hide_frame(axes: Axes) -> None:
    """Take the ticks away and draw the frame in a quiet grey: right for images."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color("#c4cad2")


def finish(figure: Figure) -> Figure:
    """Close the figure in pyplot, its type in readable shades, and return it, to be shown as the value of its cell.

    Raises
    ------
    ValueError
        For type smaller than `SMALL`, which a phone would show less than 9 px high.

    Examples
    --------
    >>> figure, (axes,) = panels(1, 2)
    >>> note(axes, "hardly seen", (0, 0), (0, 0), fontsize=7)
    >>> finish(figure)
    Traceback (most recent call last):
    ValueError: 'hardly seen' is set in 7 pt; a phone shows type from 9.5 pt up
    """
    plt.close(figure)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_color(written(mpl.colors.to_hex(text.get_color())))
        size = float(text.get_fontsize())
        if text.get_text().strip() and size < SMALL:
            raise ValueError(f"{text.get_text()!r} is set in {size:g} pt; a phone shows type from {SMALL} pt up")
    return figure
