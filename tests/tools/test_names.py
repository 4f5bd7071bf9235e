"""What a name on a page means, and how a formula is read by the search."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))

import sl1names
import sl1search
from plain_markdown import Tex


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("reference.conv2d", "sl1lib.reference.conv2d"),
        ("sl1lib.prune", "sl1lib.pruning.prune"),
        ("NodePenalty.dead", "sl1lib.fast.NodePenalty.dead"),
        ("settings.Penalty", "sl1lib.Penalty"),
        ("avg_pool2d_backward", "sl1lib.reference.avg_pool2d_backward"),
        ("prune()", "sl1lib.pruning.prune"),
        *((word, None) for word in ("table", "penalty", "forward", "np.sum", "run.history.E0", "eps", "a + b", "")),
    ],
)
def test_a_literal_is_linked_where_it_surely_names_something(text, name):
    assert sl1names.in_prose(text) == name


def test_names_in_code_are_what_the_page_imported_and_not_what_the_code_makes_of_them():
    known = {}
    first = sl1names.in_code("from sl1lib import fast as quick, load_data\nimport numpy as np\nload_data()", known)
    assert first == {"load_data": "sl1lib.data.load_data"}
    assert sl1names.in_code("quick.conv2d(x, y)\nnp.sum(x)", known) == {"quick.conv2d": "sl1lib.fast.conv2d"}
    assert sl1names.in_code("load_data = 3\nquick(load_data)", known) == {}
    assert sl1names.in_code("%matplotlib inline", known) == {}


def test_source_that_is_shown_names_what_its_module_knows():
    source = "# sl1lib.reference.convolution\ndef conv2d_backward(dy, x):\n    return conv2d_bias_grad(dy)"
    described = {name: f"sl1lib.reference.{name}" for name in ("conv2d_backward", "conv2d_bias_grad")}
    assert sl1names.in_code(source, {}) == described


def test_the_first_place_of_a_name_in_code_is_a_link_and_an_argument_of_that_name_is_none():
    name, dot, equals = '<span class="n">{}</span>', '<span class="o">.</span>', '<span class="o">=</span>'
    call = name.format("reference") + dot + name.format("relu")
    html = name.format("relu") + equals + call + "(" + name.format("x") + dot + name.format("relu") + ")" + call
    linked = sl1names.link_code(html, {"reference.relu": ("#r", "R"), "relu": ("#s", "S")})
    assert linked == html.replace(call, f'<a class="sl1-name" href="#r" title="R">{call}</a>', 1)


@pytest.mark.parametrize(
    ("tex", "signs"),
    [
        (r"\langle X, Y \rangle", "⟨X, Y⟩"),
        (r"\norm{u_k} \le \eps", "‖u_k‖ ≤ ε"),
        (r"\{0, 1\} \ni \tfrac{\partial E}{\partial w}", "{0, 1} ∋ ∂E/∂w"),
        (r"\max(0, \sqrt{2}) = 10^{-16}\,\text{or so}", "max(0, √2) = 10^-16or so"),
    ],
)
def test_a_formula_is_indexed_as_one_would_type_it(tex, signs):
    config = (Path(__file__).parents[2] / "_config.yml").read_text(encoding="utf-8")
    norm = next(line for line in config.splitlines() if line.strip().startswith("norm:"))
    macros = {"eps": r"{\varepsilon}", "norm": ast.literal_eval(norm.split(":", 1)[1].strip().replace("'", "r'", 1))}
    assert sl1search.in_unicode(Tex(macros).expand(tex)) == signs
