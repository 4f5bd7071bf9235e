"""The explorer of the chapter *Your own model* counts the dead groups as the library does."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.your_own_model.explorer import path_explorer

EPS, RELEVANT = 0.05, [0, 2]
RNG = np.random.default_rng(0)
STRENGTHS = np.geomspace(0.01, 1, 7)
# Columns of a last layer for each strength; its lengths lie on both sides of ε.
WEIGHTS = RNG.normal(size=(7, 3, 6)) * np.geomspace(1, 0.001, 6)
NORMS = np.stack([reference.group_norms(U) for U in WEIGHTS])
PULLS = np.where(NORMS < EPS, NORMS / EPS, 1) * STRENGTHS[:, None]


@pytest.fixture
def page(show):
    return show(path_explorer(STRENGTHS, NORMS, PULLS, np.linspace(0, 1, 7), EPS, RELEVANT), height=800)


@pytest.mark.parametrize("at", range(7))
def test_counts_the_groups_at_every_strength(page, at):
    page.fill("[name=strength]", str(at))
    found = state_of(page)
    expected = np.flatnonzero(reference.group_norms(WEIGHTS[at]) >= EPS)
    assert found["alive"] == expected.tolist()
    assert found["strength"] == pytest.approx(STRENGTHS[at], rel=1e-3)
    assert found["differ"] == 0  # at ε, lengths and pulls give the same answer
    assert f"{len(expected)} of 6 groups live" in page.text_content("output")


def test_another_threshold_than_eps_disagrees_with_the_pulls(page):
    page.fill("[name=strength]", "3")
    page.fill("[name=shift]", "20")
    found = state_of(page)
    assert found["threshold"] == pytest.approx(10 * EPS)
    assert found["alive"] == np.flatnonzero(NORMS[3] >= 10 * EPS).tolist()
    assert found["differ"] == ((NORMS[3] < 10 * EPS) != (NORMS[3] < EPS)).sum() > 0


def test_keys_move_the_sliders_it_fits_a_phone_and_every_control_has_a_name(page):
    page.focus("[name=strength]")
    before = state_of(page)["strength"]
    page.keyboard.press("ArrowRight")
    assert state_of(page)["strength"] > before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("input").all():
        assert control.get_attribute("aria-label")
