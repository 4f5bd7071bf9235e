"""A page becomes a notebook of plain Markdown: with its numbers, its cells and their outputs; readers' changes stay."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import lab_edition
import nbformat
import pytest
from nbformat import v4
from test_building import project

HOST = "https://github.com/someone/somebook"
PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c6360000000020001488a"
        "fb5b0000000049454e44ae426082"
    )
).decode()
TEXT = """\
(chapter)=
# A chapter

You need
: {doc}`words` and {term}`corner`, after {cite:t}`polyak1964some`.

The error is $\\E$, and $\\norm{x}$ a length:

$$
E = \\pd{E_0}{w} \\\\
b
$$ (eq-mini-error)

```{prf:theorem} A title with $x$
:label: thm-mini
See {eq}`eq-mini-error` and {eq}`eq-mini-word`. Text with * and _under_score, a_b, $5 and 3 < 4.
```

```{prf:proof}
Short.
```

:::{admonition} Beware
:class: warning
Of {prf:ref}`thm-mini`, {numref}`fig-mini`, {ref}`ex-mini`, {ref}`this <chapter>`.
:::

:::{question}
:answer: 1

Which?

$x$
: It is $x$.

y
: See {eq}`eq-mini-error`.
:::

| a | b |
|:--|--:|
| `x\\|y` | $\\abs{x}$ |
"""
EXERCISES = """\
## Exercises

```{exercise-start} By hand
:label: ex-mini
```
Add 1 and 1.
```{exercise-end}
```

```{solution-start} ex-mini
:class: dropdown
```
It is 2.
```{solution-end}
```
"""
WORDS = """\
# Words

$$
a = b
$$ (eq-mini-word)

:::{glossary}
corner
  Where a slope jumps.
:::

## More words

1. One.
2. Two, `code`.

   And more.

```python
x = 1
```

## Works

