"""Sphinx extension: pages that fetch nothing, fonts, boxes with ids of their own, executed notebooks.

Jupyter Book loads extensions for running code elsewhere (sphinx-thebe) and for comments (sphinx-comments)
whether or not they are used; both put scripts with foreign addresses on every page. This book uses neither.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import SphinxNbRenderer
from sphinx.errors import ExtensionError

UNUSED = ("sphinx_thebe", "sphinx_comments")
MATHJAX = "vendor/mathjax"  # below a page's _static
# What a page can ask for: the loader, its fonts, TeX extensions loaded on first use, and, for readers who turn them on
# in MathJax's menu, the explorer and speech in English.
WANTED = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",
    "a11y",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
    "sre/mathmaps/nemeth.json",
)
# The two that every page's first screen is set in.
PRELOADED = ("fonts/serif.woff2", "fonts/sans.woff2")


def drop_unused(app) -> None:
    """Disconnect what the unused extensions registered; there is no way to leave them out of the list."""
    for listeners in app.events.listeners.values():
        listeners[:] = [
            x
            for x in listeners
            if not x.handler.__module__.startswith(UNUSED)
        ]
    app.registry.css_files[:] = [
        x for x in app.registry.css_files if "thebe" not in str(x[0])
    ]


def mathjax() -> Path:
    """Return the folder of MathJax; the package is none of Python's, it holds the files of npm's mathjax@3.2.2."""
    package = find_spec("sphinx-mathjax-offline")
    if package is None:
        raise ExtensionError(
            "MathJax is not installed: python -m pip install sphinx-mathjax-offline==0.0.2"
        )
    return Path(package.origin).parent / "static" / "mathjax"


def provide_mathjax(app) -> None:
    """Put MathJax beside the pages, which then need no network to be read."""
    if app.builder.format != "html":
        return
    for name in WANTED:
        source, target = (
            mathjax() / name,
            Path(app.outdir, "_static", MATHJAX, name),
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)


def executed(name: str) -> Path | None:
    """Return the copy of a page's notebook that tools/build_book.py has executed, if it has."""
    folder = os.environ.get("SL1LIB_EXECUTED")
    copy = Path(folder, f"{name}.ipynb") if folder else None
    return copy if copy is not None and copy.is_file() else None


def take_executed(app, name: str, source: list[str]) -> None:
    """Make a page from the executed copy; without one, from the stored outputs."""
    if copy := executed(name):
        source[0] = copy.read_text(encoding="utf-8")


def offer_executed(app, error) -> None:
    """Let a reader download what the page was made from."""
    for page in app.env.found_docs if app.env else ():
        offered = Path(app.outdir, "_sources", f"{page}.ipynb")
        if offered.is_file() and (copy := executed(page)):
            shutil.copy(copy, offered)


def repair_boxes(app, doctree) -> None:
    """Give sphinx-proof's and sphinx-exercise's boxes no id twice on a page, and a proof its customary look.

    They mark every box's content with the same id, and every proof with the id "proof".
    """
    for number, node in enumerate(list(doctree.findall(nodes.Element))):
        for name in (
            "proof-content",
            "exercise-content",
            "solution-content",
        ):
            if name in node.get(
                "ids", []
            ):  # a section, whose id Sphinx needs: renamed, not removed
                node["ids"][node["ids"].index(name)] = f"{name}-{number}"
        if isinstance(node, nodes.admonition) and node["ids"] == ["proof"]:
            node["ids"].clear()
            node["classes"].append("prf-proof")
            first = node.next_node(nodes.Text)
            if first is not None and first.startswith("Proof."):
                rest = nodes.Text(first.removeprefix("Proof."))
                first.parent.replace(
                    first, [nodes.emphasis("", "Proof."), rest]
                )


def described_by_outputs(render):
    """Let a figure's words come with its output, as `sl1lib.book.show.show_figure` gives them.

    MyST-NB takes caption and alternative text from the cell's metadata, which cannot follow numbers.
    """

    def outputs_of(renderer, token, outputs):
        said = token.meta["metadata"].setdefault("mystnb", {})
        for output in outputs:
            words = output.get("metadata", {}).get("mystnb", {})
            for kind in words:
                said[kind] = {**said.get(kind, {}), **words[kind]}
        return render(renderer, token, outputs)

    return outputs_of


def mark_badges(app, doctree) -> None:
    """Give the result of a check, which `show_checks` writes as code, the look of the ledger's own badges."""
    for node in doctree.findall(nodes.literal):
        if node.astext().startswith("✓ "):
            node["classes"].append("sl1-check")
        elif node.astext().startswith("✗ "):
            node["classes"] += ["sl1-check", "failed"]


def preload_fonts(app, pagename, templatename, context, doctree) -> None:
    """Have the fonts of the text fetched beside the style sheet that asks for them, not after it."""
    if "pathto" in context:
        for font in PRELOADED:
            address = context["pathto"](f"_static/{font}", 1)
            context["metatags"] = context.get("metatags", "") + (
                f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{address}" />\n'
            )


def launch_from_where(app, config) -> None:
    """Have no buttons for Colab and Binder before `_config.yml` says where the book is hosted."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def setup(app) -> dict:
    """Connect the functions above."""
    method = "_render_nb_cell_code_outputs"
    render = getattr(SphinxNbRenderer, method)
    setattr(SphinxNbRenderer, method, described_by_outputs(render))
    drop_unused(app)
    app.config.mathjax_path = f"{MATHJAX}/tex-mml-chtml.js"
    app.connect("builder-inited", provide_mathjax)
    app.connect("source-read", take_executed)
    app.connect("build-finished", offer_executed)
    # Extensions set up after this one are caught here.
    app.connect(
        "config-inited", lambda app, config: drop_unused(app), priority=1
    )
    app.connect("config-inited", launch_from_where, priority=1)
    app.connect("doctree-read", repair_boxes)
    app.connect("doctree-read", mark_badges)
    app.connect("html-page-context", preload_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
