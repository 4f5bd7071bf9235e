"""Questions of the pages: what a writer gets wrong is told, each has one right answer and a reason for each other."""

import json
import re
import sys
from pathlib import Path

import pytest
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    p for end in ("*.ipynb", "*.md") for p in (ROOT / "book").rglob(end) if ".ipynb_checkpoints" not in p.parts
)
QUESTION = re.compile(r"^:::\{question\}.*?^:::$", re.DOTALL | re.MULTILINE)
GUESS = re.compile(r"(?:[Gg]uess|[Pp]redict)\w*,? (?:\w+ )*before|[Gg]uess (?:now|first|before)|[Kk]eep a guess")
# Predictions that an explorer or a training answers, another one for each thing that a reader sets.
LEFT_OPEN = {"book/training/full-training.ipynb": 1, "book/network/backpropagation.ipynb": 1}
GOOD = """\
:::{question}
:answer: 2

How much is $1 + 1$?

1
: You have not added anything.

2
: As it should be.
:::
"""


def prose(page):
    """Return the Markdown of a page, its exercises left out: there a reader writes."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "markdown"]
        text = "\n\n".join("".join(c["source"]) for c in cells)
    return text.partition("\n## Exercises\n")[0]


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Make pages; return their document trees and what Sphinx warns of."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    sys.path.insert(0, str(ROOT / "book" / "_ext"))

    def build(**pages):
        folder = tmp_path_factory.mktemp("questions")
        (folder / "conf.py").write_text(
            "extensions = ['myst_parser', 'sl1question']\nmyst_enable_extensions = ['colon_fence', 'deflist', "
            "'dollarmath', 'amsmath']\nsuppress_warnings = ['myst', 'toc', 'ref']\n",
            encoding="utf-8",
        )
        toc = "\n".join(["# Start", "```{toctree}", *pages, "```"])
        for name, text in {"index": toc, **pages}.items():
            (folder / f"{name}.md").write_text(text if name == "index" else f"# Page\n\n{text}", encoding="utf-8")
        with docutils_namespace(), (folder / "trouble").open("w", encoding="utf-8") as trouble:
            app = Sphinx(folder, folder, folder / "out", folder / "trees", "html", status=None, warning=trouble)
            app.build()
        return {name: app.env.get_doctree(name) for name in pages}, (folder / "trouble").read_text(encoding="utf-8")

    yield build
    sys.path.remove(str(ROOT / "book" / "_ext"))


def questions(tree):
    return [node for node in tree.findall(nodes.container) if "sl1-question" in node["classes"]]


def choices(question):
    return [(c["right"], c.children[0].astext(), c.children[1].astext()) for c in question.children[1:]]


def test_a_question_has_its_choices_with_reasons_and_letters(make):
    trees, trouble = make(page=GOOD + "\n" + GOOD)
    assert "question" not in trouble
    first, second = questions(trees["page"])
    assert choices(first) == [
        (False, "A 1", "Not this one. You have not added anything."),
        (True, "B 2", "Right. As it should be."),
    ]
    assert first.children[0]["ids"] != second.children[0]["ids"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((":answer: 2\n", ""), "the answer is None; it must be the number of a choice, 1 to 2"),
        ((":answer: 2", ":answer: 3"), "the answer is 3; it must be the number of a choice, 1 to 2"),
        (("\n2\n: As it should be.\n", ""), "the question has 1 choices; it may have 2 to 6"),
        (("How much is $1 + 1$?\n\n", ""), "a question is asked in words"),
        (("1\n: You have not added anything.\n\n2\n: As it should be.\n", ""), "its choices are a definition list"),
        ((": As it should be.", ": As it should be.\n: Or so."), "choice B, '2"),
        ((": As it should be.", ": - As it should be."), "the reason of B must begin in words"),
    ],
)
def test_what_is_no_question_is_told(make, change, told):
    assert GOOD.count(change[0]) == 1
    _, trouble = make(page=GOOD.replace(*change))
    assert told in trouble


def test_every_question_of_the_book_has_one_right_answer_and_a_reason_for_each_other(make):
    found = {f"page{n}": QUESTION.findall(prose(page)) for n, page in enumerate(PAGES)}
    pages = {name: "\n\n".join(texts) for name, texts in found.items() if texts}
    trees, trouble = make(**pages)
    assert "ERROR" not in trouble
    count = 0
    for name in pages:
        asked = questions(trees[name])
        assert len(asked) == len(found[name])
        for question in asked:
            told = choices(question)
            assert sum(right for right, _, _ in told) == 1
            assert len(told) >= 3
            assert len({said[2:] for _, said, _ in told}) == len(told)
            assert min(len(why.split()) for _, _, why in told) >= 6, told
            count += 1
    assert count >= 20


@pytest.mark.parametrize("page", PAGES, ids=[p.stem for p in PAGES])
def test_whoever_is_asked_to_guess_before_going_on_gets_a_question(page):
    text = prose(page)
    alone = GUESS.findall(QUESTION.sub("", text))
    assert len(alone) == LEFT_OPEN.get(page.relative_to(ROOT).as_posix(), 0), alone
