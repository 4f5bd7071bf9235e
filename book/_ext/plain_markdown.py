"""Writes the document tree of a page as Markdown that any notebook shows: no roles, no directives, no macros.

A node that has no form here ends the build: nothing is left out unseen.
"""

# ruff: noqa: D102  (Writer says what its methods return)

from __future__ import annotations

import re
import shutil
from html import escape
from itertools import groupby
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from sl1lab import LabBuilder

ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*\\end\{\1\}", re.DOTALL)
PLAIN = re.compile(r"^\{(\\[A-Za-z]+)\}$")  # braces that nothing needs
WORDS = re.compile(r"\\text\w*\{[^{}$\\]*\}")
MACRO = re.compile(r"\\([A-Za-z]+)")
SPECIAL = re.compile(
    r"[\\`*$<]|(?<!\w)_|_(?!\w)|~(?=~)|\](?=\()|&(?=#?\w+;)"
)
# What would begin a heading, a list or a quotation.
BEGINNING = re.compile(r"^(#+|[-+>]|\d+[.)])(?= )")
LIST_ITEM = re.compile(r"[-*] |\d+\. ")
BOX = '<div style="border-left: 4px solid #{}; padding-left: 1em; margin: 1em 0">'
COLOURS = {"exercise": "7a5ea8", "warning": "b85c00", "danger": "b00020"}


