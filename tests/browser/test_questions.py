"""Questions in the pages: answered by mouse, finger and keyboard, told to screen readers, readable without a script."""

import re

import pytest
from conftest import BOOK, PAGES

WITH_QUESTIONS = [name for name in PAGES if "sl1-question" in (BOOK / name).read_text(encoding="utf-8")]
PAGE = "book/network/convolution.html"
MATHJAX = "**/vendor/mathjax/**"  # takes most of a page's time, and no question waits for it
TOUCH = 44  # pixels: the least that a finger hits

pytestmark = pytest.mark.skipif(not PAGES, reason=f"no built book in {BOOK}: run make book, or make test")


@pytest.fixture
def opened(browser, book):
    """Open the page with questions, as the context says."""
    contexts = []

    def show(**context):
        contexts.append(browser.new_context(**{"viewport": {"width": 390, "height": 900}, **context}))
        page = contexts[-1].new_page()
        page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong
        page.route(MATHJAX, lambda route: route.abort())
        page.goto(f"{book}/{PAGE}")
        return page

    yield show
    for context in contexts:
        context.close()


def parts(page):
    """Return the first question's buttons and reasons: a wrong choice first, then the right one."""
    question = page.locator(".sl1-question").first
    wrong, right = question.locator(".sl1-choice:not(.sl1-right)").first, question.locator(".sl1-right")
    return wrong.locator("button"), wrong.locator(".sl1-why"), right.locator("button"), right.locator(".sl1-why")


def test_a_pressed_choice_tells_its_reason_at_once_and_folds_it_again(opened):
    page = opened()
    wrong, why_not, right, why = parts(page)
    assert not why_not.is_visible()
    wrong.click()
    assert why_not.is_visible()
    assert why_not.inner_text().startswith("Not this one. ")
    assert not why.is_visible()
    right.click()
    assert why.inner_text().startswith("Right. ")
    wrong.click()
    assert not why_not.is_visible()
    assert why.is_visible()


def test_the_whole_choice_can_be_pressed_and_a_link_in_a_reason_stays_one(opened):
    page = opened()
    _, why_not, _, _ = parts(page)
    page.locator(".sl1-question .sl1-said").first.click(position={"x": 100, "y": 10}, force=True)
    assert why_not.is_visible()
    page.goto(page.url.replace("network/convolution", "findings/pruning"))
    page.locator(".sl1-right:has(a) button").first.click()
    page.locator(".sl1-right .sl1-why a").first.click()
    assert page.url.endswith("#prune-clusters")


def test_a_finger_answers(opened):
    page = opened(has_touch=True)
    wrong, why_not, _, _ = parts(page)
    wrong.tap()
    assert why_not.is_visible()
    for choice in page.locator(".sl1-choice").all():
        assert choice.bounding_box()["height"] >= TOUCH


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_reaches_each_choice_and_answers(opened, key):
    page = opened()
    wrong, why_not, right, why = parts(page)
    wrong.focus()
    ring = "e => getComputedStyle(e, '::after').outlineStyle"
    page.keyboard.press(key)
    assert why_not.is_visible()
    assert wrong.evaluate(ring) == "solid"
    for _ in range(30):  # formulas can be focused, too
        page.keyboard.press("Tab")
        if right.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press(key)
    assert why.is_visible()


def test_screen_readers_are_told_the_question_the_choice_and_the_reason(opened):
    page = opened()
    wrong, why_not, _, _ = parts(page)
    question = page.get_by_role("group", name=re.compile("which four numbers")).first
    assert question.get_by_role("button", name="A 4, four times", exact=True).count() == 1
    assert wrong.get_attribute("aria-expanded") == "false"
    wrong.click()
    assert wrong.get_attribute("aria-expanded") == "true"
    assert why_not.get_attribute("id") == wrong.get_attribute("aria-controls")
    assert why_not.evaluate("e => e.parentElement.getAttribute('aria-live')") == "polite"


def test_on_paper_the_right_reason_is_read_and_nothing_is_to_be_pressed(opened):
    page = opened()
    wrong, why_not, _, why = parts(page)
    wrong.click()
    page.emulate_media(media="print")
    assert why.is_visible()
    assert not why_not.is_visible()
    assert wrong.evaluate("e => getComputedStyle(e).borderStyle") == "none"


def test_without_a_script_all_is_there_to_read(opened):
    page = opened(java_script_enabled=False)
    assert page.locator(".sl1-question button").count() == 0
    assert page.locator(".sl1-question .sl1-said strong").first.inner_text() == "A"
    assert all(why.is_visible() for why in page.locator(".sl1-question .sl1-why").all())


@pytest.mark.parametrize("name", WITH_QUESTIONS)
def test_every_question_of_a_page_has_one_right_answer_that_is_hidden_at_first(browser, book, name):
    page = browser.new_page()
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.route(MATHJAX, lambda route: route.abort())
    page.goto(f"{book}/{name}")
    found = page.locator(".sl1-question").evaluate_all(
        "all => all.map((q) => [q.querySelectorAll('.sl1-right').length, q.querySelectorAll('button').length,"
        " q.querySelectorAll('.sl1-choice').length, [...q.querySelectorAll('.sl1-why')].every((w) => w.hidden)])"
    )
    page.close()
    assert trouble == []
    assert found
    assert [each for each in found if each[0] != 1 or each[1] != each[2] or not each[3]] == []
