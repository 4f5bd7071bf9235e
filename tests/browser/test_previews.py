"""What a link inside the book leads to is seen beside it: by pointer, by keyboard, by touch, and from a folder."""

import pytest
from conftest import BOOK

pytestmark = pytest.mark.xdist_group("previews")  # one process opens the page
PAGE = "book/smoothing/convergence.html"
KINDS = {
    "equation": ("#equation-", "mjx-container"),
    "theorem": ("#thm-", ".proof .admonition-title"),
    "reference": ("bibliography.html#", ".citation"),
}


@pytest.fixture(scope="module")
def opened(browser, book):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong
    page.goto(f"{book}/{PAGE}")
    yield page
    page.close()


@pytest.fixture
def page(opened):
    """The page, with no card open and the pointer on nothing."""
    opened.mouse.move(0, 0)
    opened.keyboard.press("Escape")
    opened.wait_for_function("() => !document.querySelector('.sl1-preview')")
    return opened


def link(page, part):
    return page.locator(f"article p a[href*='{part}']").first


@pytest.mark.parametrize("kind", KINDS)
def test_a_pointer_that_rests_on_a_link_shows_it(page, kind):
    part, shown = KINDS[kind]
    link(page, part).hover()
    card = page.locator(".sl1-preview")
    card.locator(shown).first.wait_for()
    box = card.bounding_box()
    assert 0 <= box["x"] <= 1280 - box["width"]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id) => !/^MJX/i.test(id))")
    assert len(ids) == len(set(ids))
    page.keyboard.press("Escape")
    card.wait_for(state="detached")


def test_an_equation_shows_the_ledger_s_badge(page):
    link(page, "#equation-").hover()
    assert page.locator(".sl1-preview .sl1-check").text_content().startswith("✓")


def test_the_focus_shows_it_and_takes_it_along(page):
    first = link(page, "#equation-")
    first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.locator(".sl1-preview").wait_for()
    assert first.get_attribute("aria-describedby") == "sl1-preview"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    assert page.locator(".sl1-preview").count() == 0


def test_a_first_tap_shows_it_and_a_second_follows(browser, book):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{book}/{PAGE}")
    there = link(page, "bibliography.html#")
    there.tap()
    page.locator(".sl1-preview").wait_for()
    assert page.url.endswith(PAGE)
    assert page.locator(".sl1-preview").bounding_box()["width"] <= 390
    there.tap()
    page.wait_for_url("**/bibliography.html#*")
    context.close()


def test_a_folder_is_enough(browser, book):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto((BOOK / PAGE).as_uri())
    link(page, "#thm-").hover()
    page.locator(".sl1-preview .proof").wait_for()
    page.close()
