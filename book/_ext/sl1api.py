"""Sphinx extension: the pages that are made from the library itself.

`.. sl1-api:: MODULE` documents every public name of a module of sl1lib,
`.. sl1-cli::` every command and option of the command line. A docstring that
names ``eq-label`` links to that equation.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from pydoc import locate
from types import ModuleType
from typing import TypeVar

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

OVERVIEW = "book/reference/api"
BOOK = Path(importlib.import_module("sl1lib").__file__).parent / "book"
# In the order of the page. A name that several modules hand out is documented
# in the first of `HOMES` that has it; the others point there.
LAYERS = (
    "sl1lib",
    "sl1lib.reference",
    "sl1lib.fast",
    "sl1lib.data",
    "sl1lib.engine",
    "sl1lib.training",
    "sl1lib.pruning",
    "sl1lib.study",
    "sl1lib.course",
    "sl1lib.book.show",
    "sl1lib.book.ledger",
    "sl1lib.book.style",
    "sl1lib.book.arrays",
    "sl1lib.book.explorer",
)
# What a chapter has besides its equations, which the ledger shows.
CHAPTERS = tuple(
    ".".join(path.relative_to(BOOK.parents[1]).with_suffix("").parts)
    for path in sorted(BOOK.glob("*/*.py"))
    if path.stem not in ("__init__", "equations")
)
MODULES = LAYERS + CHAPTERS
HOMES = (*MODULES[1:], "sl1lib")
LABEL = re.compile(r"``(eq-[a-z0-9-]+)``")
# The absolute value |w|, which reStructuredText would take for a substitution.
BARS = re.compile(r"(?<![\w`\\])\|(\w+)\|(?![\w`])")


def public_names(module: ModuleType) -> list[str]:
    """Return what a module offers: ``__all__``, or what it defines itself."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_")
            and getattr(value, "__module__", None) == module.__name__
            and callable(value)
            and not isinstance(value, TypeVar)
        ]
    return sorted(names, key=str.lower)


def home(module: str, name: str) -> str:
    """Return the module in which a name is documented."""
    value = getattr(importlib.import_module(module), name)
    for other in HOMES:
        there = importlib.import_module(other)
        if name in public_names(there) and getattr(there, name) is value:
            return other
    return module


def describe(module: str) -> Iterator[str]:
    """Yield the reStructuredText of a module's section, line by line."""
    for name in public_names(importlib.import_module(module)):
        value = getattr(importlib.import_module(module), name)
        where, path = home(module, name), f"{module}.{name}"
        if where != module:
            yield from (
                f".. py:data:: {path}",
                "   :no-index:",
                "",
                f"   The same as :py:obj:`{where}.{name}`.",
            )
        elif isinstance(value, ModuleType):
            yield from (
                f".. py:data:: {path}",
                "",
                f"   {first_line(value)}",
            )
        elif inspect.isclass(value):
            kind = "exception" if issubclass(value, Exception) else "class"
            yield from (f".. auto{kind}:: {path}", "   :members:")
            if kind == "class" and value.__base__.__module__.startswith(
                "sl1lib"
            ):
                # All but what comes from other libraries, as a widget's.
                foreign = (
                    base.__name__
                    for base in value.__mro__
                    if not base.__module__.startswith("sl1lib")
                )
                yield f"   :inherited-members: {', '.join(foreign)}"
        elif callable(value):
            yield f".. autofunction:: {path}"
        else:
            yield from (
                f".. py:data:: {path}",
                "",
                f"   {about(name, value)}",
            )
        yield ""


def first_line(value: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(value) or "").partition("\n")[0]


def about(name: str, value: object) -> str:
    """Say what a constant is: its comment ``#:``, else its keys or value."""
    if comment := comments().get(name):
        return comment
    if isinstance(value, Mapping):
        keys = ", ".join(f"``{key!r}``" for key in value)
        return f"A mapping with the keys {keys}."
    return f"``{value!r}``"


@cache
def comments() -> dict[str, str]:
    """Collect the comments ``#:`` above the library's constants."""
    found = {}
    root = Path(importlib.import_module("sl1lib").__file__).parent
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            above = []
            row = node.lineno - 2
            while row >= 0 and lines[row].startswith("#:"):
                above.insert(0, lines[row].removeprefix("#:").strip())
                row -= 1
            for target in targets:
                if above and isinstance(target, ast.Name):
                    found[target.id] = " ".join(above)
    return found


