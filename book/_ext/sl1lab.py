"""Sphinx builder `lab`: the pages as notebooks for JupyterLab, VS Code and Colab, which know nothing of MyST.

Sphinx has read the pages and resolved their roles, so every number and link is the built page's own. What is left is
to write its document tree as Markdown, cell by cell; plain_markdown.py does that. Code cells and their outputs are
taken as they stand; roles in the Markdown that a cell displays are replaced, and the first cell hands
`sl1lib.book.show` the same replacements for when the cell is run again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from docutils import nodes
from nbformat import NotebookNode, v4
from plain_markdown import SPECIAL, Tex, Writer, is_code
from sl1book import executed
from sphinx.builders import Builder
from sphinx.errors import ExtensionError
from sphinx.util.osutil import relative_uri

# What MyST-NB counts lines by: cell 3 begins with line 30000 + 1, when cells count from 1.
LINES_PER_CELL = 10_000
ROLE = re.compile(
    r"\{(eq|doc|ref|numref|term|download|(?:prf|cite):[a-z]+)\}`([^`]+)`"
)
KINDS = ("text/markdown", "text/html", "image/png", "text/plain")
HIDDEN = {"remove-input", "hide-input", "remove-cell", "hide-cell"}
LIBRARY = "sl1lib[notebooks,study,onnx]"
PREPARE = """\
# This page needs the book's library: where it is missing, as on Colab, it is installed.
from importlib.util import find_spec

if find_spec("sl1lib") is None:
    %pip install --quiet {requirement}
"""
REFERENCES = """
from sl1lib.book.show import REFERENCES

# What the links in computed text say.
REFERENCES.update(
    {{
{entries}
    }}
)
"""
FETCH = """
from pathlib import Path

if not Path("../../results").exists():  # the stored study, beside the pages
    !git clone --quiet --depth 1 --branch {branch} {url} book-and-results
    %cd book-and-results/{folder}