```{bibliography}
```
"""
SAID = "As {eq}`eq-mini-error` says."
SAY = 'from sl1lib.book.show import say\nsay(f"As {{eq}}`eq-mini-error` says.")'


def chapter():
    """Make a notebook with what pages have: text, computed text, a figure, exercises."""
    markdown = v4.new_output("display_data", {"text/markdown": SAID, "text/plain": SAID})
    picture = v4.new_output("display_data", {"image/png": PIXEL, "text/plain": "<Figure>"})
    words = {
        "figure": {"caption": "A pixel of {eq}`eq-mini-error`.", "name": "fig-mini"},
        "image": {"alt": "One pixel."},
    }
    return v4.new_notebook(
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
        cells=[
            v4.new_markdown_cell(TEXT, id="text"),
            v4.new_code_cell(SAY, id="say", outputs=[markdown], execution_count=1, metadata={"tags": ["remove-input"]}),
            v4.new_code_cell(
                "draw()", id="figure", outputs=[picture], execution_count=2, metadata={"mystnb": words, "tags": []}
            ),
            v4.new_markdown_cell(EXERCISES, id="exercises"),
        ],
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small book on a host, its pages and its notebooks, both editions."""
    folder = project(tmp_path_factory.mktemp("edition") / "project", chapter=chapter())
    (folder / "results").mkdir()
    (folder / "book" / "words.md").write_text(WORDS, encoding="utf-8")
    with (folder / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("- file: book/words\n")
    config = folder / "_config.yml"
    text = config.read_text(encoding="utf-8")
    assert 'url: ""' in text
    config.write_text(text.replace('url: ""', f'url: "{HOST}"'), encoding="utf-8")
    for command in (
        ["tools/build_book.py", "--stored"],
        ["tools/lab_edition.py"],
        ["tools/lab_edition.py", "--student"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=dict(os.environ, PYTHONPATH=str(folder)),
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def derived(folder, name="chapter", edition="lab"):
    return nbformat.read(folder / edition / "book" / f"{name}.ipynb", as_version=4)


def cells(book):
    return {cell.id: cell for cell in book.cells}


def test_text_is_plain_markdown_with_numbers_and_links(built):
    text = cells(derived(built))["text"].source
    assert text.startswith('# A chapter <a id="chapter"></a>\n\n')
    assert "**You need:** [Words](words.ipynb) and [corner](words.ipynb#term-corner), after Polyak [[1964](" in text
    assert r"\tag{1}" in text
    assert r"\frac{\partial E_0}{\partial w}" in text
    assert r"\left\lVert \vphantom{A_k} x \right\rVert" in text
    assert r"\begin{split}" in text
    assert '<a id="equation-eq-mini-error"></a>\n$$' in text
    assert "**Theorem 1 (A title with $x$)**" in text
    assert "See [(1)](#equation-eq-mini-error) and [(2)](words.ipynb#equation-eq-mini-word)." in text
    assert r"Text with \* and \_under_score, a_b, \$5 and 3 \< 4." in text
    assert "*Proof.* Short." in text
    assert "**Beware**" in text
    assert "Of [Theorem 1](#thm-mini), [Figure 1](#fig-mini), [Exercise 1](#ex-mini), [this](#chapter)." in text
    assert r"| `x\|y` | ${\left\lvert x \right\rvert}$ |" in text


def test_a_question_is_a_list_with_a_folded_answer(built):
    assert (
        "Which?\n\n- **A** $x$\n- **B** y\n\n<details>\n<summary>Which is right, and why</summary>\n\n"
        "- **A** **Right.** It is $x$.\n- **B** **Not this one.** See [(1)](#equation-eq-mini-error).\n\n</details>"
    ) in cells(derived(built))["text"].source


def test_a_page_of_text_has_a_cell_for_each_section(built):
    page = cells(derived(built, "words"))
    assert list(page) == ["title", "more-words", "works", "pages"]
    assert '<a id="term-corner"></a>**corner:** Where a slope jumps.' in page["title"].source
    assert "1. One.\n\n2. Two, `code`.\n\n   And more." in page["more-words"].source
    assert "```python\nx = 1\n```" in page["more-words"].source
    assert "Polyak" in page["works"].source
    index = derived(built, "index")
    assert "[A chapter](chapter.ipynb)" in index.cells[0].source
    assert (
        "[← Start](index.ipynb) · [Contents](index.ipynb) · [Words →](words.ipynb)" in derived(built).cells[-1].source
    )


def test_code_and_outputs_stay_and_roles_in_outputs_are_resolved(built):
    page, source = cells(derived(built)), cells(chapter())
    for name in ("say", "figure"):
        assert page[name].source == source[name].source
    assert page["figure"].outputs == source["figure"].outputs
    assert page["say"].outputs[0].data == {
        "text/markdown": "As [(1)](#equation-eq-mini-error) says.",
        "text/plain": SAID,
    }
    assert page["say"].metadata.jupyter == {"source_hidden": True}
    caption = page["figure-caption"].source
    assert '<a id="fig-mini"></a>**Figure 1.** A pixel of [(1)](#equation-eq-mini-error).' in caption
    assert "<summary>The figure in words</summary>\n\nOne pixel." in caption


def test_computed_text_says_the_same_when_it_is_run_again(built):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    page = cells(derived(built))
    try:
        with capture_output() as captured:
            shell.run_cell(page["prepare"].source).raise_error()
            shell.run_cell(page["say"].source).raise_error()
        assert captured.outputs[-1].data["text/markdown"] == page["say"].outputs[0].data["text/markdown"]
    finally:
        shell.run_cell("REFERENCES.clear()")
        InteractiveShell.clear_instance()


def test_solutions_are_folded_and_students_have_none(built):
    teacher, student = (cells(derived(built, edition=name))["exercises"].source for name in ("lab", "lab-student"))
    assert "**Exercise 1 (By hand)**\n\n" in teacher
    assert "<details>\n<summary>Solution to Exercise 1 (By hand)</summary>\n\nIt is 2.\n\n</details>" in teacher
    assert "It is 2." not in student
    assert "Add 1 and 1." in student


def test_a_hosted_book_has_buttons_for_its_notebooks_and_each_installs_the_library(built):
    html = (built / "_build/test/_build/html/book/chapter.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]*(?:colab|mybinder)[^"]*)"', html)
    assert links == [
        "https://mybinder.org/v2/gh/someone/somebook/lab?urlpath=lab/tree/book/chapter.ipynb",
        "https://colab.research.google.com/github/someone/somebook/blob/lab/book/chapter.ipynb",
    ]
    assert "colab" not in (built / "_build/test/_build/html/book/words.html").read_text(encoding="utf-8")
    first = next(cell for cell in derived(built).cells if cell.cell_type == "code")
    assert first.id == "prepare"
    assert f'%pip install --quiet "sl1lib[notebooks,study,onnx] @ git+{HOST}"' in first.source
    assert (built / "lab/requirements.txt").read_text() == f"sl1lib[notebooks,study,onnx] @ git+{HOST}\n"


def test_the_download_of_a_page_is_the_derived_notebook(built):
    html = built / "_build/test/_build/html"
    assert "_sources/book/chapter.ipynb" in (html / "book/chapter.html").read_text(encoding="utf-8")
    offered = json.loads((html / "_sources/book/chapter.ipynb").read_text(encoding="utf-8"))
    assert offered == json.loads((built / "lab/book/chapter.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def made(tmp_path):
    """What the book says first, and where a reader has it."""
    folder = tmp_path / "made" / "book"
    folder.mkdir(parents=True)
    (folder / "a.ipynb").write_text("first")
    lab_edition.deliver(tmp_path / "made", tmp_path / "lab")
    return folder / "a.ipynb", tmp_path / "lab" / "book" / "a.ipynb"


def again(made):
    source, target = made
    return lab_edition.deliver(source.parents[1], target.parents[1])


def test_what_a_reader_has_changed_stays_while_the_book_is_the_same(made):
    _, target = made
    target.write_text("mine")
    assert again(made) == []
    assert target.read_text() == "mine"


def test_what_a_reader_has_not_changed_follows_the_book(made):
    source, target = made
    source.write_text("second")
    assert again(made) == []
    assert target.read_text() == "second"


def test_what_both_have_changed_is_kept_under_another_name(made):
    source, target = made
    for text, mine in (("second", "mine"), ("third", "mine too")):
        target.write_text(mine)
        source.write_text(text)
        [aside] = again(made)
        assert aside.read_text() == mine
        assert target.read_text() == text
    assert sorted(p.name for p in target.parent.iterdir()) == ["a-yours-2.ipynb", "a-yours.ipynb", "a.ipynb"]


def test_a_deleted_notebook_comes_back(made):
    _, target = made
    target.unlink()
    again(made)
    assert target.read_text() == "first"


def test_the_edition_is_made_again_when_the_book_changed_and_not_otherwise(tmp_path, monkeypatch):
    calls = []

    def sphinx(output, log, variables, builder):
        calls.append(variables)
        (output / "lab").mkdir(parents=True, exist_ok=True)
        return 0, []

    monkeypatch.setattr(lab_edition, "ROOT", tmp_path)
    monkeypatch.setattr(lab_edition, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(lab_edition, "run_sphinx", sphinx)
    page = tmp_path / "book" / "page.md"
    page.parent.mkdir()
    page.write_text("one")
    os.utime(page, (1, 1))
    assert lab_edition.make(False) == tmp_path / "_build/lab/_build/lab"
    lab_edition.make(False)
    assert calls == [{}]
    os.utime(page, (4e9, 4e9))
    lab_edition.make(False)
    assert calls == [{}, {}]
    lab_edition.make(True)
    assert calls[2:] == [{"SL1LIB_STUDENT": "1"}]


def test_a_failure_of_sphinx_is_told_and_nothing_is_delivered(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab_edition, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(lab_edition, "run_sphinx", lambda *_: (2, ["page.md:3: WARNING: what is this?"]))
    assert lab_edition.derive(tmp_path / "lab") is None
    assert "WARNING: what is this?" in capsys.readouterr().err
    assert not (tmp_path / "lab").exists()
    assert Path(lab_edition.__file__).is_file()
