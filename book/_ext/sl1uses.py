"""Sphinx extension: from an equation, a reference or a function back to where the book uses it.

What each section refers to is noted while pages are read. The ledger's rows, the bibliography's entries and the
descriptions of functions then say which sections those are; the number of a displayed equation leads to its row.
"""

from __future__ import annotations

import re
from collections import defaultdict

from docutils import nodes
from sphinx import addnodes

LEDGER, BIBLIOGRAPHY, API = (
    "book/reference/ledger",
    "book/reference/bibliography",
    "book/reference/api",
)
NUMBER = re.compile(
    r'(<span class="eqno">)(\([^<]*\))(?=<a class="headerlink" href="#equation-(eq-[\w-]+)")'
)
Places = list[tuple[str, str]]


def note_uses(app, doctree) -> None:
    """Note what each section of a page refers to."""
    page = app.env.docname
    uses: dict[str, Places] = defaultdict(list)
    for node in doctree.findall(nodes.Element):
        for name in named(node):
            place = page, section(node)
            if place not in uses[name]:
                uses[name].append(place)
    kept(app.env)[page] = dict(uses)


def named(node: nodes.Element) -> list[str]:
    """Return what a node refers to: labels of equations, keys of references, names of functions."""
    if isinstance(node, addnodes.pending_xref):
        if node["refdomain"] == "cite":
            return [key.strip() for key in node["reftarget"].split(",")]
        return [node["reftarget"]] if node["reftype"] == "eq" else []
    if "name_described" in node:
        return [node["name_described"]]
    return list(dict.fromkeys(node.get("names_described", {}).values()))


def section(node: nodes.Node) -> str:
    """Return the id of the section that a node stands in."""
    while not (isinstance(node, nodes.section) and node["ids"]):
        if node.parent is None:
            return ""
        node = node.parent
    return node["ids"][0]


def kept(env) -> dict[str, dict[str, Places]]:
    """Return what was noted, by page."""
    if not hasattr(env, "sl1_uses"):
        env.sl1_uses = {}
    return env.sl1_uses


def forget(app, env, docname) -> None:
    """Forget a page that is read anew."""
    kept(env).pop(docname, None)


def join(app, env, docnames, other) -> None:
    """Take over what another process has read."""
    kept(env).update(kept(other))


def uses(env, name: str) -> Places:
    """Return where something is used, in the order of the book, but for lists; an equation not by docstrings either."""
    lists = (
        LEDGER,
        BIBLIOGRAPHY,
        *([API] if name.startswith("eq-") else ()),
    )
    order = [
        page
        for page in env.collect_relations()
        if not page.startswith(lists)
    ]
    return [
        place
        for page in order
        for place in kept(env).get(page, {}).get(name, ())
    ]


def used_in(
    app, docname: str, name: str, words: str
) -> nodes.inline | None:
    """Return "used in 1.4, 8.2, Notation", every place a link, or None where there is none."""
    shown = nodes.inline(classes=["sl1-uses"])
    for page, anchor in uses(app.env, name):
        text = number(app.env, page, anchor)
        if any(
            each.astext() == text for each in shown.findall(nodes.reference)
        ):
            continue
        uri = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
        link = nodes.reference("", text, refuri=uri, internal=True)
        link["reftitle"] = app.env.titles[page].astext()
        link["classes"].append("sl1-use")
        shown += [nodes.Text(", " if shown.children else f"{words} "), link]
    return shown if shown.children else None


def number(env, page: str, anchor: str) -> str:
    """Return a section's number, or the title of a page without numbers."""
    numbers = env.toc_secnumbers.get(page, {})
    found = numbers.get(f"#{anchor}") or numbers.get("")
    if not found:
        return env.titles[page].astext()
    return (
        ".".join(map(str, found))
        if len(found) > 1
        else f"chapter {found[0]}"
    )


def add_uses(app, doctree, docname) -> None:
    """Add to what is listed where it is used."""
    if app.builder.format != "html":
        return
    if docname == LEDGER:
        for row in doctree.findall(nodes.row):
            add_to_row(app, row[0])
    elif docname == BIBLIOGRAPHY:
        keys = {
            each.citation_id: each.key
            for each in app.env.domains["cite"].citations
        }
        for entry in doctree.findall(nodes.citation):
            if back := used_in(
                app, docname, keys.get(entry["ids"][0], ""), "Cited in"
            ):
                entry.append(nodes.paragraph("", "", back))
    elif docname.startswith(API):
        for entry in doctree.findall(addnodes.desc):
            ids = [
                each
                for head in entry.findall(addnodes.desc_signature)
                if head.parent is entry
                for each in head["ids"]
            ]
            if ids and (back := used_in(app, docname, ids[0], "Used in")):
                entry[-1].append(nodes.paragraph("", "", back))


def add_to_row(app, entry: nodes.entry) -> None:
    """Give a row of the ledger an id by its equation's label, and say where that is used."""
    for literal in entry.findall(nodes.literal):
        label = literal.astext()
        if label.startswith("eq-"):
            entry["ids"].append(f"ledger-{label}")
            if back := used_in(app, LEDGER, label, "used in"):
                entry[-1].extend([nodes.Text("; "), back])
            return


def link_numbers(app, pagename, templatename, context, doctree) -> None:
    """Have the number of a displayed equation lead to its row of the ledger."""
    if (
        doctree is None
        or app.builder.format != "html"
        or LEDGER not in app.env.found_docs
    ):
        return
    from sl1lib.book import ledger as entries

    ledger = app.builder.get_relative_uri(pagename, LEDGER)

    def link(found: re.Match[str]) -> str:
        if found[3] not in entries.LEDGER:
            return found[0]
        title = "Its checks, and where it is used"
        return f'{found[1]}<a href="{ledger}#ledger-{found[3]}" title="{title}">{found[2]}</a>'

    context["body"] = NUMBER.sub(link, context["body"])


def setup(app) -> dict:
    """Connect the functions above."""
    # Behind mark_names of sl1names, which says what names mean.
    app.connect("doctree-read", note_uses, priority=700)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", join)
    app.connect("doctree-resolved", add_uses)
    # Before sl1previews, which copies equations.
    app.connect("html-page-context", link_numbers, priority=300)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
