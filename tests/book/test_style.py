"""The book's colours can be told from what they stand on, on white paper and in the dark theme."""

import re
from colorsys import rgb_to_hls
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sl1lib.book.style import (
    ACCENT,
    HIGHLIGHT,
    INK,
    METHOD_STYLES,
    MUTED,
    PAPER,
    SERIES,
    SMALL,
    STYLE,
    finish,
    note,
    panels,
    written,
)

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "book" / "_static" / "custom.css").read_text(encoding="utf-8")
DARK = np.full(3, 0x12 / 255)  # the dark theme's ground, #121212
DRAWN = sorted({style.color for style in METHOD_STYLES.values()} | {ACCENT, HIGHLIGHT, *SERIES})
# What hue-rotate(180deg) does to red, green and blue, by the definition of the filter.
TURNED = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])


def in_the_dark(colour):
    """Return what the style sheet makes of a colour: `invert(1) hue-rotate(180deg)`, screened onto the ground."""
    turned = np.clip(TURNED @ (1 - np.array(to_rgb(colour))), 0, 1)
    return 1 - (1 - turned) * (1 - DARK)


def contrast(a, b):
    """Return the ratio of two colours' luminances, as WCAG defines it."""
    light = []
    for colour in (a, b):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        light.append(linear @ [0.2126, 0.7152, 0.0722] + 0.05)
    return max(light) / min(light)


def test_the_style_sheet_turns_colours_as_computed_here():
    assert "filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen;" in CSS


@pytest.mark.parametrize("colour", DRAWN)
def test_what_is_drawn_stands_out(colour):
    # 3 is WCAG's bound for graphics.
    assert contrast(np.array(to_rgb(colour)), np.array(to_rgb(PAPER))) > 3
    assert contrast(in_the_dark(colour), DARK) > 3


@pytest.mark.parametrize("colour", [*DRAWN, MUTED])
def test_what_is_written_is_read_easily(colour):
    # 4.5 is WCAG's bound for text.
    assert contrast(np.array(to_rgb(written(colour))), np.array(to_rgb(PAPER))) > 4.5
    assert contrast(in_the_dark(written(colour)), DARK) > 4.5


def test_a_figure_s_type_is_written_in_readable_shades():
    figure, (axes,) = panels(1, 2)
    axes.plot([0, 1], color=HIGHLIGHT)
    note(axes, "plain L1", (0, 0), (0, 0), color=HIGHLIGHT)
    finish(figure)
    assert axes.texts[0].get_color() == written(HIGHLIGHT)
    assert axes.lines[0].get_color() == HIGHLIGHT


def test_text_is_read_easily_and_what_is_beside_the_point_is_seen():
    for colour, least in ((INK, 7), (MUTED, 3)):
        assert contrast(np.array(to_rgb(colour)), np.array(to_rgb(PAPER))) > least
        assert contrast(in_the_dark(colour), DARK) > least


def test_paper_becomes_the_ground_and_hues_stay():
    np.testing.assert_allclose(in_the_dark(PAPER), DARK, atol=1e-3)  # the filter's matrix has three digits
    for colour in DRAWN:
        hue, _, saturation = rgb_to_hls(*to_rgb(colour))
        turn = abs(rgb_to_hls(*in_the_dark(colour))[0] - hue)
        assert saturation == 0 or min(turn, 1 - turn) < 1 / 24, colour  # blue stays blue, orange orange


def test_the_rule_for_phones_keeps_the_smallest_type_at_9_pixels():
    (share,) = map(float, re.findall(r"min-width: calc\(var\(--width\) \* ([0-9.]+)px\)", CSS))
    assert share * SMALL / 72 * STYLE["figure.dpi"] >= 9
