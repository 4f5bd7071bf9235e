"""Sphinx extension: a question with choices, of which each, right or wrong, tells its reason.

    :::{question}
    :answer: 2

    What the reader is asked, in as many paragraphs as it takes.

    a choice
    : Why it is wrong: which thought leads here.

    the right one
    : Why it is right.
    :::

In the page `_static/question.js` makes buttons of the choices, and a reason appears, and is read out, when its choice
is pressed. Where there is no script the choices stand there with their reasons, on paper with that of the right one.
"""

from __future__ import annotations

from itertools import starmap

from docutils import nodes
from docutils.parsers.rst import Directive, directives

LETTERS = "ABCDEF"
VERDICTS = {True: "Right.", False: "Not this one."}


class Question(nodes.container):
    """What is asked, a container, and the choices; builders that do not know it show a container."""


class Choice(nodes.container):
    """A choice: what it says and why it is right or wrong, two containers. Its attribute `right` says which."""


class QuestionDirective(Directive):
    """Makes a `Question` of paragraphs and the definition list at their end; `answer` counts from 1."""

    has_content = True
    option_spec = {"answer": directives.positive_int}  # noqa: RUF012  (as docutils has it)

    def run(self) -> list[nodes.Node]:
        """Return the question."""
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        *asked, listed = parsed.children or [nodes.Element()]
        if not asked or not isinstance(listed, nodes.definition_list):
            raise self.error(
                "a question is asked in words, and its choices are a definition list at its end: "
                "a choice, and below it ': ' and the reason"
            )
        answer, count = self.options.get("answer"), len(listed)
        if not 2 <= count <= len(LETTERS):
            raise self.error(
                f"the question has {count} choices; it may have 2 to {len(LETTERS)}"
            )
        if answer is None or answer > count:
            raise self.error(
                f"the answer is {answer}; it must be the number of a choice, 1 to {count}"
            )
        number = self.state.document.settings.env.new_serialno("question")
        name = f"question-{number + 1}"
        question = Question(classes=["sl1-question"])
        question += nodes.container(
            "", *asked, classes=["sl1-asked"], ids=[name]
        )
        right = [place + 1 == answer for place in range(count)]
        question += starmap(
            self.choice,
            zip(listed.children, right, LETTERS, strict=False),
        )
        return [question]

    def choice(
        self, item: nodes.Element, right: bool, letter: str
    ) -> Choice:
        """Return a choice, made of an item of the definition list."""
        terms = [n for n in item.children if isinstance(n, nodes.term)]
        told = [n for n in item.children if isinstance(n, nodes.definition)]
        if len(terms) != 1 or len(told) != 1:
            raise self.error(
                f"choice {letter}, {item.astext()[:40]!r}, must have one reason"
            )
        reason = told[0].children
        if not reason or not isinstance(reason[0], nodes.paragraph):
            raise self.error(f"the reason of {letter} must begin in words")
        verdict = nodes.strong("", VERDICTS[right])
        reason[0].insert(0, [verdict, nodes.Text(" ")])
        said = nodes.paragraph("", "", *terms[0].children)
        said.insert(0, [nodes.strong("", letter), nodes.Text(" ")])
        choice = Choice(classes=["sl1-choice"], right=right)
        if right:
            choice["classes"].append("sl1-right")
        choice += nodes.container("", said, classes=["sl1-said"])
        choice += nodes.container("", *reason, classes=["sl1-why"])
        return choice


def setup(app) -> dict:
    """Register the directive; its nodes are containers to every builder."""
    app.add_directive("question", QuestionDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
