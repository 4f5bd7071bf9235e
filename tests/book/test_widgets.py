"""The figures to play with: the same HTML every time, complete in itself, and strict about its image."""

import json
import re

import numpy as np
import pytest

from sl1lib import load_data
from sl1lib.book.convolution.explorer import EXPLORER_KERNELS, convolution_explorer
from sl1lib.book.explorer import Widget


@pytest.fixture(scope="module")
def image():
    return load_data("digits").x_test[0]


def identity(widget):
    return re.match(r'<div id="([^"]+)"', widget.html)[1]


def test_the_same_image_gives_the_same_html(image):
    assert convolution_explorer(image).html == convolution_explorer(image.copy()).html


def test_the_id_depends_on_the_image_and_is_used_by_the_script(image):
    one, other = convolution_explorer(image), convolution_explorer(255 - image)
    assert identity(one) != identity(other)
    assert re.fullmatch(r"sl1-convolution-[0-9a-f]{8}", identity(one))
    assert f'getElementById("{identity(one)}")' in one.html


def test_it_fetches_nothing(image):
    html = convolution_explorer(image).html
    assert not re.search(r"https?:|//[a-z]+\.|\bsrc=|\bhref=|url\(|@import|\bimport\b|fetch\(|XMLHttp", html)


def test_no_placeholder_is_left(image):
    assert not re.search(r"\$\{?[a-z]+", convolution_explorer(image).html)


def test_it_carries_the_image_and_the_kernels(image):
    html = convolution_explorer(image).html
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])
    np.testing.assert_array_equal(data["image"], image)  # exact: grey levels
    assert list(data["kernels"]) == list(EXPLORER_KERNELS)
    for name, kernel in EXPLORER_KERNELS.items():
        np.testing.assert_allclose(data["kernels"][name], kernel, atol=1e-12)
        assert kernel.shape == (5, 5)
        assert np.abs(kernel).sum() <= 10


def test_a_notebook_shows_the_html_and_a_terminal_a_line(image):
    widget = convolution_explorer(image)
    assert isinstance(widget, Widget)
    assert widget._repr_html_() == widget.html
    assert repr(widget) == "<convolution explorer: 28×28 image, 5×5 kernel>"


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (np.zeros((8, 8), np.uint8), r"\(\(8, 8\), 'uint8'\)"),
        (np.zeros((1, 28, 28), np.uint8), r"\(\(1, 28, 28\), 'uint8'\)"),
        (np.zeros((28, 28)), r"\(\(28, 28\), 'float64'\)"),
        (np.zeros((28, 28), bool), r"\(\(28, 28\), 'bool'\)"),
    ],
)
def test_a_wrong_image_is_refused(wrong, found):
    with pytest.raises(ValueError, match=rf"image is {found}; it must be \(28, 28\) of uint8"):
        convolution_explorer(wrong)
