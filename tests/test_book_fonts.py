"""The fonts that the book ships: small, licensed, and the ones that its style sheet names."""

import re
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "book" / "_static"
FONTS = STATIC / "fonts"


def test_fonts_are_at_most_300_kilobytes():
    sizes = {path.name: path.stat().st_size for path in FONTS.glob("*.woff2")}
    assert sizes
    assert sum(sizes.values()) <= 300_000, sizes


def test_style_sheet_names_every_font_and_no_other():
    named = set(re.findall(r"url\(fonts/([^)]+)\)", (STATIC / "custom.css").read_text(encoding="utf-8")))
    assert named == {path.name for path in FONTS.glob("*.woff2")}


def test_licence_lies_beside_the_fonts():
    licence = (FONTS / "LICENSE.md").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert licence.count("Reserved Font Name") >= 3  # the three families' own notices
