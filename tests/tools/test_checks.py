"""Every exercise of the pages has its check in `sl1lib.course`, or says why it has none."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from sl1lib import course

ROOT = Path(__file__).resolve().parents[2]
LABEL = re.compile(r"^```\{exercise(?:-start)?\}.*\n:label: (\S+)$", re.MULTILINE)
ALL = re.compile(r"^`{3,}\{exercise(?:-start)?\}", re.MULTILINE)


@pytest.fixture(scope="module")
def checks():
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    import sl1checks

    yield sl1checks
    sys.path.remove(str(ROOT / "book" / "_ext"))


def exercises_of_the_pages():
    """Yield each page's part of the book and its Markdown."""
    for path in sorted((ROOT / "book").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            part = path.relative_to(ROOT / "book").with_suffix("").parts[0]
            yield part, "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    for path in sorted((ROOT / "book").rglob("*.md")):
        yield path.relative_to(ROOT / "book").parts[0], path.read_text(encoding="utf-8")


def test_every_exercise_of_the_pages_is_in_the_table_and_none_that_is_not_there(checks):
    labels = [label for _, text in exercises_of_the_pages() for label in LABEL.findall(text)]
    assert len(labels) == sum(len(ALL.findall(text)) for _, text in exercises_of_the_pages())
    assert len(labels) >= 74
    known, _ = checks.read_table()
    assert Counter(labels) == Counter(list(known))


def test_each_has_a_check_or_a_reason_and_each_reason_is_used(checks):
    known, reasons = checks.read_table()
    names = {q.name for q in course.exercises()}
    assert not names & set(reasons)
    assert {label: what for label, what in known.items() if what not in names | set(reasons)} == {}
    assert set(reasons) <= set(known.values())
    checked = [label for label, what in known.items() if what in names]
    assert len(checked) >= 30


def test_the_line_is_the_call_of_the_check_or_the_reason(checks):
    _, reasons = checks.read_table()
    assert checks.line("conv2d", reasons).astext() == 'Check your function: course.check("conv2d", conv2d)'
    derivation = checks.line("speed_up", reasons).astext()
    assert derivation == 'Check your expression: course.check("speed_up", "... share, factor ...")'
    assert checks.line("proof", reasons).astext().startswith("No check: a proof is for a reader to judge.")


PAGE = """\
(api-course)=
# Page

```{exercise-start} With a check
:label: ex-conv-stride
```
How many places?
```{exercise-end}
```

```{exercise} Without one
:label: ex-conv-compose
Prove it.
```

```{exercise} Of nobody's table
:label: ex-other
Compute it.
```
"""


def test_the_line_stands_at_the_end_of_its_exercise(checks, tmp_path):
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser', 'sphinx_exercise', 'sl1checks']\n", encoding="utf-8"
    )
    (tmp_path / "index.md").write_text(PAGE, encoding="utf-8")
    with docutils_namespace(), (tmp_path / "trouble").open("w", encoding="utf-8") as trouble:
        app = Sphinx(tmp_path, tmp_path, tmp_path / "out", tmp_path / "trees", "html", status=None, warning=trouble)
        app.build()
    assert "api-course" not in (tmp_path / "trouble").read_text(encoding="utf-8")
    html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    boxes = re.findall(
        r'<div class="exercise.*?</section>\s*</div>|<div class="exercise.*?</div>\s*</div>', html, re.DOTALL
    )
    texts = [" ".join(re.sub(r"<[^>]+>", "", box).split()) for box in boxes]
    assert len(texts) == 3
    assert texts[0].endswith(
        "How many places? Check your expression: "
        "course.check(&quot;strided_size&quot;, &quot;... height, kernel, stride ...&quot;)"
    )
    assert 'href="#api-course"' in boxes[0]
    assert texts[1].endswith("Prove it. No check: a proof is for a reader to judge. Hold yours against the solution.")
    assert texts[2].endswith("Compute it.")
