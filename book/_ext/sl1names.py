"""Sphinx extension: a name of the library that a page shows, in code or in prose, leads to its description.

In code a name is what the page's own imports make of it; in source that `show_source` shows, what it is in the module
named above it. In prose it is linked where it is dotted, or is no plain word, which might mean something else.
"""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from types import ModuleType

from docutils import nodes
from sl1api import MODULES, home, public_names

PYTHON = ("python", "ipython", "ipython3")
API = "book/reference/api"
SHOWN = (
    "html",
    "lab",
)  # the formats of builders whose pages have such links
HEADER = re.compile(r"# (sl1lib[\w.]*)$", re.MULTILINE)
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
UNMISTAKABLE = re.compile(r"[\w.]*(?:[._A-Z\d]|\(\)$)")
# What Pygments makes of a dotted name, but where an argument is named.
CHAIN = re.compile(
    r'(?<!<span class="o">\.</span>)<span class="n[fcn]?">[\w.]+</span>'
    r'(?:<span class="o">\.</span><span class="n">\w+</span>)*'
    r'(?!<span class="o">=</span>)'
)
TAG = re.compile(r"<[^>]*>")


@cache
def described() -> dict[int, str]:
    """Return under which name each public object of the library is described, by its identity."""
    found = {}
    for module in MODULES:
        for name in public_names(importlib.import_module(module)):
            value = getattr(importlib.import_module(module), name)
            if callable(value):
                found[id(value)] = f"{home(module, name)}.{name}"
    return found


@cache
def bare() -> dict[str, object]:
    """Return public objects by their own names; of those that two engines have, the reference's."""
    return {
        name: getattr(importlib.import_module(module), name)
        for module in reversed(MODULES)
        for name in public_names(importlib.import_module(module))
    }


def target(value: object, rest: list[str]) -> str | None:
    """Return the name under which what a dotted name leads to is described: a function, a class, or a member of one."""
    for step, name in enumerate(rest):
        if isinstance(value, type) and id(value) in described():
            return ".".join([described()[id(value)], *rest[step:]])
        value = part(value, name)
    return described().get(id(value))


def part(value: object, name: str) -> object:
    """Return an attribute, or a module of a package that nobody has imported yet; None where there is none."""
    if isinstance(value, ModuleType) and not hasattr(value, name):
        try:
            return importlib.import_module(f"{value.__name__}.{name}")
        except ImportError:
            return None
    return getattr(value, name, None)


def in_prose(text: str) -> str | None:
    """Return what a literal of the prose names, if it is surely a name of the library's."""
    name = text.removesuffix("()")
    if not DOTTED.fullmatch(name) or not UNMISTAKABLE.match(text):
        return None
    first, *rest = name.split(".")
    library = importlib.import_module("sl1lib")
    if first == "sl1lib":
        return target(library, rest)
    if first in bare():
        return target(bare()[first], rest)
    return (
        target(library, [first, *rest]) if hasattr(library, first) else None
    )


def scope_of(source: str, known: dict[str, object]) -> dict[str, object]:
    """Return what names mean in a cell's code: the module's that is named above it, or else what the page imported."""
    if header := HEADER.match(source):
        *path, last = header[1].split(".")
        for length in range(
            len(path) + 1, 0, -1
        ):  # behind the module there may stand a class
            try:
                return vars(
                    importlib.import_module(
                        ".".join([*path, last][:length])
                    )
                )
            except ImportError:
                continue
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return known
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= imported(node)
    return known


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, object]:
    """Return what an import of the library's binds."""
    found: dict[str, object] = {}
    for alias in node.names:
        module = getattr(node, "module", None) or alias.name
        if module.split(".")[0] != "sl1lib":
            continue
        path = (
            f"{module}.{alias.name}"
            if isinstance(node, ast.ImportFrom)
            else alias.name
            if alias.asname
            else "sl1lib"
        )
        found[alias.asname or alias.name.split(".")[0]] = located(path)
    return found


def located(path: str) -> object:
    """Return a module or what it has."""
    try:
        return importlib.import_module(path)
    except ImportError:
        module, _, name = path.rpartition(".")
        return part(importlib.import_module(module), name)


def assigned(source: str) -> set[str]:
    """Return names that code gives a meaning of its own: by assignments, and by parameters."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored | {
        node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)
    }


def in_code(source: str, known: dict[str, object]) -> dict[str, str]:
    """Return how the names in code that are described are spelled, and the names that they are described by."""
    scope, own = scope_of(source, known), assigned(source)
    found = {}
    for name in set(DOTTED.findall(source)):
        first, *rest = name.split(".")
        if (
            first in scope
            and first not in own
            and (meant := target(scope[first], rest))
        ):
            found[name] = meant
    return found


def mark_names(app, doctree) -> None:
    """Note on each literal and each block of code which names of the library it has."""
    if app.env.docname.startswith(API):
        return
    known: dict[str, object] = {}
    for node in doctree.findall(nodes.literal_block):
        if node.get("language") in PYTHON:
            node["names_described"] = in_code(node.astext(), known)
    for node in doctree.findall(nodes.literal):
        apart = (nodes.title, nodes.reference, nodes.term)
        if not any(
            isinstance(above, apart) for above in ancestors(node)
        ) and (meant := in_prose(node.astext())):
            node["name_described"] = meant


def ancestors(node: nodes.Node):
    """Yield what a node stands in."""
    while (node := node.parent) is not None:
        yield node


def address(builder, docname: str, name: str) -> str | None:
    """Return where a name is described, seen from a page."""
    entry = builder.env.domains["py"].objects.get(name)
    return (
        entry
        and f"{builder.get_relative_uri(docname, entry.docname)}#{entry.node_id}"
    )


def link_literals(app, doctree, docname) -> None:
    """Make links of the literals that name something."""
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(nodes.literal)):
        name = node.get("name_described")
        if name and (uri := address(app.builder, docname, name)):
            link = nodes.reference(
                "", refuri=uri, internal=True, reftitle=name
            )
            link["classes"].append("sl1-name")
            node.replace_self(link)
            link += node


def visit_literal_block(self, node) -> None:
    """Write code; where a name stands first that is described, it is a link."""
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        page, names = (
            self.builder.current_docname,
            node.get("names_described", {}),
        )
        links = {
            spelled: (uri, name)
            for spelled, name in names.items()
            if (uri := address(self.builder, page, name))
        }
        if links:
            self.body[-1] = link_code(self.body[-1], links)
        raise


def link_code(html: str, links: dict[str, tuple[str, str]]) -> str:
    """Return highlighted code with a link at the first place of each name."""
    left = dict(links)

    def link(chain: re.Match[str]) -> str:
        uri, name = left.pop(TAG.sub("", chain[0]), (None, None))
        return (
            chain[0]
            if uri is None
            else f'<a class="sl1-name" href="{uri}" title="{name}">{chain[0]}</a>'
        )

    return CHAIN.sub(link, html)


def setup(app) -> dict:
    """Connect the functions above."""
    app.add_node(
        nodes.literal_block, override=True, html=(visit_literal_block, None)
    )
    app.connect("doctree-read", mark_names)
    app.connect("doctree-resolved", link_literals)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
