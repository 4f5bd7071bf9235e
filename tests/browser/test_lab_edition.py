"""The JupyterLab edition of the built book: what its notebooks say is what the pages say, and they run anywhere.

No browser is needed: the notebooks are derived beside the pages, by the same build.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from conftest import BOOK, PAGES, ROOT

LAB = BOOK.parent / "lab"
SOURCES = sorted(p for end in ("*.ipynb", "*.md") for p in (ROOT / "book").rglob(end) if "_static" not in p.parts)
NAMES = [p.relative_to(ROOT).with_suffix("").as_posix() for p in SOURCES if ".ipynb_checkpoints" not in p.parts]
ROLE = re.compile(r"\{[a-z][a-z:+-]*\}`")
DIRECTIVE = re.compile(r"^\s*(?::{3,}|`{3,})\{|^\([\w-]+\)=$|^\+\+\+", re.MULTILINE)
CODE = re.compile(r"^(`{3,}).*?^\1$|(`+).*?\2", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[((?:\\.|[^\[\]\\])*)\]\(([^()\s]+)\)")
TITLE = re.compile(r'<p class="admonition-title">.*?</p>', re.DOTALL)
FAST = ("book/network/convolution", "book/smoothing/the-corner")

pytestmark = pytest.mark.skipif(not PAGES, reason=f"no built book in {BOOK}: run make book, or make test")


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def derived(name):
    return json.loads((LAB / f"{name}.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def article(name):
    """The page's own part of its HTML."""
    html = (BOOK / f"{name}.html").read_text(encoding="utf-8")
    return html[html.index("<article") : html.index("</article")]


def text_of(cell):
    return "".join(cell["source"])


def shown(book):
    """Yield the Markdown of a notebook: its cells, and what its code displays; not the way to other pages."""
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown" and cell["id"] != "pages":
            yield text_of(cell).partition("## Contents")[0]
        for output in cell.get("outputs", []):
            yield "".join(output.get("data", {}).get("text/markdown", ""))


