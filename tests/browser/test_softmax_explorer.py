"""The softmax explorer computes what the reference computes, with and without temperature and ReLU."""

import itertools

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.dense_and_entropy.explorer import softmax_explorer


@pytest.fixture
def page(show):
    return show(softmax_explorer(), reduced_motion="reduce")


def move(page, label, value):
    page.get_by_label(label).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(value)
    )


def read(page, name):
    return state_of(page)[name]


@pytest.mark.parametrize(("scores", "label"), [((3, 2, -1), 2), ((-0.5, -2, -6), 1), ((6, 6, -6), 0), ((0, 1.5, 0), 0)])
def test_numbers_are_the_references(page, scores, label):
    for c, score in enumerate(scores):
        move(page, f"score of class {c}", score)
    page.get_by_role("button", name=f"class {label} is right").click()
    np.testing.assert_allclose(read(page, "scores"), scores, atol=1e-12)
    for warmth, relu in itertools.product((-1, 0, 0.5), (False, True)):
        move(page, "temperature T", warmth)
        page.get_by_role("button", name=f"softmax of {'ReLU of ' * relu}the scores", exact=True).click()
        s, T = np.array([scores], dtype=float), 10.0**warmth
        logits, labels = (reference.relu(s) if relu else s) / T, np.array([label])
        gradient = reference.cross_entropy_backward(logits, labels) / T
        gradient = reference.relu_backward(gradient, s) if relu else gradient
        case = f"T = 10^{warmth}, ReLU: {relu}"
        np.testing.assert_allclose(read(page, "temperature"), T, err_msg=case)
        np.testing.assert_allclose(read(page, "probabilities"), reference.softmax(logits)[0], atol=1e-14, err_msg=case)
        np.testing.assert_allclose(
            read(page, "error"), reference.cross_entropy(logits, labels), atol=1e-12, err_msg=case
        )
        np.testing.assert_allclose(read(page, "gradient"), gradient[0], atol=1e-13, err_msg=case)


def test_says_when_relu_blocks_every_class(page):
    page.get_by_role("button", name="softmax of ReLU of the scores").click()
    assert page.locator("output").inner_text().endswith("Blocked by ReLU: 1 class.")
    for c in range(3):
        move(page, f"score of class {c}", -1)
    assert page.locator("output").inner_text().endswith("Blocked by ReLU: 3 classes, all of them.")


def test_keyboard_moves_a_slider_and_nothing_is_wider_than_a_telephone(page):
    page.get_by_label("score of class 0").focus()
    page.keyboard.press("ArrowRight")
    assert read(page, "scores")[0] == pytest.approx(3.1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1.0,), 0), r"the shape of scores is \(1,\); there must be from 2 to 10"),
        (((1.0, 2.0, 3.0), 3), "label is 3"),
        (((1, 2, float("nan")), 0), r"scores\[2\] is nan"),
    ],
)
def test_wrong_settings(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        softmax_explorer(*arguments)