"""


class LabBuilder(Builder):
    """Writes each page as a notebook, below the folder `lab`."""

    name = format = "lab"
    epilog = "The notebooks are in %(outdir)s."
    allow_parallel = False

    def init(self) -> None:
        """Read what holds for all pages."""
        config = self.config.mathjax3_config or {}
        self.tex = Tex(config.get("tex", {}).get("macros", {}))
        self.student = bool(os.environ.get("SL1LIB_STUDENT"))
        self.roles: dict[str, dict[str, str]] = {}
        self.wanted: dict[str, set[str]] = {}

    def get_outdated_docs(self) -> set[str]:
        """Return all pages: a link leads from each to others."""
        return set(self.env.found_docs)

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return where a page's notebook is."""
        return f"{docname}.ipynb"

    def prepare_writing(self, docnames: set[str]) -> None:
        """Do nothing: see `write`."""

    def write(self, *_: object, **__: object) -> None:
        """Resolve all pages, see which anchors their links need, then write them."""
        self.around = self.env.collect_relations()
        pages = sorted(self.around)
        resolved = {page: self.resolved(page) for page in pages}
        self.wanted = {page: set() for page in pages}
        for page, doctree in resolved.items():
            for node in doctree.findall(nodes.reference):
                self.want(page, node)
        for page, doctree in resolved.items():
            self.roles[page] = {}
            self.write_doc(page, doctree)

    def requirement(self) -> str:
        """Return what pip installs the library from: the repository, once `_config.yml` names it."""
        url = self.config.html_theme_options.get("repository_url")
        return f"{LIBRARY} @ git+{url}" if url else LIBRARY

    def finish(self) -> None:
        """Write what Binder installs."""
        path = Path(self.outdir, "requirements.txt")
        path.write_text(f"{self.requirement()}\n", encoding="utf-8")

    def resolved(self, page: str) -> nodes.document:
        """Return a page's document with its references resolved; what a role was is kept around it."""
        doctree = self.env.get_doctree(page)
        for node in list(doctree.findall(is_role)):
            name, text = unbroken(node.rawsource)[1:].split(":`", 1)
            wrapper = nodes.inline(role=f"{{{name}}}`{text}")
            node.replace_self(wrapper)
            wrapper += node
        self.env.apply_post_transforms(doctree, page)
        return doctree

    def want(self, page: str, node: nodes.Element) -> None:
        """Note the place that a link leads to."""
        path, _, anchor = node.get("refuri", "").partition("#")
        if "refid" in node:
            self.wanted[page].add(node["refid"])
        elif anchor and not path:
            self.wanted[page].add(anchor)
        elif anchor and "://" not in path:
            there = os.path.normpath(Path(page).parent / path)
            target = Path(there).with_suffix("").as_posix()
            self.wanted.get(target, set()).add(anchor)

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write a page's notebook."""
        source = self.notebook(docname)
        writer = Writer(self, docname)
        if source is None:
            book = v4.new_notebook(
                cells=list(self.pages_cells(writer, doctree))
            )
            book.metadata["kernelspec"] = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
        else:
            book = self.derived(source, writer, doctree)
        book.cells.append(
            v4.new_markdown_cell(self.way(docname), id="pages")
        )
        path = Path(self.outdir, f"{docname}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.validate(book)
        nbformat.write(book, path)

    def notebook(self, page: str) -> NotebookNode | None:
        """Return what a page was made from, if that is a notebook: the executed copy, if there is one."""
        path = executed(page) or Path(self.env.doc2path(page))
        if path.suffix != ".ipynb":
            return None
        return nbformat.read(path, as_version=4)

    # Pages of text alone

    def pages_cells(
        self, writer: Writer, doctree: nodes.document
    ) -> Iterator[NotebookNode]:
        """Yield a page's cells: one for each section of the second level, and one for what stands before."""
        blocks, name = [], "title"
        for level, node in flattened(doctree):
            if isinstance(node, nodes.section):
                if level == 2 and blocks:
                    yield v4.new_markdown_cell("\n\n".join(blocks), id=name)
                    blocks, name = [], node["ids"][-1][:64]
                writer.enter(node, level)
            else:
                blocks += writer.blocks(node)
        if doctree.document["source"] == str(
            self.env.doc2path(self.config.root_doc)
        ):
            blocks += self.contents()
        yield v4.new_markdown_cell("\n\n".join(blocks), id=name)

    def contents(self) -> Iterator[str]:
        """Yield the table of contents, for the first page."""
        yield "## Contents"
        for toctree in self.env.get_doctree(self.config.root_doc).findall(
            lambda n: n.tagname == "toctree"
        ):
            lines = []
            for _, page in toctree["entries"]:
                if page not in self.around:
                    continue
                number = self.env.toc_secnumbers.get(page, {}).get("")
                number = f"{'.'.join(map(str, number))}. " if number else ""
                lines.append(
                    f"- {self.link(self.config.root_doc, page, number)}"
                )
            if toctree.get("caption"):
                yield f"**{toctree['caption']}**"
            yield "\n".join(lines)

    def link(
        self, here: str, page: str, before: str = "", after: str = ""
    ) -> str:
        """Return a link to another page, by its title."""
        uri = relative_uri(
            self.get_target_uri(here), self.get_target_uri(page)
        )
        return f"[{before}{self.env.titles[page].astext()}{after}]({uri})"

    def way(self, page: str) -> str:
        """Return links to the page before, the contents, and the next page."""
        _, before, behind = self.around[page]
        root = self.config.root_doc
        found = [self.link(page, before, "← ")] if before else []
        if page != root:
            uri = relative_uri(
                self.get_target_uri(page), self.get_target_uri(root)
            )
            found.append(f"[Contents]({uri})")
        found += [self.link(page, behind, after=" →")] if behind else []
        return "---\n\n" + " · ".join(found)

    # Notebooks

    def derived(
        self, source: NotebookNode, writer: Writer, doctree: nodes.document
    ) -> NotebookNode:
        """Return a notebook with the cells of its source, their ids, code and outputs."""
        prose: dict[int, list[str]] = {}
        figures: dict[int, nodes.figure] = {}
        solved: set[int] = set()
        here = 0
        for level, node in flattened(doctree):
            if (node.line or 0) >= LINES_PER_CELL:
                here = node.line // LINES_PER_CELL - 1
            if isinstance(node, nodes.section):
                writer.enter(node, level)
            elif not is_code(node):
                prose.setdefault(here, []).extend(writer.blocks(node))
            for cell in (
                []
                if isinstance(node, nodes.section)
                else node.findall(is_code)
            ):
                here = cell["cell_index"]
                writer.blocks(
                    *cell.findall(is_displayed)
                )  # for the roles in it
                figures |= {here: f for f in cell.findall(nodes.figure)}  # noqa: B035
                if is_solution(node):
                    solved.add(here)
        cells = []
        for index, cell in enumerate(source.cells):
            if index in solved and self.student:
                continue
            if cell.cell_type == "code":
                cells.append(self.code(cell, writer, index in solved))
                if index in figures:
                    self.describe(cells, figures[index], writer)
            elif index in prose:
                cell.source = "\n\n".join(prose[index])
                cells.append(cell)
        first = next(
            i for i, cell in enumerate(cells) if cell.cell_type == "code"
        )
        cells.insert(first, self.prepare(source, writer.page))
        return v4.new_notebook(metadata=source.metadata, cells=cells)

    def code(
        self, cell: NotebookNode, writer: Writer, solves: bool
    ) -> NotebookNode:
        """Return a code cell, folded as on the page, the roles in its displayed Markdown replaced."""
        if solves or HIDDEN & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}
            if solves:
                cell.metadata["jupyter"]["outputs_hidden"] = True
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = ROLE.sub(
                    lambda m: self.said(writer.page, m),
                    data["text/markdown"],
                )
        return cell

    def said(self, page: str, role: re.Match) -> str:
        """Return what a role in a cell's output says on the page."""
        known = self.roles[page].get(unbroken(role[0]))
        if known is None:
            raise ExtensionError(
                f"{page}: {role[0]} in an output is not resolved"
            )
        return known

    def describe(
        self,
        cells: list[NotebookNode],
        figure: nodes.figure,
        writer: Writer,
    ) -> None:
        """Put a figure's number, caption and description below it.

        Words that were computed with the figure are an output of its cell, and go with it when the cell is run again.
        """
        cell = cells[-1]
        caption = next(iter(figure.findall(nodes.caption)))
        image = next(iter(figure.findall(nodes.image)))
        name = self.config.numfig_format["figure"] % writer.number(figure)
        text = "\n\n".join(
            [
                f"{writer.anchors(figure)}**{name}.** {writer.children(caption)}",
                *writer.folded(
                    "The figure in words",
                    [SPECIAL.sub(r"\\\g<0>", image["alt"])],
                ),
            ]
        )
        if any(
            "figure" in o.get("metadata", {}).get("mystnb", {})
            for o in cell.outputs
        ):
            cell.outputs.append(
                v4.new_output("display_data", {"text/markdown": text})
            )
        else:
            cells.append(
                v4.new_markdown_cell(text, id=f"{cell.id}-caption"[:64])
            )

    def prepare(self, source: NotebookNode, page: str) -> NotebookNode:
        """Return the first code cell: it installs what is missing, and says what the roles in computed text mean."""
        text = PREPARE.format(requirement=f'"{self.requirement()}"')
        code = "\n".join(
            c.source for c in source.cells if c.cell_type == "code"
        )
        url = self.config.html_theme_options.get("repository_url")
        if url and "../../results" in code:
            branch = self.config.html_theme_options["repository_branch"]
            text += FETCH.format(
                url=url, branch=branch, folder=Path(page).parent.as_posix()
            )
        shown = [
            output.data.get("text/plain", "")
            for cell in source.cells
            for output in cell.get("outputs", [])
            if "text/markdown" in output.get("data", {})
        ]
        where = unbroken(
            "\n".join([code.replace("{{", "{").replace("}}", "}"), *shown])
        )
        entries = [
            f"        {role!r}: {said!r},"
            for role, said in sorted(self.roles[page].items())
            if role in where
        ]
        if entries:
            text += REFERENCES.format(entries="\n".join(entries))
        folded = {"jupyter": {"source_hidden": True}}
        return v4.new_code_cell(
            text.rstrip(), id="prepare", metadata=folded
        )


