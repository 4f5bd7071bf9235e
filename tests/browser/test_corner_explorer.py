"""The weight at the corner computes what the reference computes, and answers to the keyboard."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.the_corner.explorer import corner_explorer

SETTINGS = [
    {"lr": 0.2, "strength": 1.0, "momentum": 0.0, "z": 0.0},
    {"lr": 0.5, "strength": 0.7, "momentum": 0.6, "z": -0.3},
    {"lr": 0.1, "strength": 0.4, "momentum": 0.2, "z": 1.2},
]


@pytest.fixture
def page(show):
    return show(corner_explorer(), reduced_motion="reduce")


def move(page, name, value):
    page.eval_on_selector(
        f"[name={name}]",
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
        value,
    )


def read(page, name):
    return state_of(page)[name]


@pytest.mark.parametrize("method", ["plain L1", "proximal step"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_path_minimum_and_spread_are_the_references(page, method, setting):
    for name, value in setting.items():
        move(page, name, value)
    page.get_by_role("button", name=method).click()
    lr, strength, momentum, z = setting.values()
    plain = method == "plain L1"
    path = reference.descend(
        lambda w: w - z + plain * strength * np.sign(w),
        1.5,
        lr=lr,
        momentum=momentum,
        updates=60,
        prox=None if plain else lambda w: reference.smooth_abs_prox(w, lr * strength),
    )
    np.testing.assert_allclose(read(page, "path"), path, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(read(page, "minimum"), reference.smooth_abs_prox(np.array(z), strength), atol=1e-15)
    np.testing.assert_allclose(read(page, "spread"), reference.peak_to_peak(path, tail=20), atol=1e-12)


def test_keys_move_a_slider_and_the_text_follows(page):
    before = page.text_content("output")
    page.focus("[name=t]")
    page.keyboard.press("ArrowLeft")
    assert "After update 59" in page.text_content("output")
    assert "After update 60" in before


def test_rolling_without_motion_goes_to_the_end(page):
    move(page, "t", 3)
    page.get_by_role("button", name="roll").click()
    assert "After update 60" in page.text_content("output")


def test_it_is_not_wider_than_a_telephone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
