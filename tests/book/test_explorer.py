"""The figures to play with: the same HTML every time, complete in itself, and strict about what it is given."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import sl1lib
from sl1lib import load_data
from sl1lib.book.backpropagation.explorer import backpropagation_stepper
from sl1lib.book.claims.explorer import power_explorer
from sl1lib.book.comparison.explorer import pair_explorer
from sl1lib.book.convergence.explorer import stability_explorer
from sl1lib.book.convolution.explorer import EXPLORER_KERNELS, convolution_explorer
from sl1lib.book.dense_and_entropy.explorer import softmax_explorer
from sl1lib.book.explorer import COLOURS, Explorer
from sl1lib.book.fast_path.explorer import band_explorer
from sl1lib.book.first_page.explorer import first_explorer
from sl1lib.book.gradients.explorer import pull_explorer
from sl1lib.book.laboratory.explorer import laboratory
from sl1lib.book.numpy_training.explorer import heavy_ball_explorer
from sl1lib.book.pooling.explorer import pooling_explorer
from sl1lib.book.pruning.explorer import PrunedCurve, pruning_explorer
from sl1lib.book.smooth_function.explorer import profile_explorer
from sl1lib.book.style import METHOD_STYLES
from sl1lib.book.the_corner.explorer import corner_explorer
from sl1lib.book.your_own_model.explorer import path_explorer

BOOK = Path(sl1lib.__file__).parent / "book"
IMAGE = load_data("digits").x_test[0]
CURVE = PrunedCurve(np.ones(192), np.array([192, 1]), np.array([0.01, 0.9]), np.array([0.01, 0.9]))
EXPLORERS = {
    "backpropagation": backpropagation_stepper,
    "claims": lambda: power_explorer([5, 6], [0.0, 1.0], [1], [[[0.0], [0.0]], [[0.03], [0.6]]], spread=0.05),
    "comparison": lambda: pair_explorer({"error (%)": {"SL1": [1.1, 1.2], "L2": [1.2, 1.2]}}),
    "convergence": stability_explorer,
    "convolution": lambda: convolution_explorer(IMAGE),
    "dense_and_entropy": softmax_explorer,
    "fast_path": band_explorer,
    "first_page": first_explorer,
    "gradients": pull_explorer,
    "laboratory": laboratory,
    "numpy_training": heavy_ball_explorer,
    "pooling": pooling_explorer,
    "pruning": lambda: pruning_explorer({"SL1": CURVE}, 0.01, "test"),
    "smooth_function": profile_explorer,
    "the_corner": corner_explorer,
    "your_own_model": lambda: path_explorer(np.ones(1), np.ones((1, 3)), np.ones((1, 3)), np.ones(1), 0.01, [0]),
}


def stored_state(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])


def test_every_chapter_with_a_module_is_tested_here():
    assert set(EXPLORERS) == {path.parent.name for path in BOOK.glob("*/explorer.js")}


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_the_html_is_the_same_every_time_and_fetches_nothing(chapter):
    html = EXPLORERS[chapter]().html
    assert html == EXPLORERS[chapter]().html
    without_namespace = html.replace('"http://www.w3.org/2000/svg"', "")  # a name, which no browser fetches
    assert not re.search(r"https?:|\bsrc=|\bhref=|url\(|@import|^import\b|\bfetch\(|XMLHttp", without_namespace, re.M)
    assert html.count("<script") == html.count("</script>") == 2
    assert f'<div data-explorer="{chapter}">' in html


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_the_module_is_whole_and_keeps_the_contract(chapter, node):
    module = EXPLORERS[chapter]().module
    report = "console.log([typeof explorer.render, Object.keys(explorer)].join())"
    written = node("--input-type=module", input=module.replace("export default", "const explorer =") + report)
    assert written.strip() == "function,render"


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_no_colour_is_written_but_in_the_book_s_one_table(chapter):
    for path in (BOOK, BOOK / chapter):
        for kind in ("explorer.js", "explorer.css"):
            if (path / kind).is_file():
                assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\w)", (path / kind).read_text(encoding="utf-8"))
    assert EXPLORERS[chapter]().state["colours"] == COLOURS
    assert COLOURS["SL1"] == METHOD_STYLES["SL1"].color


def test_the_convolution_carries_the_image_and_the_kernels():
    state = stored_state(convolution_explorer(IMAGE).html)
    np.testing.assert_array_equal(state["image"], IMAGE)  # exact: grey levels
    assert list(state["kernels"]) == list(EXPLORER_KERNELS)
    for name, kernel in EXPLORER_KERNELS.items():
        np.testing.assert_allclose(state["kernels"][name], kernel, atol=1e-12)
        assert kernel.shape == (5, 5)
        assert np.abs(kernel).sum() <= 10


def test_a_notebook_shows_the_html_and_a_terminal_a_line():
    explorer = convolution_explorer(IMAGE)
    assert isinstance(explorer, Explorer)
    assert explorer._repr_html_() == explorer.html
    assert repr(explorer) == "<convolution explorer: 28×28 image, 5×5 kernel>"
    assert "<p>Convolution explorer: 28×28 image, 5×5 kernel. It is drawn by JavaScript.</p>" in explorer.html


def test_text_in_the_state_ends_no_script_and_what_json_cannot_write_is_refused():
    source = str(BOOK / "pooling" / "explorer.py")
    explorer = Explorer(source, "a < b", note="</script><b>")
    assert explorer.html.count("</script>") == 2
    assert stored_state(explorer.html)["note"] == "</script><b>"
    assert "<p>A &lt; b." in explorer.html
    with pytest.raises(ValueError, match="not JSON compliant"):
        _ = Explorer(source, "no number", number=float("nan")).html


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((1, 28, 28), np.uint8), r"the shape of image is (1, 28, 28); it must be (any, any)"),
        (np.zeros((4, 28), np.uint8), "the shape of kernel is (5, 5); it must be square, from (1, 1) to (4, 4)"),
        (np.full((28, 28), 256), "image[0, 0] is 256; it must be a finite number from 0 to 255"),
        (np.full((28, 28), np.nan), "image[0, 0] is nan; it must be a finite number from 0 to 255"),
        ("digit.png", "image is 'digit.png'; it must be numbers in a list, an array or a tensor"),
    ],
)
def test_a_wrong_image_is_refused(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        convolution_explorer(wrong)