def words(html):
    """Return what HTML says, in one line; of a formula, its TeX."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_every_page_has_a_notebook_and_every_notebook_a_page():
    assert sorted(p.relative_to(LAB).with_suffix("").as_posix() for p in LAB.rglob("*.ipynb")) == sorted(NAMES)


def test_no_role_and_no_directive_is_left(derived):
    for text in shown(derived):
        bare = CODE.sub("", text)
        assert not ROLE.findall(bare), text[:200]
        assert not DIRECTIVE.findall(text), text[:200]


def test_links_lead_where_those_of_the_page_lead_and_say_the_same(name, derived, article):
    """Numbers of equations, figures, theorems, exercises and works are texts of links."""

    def normal(text, target):
        return re.sub(r"[\\*`$]|\s", "", text), target.replace(".html", ".ipynb")

    found = Counter(
        normal(*link)
        for text in shown(derived)
        for link in LINK.findall(CODE.sub(lambda m: m[0] if "\n" not in m[0] else "", text))
        if re.search(r"\.ipynb|^#", link[1])
    )
    folded = TITLE.sub("", article)  # a solution names its exercise in a summary, where Markdown has no links
    expected = Counter(
        normal(words(text).replace("\\(", "").replace("\\)", ""), target)
        for target, text in re.findall(
            r'<a class="reference internal" href="([^"]+)"[^>]*>(.*?)</a>', folded, re.DOTALL
        )
    )
    assert found == expected


def test_equations_have_the_numbers_of_the_page(derived, article):
    found = [number for text in shown(derived) for number in re.findall(r"\\tag\{([\d.]+)\}", text)]
    assert found == re.findall(r'<span class="eqno">(?:<a [^>]*>)?\(([\d.]+)\)', article)


def test_boxes_and_figures_have_the_numbers_of_the_page(derived, article):
    kinds = "Theorem|Lemma|Definition|Corollary|Exercise|Figure"
    found = [
        n for text in shown(derived) for n in re.findall(rf"^(?:<a [^>]*></a>)*\*\*((?:{kinds}) [\d.]*\d)", text, re.M)
    ]
    captions = re.findall(r'<span class="caption-number">(.*?)</span>', article)
    assert found == [words(caption) for caption in captions]


def test_solutions_are_named_as_on_the_page(derived, article):
    found = [s for text in shown(derived) for s in re.findall(r"<summary>(Solution to .*)</summary>", text)]
    titles = [words(title) for title in TITLE.findall(article)]
    assert [unescape(s) for s in found] == [t for t in titles if t.startswith("Solution to")]


def test_headings_have_the_numbers_of_the_page(derived, article):
    headings = [h for text in shown(derived) for h in re.findall(r"^#{1,6} (.*)$", CODE.sub("", text), re.MULTILINE)]
    found = [re.match(r"(?:[\d.]+\. )?", h)[0].strip() for h in headings]
    titles = re.findall(r"<h[1-6]>(.*?)<a class=\"headerlink\"", article, re.DOTALL)
    assert found == [m[0].strip() if (m := re.match(r"\d[\d.]*\.(?= )", words(t))) else "" for t in titles]


def test_cells_keep_their_ids_their_code_and_their_outputs(name, derived):
    source = ROOT / f"{name}.ipynb"
    if not source.is_file():
        assert {cell["cell_type"] for cell in derived["cells"]} == {"markdown"}
        return
    cells = {cell["id"]: cell for cell in derived["cells"]}
    assert len(cells) == len(derived["cells"])
    for cell in json.loads(source.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            there = cells[cell["id"]]
            assert text_of(there) == text_of(cell)
            for mine, stored in zip(there["outputs"], cell["outputs"], strict=False):
                for kind in stored.get("data", {}).keys() - {"text/markdown"}:
                    assert mine["data"][kind] == stored["data"][kind]
                assert mine.get("text") == stored.get("text")
            assert len(there["outputs"]) >= len(cell["outputs"])
        elif not re.fullmatch(r"\s*`{3}\{(?:exercise|solution)-end\}\s*`{3}\s*", text_of(cell)):
            assert cell["id"] in cells
    order = [c["id"] for c in json.loads(source.read_text(encoding="utf-8"))["cells"]]
    assert [c for c in cells if c in order] == [c for c in order if c in cells]


def test_links_between_notebooks_find_their_anchors(derived, name):
    missing = []
    for _, target in (link for text in shown(derived) for link in LINK.findall(text)):
        path, _, anchor = target.partition("#")
        if "://" in path or not anchor:
            continue
        there = (LAB / name).parent / path if path else LAB / f"{name}.ipynb"
        text = "\n".join(shown(json.loads(there.resolve().read_text(encoding="utf-8"))))
        missing += [] if f'<a id="{anchor}"></a>' in text else [target]
    assert missing == []


def test_a_book_that_is_not_hosted_offers_no_buttons_for_kernels_elsewhere(name):
    html = (BOOK / f"{name}.html").read_text(encoding="utf-8")
    assert not re.findall(r"colab\.research|mybinder", html)


def test_the_download_of_a_page_is_its_notebook(name):
    offered = BOOK / "_sources" / f"{name}.ipynb"
    if (ROOT / f"{name}.ipynb").is_file():
        assert offered.read_bytes() == (LAB / f"{name}.ipynb").read_bytes()


@pytest.mark.parametrize("page", FAST)
def test_a_notebook_runs_outside_the_repository(page, tmp_path):
    """Where nothing lies but the notebook, with the library as it is installed."""
    book = tmp_path / "elsewhere" / Path(page).name
    book.parent.mkdir()
    book.with_suffix(".ipynb").write_bytes((LAB / f"{page}.ipynb").read_bytes())
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import common, notebooks; from pathlib import Path\n"
        f"done = notebooks.execute(Path({str(book.with_suffix('.ipynb'))!r}), common.environment())\n"
        "assert done.failure is None, done.failure\n"
        "print(*(o['data']['text/markdown'] for c in done.notebook.cells for o in c.get('outputs', [])"
        " if 'text/markdown' in o.get('data', {})), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=book.parent, env=dict(os.environ), capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not ROLE.findall(CODE.sub("", done.stdout))
