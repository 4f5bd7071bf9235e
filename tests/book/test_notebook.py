"""What chapters show: source, prose, tables, checks, and which data the numbers come from."""

import functools
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter

from sl1lib import load_data, reference
from sl1lib.book import ledger
from sl1lib.book import show as notebook
from sl1lib.book.convolution.equations import chapter
from sl1lib.book.ledger import Entry

ROOT = Path(__file__).resolve().parents[2]


def shown(function, *arguments, **settings):
    """Call a function that displays one thing; return its plain text and its rich forms."""
    with mock.patch.object(notebook, "display") as display:
        assert function(*arguments, **settings) is None
    [[thing]] = [call.args for call in display.call_args_list]
    data, _ = DisplayFormatter().format(thing)
    return data


def markdown(function, *arguments, **settings):
    data = shown(function, *arguments, **settings)
    assert data["text/plain"] == data["text/markdown"]  # nbval compares the first, readers see the second
    return data["text/markdown"]


@functools.cache
def commented(x):
    """Return the double.

    >>> commented(2)
    4
    """
    # Why it is so.
    y = 2 * x  # beside it
    return y


def undocumented(x):
    return x


def only_documented(x):
    """Nothing else."""


@dataclass
class Record:
    size: int = 3  # kept: the generated docstring is not in the source


def code(*functions, **settings):
    text = markdown(notebook.show_source, *functions, **settings)
    assert text.startswith("```python\n")
    assert text.endswith("\n```")
    return text.removeprefix("```python\n").removesuffix("\n```")


def test_source_without_its_docstring_keeps_every_comment():
    assert code(commented) == (
        f"# {__name__}\n@functools.cache\ndef commented(x):\n"
        "    # Why it is so.\n    y = 2 * x  # beside it\n    return y"
    )


def test_source_with_its_docstring_is_the_files():
    assert '    """Return the double.\n\n    >>> commented(2)' in code(commented, docstring=True)


def test_source_that_is_a_docstring_or_has_none_is_left_alone():
    assert code(undocumented) == f"# {__name__}\ndef undocumented(x):\n    return x"
    assert '"""Nothing else."""' in code(only_documented)
    assert "size: int = 3  # kept" in code(Record)


def test_several_functions_stand_apart_and_each_module_is_named_once():
    text = code(reference.conv2d, reference.conv2d_backward, reference.relu)
    assert re.findall(r"^(?:# sl1lib.*|def \w+)", text, re.MULTILINE) == [
        "# sl1lib.reference.convolution",
        "def conv2d",
        "def conv2d_backward",
        "# sl1lib.reference.activations",
        "def relu",
    ]
    assert text.count("\n\n\n") == 2
    assert '"""' not in text


def test_a_class_begins_without_an_empty_line_and_a_method_is_shown_below_its_class():
    assert code(reference.LogCosh).startswith(
        '# sl1lib.reference.profiles\nclass LogCosh(Profile, name="log_cosh"):\n    unit_gap = '
    )
    text = code(reference.Huber.slope, reference.Huber.prox, reference.Abs.slope)
    assert re.findall(r"^(?:# sl1lib.*|def \w+)", text, re.MULTILINE) == [
        "# sl1lib.reference.profiles.Huber",
        "def slope",
        "def prox",
        "# sl1lib.reference.profiles.Abs",
        "def slope",
    ]


@pytest.mark.parametrize(
    "name", ["conv2d", "avg_pool2d", "softmax", "cross_entropy", "penalty_grad", "backward", "train"]
)
def test_the_librarys_source_without_docstrings_is_still_python(name):
    text = code(getattr(reference, name))
    compile(text, name, "exec")
    assert '"""' not in text


def test_say_shows_the_paragraph_without_the_codes_indentation():
    assert markdown(notebook.say, f"A kernel has {5 * 5} places.") == "A kernel has 25 places."
    text = """
        First line,
        second line.

        Next paragraph.
    """
    assert markdown(notebook.say, text) == "First line,\nsecond line.\n\nNext paragraph."


def test_a_table_aligns_columns_of_numbers_on_the_right():
    rows = [["SL1", "1.1 %", "−0.5", "12", ".5"], ["none, 3 times", "0.9 %", "+2e-3", "n/a", "–"]]
    assert markdown(notebook.show_table, ["method", "error", "change", "mixed", "other"], rows).splitlines() == [
        "| method | error | change | mixed | other |",
        "|:--|--:|--:|:--|--:|",
        "| SL1 | 1.1 % | −0.5 | 12 | .5 |",
        "| none, 3 times | 0.9 % | +2e-3 | n/a | – |",
    ]


