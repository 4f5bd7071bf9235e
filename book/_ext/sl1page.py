"""Sphinx extension: pages that fit every screen, and that everybody can use.

Prose gets one typography; tables with much text say so, that they can stack; and what the theme, Sphinx and MyST-NB
have made of a page is mended before it is written, where no setting of theirs would do it.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes

# Where characters stand for themselves.
VERBATIM = (
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.comment,
    nodes.substitution_definition,
)
PER_CENT = re.compile(r"(?<=\d) ?%(?!\w)")
MINUS = re.compile(r"(?<![\w.)\]-])-(?=\d)")
POWER = re.compile(r"(?<![\w.])(\d(?:\.\d+)?)e([+-]?)0*(\d+)(?![\w.]*\w)")
LONG = 24  # characters that do not fit beside two other columns on a phone
DESCRIBED = 160  # characters of a page's description that a search shows

CODE = re.compile(
    r'(<div class="highlight-(?!myst-ansi)[^"]*"[^>]*><div class="highlight"><pre>)(.*?)(</pre>)',
    re.DOTALL,
)
TAG = re.compile(r"<[^>]*>")
WIDTH = re.compile(r'(<img [^>]*style=")(?=width: (\d+)px;)')
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')
# Each an obstacle that axe-core finds: a name that is missing or not what one reads, a list whose entries are none, a
# box that only a pointer can scroll.
MENDED = (
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    (
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="Pages of this part"><span class="toctree-toggle"',
    ),
    (' role="doc-biblioentry"', ' role="listitem"'),
    (
        '<div class="pst-scrollable-table-container">',
        '<div class="pst-scrollable-table-container" tabindex="0">',
    ),
)
SEARCH = re.compile(
    r'(<button class="btn search-button-field[^>]*?) aria-label="[^"]*"'
)


def typeset(text: str) -> list[nodes.Node]:
    """Return prose with a space that does not break before a per cent sign, true minus signs, and powers of ten."""
    parts, last = [], 0
    for number in POWER.finditer(text):
        parts.append(nodes.Text(signs(text[last : number.start()])))
        parts += power(*number.groups())
        last = number.end()
    return [*parts, nodes.Text(signs(text[last:]))]


def signs(text: str) -> str:
    """Return a text with its per cent and minus signs."""
    return MINUS.sub("−", PER_CENT.sub("\N{NO-BREAK SPACE}%", text))


def power(digits: str, sign: str, exponent: str) -> list[nodes.Node]:
    """Return 1.5e-16 as 1.5·10⁻¹⁶, 1e-12 as 10⁻¹², and 0.0e+00 as 0."""
    if not float(digits):
        return [nodes.Text("0")]
    raised = ("−" if sign == "-" else "") + exponent
    ten = "10" if digits == "1" else f"{digits}·10"
    return [nodes.Text(ten), nodes.superscript("", raised)]


def typeset_prose(app, doctree) -> None:
    """Give all text of a page the book's typography; code and mathematics are left as they are."""
    for node in list(doctree.findall(nodes.Text)):
        badge = "sl1-check" in node.parent.get("classes", ())
        if not badge and any(
            isinstance(above, VERBATIM) for above in ancestors(node)
        ):
            continue
        parts = [part for part in typeset(node) if part.astext()]
        if [node] != parts:
            node.parent.replace(node, parts)


def ancestors(node: nodes.Node):
    """Yield what a node stands in, from the inside out."""
    while (node := node.parent) is not None:
        yield node


def mark_tables(app, doctree) -> None:
    """Mark tables of three columns with text in more than one: a phone shows the first one above the others."""
    for table in doctree.findall(nodes.table):
        rows = [list(row.children) for row in table.findall(nodes.row)]
        if not rows or any(len(row) != 3 for row in rows):
            continue
        longest = [
            max(len(entry.astext()) for entry in column)
            for column in zip(*rows, strict=True)
        ]
        if sum(length > LONG for length in longest) > 1:
            table["classes"].append("stacked")


def wrap_lines(block: re.Match[str]) -> str:
    """Return code of which every line is an element that knows how far it is indented, so that it can be broken."""
    before, code, after = block.groups()
    lines = []
    for line in code.splitlines(keepends=True):
        plain = TAG.sub("", line)
        indent = len(plain) - len(plain.lstrip(" "))
        style = f' style="--indent: {indent}"' if indent else ""
        lines.append(f'<span class="line"{style}>{line}</span>')
    return before + "".join(lines) + after


def mend(page: str) -> str:
    """Return a page's HTML as it is written."""
    for wrong, right in MENDED:
        page = page.replace(wrong, right)
    page = SEARCH.sub(r"\1", page)
    page = CODE.sub(wrap_lines, page)
    page = WIDTH.sub(r"\1--width: \2; ", page)
    first, *_ = VIEWPORT.findall(page) or [""]
    head, _, rest = page.partition(first) if first else (page, "", "")
    return head + first + VIEWPORT.sub("", rest)


def mend_pages(app) -> None:
    """Have every page pass `mend` on its way from its template to its file."""
    if app.builder.format != "html":
        return
    render = app.builder.templates.render
    app.builder.templates.render = lambda template, context: mend(
        render(template, context)
    )


def describe(app, pagename, templatename, context, doctree) -> None:
    """Say in a page's head what it is about: in its own first sentences."""
    if doctree is None:
        return
    first = doctree.next_node(nodes.paragraph)
    words = " ".join(first.astext().split()) if first else ""
    if len(words) > DESCRIBED:
        words = words[:DESCRIBED].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    if words:
        context["metatags"] = (
            context.get("metatags", "")
            + f'<meta name="description" content="{escape(words)}" />\n'
        )


def setup(app) -> dict:
    """Connect the functions above."""
    app.connect("builder-inited", mend_pages)
    # Behind mark_badges of sl1book, which knows a badge by what it says.
    app.connect("doctree-read", typeset_prose, priority=600)
    app.connect("doctree-read", mark_tables)
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
