"""The profile explorer computes what the reference computes, for every profile and several widths."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import PROFILES, reference
from sl1lib.book.smooth_function.explorer import profile_explorer


@pytest.fixture
def page(show):
    return show(profile_explorer())


def move(page, name, value):
    page.eval_on_selector(
        f"[name={name}]",
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
        value,
    )


def read(page, name):
    return state_of(page)[name]


@pytest.mark.parametrize("profile", PROFILES)
def test_curves_are_the_references(page, profile):
    page.get_by_role("button", name=profile, exact=True).click()
    for eps in (0.05, 0.4, 1.5):
        move(page, "eps", eps)
        curves = {name: np.array(values) for name, values in read(page, "curves").items()}
        w = curves["w"]
        assert len(w) == 401
        value, slope = reference.smooth_abs(w, eps, profile), reference.smooth_abs_grad(w, eps, profile)
        np.testing.assert_allclose(curves["phi"], value, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(curves["slope"], slope, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(curves["gap"], value - np.abs(w), atol=1e-13)


def test_the_mistake_jumps_at_the_edge(page):
    page.get_by_role("button", name="mistake").click()
    move(page, "eps", 0.5)
    move(page, "w", 0.5)
    np.testing.assert_allclose(list(read(page, "point").values()), [0.75, 2, 0.25], rtol=1e-12)
    move(page, "w", 0.55)
    np.testing.assert_allclose(list(read(page, "point").values()), [0.55, 1, 0], atol=1e-12)


def test_keys_move_a_slider_and_the_text_follows(page):
    assert "At w = 0.500: φ = 0.625, slope 0.500, φ − |w| = 0.125" in page.text_content("output")
    page.focus("[name=w]")
    page.keyboard.press("ArrowRight")
    assert "At w = 0.550" in page.text_content("output")


def test_it_is_not_wider_than_a_telephone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