def describe_command_line() -> Iterator[str]:
    """Yield every command of ``sl1``, each option with its default."""
    from sl1lib.cli import command_parser

    parser = command_parser()
    yield from commands_of(parser, "sl1")
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield from commands_of(sub, f"sl1 {name}")


def commands_of(
    parser: argparse.ArgumentParser, name: str
) -> Iterator[str]:
    """Yield one command: what it does, then its options."""
    yield from (f".. rubric:: {name}", "", escape(parser.description), "")
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        yield f"``{signature(action)}``"
        text = escape(action.help or "")
        told = action.default not in (None, [], argparse.SUPPRESS)
        if told and not isinstance(action.default, bool):
            text += f" (default: ``{action.default}``)"
        yield from (f"   {text}", "")


def signature(action: argparse.Action) -> str:
    """Write an option as it is typed."""
    if not action.option_strings:
        return (
            f"[{action.dest} ...]" if action.nargs == "*" else action.dest
        )
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    return f"{names} {action.metavar or action.dest.upper()}"


def escape(text: str) -> str:
    """Keep help texts from being read as markup."""
    return re.sub(r"([*`|_\\])", r"\\\1", text.replace("%%", "%"))


class Generated(Directive):
    """Parse generated reStructuredText where the directive stands."""

    def lines(self) -> Iterator[str]:
        """Yield the text."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the text."""
        box = nodes.container()
        self.state.nested_parse(
            StringList(list(self.lines()), source="sl1api"),
            self.content_offset,
            box,
        )
        return box.children


class ApiDirective(Generated):
    """``.. sl1-api:: MODULE``."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """Describe the module named."""
        return describe(self.arguments[0])


class ChaptersDirective(Generated):
    """``.. sl1-chapters::``."""

    def lines(self) -> Iterator[str]:
        """Describe the modules of all chapters."""
        for module in CHAPTERS:
            yield from (f".. rubric:: {module}", "")
            yield from (first_line(importlib.import_module(module)), "")
            yield from describe(module)


class CliDirective(Generated):
    """``.. sl1-cli::``."""

    def lines(self) -> Iterator[str]:
        """Describe the command line."""
        return describe_command_line()


def link_equations(app, what, name, value, options, lines) -> None:
    """Turn ``eq-label`` into a link where the equation's page is built."""
    from sl1lib.book.ledger import LEDGER

    def link(match: re.Match[str]) -> str:
        entry = LEDGER.get(match.group(1))
        built = entry and f"book/{entry.chapter}" in app.env.found_docs
        return f":eq:`{match.group(1)}`" if built else match.group(0)

    lines[:] = [
        BARS.sub(r"\|\1\|", LABEL.sub(link, line)) for line in lines
    ]


def name_types(app, what, name, value, options, lines) -> None:
    """Say the type of a record's field before what its comment says.

    Napoleon reads ``type: description`` there, and would take what stands
    before the first colon of a comment for the type.
    """
    owner, _, field = name.rpartition(".")
    if what == "attribute" and lines:
        for cls in getattr(locate(owner), "__mro__", ()):
            if field in (types := inspect.get_annotations(cls)):
                lines[0] = f"``{types[field]}``: {lines[0]}"
                return


def moved(app, pagename, templatename, context, doctree) -> None:
    """Let addresses of the time when the library was one page lead to where its names are now."""
    if pagename != OVERVIEW or app.builder.format != "html":
        return
    pages = {}
    for name, entry in app.env.domains["py"].objects.items():
        starts = [each for each in MODULES if name.startswith(f"{each}.")]
        pages[max(starts, key=len)] = entry.docname
    labels = app.env.domains["std"].anonlabels
    pages |= {
        name: page
        for name, (page, _) in labels.items()
        if name.startswith("api-")
    }
    addresses = {
        name: app.builder.get_relative_uri(pagename, page)
        for name, page in sorted(pages.items())
    }
    context["body"] += (
        f'<script type="application/json" id="sl1-moved">{json.dumps(addresses)}</script>'
    )
    app.add_js_file("moved.js", loading_method="defer")


def setup(app) -> dict:
    """Register directives and the hook for docstrings."""
    app.add_directive("sl1-api", ApiDirective)
    app.add_directive("sl1-chapters", ChaptersDirective)
    app.add_directive("sl1-cli", CliDirective)
    app.connect("autodoc-process-docstring", link_equations)
    app.connect("autodoc-process-docstring", name_types, priority=400)
    app.connect("html-page-context", moved)
    # `name` in a docstring links to what is documented under it.
    app.connect(
        "config-inited",
        lambda app, config: setattr(config, "default_role", "py:obj"),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
