"""What becomes of a page between its source and its file: signs, lines of code, tables, what keeps nobody out."""

import importlib.util
from pathlib import Path

import pytest
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]


def extension():
    spec = importlib.util.spec_from_file_location("sl1page", ROOT / "book" / "_ext" / "sl1page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = extension()
SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("75% of it, 8.8 % of all", f"75{SPACE}% of it, 8.8{SPACE}% of all"),
        ("from -0.5 to +3, [-1, 2], n-1 and 2020-21", "from −0.5 to +3, [−1, 2], n-1 and 2020-21"),
        ("✓ 1.1e-16 ≤ 1e-12", "✓ 1.1·10<−16> ≤ 10<−12>"),
        ("0.0e+00, 1e5, -2.79E9, 0x1e5, 1e-3.", "0, 10<5>, −2.79E9, 0x1e5, 10<−3>."),
        ("the float -0 and 100 %-rules", "the float −0 and 100 %-rules".replace(" %", SPACE + "%")),
    ],
)
def test_signs_are_set_one_way(typed, set_):
    parts = PAGE.typeset(typed)
    assert "".join(f"<{part.astext()}>" if isinstance(part, nodes.superscript) else part for part in parts) == set_


def test_code_and_mathematics_keep_their_characters_and_badges_do_not():
    badge = nodes.literal("", "✓ 2e-9 ≤ 1e-6", classes=["sl1-check"])
    page = nodes.paragraph("", "", nodes.literal("", "1e-9"), nodes.math("", "-1"), nodes.Text(" -1 "), badge)
    PAGE.typeset_prose(None, page)
    assert page.astext() == "1e-9-1 −1 ✓ 2·10−9 ≤ 10−6"


def test_a_line_of_code_knows_its_indentation_and_copies_as_it_was():
    block = (
        '<div class="highlight-python notranslate"><div class="highlight"><pre><span></span>'
        '<span class="k">if</span> x:\n    <span class="k">pass</span>\n\n</pre></div></div>'
    )
    mended = PAGE.mend(block)
    assert '<span class="line" style="--indent: 4">    <span class="k">pass</span>\n</span>' in mended
    assert PAGE.TAG.sub("", mended) == PAGE.TAG.sub("", block)
    output = block.replace('"highlight-python', '"output text_plain highlight-myst-ansi')
    assert PAGE.mend(output) == output  # columns of numbers stay columns


def test_obstacles_go_and_one_viewport_stays():
    view = '<meta name="viewport" content="width=device-width">'
    page = f'<head>{view}\n{view}</head><summary aria-label="Toggle hidden content">Show</summary>'
    assert PAGE.mend(page) == f"<head>{view}\n</head><summary>Show</summary>"
    image = '<img src="a.png" style="width: 640px; height: 3px;" />'
    assert PAGE.mend(image) == '<img src="a.png" style="--width: 640; width: 640px; height: 3px;" />'


def table(*rows):
    def entry(text):
        return nodes.entry("", nodes.paragraph("", text))

    return nodes.table("", nodes.tgroup("", nodes.tbody("", *(nodes.row("", *map(entry, row)) for row in rows))))


def test_a_table_with_much_text_stacks_on_a_phone_and_one_of_numbers_does_not():
    words = table(("what is compared with what and by whom", "and how that was done in detail", "1"))
    numbers = table(("a method with quite a long name", "1", "2"))
    PAGE.mark_tables(None, nodes.section("", words, numbers))
    assert (words["classes"], numbers["classes"]) == (["stacked"], [])
