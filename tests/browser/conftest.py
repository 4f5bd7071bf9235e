"""A Chromium and a local server for the built book.

$SL1LIB_BOOK_HTML names the folder of the pages (default: _build/html). Other tests of the pages, such as those of
an interactive figure, take the fixtures `book` (its address) and `browser` from here.
"""

import functools
import http.server
import os
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from common import BROWSER_FLAGS, HIDDEN_SCROLLBARS, HTML, find_browser, pages  # noqa: E402

NO_AXE = "axe-core is not here (make node_modules/.bin/biome brings it): accessibility is not tested"
NAMED = os.environ.get("SL1LIB_BOOK_HTML")
BOOK = Path(NAMED or HTML).resolve()
PAGES = pages(BOOK) if BOOK.is_dir() else []
if NAMED and not PAGES:  # whoever names a book wants it tested: skipping every page would look like success
    raise pytest.UsageError(f"SL1LIB_BOOK_HTML={NAMED}: there is no built book")


def pytest_generate_tests(metafunc):
    """One test a page, so that a failure names the page; a page's tests in one group, so that one process opens it."""
    if "page_name" in metafunc.fixturenames:
        missing = pytest.param("", marks=pytest.mark.skip(f"no built book in {BOOK}: run make book, or make test"))
        grouped = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PAGES]
        metafunc.parametrize("page_name", grouped or [missing], scope="session")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files and say nothing."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def book():
    """Address of the built book, without a slash at its end."""
    if not PAGES:
        pytest.skip(f"no built book in {BOOK}: run make book, or make test")
    handler = functools.partial(Quiet, directory=str(BOOK))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium of this machine; nothing is downloaded. Its scrollbars show, as they do on a desktop."""
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium here (chromium, chromium-browser or google-chrome): the pages are not tested")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=BROWSER_FLAGS, ignore_default_args=HIDDEN_SCROLLBARS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser):
    """Show an explorer alone on a page; the test fails if its script raises or if it asks for anything outside."""
    pages, trouble = [], []

    def open_page(explorer, height=900, **context):
        page = browser.new_page(viewport={"width": 390, "height": height}, **context)
        page.set_default_timeout(120_000)  # milliseconds: a busy machine is slow, not wrong
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: trouble.append(request.url))
        page.set_content(f"<!doctype html><body style='margin:8px'>{explorer.html}</body>")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert trouble == []


@pytest.fixture(scope="session")
def axe(axe_or_none):
    """What keeps somebody out of a page: `axe(page)` lists each serious or critical fault that axe-core finds."""
    if axe_or_none is None:
        pytest.skip(NO_AXE)
    return axe_or_none


@pytest.fixture(scope="session")
def axe_or_none():
    """The same, for tests that ask for more beside it: None where axe-core is not here."""
    script = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        return None

    def faults(page, *rules):
        """Ask for all rules, or for some."""
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(script.read_text(encoding="utf-8"))
        options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
        violations = page.evaluate("(options) => axe.run(options).then((found) => found.violations)", options)
        return [
            f"{violation['id']}: {violation['help']}: {node['html'][:200]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

    return faults
