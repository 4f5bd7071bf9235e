"""The search finds chapters, shows what is read and no TeX, and needs no server."""

import json
import re

import pytest
from conftest import BOOK

pytestmark = pytest.mark.xdist_group("search")
FIRST = {
    "soft threshold": "The corner",
    "softthreshold": "The corner",
    "heavy ball": "Convergence",
    "average pooling": "Pooling",
    "softmax": "Dense layer",
    "Huber": "The smooth function",
    "multiply-adds": "",
}


@pytest.fixture(scope="module")
def searched(browser, book):
    """Return what a query finds: title and snippet of each page."""
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong
    page.route("**/vendor/mathjax/**", lambda route: route.abort())

    def search(query, root=book):
        page.goto(f"{root}/search.html?q={query.replace(' ', '+')}")
        page.get_by_text("Search finished").wait_for()
        return page

    yield search
    page.close()


def found(page):
    shown = "(e) => e.querySelector(':scope > span, p.context')"
    page.wait_for_function(f"() => [...document.querySelectorAll('ul.search > li')].every({shown})")
    return page.eval_on_selector_all(
        "ul.search > li", "all => all.map((e) => [e.querySelector('a').innerText, e.innerText])"
    )


@pytest.mark.parametrize("query", FIRST)
def test_a_query_finds_its_chapter_among_the_first_five(searched, query):
    titles = [title for title, _ in found(searched(query))[:5]]
    assert any(FIRST[query] in title for title in titles), titles


def test_what_is_found_is_shown_as_it_is_read_with_the_words_marked(searched):
    found(page := searched("heavy ball"))
    assert page.locator("ul.search p.context").first.locator("mark").all_inner_texts()[:2] == ["heavy", "ball"]
    page = searched("soft threshold")
    shown = found(page)
    assert not [text for _, text in shown if re.search(r"\\[a-zA-Z(]|\$", text)]
    context = page.locator("ul.search p.context").first
    assert {"soft", "threshold"} <= set(context.locator("mark").all_inner_texts())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_folder_is_enough(searched):
    page = searched("soft threshold", BOOK.as_uri())
    assert sum("…" in text for _, text in found(page)) > 1


def test_no_text_has_tex_or_words_that_run_together():
    folder = BOOK / "_static" / "texts"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: run make book, or make test")
    texts = {}
    for path in folder.rglob("*.js"):
        sections = json.loads(re.search(r"\] = (.*);\n$", path.read_text(encoding="utf-8"))[1])
        texts[path.stem] = " ".join(text for _, _, text in sections)
    tex = {name: re.findall(r".{20}\\(?:\(|frac|lambda|mathbf|langle|left)", text) for name, text in texts.items()}
    assert not any(tex.values()), tex
    assert "You will derive" in texts["the-corner"] or "You will" in texts["the-corner"]
    assert not any(re.search(r"You will[a-z]", text) for text in texts.values())
