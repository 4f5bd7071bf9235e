"""Open the built pages in Chromium, one after the other, and keep of each what a PDF and an ePub are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import BROWSER_FLAGS, VECTORS, find_browser

HERE = Path(__file__).parent
SCRIPT = (HERE / "edition.js").read_text(encoding="utf-8")
STYLE = (HERE / "edition.css").read_text(encoding="utf-8")
PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
# Tags for screen readers would not survive the joining: the ePub is for them.
PRINT = {"prefer_css_page_size": True, "print_background": True, "tagged": False}
EXPLORERS = "article .sl1-explorer"


@dataclass(frozen=True)
class Heading:
    """A heading: its level, the id of its section, its words."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A page: its address, its print, its headings, its article as XHTML, pictures of its figures to play with."""

    name: str
    pdf: bytes
    headings: tuple[Heading, ...]
    article: str
    stills: dict[str, bytes]

    @property
    def title(self) -> str:
        """The words of its first heading."""
        return self.headings[0].text


def missing() -> list[str]:
    """Return what a PDF and an ePub take and this machine lacks."""
    lacking = []
    for package, module in (("Playwright", "playwright.sync_api"), ("pypdf", "pypdf")):
        try:
            __import__(module)
        except ImportError:
            lacking.append(package)
    return lacking + ([] if find_browser() else ["Chromium"])


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a browser, and end it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def page_style(head: str, number: int, style: str = "decimal") -> str:
    """Return the style sheet of a print whose first page has a number; each page has what is read there at its head."""
    words = head.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"{STYLE}\nhtml {{ counter-reset: page {number - 1}; }}\n"
        f'@page {{ @top-right {{ content: "{words}"; }} @bottom-center {{ content: counter(page, {style}); }} }}'
    )


class Renderer:
    """Renders the pages of a built book in a browser.

    Parameters
    ----------
    browser
        Of Playwright.
    html : Path
        The folder of the built pages.
    pages : list of str
        The addresses of those that the book has, in its order.
    hosted : str
        Where the book is hosted, with a slash at its end; empty if nowhere.
    """

    def __init__(self, browser: Any, html: Path, pages: list[str], hosted: str) -> None:
        self.browser, self.html, self.pages, self.hosted = browser, html, pages, hosted
        folder = html.parent / VECTORS.name
        self.vectors = {path.stem: path.as_uri() for path in folder.glob("*.svg")}

    def open(self, name: str) -> Any:
        """Begin to load a page."""
        view = {"width": 760, "height": 900}
        page = self.browser.new_page(
            viewport=view, device_scale_factor=2, color_scheme="light", reduced_motion="reduce"
        )
        page.set_default_timeout(PATIENCE)
        page.goto((self.html / name).as_uri(), wait_until="commit")
        return page

    def render(self, page: Any, name: str, number: int) -> Rendered:
        """Return what a page is when it is drawn; the first page of its print has this number. It is closed then."""
        page.wait_for_load_state("load")
        page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
        page.evaluate(SCRIPT)
        headings = tuple(Heading(**each) for each in page.evaluate("(name) => edition.prepare(name)", name))
        title = headings[0].text if headings else ""
        page.add_style_tag(content=page_style(title, number))
        stem = name.removesuffix(".html").replace("/", "-")
        stills = {
            f"{stem}-{place}.png": figure.screenshot()
            for place, figure in enumerate(page.locator(EXPLORERS).all(), start=1)
        }
        up = "../" * name.count("/")
        article = page.evaluate(
            "(given) => edition.article(given)",
            {
                "root": self.html.as_uri() + "/",
                "pages": self.pages,
                "hosted": self.hosted,
                "stills": [f"{up}_stills/{still}" for still in stills],
            },
        )
        page.evaluate("(vectors) => edition.sharpen(vectors)", self.vectors)
        pdf = page.pdf(**PRINT)
        page.close()
        return Rendered(name, pdf, headings, article, stills)

    def front(self, body: str) -> tuple[bytes, bytes]:
        """Return a print of pages in front of the first one, and a picture of the first of them, as a cover."""
        page = self.open(self.pages[0])
        page.wait_for_load_state("load")
        page.evaluate("(body) => { document.querySelector('article').innerHTML = body; }", body)
        page.evaluate("() => { document.documentElement.classList.add('edition'); }")
        page.add_style_tag(content=page_style("", 1, "lower-roman"))
        page.evaluate("() => document.fonts.ready")
        pdf = page.pdf(**PRINT)
        cover = page.locator(".edition-title").screenshot()
        page.close()
        return pdf, cover
