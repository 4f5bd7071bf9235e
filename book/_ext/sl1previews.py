"""Sphinx extension: what a link inside the book leads to can be seen beside the link.

A page's equations, theorems, exercises, figures, references, terms and functions are copied from its HTML into
`_static/previews/PAGE.js`. `book/_static/previews.js` loads that file as a script when a reader points at a link: no
server is asked, so the pages do it from a folder, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes

LEDGER = "book/reference/ledger"
SHOWN = re.compile(
    r'<(?P<tag>div|figure|dt)\b(?=[^>]*\bid="(?P<id>[^"]+)")[^>]*>'
)
BOXES = re.compile(
    r'class="(?:[^"]* )?(?:math|proof|exercise|citation)[ "]'
)
PARAGRAPH = re.compile(r"\s*<dd>\s*(<p>.*?</p>)", re.DOTALL)
IDS = re.compile(r' id="[^"]*"')
SIGNS = ("✓", "✗")


def element(body: str, start: int, tag: str) -> str:
    """Return the element that begins at a place of a page, up to its own end."""
    depth = 0
    for each in re.compile(rf"<(/?){tag}\b[^>]*>").finditer(body, start):
        depth += -1 if each[1] else 1
        if depth == 0:
            return body[start : each.end()]
    return ""


def previews(body: str) -> dict[str, str]:
    """Return the HTML of what can be linked to on a page, by its id and without ids, of which a page has each once."""
    found = {}
    for match in SHOWN.finditer(body):
        tag, start = match["tag"], match.start()
        if tag == "div" and not BOXES.search(match[0]):
            continue
        shown = element(body, start, tag)
        if tag == "dt":
            shown = entry(shown, body, start + len(shown))
        found[match["id"]] = IDS.sub("", shown)
    return found


def entry(head: str, body: str, end: int) -> str:
    """Return a term with what it means, or a function with what its docstring says first."""
    first = PARAGRAPH.match(body, end)
    return f"<dl>{head}<dd>{first[1] if first else ''}</dd></dl>"


def badges(doctree: nodes.document) -> dict[str, str]:
    """Return how the ledger's checks came out, by the label and by the functions that they are about."""
    found: dict[str, list[bool]] = {}
    for table in doctree.findall(nodes.table):
        about: list[str] = []
        for row in table.findall(nodes.row):
            about = [
                each.astext() for each in row[0].findall(nodes.literal)
            ] or about
            result = row[-1].astext()
            if result.startswith(SIGNS):
                for name in about:
                    found.setdefault(name, []).append(
                        result.startswith("✓")
                    )
    return {
        f"equation-{name}"
        if name.startswith("eq-")
        else f"sl1lib.{name}": badge(passed)
        for name, passed in found.items()
    }


def badge(passed: list[bool]) -> str:
    """Return checks as one badge; that some passed does not hide that others failed."""
    total = f"{len(passed)} check{'s' * (len(passed) > 1)}"
    if all(passed):
        return f'<span class="sl1-check">✓ {total}</span>'
    return f'<span class="sl1-check failed">✗ {passed.count(False)} of {total}</span>'


def write_previews(app, pagename, templatename, context, doctree) -> None:
    """Write the previews of a page into its script."""
    if app.builder.name != "html" or doctree is None:
        return
    shown = (
        badges(doctree) if pagename == LEDGER else previews(context["body"])
    )
    if shown:
        path = Path(app.outdir, "_static", "previews", f"{pagename}.js")
        path.parent.mkdir(parents=True, exist_ok=True)
        told = json.dumps(shown, ensure_ascii=False)
        path.write_text(
            f"sl1Previews[{json.dumps(pagename)}] = {told};\n",
            encoding="utf-8",
        )


def setup(app) -> dict:
    """Connect the function that writes, and the script that shows."""
    # A preview may hold an equation on a page that has none of its own.
    app.set_html_assets_policy("always")
    app.add_js_file("previews.js", loading_method="defer")
    app.connect("html-page-context", write_previews)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