def unbroken(text: str) -> str:
    """Return text in one line."""
    return " ".join(text.split())


def is_role(node: nodes.Node) -> bool:
    """Tell whether a node stands for a role that Sphinx resolves."""
    kinds = ("pending_xref", "download_reference")
    return node.tagname in kinds and node.rawsource.startswith(":")


def is_solution(node: nodes.Node) -> bool:
    """Tell whether a node is the solution of an exercise."""
    return type(node).__name__ == "solution_node"


def is_displayed(node: nodes.Node) -> bool:
    """Tell whether a node was made from Markdown that a cell displays: it stands directly in the output."""
    parent = node.parent
    return (
        isinstance(parent, nodes.container)
        and parent.get("nb_element") == "cell_code_output"
        and not isinstance(
            node,
            nodes.figure | nodes.image | nodes.raw | nodes.literal_block,
        )
    )


def flattened(
    node: nodes.Element, level: int = 0
) -> Iterator[tuple[int, nodes.Element]]:
    """Yield sections, each before what it holds, with their levels; other nodes whole."""
    for child in node.children:
        inner = isinstance(child, nodes.section)
        yield level + inner, child
        if inner:
            yield from flattened(child, level + 1)


def look_at_markdown(app, config) -> None:
    """Let the builder look at the Markdown that a cell displays, where there is some."""
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        *(("lab", kind, place) for place, kind in enumerate(KINDS)),
    ]


def setup(app) -> dict:
    """Register the builder."""
    app.add_builder(LabBuilder)
    app.connect("config-inited", look_at_markdown, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
