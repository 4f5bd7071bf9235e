"""Every page of the built book, opened in a browser: complete, readable, quiet, and on its own."""

import io
import re
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from conftest import BOOK, NO_AXE
from PIL import Image

from sl1lib.book.style import SMALL, STYLE

WIDTHS = (1280, 700, 390)
PRINT = "print"
PAPER = 673  # pixels: A4 less the margins that the style sheet sets
VIEWS = (*WIDTHS, PRINT)
# What a reader may have put in the place of the book's own: the widest of those that were tried.
OTHER_FONT = "DejaVu Serif"
# Pages of each kind that are asked for obstacles in all four views; on the others, what surrounds the text is the same.
OF_EACH_KIND = ("book/index.html", "book/smoothing/the-corner.html", "book/reference/ledger.html", "search.html")
# What no font of the book's has; each reader sees it in the system's own.
LEFT_TO_THE_SYSTEM: set[str] = set()
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

# What scrolls: formulas in a line of text that can, display equations that are cut, and boxes of any kind that hide
# something without saying so by a bar and by the shades of the style sheet.
SCROLL = r"""
() => {
  const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const cut = (e) => scrolls(e) && e.scrollWidth > e.clientWidth;
  const bar = (e) => e.offsetHeight - e.clientHeight >= 5;
  const shades = (e) => getComputedStyle(e).backgroundAttachment === "local, local, scroll, scroll";
  const copy = (e) => e.matches("mjx-assistive-mml, mjx-assistive-mml *");
  const equation = (e) => e.closest("div.math").id + ": " + e.scrollWidth + " px in " + e.clientWidth;
  const boxes = document.querySelectorAll("article :is(div.math mjx-container, pre, div)");
  return {
    inline: [...document.querySelectorAll("span.math")].filter(
      (e) => [e, ...e.querySelectorAll("*")].some((x) => scrolls(x) && !copy(x))
    ).map((e) => e.textContent.slice(0, 60)),
    cut: [...document.querySelectorAll("div.math mjx-container")].filter(cut).map(equation),
    silent: [...boxes].filter((e) => cut(e) && !(bar(e) && shades(e))).map((e) => e.outerHTML.slice(0, 120)),
  };
}
"""
# Figures by name, and how high the smallest type in each is: `points` where a figure is half its pixels wide, in full.
TYPE = r"""
(points) => [...document.querySelectorAll("article figure > a > img")].map((e) =>
  [e.closest("figure").id, points * e.clientWidth / (e.naturalWidth / 2)])
"""
# What takes time and says nothing new: formulas have a copy for screen readers, colours of code are those of any page,
# and hundreds of functions look like the first.
GUTTED = """() => {
  const known = [...document.querySelectorAll("dl.py")].slice(30);
  for (const e of [...document.querySelectorAll("mjx-container, pre > .line"), ...known]) e.remove();
}"""
# Every character of the page's text, by the style that it is set in, written once more at the page's end: all of a
# style in one box, or each in a box of its own.
ALPHABETS = r"""
async (apart) => {
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const box = walker.currentNode.parentElement;
    if (box.closest("script, style, noscript, template, mjx-container, svg, option, #alphabets")) continue;
    const style = getComputedStyle(box);
    if (!/SL1/.test(style.fontFamily)) continue;
    const key = [style.fontFamily, style.fontStyle, style.fontWeight].join("|");
    if (!found.has(key)) found.set(key, new Set());
    for (const sign of walker.currentNode.data) if (sign > " ") found.get(key).add(sign);
  }
  const holder = document.createElement("div");
  holder.id = "alphabets";
  for (const [key, signs] of found) {
    const [family, style, weight] = key.split("|");
    for (const text of apart ? signs : [[...signs].join("")]) {
      const box = document.createElement("span");
      Object.assign(box.style, { fontFamily: family, fontStyle: style, fontWeight: weight });
      box.textContent = text;
      holder.append(box);
    }
  }
  document.getElementById("alphabets")?.remove();
  document.body.append(holder);
  holder.getBoundingClientRect();
  await document.fonts.ready;
  return [...holder.children].map((e) => e.textContent);
}
"""
# Some time after a new size, the theme makes what scrolls reachable by keyboard; what it forgets, axe-core finds.
REACHABLE = """
async () => {
  const boxes = [...document.querySelectorAll("pre, .cell_output > .output")];
  const missed = (e) => e.scrollWidth > e.clientWidth && e.tabIndex < 0;
  for (let tries = 0; tries < 100 && boxes.some(missed); tries++) await new Promise((done) => setTimeout(done, 100));
}
"""
# Two frames: what follows a new size, has followed.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def foreign_characters(page):
    """Return the characters of a page's text that Chromium sets in a font of this machine."""
    if not page.evaluate(ALPHABETS, False):
        return "no text in the book's fonts at all"
    found = foreign_boxes(page, apart=False)
    if found:  # which of them?
        found = foreign_boxes(page, apart=True)
    page.evaluate("() => document.getElementById('alphabets').remove()")
    return "".join(sorted(found - LEFT_TO_THE_SYSTEM))


def foreign_boxes(page, apart):
    """Return the texts of the boxes of `ALPHABETS` for which a font of this machine is taken."""
    texts = page.evaluate(ALPHABETS, apart)
    client = page.context.new_cdp_session(page)
    client.send("DOM.enable")
    client.send("CSS.enable")
    root = client.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    boxes = client.send("DOM.querySelectorAll", {"nodeId": root, "selector": "#alphabets > span"})["nodeIds"]
    foreign = set()
    for box, text in zip(boxes, texts, strict=True):
        fonts = client.send("CSS.getPlatformFontsForNode", {"nodeId": box})["fonts"]
        if not all(font["isCustomFont"] for font in fonts):
            foreign.add(text)
    client.detach()
    return foreign


