"""Sphinx extension: below each exercise of the pages stands how its answer is checked, or why it is not.

The table `checks.toml` beside this file says which; tests/tools/test_checks.py holds that none is missing.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref

TABLE = Path(__file__).with_name("checks.toml")
MORE = "api-course"  # the label of the section that says what a check does


def read_table() -> tuple[dict[str, str], dict[str, str]]:
    """Return what each exercise's label has, the name of a check or of a reason; and the reasons by their names."""
    parts = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    reasons = parts.pop("reasons")
    return {
        label: what
        for part in parts.values()
        for label, what in part.items()
    }, reasons


def call(name: str) -> tuple[str, str]:
    """Return what an answer is, and the line of code that checks it."""
    from sl1lib import course

    exercise = course.exercise(name)
    if not exercise.symbolic:
        return "function", f'course.check("{name}", {name})'
    symbols = ", ".join(exercise.parameters)
    return "expression", f'course.check("{name}", "... {symbols} ...")'


def line(what: str, reasons: dict[str, str]) -> nodes.paragraph:
    """Return the paragraph of an exercise that has this check, or this reason to have none."""
    paragraph = nodes.paragraph(classes=["sl1-checked"])
    if what in reasons:
        paragraph += nodes.Text(f"No check: {reasons[what]}")
        return paragraph
    asked, code = call(what)
    link = pending_xref(
        "",
        nodes.inline("", f"Check your {asked}"),
        refdomain="std",
        reftype="ref",
        reftarget=MORE,
        refexplicit=True,
        refwarn=True,
    )
    paragraph += [link, nodes.Text(": "), nodes.literal(code, code)]
    return paragraph


def add_lines(app, doctree) -> None:
    """Add its line to each exercise of a page."""
    known, reasons = read_table()
    app.env.note_dependency(str(TABLE))
    for node in doctree.findall(nodes.Element):
        if "exercise" in type(node).__name__ and node.get("label") in known:
            link = line(known[node["label"]], reasons)
            for each in link.findall(pending_xref):
                each["refdoc"] = app.env.docname
            node.children[-1].append(link)


def setup(app) -> dict:
    """Connect the functions above."""
    app.connect("doctree-read", add_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