def test_a_ragged_table_is_refused():
    with pytest.raises(ValueError, match="zip"):
        notebook.show_table(["a", "b"], [["1", "2"], ["3"]])


def test_checks_are_shown_with_what_was_compared_and_how_far_it_is_off():
    text = markdown(notebook.show_checks, "eq-conv-size")
    result = ledger.check("eq-conv-size")
    assert result.title in text
    for measured in result.measured:
        assert measured.what in text
        assert f"`{measured}` |" in text


def test_a_prefix_stands_for_all_that_begin_with_it():
    text = markdown(notebook.show_checks, "eq-conv")
    for label, entry in ledger.LEDGER.items():
        assert (entry.title in text) == label.startswith("eq-conv"), label


def test_a_failed_check_stops_the_page_and_names_the_equation(monkeypatch):
    entry = Entry("eq-conv-size", "broken", "none", compare=lambda check: check("against itself", 1e-6, 0.25))
    monkeypatch.setitem(chapter.entries, "eq-conv-size", entry)
    with (
        mock.patch.object(notebook, "display") as display,
        pytest.raises(AssertionError, match=r"✗ eq-conv-size: broken\n.*2\.5e-01 > 1e-06"),
    ):
        notebook.show_checks("eq-conv-size")
    assert "`✗ 2.5e-01 > 1e-06`" in repr(display.call_args.args[0])  # the page shows it all the same


def test_what_cannot_be_checked_here_is_shown_as_skipped_with_the_reason(monkeypatch):
    entry = Entry("eq-conv-size", "sizes", "none", compare=lambda check: check("x", 0, 0.0), needs=("no_such_package",))
    monkeypatch.setitem(chapter.entries, "eq-conv-size", entry)
    text = markdown(notebook.show_checks, "eq-conv-size")
    assert "| *sizes*: no_such_package is not installed" in text
    assert "`skipped` |" in text


def test_an_unknown_label_is_refused_even_beside_a_known_one():
    with pytest.raises(ValueError, match=r"label is 'eq-cnv'; it must be one of"):
        notebook.show_checks("eq-conv-size", "eq-cnv")


def test_digits_are_announced_loudly():
    data = shown(notebook.say_data, load_data("digits"))
    assert data["text/plain"].startswith("Data on this page: digits, not MNIST. 1,415 training and 382 test images.")
    assert "every number measured on images belongs to this small set" in data["text/plain"]
    assert data["text/html"].startswith(
        '<div class="data-banner"><strong>Data on this page: digits, not MNIST.</strong>'
    )
    assert re.sub("<[^>]*>", "", data["text/html"]).replace("&#x27;", "'") == data["text/plain"]


@pytest.mark.parametrize(
    ("name", "is_mnist"),
    [
        ("mnist", True),
        ("mnist[1000 training, seed 0]", True),
        ("mnist (unverified)", False),
        ("fashion-mnist", False),
        ("digits[100 training, seed 0]", False),
    ],
)
def test_only_mnist_and_its_parts_are_called_so(name, is_mnist):
    text = shown(notebook.say_data, replace(load_data("digits"), name=name))["text/plain"]
    assert text.startswith(f"Data on this page: {name}")
    assert ("not MNIST" not in text) == is_mnist


def test_a_folders_name_cannot_bring_markup_into_the_page():
    data = shown(notebook.say_data, replace(load_data("digits"), name="<script>alert(1)</script>"))
    assert "<script>" not in data["text/html"]


def test_a_figures_words_follow_its_numbers_onto_the_page(tmp_path):
    with mock.patch.object(notebook, "display") as display:
        notebook.show_figure("the figure", alt="Two lines\n    that cross.", caption="Where? At *3*.")
    ((figure,), said) = display.call_args
    assert figure == "the figure"
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    output = nbformat.v4.new_output("display_data", {"image/png": pixel, "text/plain": "<Figure>"}, **said)
    cell = nbformat.v4.new_code_cell("show()", outputs=[output], execution_count=1)
    cell.metadata["mystnb"] = {"figure": {"name": "fig-here", "caption": "stale"}, "image": {"alt": "stale"}}
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Page"), cell])
    page.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    nbformat.write(page, tmp_path / "index.ipynb")
    folder = str(ROOT / "book" / "_ext")
    settings = f"import sys; sys.path.insert(0, {folder!r})\nextensions = ['myst_nb', 'sl1book']\n"
    (tmp_path / "conf.py").write_text(settings + "nb_execution_mode = 'off'\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(tmp_path), str(tmp_path / "html")]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    html = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert 'alt="Two lines that cross."' in html
    assert re.search(r'<figure[^>]* id="fig-here"', html)
    assert "Where? At <em>3</em>." in html
    assert "stale" not in html
