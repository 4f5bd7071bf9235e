"""A walk through every explorer by keyboard alone: each control is reached and seen, and none holds on."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "book"))

from test_explorer import EXPLORERS

WITHOUT = "button:disabled, [tabindex='-1'], [hidden] *"
CONTROLS = f".sl1-explorer :is(button, input, select, [tabindex]):not({WITHOUT})"
# Which control has the focus, by its place; and whether one sees that.
FOCUSED = """
(controls) => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const drawn = e.querySelector(".ring"); // around a node, in a picture
  const ring = drawn
    ? getComputedStyle(drawn).strokeWidth === "3px"
    : style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const box = e.getBoundingClientRect();
  return { place: [...document.querySelectorAll(controls)].indexOf(e), tag: e.tagName, type: e.type,
    seen: ring && box.width > 0 && box.height > 0, html: e.outerHTML.slice(0, 100) };
}
"""
# The laboratory asks for a worker: test_laboratory.py walks through it.
WALKED = sorted(set(EXPLORERS) - {"laboratory"})


@pytest.fixture
def page(show, chapter):
    return show(EXPLORERS[chapter](), reduced_motion="reduce")


@pytest.mark.parametrize("chapter", WALKED)
def test_every_control_is_reached_and_seen_and_none_holds_on(page):
    count = page.locator(CONTROLS).count()
    places = []
    for _ in range(count):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED, CONTROLS)
        assert now["seen"], now["html"]
        places.append(now["place"])
    assert places == list(range(count))
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED, CONTROLS)["place"] < 0, "no way out"
