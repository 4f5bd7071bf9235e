"""Sphinx extension: a search reads formulas as signs, finds equations by their titles, and shows where it found words.

Sphinx indexes TeX, and shows a piece of the page as a server sends it. Here the index and what the search page shows
come from a page's text with its formulas in Unicode. That text stands in `_static/texts/PAGE.js`, by sections, which
`book/_static/search.js` loads as a script: no server is asked.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from docutils.utils.math import latex2mathml, tex2unichar
from plain_markdown import Tex
from sphinx import addnodes

FRACTION = re.compile(r"\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
UNSEEN = re.compile(
    r"\\(?:[vh]?phantom\{[^{}]*\}|(?:left|right)(?![A-Za-z]))"
)
FENCE = "(?:angle|floor|ceil|[Vv]ert)"
COMMAND = re.compile(
    rf" ?\\(r{FENCE})|\\(l{FENCE}|partial|nabla) *|\\([A-Za-z]+|.)"
)
KINDS = (
    "alpha",
    "bin",
    "close",
    "fence",
    "open",
    "op",
    "ord",
    "over",
    "rel",
)
SIGNS = {
    **{name: name for name in ("max", "min", *latex2mathml.functions)},
    **{
        name: sign
        for kind in KINDS
        for name, sign in getattr(tex2unichar, f"math{kind}").items()
    },
    **{"lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|"},
    **{
        "dots": "…",
        "sqrt": "√",
        "cdots": "…",
        " ": " ",
        "%": "%",
        "#": "#",
    },
    **{"operatorname": "", "{": "\ue000", "}": "\ue001"},
}
# Braces that are signs, kept apart from those that only group.
BRACES = str.maketrans({"{": "", "}": "", "\ue000": "{", "\ue001": "}"})
RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
WORDS = re.compile(r"[^\W\d_]{3,}")


def in_unicode(tex: str) -> str:
    """Return a short formula as one would type it: w_{k}^2 as w_k^2, a Greek letter as such."""
    text = FRACTION.sub(r"\1/\2", UNSEEN.sub("", tex))
    text = COMMAND.sub(
        lambda found: SIGNS.get(found[found.lastindex], ""), text
    )
    return " ".join(text.translate(BRACES).split())


def readable(doctree: nodes.document, tex: Tex) -> nodes.document:
    """Return a copy of a page with formulas as signs, and of a displayed equation its title in the ledger."""
    from sl1lib.book.ledger import LEDGER

    page = doctree.deepcopy()
    for node in list(page.findall(nodes.math)):
        signs = in_unicode(tex.expand(node.astext()))
        node.parent.replace(node, nodes.Text(signs))
    for node in list(page.findall(nodes.superscript)):
        node.parent.replace(
            node, nodes.Text(node.astext().translate(RAISED))
        )
    for node in list(page.findall(nodes.math_block)):
        shown = []
        if entry := LEDGER.get(node.get("label") or ""):
            shown = [nodes.section(ids=[f"equation-{entry.label}"])]
            shown[0] += nodes.title("", entry.title)
        node.parent.replace(node, shown)
    return page


def joined(page: nodes.document) -> str:
    """Return neighbours in titles as one word each, as a hurried reader types them: "softthreshold"."""
    found = []
    for title in page.findall(nodes.title):
        words = WORDS.findall(title.astext().lower())
        found += [a + b for a, b in pairwise(words)]
    return " ".join(dict.fromkeys(found))


def texts(page: nodes.document) -> list[list[str]]:
    """Return a page's sections, each as its id, its heading, and its text with a space between what stands apart."""
    found: list[list[str]] = [["", "", ""]]
    for node in page.findall(nodes.TextElement):
        if isinstance(node, nodes.title) and isinstance(
            node.parent, nodes.section
        ):
            if not node.parent["ids"][0].startswith("equation-"):
                found.append([node.parent["ids"][0], said(node), ""])
        elif not isinstance(
            node, nodes.raw | nodes.comment | addnodes.only
        ) and not isinstance(node.parent, nodes.TextElement):
            found[-1][2] += f"{said(node)} "
    return [[*head, text.strip()] for *head, text in found if text.strip()]


def said(node: nodes.Node) -> str:
    """Return the words of a node in one line."""
    return " ".join(node.astext().split())


def index_readable(app) -> None:
    """Have Sphinx index what a reader reads, and keep the same text for the search page."""
    if app.builder.name != "html":
        return
    index = app.builder.index_page
    tex = Tex(app.config.mathjax3_config["tex"]["macros"])

    def index_page(
        docname: str, doctree: nodes.document, title: str
    ) -> None:
        page = readable(doctree, tex)
        path = Path(app.outdir, "_static", "texts", f"{docname}.js")
        path.parent.mkdir(parents=True, exist_ok=True)
        told = json.dumps(texts(page), ensure_ascii=False)
        path.write_text(
            f"sl1Texts[{json.dumps(docname)}] = {told};\n", encoding="utf-8"
        )
        page += nodes.paragraph("", joined(page))
        index(docname, page, title)

    app.builder.index_page = index_page


def add_script(app, pagename, templatename, context, doctree) -> None:
    """Have the search page show what was found."""
    if pagename == "search":
        app.add_js_file("search.js", loading_method="defer")


def setup(app) -> dict:
    """Connect the functions above."""
    app.config.html_show_search_summary = (
        False  # Sphinx's own asks a server
    )
    app.connect("builder-inited", index_readable)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
