"""Every page of the built book, opened in a browser: complete, readable, quiet, and on its own."""

import re
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from conftest import BOOK

WIDTHS = (1280, 390)
# Markup that was meant to be read by Sphinx and reached the reader instead.
RAW = re.compile(r"\{(?:eq|ref|numref|doc|cite(?::\w+)?|prf:\w+|term|math|func|py:\w+)\}|:::|```\{|\\\[|\\\]|\\\(|\$\$")

# Read in the page: everything the tests ask about. Text of code is left out, since code may hold any of it.
READ = r"""
() => {
  const copy = document.querySelector("main, article, body").cloneNode(true);
  copy.querySelectorAll("pre, code, script, style, mjx-container, .tex2jax_ignore").forEach((e) => e.remove());
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title ||
    (e.labels && e.labels.length && e.labels[0].textContent.trim()) || e.textContent.trim();
  const hidden = (e) => e.closest('[aria-hidden="true"], [role="presentation"], [role="none"]');
  return {
    text: copy.textContent,
    images: [...document.images].filter((e) => !hidden(e)).map((e) => [e.getAttribute("alt") || "", e.src,
      e.complete && e.naturalWidth > 0]),
    mathErrors: [...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map(
      (e) => e.getAttribute("data-mjx-error") || e.textContent),
    unrendered: [...document.querySelectorAll(".math")].filter((e) => !e.querySelector("mjx-container")).map(
      (e) => e.textContent.trim().slice(0, 80)),
    links: [...document.querySelectorAll("a[href]")].map((e) => e.href),
    ids: [...document.querySelectorAll("[id]")].map((e) => e.id),
    unnamed: [...document.querySelectorAll("main input, main button, main select")].filter(
      (e) => e.type !== "hidden" && !e.disabled && !hidden(e) && !named(e)).map((e) => e.outerHTML.slice(0, 120)),
  };
}
"""
# How far the document can be scrolled sideways, and the elements that reach beyond its edge and are not
# inside a box that scrolls or clips by itself.
OVERFLOW = r"""
() => {
  const width = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - width;
  if (over <= 0) return null;
  const boxed = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  const guilty = [...document.body.querySelectorAll("*")].filter(
    (e) => e.getBoundingClientRect().right > width + 1 && !boxed(e));
  return `${over} px too wide: ` + guilty.slice(-4).map((e) => e.outerHTML.slice(0, 120)).join("\n");
}
"""


def open_page(browser, book, name):
    """Open a page once at each width and return all that was seen."""
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong
    outside, console, failed = [], [], []

    def on_request(request):
        if not request.url.startswith((book + "/", "data:", "blob:", "about:")):
            outside.append(request.url)

    page.on("request", on_request)
    # Nothing outside is waited for: it is recorded, then refused.
    context.route(lambda url: not url.startswith(book + "/"), lambda route: route.abort())
    page.on("console", lambda m: console.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: console.append(str(e)))
    page.on("response", lambda r: failed.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    try:
        page.goto(f"{book}/{name}", wait_until="load")
        # Pages without equations have no MathJax.
        page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
        # Images that load lazily count too.
        page.evaluate("() => { for (const e of document.images) e.loading = 'eager'; }")
        page.wait_for_load_state("networkidle")
        seen = page.evaluate(READ)
        seen["overflow"] = {}
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(100)
            seen["overflow"][width] = page.evaluate(OVERFLOW)
    finally:
        context.close()
    return {**seen, "outside": outside, "console": console, "failed": failed}


@pytest.fixture(scope="session")
def visit(browser, book):
    """Open each page once, however many tests ask for it."""
    known = {}

    def visit(name):
        if name not in known:
            known[name] = open_page(browser, book, name)
        return known[name]

    return visit


def test_fetches_nothing_from_outside(visit, page_name):
    assert visit(page_name)["outside"] == []


def test_every_file_is_found(visit, page_name):
    assert visit(page_name)["failed"] == []


def test_no_errors_in_the_console(visit, page_name):
    assert visit(page_name)["console"] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_not_wider_than_the_screen(visit, page_name, width):
    overflow = visit(page_name)["overflow"][width]
    assert overflow is None, overflow


def test_images_have_alternative_text(visit, page_name):
    # Without an alt in the cell's metadata, Sphinx writes the file's name there.
    bad = [(alt, src) for alt, src, _ in visit(page_name)["images"]
           if not alt.strip() or re.search(r"\.(png|svg|jpe?g)$|_images/", alt)]  # fmt: skip
    assert not bad, f"no alternative text (cell metadata: mystnb: image: alt): {bad}"


def test_images_are_shown(visit, page_name):
    assert [src for _, src, shown in visit(page_name)["images"] if not shown] == []


def test_controls_have_names(visit, page_name):
    assert visit(page_name)["unnamed"] == []


def test_equations_are_rendered(visit, page_name):
    seen = visit(page_name)
    assert seen["mathErrors"] == []
    assert seen["unrendered"] == []


def test_no_raw_markup_in_the_text(visit, page_name):
    text = visit(page_name)["text"]
    assert [text[max(0, m.start() - 40) : m.end() + 40] for m in RAW.finditer(text)] == []


def test_ids_are_unique(visit, page_name):
    if page_name == "search.html":
        pytest.skip("the theme's own page holds its search field twice")
    ids = [i for i in visit(page_name)["ids"] if not i.startswith(("MJX-", "mjx-"))]
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def anchors(path, cache={}):  # noqa: B006 - a cache for the whole run is what is wanted
    """Return the ids and names in a built page."""
    if path not in cache:
        cache[path] = set(re.findall(r"""\s(?:id|name)=["']([^"']+)["']""", path.read_text(encoding="utf-8")))
    return cache[path]


def test_internal_links_lead_somewhere(visit, book, page_name):
    broken = []
    seen = visit(page_name)
    for link in set(seen["links"]):
        address, anchor = urldefrag(urljoin(f"{book}/{page_name}", link))
        if not address.startswith(book + "/"):
            continue
        path = BOOK / unquote(address.removeprefix(book + "/").split("?")[0])
        path = path / "index.html" if path.is_dir() else path
        same_page = path == BOOK / page_name  # its ids may be made by a script
        if not path.is_file():
            broken.append(f"{link}: no such file")
        elif anchor and unquote(anchor) not in (set(seen["ids"]) if same_page else anchors(path)):
            broken.append(f"{link}: no such anchor")
    assert not broken
