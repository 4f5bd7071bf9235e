"""The explorer of the chapter *Gradients* computes what the reference computes, by pointer and by keyboard."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.gradients.explorer import PULL_PROFILES, pull_explorer


@pytest.fixture
def page(show):
    return show(pull_explorer(), height=800)


def assert_as_reference(page):
    found = state_of(page)
    U = np.array(found["u"])[:, None]
    eps, tau, profile, grouping = (found[name] for name in ("eps", "tau", "profile", "grouping"))
    np.testing.assert_allclose(found["value"], reference.penalty(U, eps, profile, grouping), atol=1e-12)
    np.testing.assert_allclose(found["gradient"], reference.penalty_grad(U, eps, profile, grouping)[:, 0], atol=1e-12)
    np.testing.assert_allclose(found["prox"], reference.penalty_prox(U, tau, eps, profile, grouping)[:, 0], atol=1e-12)
    return found


@pytest.mark.parametrize("profile", PULL_PROFILES)
def test_numbers_are_the_references(page, profile):
    page.click(f"button:text-is('{profile}')")
    for grouping in ("u is one group", "each weight by itself"):
        page.click(f"button:text-is('{grouping}')")
        for eps, tau in ((0.05, 0.2), (0.5, 0.6), (1.5, 2)):
            page.fill("[name=eps]", str(eps))
            page.fill("[name=tau]", str(tau))
            state = assert_as_reference(page)
            assert (state["profile"], state["eps"], state["tau"]) == (profile, eps, tau)


def test_arrow_keys_and_pointer_move_u(page):
    page.focus("svg")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    np.testing.assert_allclose(assert_as_reference(page)["u"], [0.65, 0.45])
    box = page.locator("svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    np.testing.assert_allclose(assert_as_reference(page)["u"], [-1, 1], atol=0.03)


def test_it_fits_a_phone_and_every_control_has_a_name(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("button, input, svg[tabindex]").all():
        name = control.get_attribute("aria-label") or control.text_content()
        assert name
        assert name.strip()
