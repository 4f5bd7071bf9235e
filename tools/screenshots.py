"""Take full-page pictures of the built book, at three widths, light and dark, and its print, into _build/screenshots.

Scrollbars show, as on a desktop.

python tools/screenshots.py [--html FOLDER] [PAGE ...]     a PAGE is a part of an address, for example convolution
"""

from __future__ import annotations

import argparse
import functools
import http.server
import sys
import threading
from pathlib import Path

from common import BROWSER_FLAGS, BUILD, HIDDEN_SCROLLBARS, HTML, find_browser, pages
from playwright.sync_api import sync_playwright

TARGET = BUILD / "screenshots"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files and say nothing."""

    def log_message(self, *args) -> None:
        """Keep the terminal for errors."""


def shoot(browser, address: str, name: str) -> None:
    """Take the six pictures of one page, and its printed form."""
    stem = name.removesuffix(".html").replace("/", "-")
    for theme in ("light", "dark"):
        context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
        # The theme's own switch, since a reader may have chosen otherwise than the system.
        context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
        page = context.new_page()
        for width in (1280, 700, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}/{name}", wait_until="networkidle")
            page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
            page.screenshot(path=TARGET / f"{stem}-{width}-{theme}.png", full_page=True)
        if theme == "light":
            page.pdf(path=TARGET / f"{stem}.pdf", format="A4", print_background=True)
        context.close()


def main() -> int:
    """Take the pictures of the pages asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--html", type=Path, default=HTML, help="folder of the built pages")
    parser.add_argument("page", nargs="*", help="part of an address; without one, every page")
    args = parser.parse_args()
    names = [n for n in pages(args.html) if not args.page or any(p in n for p in args.page)]
    path = find_browser()
    if not names or path is None:
        print("no such page in a built book" if path else "no Chromium on this machine", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    handler = functools.partial(Quiet, directory=str(args.html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=path, args=BROWSER_FLAGS, ignore_default_args=HIDDEN_SCROLLBARS
        )
        for name in names:
            shoot(browser, f"http://127.0.0.1:{server.server_port}", name)
        browser.close()
        server.shutdown()
    print(f"{len(names)} pages in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
