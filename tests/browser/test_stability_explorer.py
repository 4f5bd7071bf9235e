"""The explorer of the chapter *Convergence* computes what the reference computes, by pointer and by keyboard."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.convergence.explorer import STABILITY_EXAMPLES, stability_explorer


@pytest.fixture
def page(show):
    return show(stability_explorer())


def assert_as_reference(page):
    found = state_of(page)
    step, momentum = found["place"]
    np.testing.assert_allclose(found["contraction"], reference.contraction(step, momentum), atol=1e-7)
    path = reference.descend(lambda w: w, 1.0, lr=step or 1e-300, momentum=momentum, updates=40)
    np.testing.assert_allclose(found["iterates"], path, rtol=1e-9, atol=1e-12)
    return step, momentum


@pytest.mark.parametrize("name", STABILITY_EXAMPLES)
def test_examples(page, name):
    page.click(f"button:text-is('{name}')")
    assert assert_as_reference(page) == STABILITY_EXAMPLES[name]


def test_arrow_keys_and_pointer_move_the_point(page):
    page.focus("canvas")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert assert_as_reference(page) == (2.25, 0.21)
    box = page.locator("canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    np.testing.assert_allclose(assert_as_reference(page), [1.1, 0.5], atol=0.03)


def test_the_text_says_what_happens(page):
    for name, words in (("too large", "grows"), ("saved by momentum", "converges"), ("slow spiral", "spirals")):
        page.click(f"button:text-is('{name}')")
        assert words in page.text_content("output")


def test_it_fits_a_phone_and_every_control_has_a_name(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("button, canvas[tabindex]").all():
        name = control.get_attribute("aria-label") or control.text_content()
        assert name
        assert name.strip()
