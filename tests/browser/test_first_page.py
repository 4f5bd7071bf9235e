"""The first page's picture: it moves by itself unless no motion is wanted, is touched by pointer and keys."""

import pytest
from explorer_state import state_of

from sl1lib.book.first_page.explorer import first_explorer


@pytest.fixture
def page(show):
    return show(first_explorer(), reduced_motion="reduce")


def test_a_sharp_corner_lets_no_node_rest_and_a_round_one_does(page):
    assert "comes to rest at 0.07, shorter than ε = 0.30: it can go. 4 of this toy's 6 nodes" in page.text_content(
        "output"
    )
    page.get_by_role("button", name="Sharp corner").click()
    assert "The corner is sharp: the ringed node's weight jumps back and forth" in page.text_content("output")
    assert "None of this toy's 6 nodes can be cut away" in page.text_content("output")
    page.fill("[name=eps]", "0.1")
    assert "The corner is not round enough" in page.text_content("output")
    assert state_of(page)["gone"] == [False] * 6


def test_a_node_is_chosen_by_pointer_and_by_keyboard(page):
    page.get_by_role("button", name="node 3: it stays").click()
    assert "The data need the ringed node: its weight rests at 1.30" in page.text_content("output")
    page.get_by_role("button", name="node 4").focus()
    page.keyboard.press("Enter")
    assert state_of(page)["node"] == 3
    page.keyboard.press("Tab")
    page.keyboard.press(" ")
    assert state_of(page)["node"] == 4
    page.focus("[name=strength]")
    page.keyboard.press("Home")
    assert "Without a penalty" in page.text_content("output")


def test_it_moves_once_by_itself_and_not_at_all_where_no_motion_is_wanted(show):
    still = show(first_explorer(), reduced_motion="reduce")
    assert state_of(still)["t"] == 40
    moving = show(first_explorer(), reduced_motion="no-preference")
    moving.wait_for_function("document.querySelector('[data-explorer]').model.get('t') < 40", timeout=10_000)
    moving.wait_for_function("document.querySelector('[data-explorer]').model.get('t') === 40", timeout=30_000)


def test_it_is_not_wider_than_a_telephone_and_its_words_can_be_read(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.eval_on_selector_all("svg text", "all => all.map(e => e.getBoundingClientRect().height)")
    assert min(sizes) >= 9