def look(page):
    """Return what scrolls and what is too wide, at each width and on paper, with everything unfolded."""
    page.evaluate("() => { for (const e of document.querySelectorAll('details')) e.open = true; }")
    seen = {}
    for view in VIEWS:
        page.emulate_media(media=PRINT if view == PRINT else "screen")
        page.set_viewport_size({"width": PAPER if view == PRINT else view, "height": 900})
        page.evaluate(SETTLED)
        seen[view] = {**page.evaluate(SCROLL), "overflow": page.evaluate(OVERFLOW)}
        seen[view]["type"] = page.evaluate(TYPE, SMALL / 72 * STYLE["figure.dpi"])
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    set_font = "(font) => document.documentElement.style.setProperty('--sl1-serif', font, 'important')"
    page.evaluate(set_font, OTHER_FONT)
    page.evaluate("() => document.fonts.ready")
    seen[OTHER_FONT] = page.evaluate(SCROLL)
    page.evaluate(set_font, "")
    return seen


def obstacles(page, axe, thorough):
    """Return what keeps somebody out, at each width and in each theme; None where axe-core is not here.

    All rules are asked once, what may differ between views in each: in the light on a desktop and in the dark on a
    phone, or, to be thorough, in all four.
    """
    if axe is None:
        return None
    page.evaluate(GUTTED)
    views = (
        [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
        if thorough
        else [(1280, "light"), (390, "dark")]
    )
    found = {}
    for width, theme in views:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        page.evaluate(SETTLED)
        page.evaluate(REACHABLE)
        rules = () if not found else ("color-contrast", "scrollable-region-focusable")
        found[width, theme] = axe(page, *rules)
    return found


def open_page(page, book, name, axe):
    """Open a page once and return all that was seen."""
    outside, console, failed = [], [], []

    def on_request(request):
        if not request.url.startswith((book + "/", "data:", "blob:", "about:")):
            outside.append(request.url)

    listeners = {
        "request": on_request,
        "console": lambda m: console.append(m.text) if m.type == "error" else None,
        "pageerror": lambda e: console.append(str(e)),
        "response": lambda r: failed.append(f"{r.status} {r.url}") if r.status >= 400 else None,
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(f"{book}/{name}", wait_until="load")
    # Pages without equations have no MathJax.
    page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
    # Images that load lazily count too.
    page.evaluate("() => { for (const e of document.images) e.loading = 'eager'; }")
    page.wait_for_function("() => [...document.images].every((e) => e.complete)")
    page.evaluate("() => document.fonts.ready")
    seen = page.evaluate(READ)
    seen["foreign"] = foreign_characters(page)
    seen["look"] = look(page)
    seen["obstacles"] = obstacles(page, axe, thorough=name in OF_EACH_KIND)
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    return {**seen, "outside": outside, "console": console, "failed": failed}


@pytest.fixture(scope="session")
def visit(browser, book, axe_or_none):
    """Open each page once, however many tests ask for it, one after the other: what they share stays in the cache."""
    known = {}
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong

    def visit(name):
        if name not in known:
            known[name] = open_page(page, book, name, axe_or_none)
        return known[name]

    yield visit
    context.close()


def test_fetches_nothing_from_outside(visit, page_name):
    assert visit(page_name)["outside"] == []


def test_every_file_is_found(visit, page_name):
    assert visit(page_name)["failed"] == []


def test_no_errors_in_the_console(visit, page_name):
    assert visit(page_name)["console"] == []


@pytest.mark.parametrize("view", VIEWS)
def test_not_wider_than_the_screen_or_the_paper(visit, page_name, view):
    overflow = visit(page_name)["look"][view]["overflow"]
    assert overflow is None, overflow


@pytest.mark.parametrize("view", VIEWS)
def test_no_formula_in_a_line_scrolls(visit, page_name, view):
    assert visit(page_name)["look"][view]["inline"] == []


def test_no_equation_is_cut_on_a_phone(visit, page_name):
    assert visit(page_name)["look"][390]["cut"] == []


def test_type_in_figures_is_9_pixels_high_on_a_phone(visit, page_name):
    small = [(figure, height) for figure, height in visit(page_name)["look"][390]["type"] if height < 8.99]
    assert small == []  # 0.01: a width is a whole number of pixels


def test_nothing_keeps_anybody_out(visit, page_name):
    found = visit(page_name)["obstacles"]
    if found is None:
        pytest.skip(NO_AXE)
    assert not any(found.values()), found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_stands_on_the_page_s_own_ground(browser, book, theme):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route("**/vendor/mathjax/**", lambda route: route.abort())  # formulas matter to nothing here
    page.goto(f"{book}/book/smoothing/the-corner.html")
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    picture = page.locator("article figure > a > img").first
    pixels = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()
    # exact: colours of whole pixels, a margin of the figure
    assert pixels.getpixel((2, 2)) == tuple(map(int, re.findall(r"\d+", ground)[:3]))


@pytest.mark.parametrize("view", [WIDTHS[0], OTHER_FONT])
def test_no_equation_is_cut_on_a_desktop_in_the_book_s_font_and_a_wider_one(visit, page_name, view):
    assert visit(page_name)["look"][view]["cut"] == []


@pytest.mark.parametrize("view", VIEWS)
def test_what_scrolls_says_so(visit, page_name, view):
    assert visit(page_name)["look"][view]["silent"] == []


def test_text_is_set_in_the_book_s_fonts(visit, page_name):
    assert visit(page_name)["foreign"] == ""


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