class Tex:
    """The macros that the pages define for MathJax, written out: elsewhere nobody knows them."""

    def __init__(self, macros: dict) -> None:
        self.macros = {
            name: (PLAIN.sub(r"\1", value), 0)
            if isinstance(value, str)
            else tuple(value[:2])
            for name, value in macros.items()
        }

    def plain(self, text: str) -> str:
        """Return a formula that needs no settings: without macros, its words as every TeX takes them."""
        return WORDS.sub(
            lambda m: m[0].replace("_", r"\_"), self.expand(text)
        )

    def expand(self, text: str) -> str:
        """Return a formula without macros."""
        found = next(
            (m for m in MACRO.finditer(text) if m[1] in self.macros), None
        )
        if found is None:
            return text
        body, count = self.macros[found[1]]
        rest = text[found.end() :]
        for number in range(1, count + 1):
            argument, rest = self.argument(rest)
            body = body.replace(f"#{number}", argument)
        if body[-1:].isalpha() and rest[:1].isalpha():
            body += " "
        return text[: found.start()] + self.expand(body + rest)

    @staticmethod
    def argument(text: str) -> tuple[str, str]:
        """Split off a macro's argument: a group in braces, a command, or a letter."""
        text = text.lstrip()
        if not text.startswith("{"):
            end = m.end() if (m := MACRO.match(text)) else 1
            return text[:end], text[end:]
        depth = 0
        for place, letter in enumerate(text):
            escaped = text[place - 1 : place] == "\\"
            depth += 0 if escaped else {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                return text[1:place], text[place + 1 :]
        raise ExtensionError(f"a brace is not closed in {text!r}")


class Writer:
    """Writes the nodes of one page as Markdown.

    Methods ``inline_NAME`` return text within a line, ``block_NAME`` a list of blocks, which an empty line separates.
    """

    def __init__(self, builder: LabBuilder, page: str) -> None:
        self.builder, self.page = builder, page
        self.numbers = builder.env.toc_fignumbers.get(page, {})
        self.level = 0
        self.in_table = False
        self.waiting: list[str] = []  # anchors that go into the next block

    # Within a line

    def inline(self, node: nodes.Node) -> str:
        """Return a node's text within a line."""
        return self.method("inline", node)(node)

    def children(self, node: nodes.Element) -> str:
        """Return the text of what a node holds."""
        return "".join(map(self.inline, node.children))

    def method(self, kind: str, node: nodes.Node):
        """Find the method for a node, by the names of its class and of those that it derives from."""
        for each in type(node).__mro__:
            if method := getattr(self, f"{kind}_{each.__name__}", None):
                return method
        raise ExtensionError(
            f"{self.page}: plain_markdown.py has no form for {type(node).__name__} {kind}: {node.astext()[:60]!r}"
        )

    def inline_Text(self, node: nodes.Text) -> str:
        text = SPECIAL.sub(r"\\\g<0>", node.astext().replace("\n", " "))
        return text.replace("|", "\\|") if self.in_table else text

    def inline_inline(self, node: nodes.Element) -> str:
        text = self.children(node)
        if role := node.get("role"):
            self.builder.roles[self.page][role] = text
        return text

    inline_generated = inline_abbreviation = inline_inline

    def marked(self, node: nodes.Element, mark: str) -> str:
        """Return text in emphasis; spaces at its ends stay outside, and neighbours in emphasis become one."""
        place, row = node.parent.index(node), node.parent.children
        begins = place == 0 or type(row[place - 1]) is not type(node)
        ends = place + 1 == len(row) or type(row[place + 1]) is not type(
            node
        )
        text = self.children(node)
        front = text[: len(text) - len(text.lstrip())] if begins else ""
        back = text[len(text.rstrip()) :] if ends else ""
        bare = text[len(front) : len(text) - len(back)]
        return f"{front}{mark * begins}{bare}{mark * ends}{back}"

    def inline_emphasis(self, node: nodes.Element) -> str:
        return self.marked(node, "*")

    def inline_strong(self, node: nodes.Element) -> str:
        return self.marked(node, "**")

    inline_literal_emphasis = inline_title_reference = inline_emphasis
    inline_literal_strong = inline_strong

    def inline_literal(self, node: nodes.Element) -> str:
        if "xref" in " ".join(
            node["classes"]
        ):  # a link's text, such as (7.1)
            return self.children(node)
        if "sl1-check" in node["classes"]:  # prose, with powers of ten
            return self.children(node)
        text = node.astext().replace("\n", " ")
        text = text.replace("|", "\\|") if self.in_table else text
        return f"`` {text} ``" if "`" in text else f"`{text}`"

    def inline_math(self, node: nodes.Element) -> str:
        text = self.builder.tex.plain(" ".join(node.astext().split()))
        if self.in_table:
            text = text.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return f"${text}$"

    def inline_reference(self, node: nodes.Element) -> str:
        text = self.children(node)
        uri = node.get("refuri") or f"#{node['refid']}"
        return text if uri == text else f"[{text}]({uri})"

    number_reference = inline_reference

    def inline_download_reference(self, node: nodes.Element) -> str:
        source = Path(self.builder.srcdir, node["reftarget"])
        if not source.is_file():
            source = Path(
                self.builder.env.doc2path(self.page)
            ).parent.joinpath(node["reftarget"])
        target = Path(self.builder.outdir, self.page).with_name(source.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        return f"[{self.children(node)}]({source.name})"

    def inline_target(self, node: nodes.Element) -> str:
        return self.anchors(node) + self.children(node)

    def inline_image(self, node: nodes.Element) -> str:
        return f"![{node.get('alt', '')}]({node['uri']})"

    def inline_raw(self, node: nodes.Element) -> str:
        return node.astext() if "html" in node["format"] else ""

    def inline_subscript(self, node: nodes.Element) -> str:
        return f"<sub>{self.children(node)}</sub>"

    def inline_superscript(self, node: nodes.Element) -> str:
        return f"<sup>{self.children(node)}</sup>"

    def inline_index(self, node: nodes.Element) -> str:
        return ""

    # Blocks

    def enter(self, section: nodes.Element, level: int) -> None:
        """Begin a section, whose title comes next."""
        self.waiting += self.anchor_list(section)
        self.level = level

    def blocks(self, *found: nodes.Node) -> list[str]:
        """Return the blocks of nodes, one after the other; an anchor goes to the first block behind it."""
        written = []
        for node in found:
            anchors, self.waiting = (
                self.waiting + self.anchor_list(node),
                [],
            )
            new = self.method("block", node)(node)
            if new:
                written += anchored("".join(dict.fromkeys(anchors)), new)
            else:
                self.waiting = anchors + self.waiting
        return written

    def content(self, node: nodes.Element, start: int = 0) -> list[str]:
        """Return the blocks of what a node holds."""
        return self.blocks(*node.children[start:])

    def anchor_list(self, node: nodes.Node) -> list[str]:
        """Return an anchor for each id of a node that a link of the book leads to."""
        wanted = self.builder.wanted[self.page]
        ids = node.get("ids", []) if isinstance(node, nodes.Element) else []
        if isinstance(node, nodes.target) and node.get("refid"):
            return []  # the id stands at the node that the target points to
        return [f'<a id="{each}"></a>' for each in ids if each in wanted]

    def anchors(self, node: nodes.Node) -> str:
        return "".join(self.anchor_list(node))

    def block_title(self, node: nodes.Element) -> list[str]:
        number = self.section_number(node.parent)
        return [f"{'#' * self.level} {number}{self.children(node)}"]

    def section_number(self, section: nodes.Element) -> str:
        """Return a section's number as its built page shows it."""
        known = self.builder.env.toc_secnumbers.get(self.page, {})
        names = [f"#{each}" for each in section["ids"]]
        if self.level == 1:
            names.append("")
        number = next(
            (known[each] for each in names if each in known), None
        )
        return f"{'.'.join(map(str, number))}. " if number else ""

    def block_paragraph(self, node: nodes.Element) -> list[str]:
        written = []  # what napoleon makes of docstrings may hold blocks
        for whole, group in groupby(node.children, is_block):
            if whole:
                written += self.blocks(*group)
            elif text := "".join(map(self.inline, group)).strip():
                written.append(BEGINNING.sub(r"\\\g<0>", text, count=1))
        return written

    block_PassthroughTextElement = block_paragraph

    def block_rubric(self, node: nodes.Element) -> list[str]:
        return [f"**{self.children(node)}**"]

    def block_math_block(self, node: nodes.Element) -> list[str]:
        lines = self.builder.tex.plain(node.astext()).strip().splitlines()
        text = "\n".join(line for line in lines if line.strip())
        if r"\\" in ENVIRONMENT.sub("", text):
            text = f"\\begin{{split}}\n{text}\n\\end{{split}}"
        if node.get("label") and node.get("number"):
            text += f"\n\\tag{{{self.equation_number(node)}}}"
        return [f"$$\n{text}\n$$"]

    def equation_number(self, node: nodes.Element) -> str:
        """Return an equation's number, as Sphinx writes it beside the formula."""
        numbers = self.numbers.get("displaymath", {})
        number = numbers.get(f"equation-{node['label']}")
        return ".".join(map(str, number or (node["number"],)))

    def block_literal_block(self, node: nodes.Element) -> list[str]:
        language = node.get("language", "")
        language = "" if language in ("default", "none") else language
        text = node.astext().rstrip("\n")
        fence = "````" if "```" in text else "```"
        return [f"{fence}{language}\n{text}\n{fence}"]

    def block_doctest_block(self, node: nodes.Element) -> list[str]:
        return [f"```python\n{node.astext()}\n```"]

    def block_bullet_list(self, node: nodes.Element) -> list[str]:
        return self.items(node, ["- "] * len(node))

    def block_enumerated_list(self, node: nodes.Element) -> list[str]:
        first = node.get("start", 1)
        return self.items(
            node, [f"{first + i}. " for i in range(len(node))]
        )

    def items(self, node: nodes.Element, marks: list[str]) -> list[str]:
        """Return a list as one block; an empty line between items only where one has several blocks."""
        written = []
        for item, mark in zip(node.children, marks, strict=True):
            text = "\n\n".join(self.blocks(*item.children))
            written.append(
                mark
                + indent(text, " " * len(mark)).removeprefix(
                    " " * len(mark)
                )
            )
        loose = any("\n\n" in text for text in written)
        return ["\n\n".join(written)] if loose else ["\n".join(written)]

    def block_definition_list(self, node: nodes.Element) -> list[str]:
        return [
            block
            for item in node.children
            for block in self.definition(item)
        ]

    block_glossary = block_section = content

    def definition(self, item: nodes.Element) -> list[str]:
        """Return a term in bold; its one definition follows in the same line, several as a list."""
        terms = [n for n in item.children if isinstance(n, nodes.term)]
        told = [n for n in item.children if isinstance(n, nodes.definition)]
        anchors = "".join(map(self.anchors, terms))
        name = ", ".join(self.children(each) for each in terms)
        name = re.sub(r"^\*\*|\*\*$", "", name.strip())
        if len(told) > 1:
            found = [self.content(each) for each in told]
            return [
                f"{anchors}**{name}**",
                "\n".join(
                    "- " + indent("\n\n".join(b), "  ")[2:] for b in found
                ),
            ]
        colon = "" if name.endswith((":", "?", ".")) else ":"
        first, *rest = [b for each in told for b in self.content(each)]
        if first.startswith(("$$", "- ", "```", "|", "<div")):
            return [f"{anchors}**{name}{colon}**", first, *rest]
        return [f"{anchors}**{name}{colon}** {first}", *rest]

    def block_table(self, node: nodes.Element) -> list[str]:
        self.in_table = True
        try:
            rows = [
                [self.cell(entry) for entry in row.children]
                for row in node.findall(nodes.row)
            ]
            first = next(iter(node.findall(nodes.row)))
            marks = [self.alignment(entry) for entry in first.children]
        finally:
            self.in_table = False
        titles = [
            self.children(t)
            for t in node.children
            if isinstance(t, nodes.title)
        ]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        table = "\n".join([lines[0], f"|{'|'.join(marks)}|", *lines[1:]])
        return [f"*{title}*" for title in titles] + [table]

    def cell(self, entry: nodes.Element) -> str:
        return " ".join(" ".join(self.content(entry)).split())

    @staticmethod
    def alignment(entry: nodes.Element) -> str:
        classes = entry["classes"]
        return (
            "--:"
            if "text-right" in classes
            else ":-:"
            if "text-center" in classes
            else ":--"
        )

    def block_block_quote(self, node: nodes.Element) -> list[str]:
        return [
            indent("\n\n".join(self.content(node)), "> ", lambda _: True)
        ]

    def block_raw(self, node: nodes.Element) -> list[str]:
        return [node.astext()] if "html" in node["format"] else []

    def block_nothing(self, node: nodes.Node) -> list[str]:
        return []

    block_comment = block_index = block_toctree = block_nothing
    block_ExecutionStatsNode = block_substitution_definition = block_nothing

    def block_target(self, node: nodes.Element) -> list[str]:
        return []

    def block_container(self, node: nodes.Element) -> list[str]:
        if node.get("design_component") == "dropdown":
            title, *rest = node.children
            return self.folded(title.astext(), self.blocks(*rest))
        if is_code(node):
            return []  # it is a cell of its own
        if "sd-card-title" in node["classes"]:
            return [f"**{block}**" for block in self.content(node)]
        return self.content(node)

    def block_compound(self, node: nodes.Element) -> list[str]:
        return self.content(node)

    block_desc_content = block_seealso = block_compound

    def block_transition(self, node: nodes.Element) -> list[str]:
        return ["---"]

    # Boxes

    def box(
        self, title: str, blocks: list[str], kind: str = ""
    ) -> list[str]:
        """Return a box: a bar at its left, its title in bold, run in where a paragraph follows."""
        colour = COLOURS.get(kind, "4a78a8")
        head = [f"**{title}**"] if title else []
        return [BOX.format(colour), *head, *blocks, "</div>"]

    @staticmethod
    def folded(title: str, blocks: list[str]) -> list[str]:
        """Return what opens by a click."""
        return [
            f"<details>\n<summary>{escape(title)}</summary>",
            *blocks,
            "</details>",
        ]

    def block_Admonition(self, node: nodes.Element) -> list[str]:
        if "proof" in node["classes"]:
            if "dropdown" in node["classes"]:
                return self.folded("Proof", self.content(node))
            return self.content(node)
        title, rest = type(node).__name__.capitalize(), list(node.children)
        if rest and isinstance(rest[0], nodes.title):
            title = self.children(rest.pop(0))
        blocks = self.blocks(*rest)
        if "dropdown" in node["classes"]:
            return self.folded(title, blocks)
        kind = next((c for c in node["classes"] if c in COLOURS), "")
        return self.box(title, blocks, kind)

    def block_Question(self, node: nodes.Element) -> list[str]:
        asked, *choices = node.children
        said = [self.content(choice.children[0]) for choice in choices]
        told = [
            indent("\n\n".join(self.content(choice.children[1])), "  ")
            for choice in choices
        ]
        letters = [choice.children[0].astext()[0] for choice in choices]
        return [
            *self.content(asked),
            "\n".join(f"- {text}" for [text] in said),
            *self.folded(
                "Which is right, and why",
                [
                    "\n".join(
                        f"- **{letter}** {text.lstrip()}"
                        for letter, text in zip(letters, told, strict=True)
                    )
                ],
            ),
        ]

    def block_proof_node(self, node: nodes.Element) -> list[str]:
        return self.content(node)

    def numbered_box(self, node: nodes.Element) -> list[str]:
        """Return a theorem, a definition, an exercise: its kind, its number, its own title."""
        kind = node.get("realtype") or node["type"]
        title, *rest = node.children
        name = f"{kind.capitalize()} {self.number(node)} {self.children(title).strip()}"
        blocks = self.blocks(*rest)
        if "dropdown" in node["classes"]:
            return self.folded(name.strip(), blocks)
        return self.box(name.strip(), blocks, kind)

    block_exercise_enumerable_node = block_theorem_node = numbered_box
    block_lemma_node = block_definition_node = numbered_box
    block_corollary_node = block_proposition_node = block_remark_node = (
        numbered_box
    )
    block_algorithm_node = block_example_node = block_property_node = (
        numbered_box
    )

    def number(self, node: nodes.Element) -> str:
        """Return the number that Sphinx gave a theorem, an exercise or a figure."""
        for numbers in self.numbers.values():
            for each in node["ids"]:
                if each in numbers:
                    return ".".join(map(str, numbers[each]))
        raise ExtensionError(f"{self.page}: no number for {node['ids']}")

    def block_solution_node(self, node: nodes.Element) -> list[str]:
        if self.builder.student:
            return []
        title, *rest = node.children
        blocks = self.blocks(*rest)
        if next(node.findall(is_code), None):
            blocks.append("*The folded cells below belong to it.*")
        return self.folded(title.astext(), blocks)

    # The library's names

    def block_desc(self, node: nodes.Element) -> list[str]:
        signatures = [
            f"{self.anchors(each)}**`{' '.join(each.astext().split())}`**"
            for each in node.children
            if not isinstance(each, nodes.Element)
            or each.tagname == "desc_signature"
        ]
        content = [c for c in node.children if c.tagname == "desc_content"]
        return ["<br>".join(signatures), *self.blocks(*content)]

    def block_field_list(self, node: nodes.Element) -> list[str]:
        blocks = []
        for name, body in (field.children for field in node.children):
            blocks += [f"*{self.children(name)}*", *self.content(body)]
        return blocks

    def block_citation(self, node: nodes.Element) -> list[str]:
        return self.content(node, 1)


def anchored(anchors: str, blocks: list[str]) -> list[str]:
    """Return blocks with anchors where they take no room: a heading's at its end, a box's in its title."""
    first, *rest = blocks
    if not anchors:
        return blocks
    if first.startswith("#"):
        return [f"{first} {anchors}", *rest]
    if first.startswith("<div"):
        return [first, *anchored(anchors, rest)]
    if first.startswith("<details"):
        return [first.replace("<summary>", f"<summary>{anchors}"), *rest]
    if first.startswith("$$"):
        return [f"{anchors}\n{first}", *rest]
    if first.startswith(("```", "|")):
        return [anchors, *blocks]
    mark = LIST_ITEM.match(first)
    place = mark.end() if mark else 0
    return [first[:place] + anchors + first[place:], *rest]


def is_block(node: nodes.Node) -> bool:
    """Tell whether a node is a block, within a line or not."""
    return isinstance(node, nodes.Body) and not isinstance(
        node, nodes.Inline
    )


def is_code(node: nodes.Node) -> bool:
    """Tell whether a node stands for a code cell."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
    )
