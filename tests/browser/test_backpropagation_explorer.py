"""The stepper computes in the page what the library computes, forward and backward, and shows it step by step."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.backpropagation.explorer import SMALL_NETWORK, backpropagation_stepper

PIXELS, TARGET = (1.0, 2.0, 3.0, 2.0), 1.0


def by_reference(reading, K, beta, U, b):
    """Go forward and backward through the small network with the library's functions."""
    x = np.array(PIXELS).reshape(1, 1, 2, 2)
    kernel = np.array(K).reshape(1, 1, 1, 1)
    y = reference.conv2d(x, kernel, np.array([beta]))
    if reading == "table":
        p = reference.avg_pool2d(y, 2)
        a = last = reference.relu(p)
    else:
        a = reference.sigmoid(y)
        p = last = reference.avg_pool2d(a, 2)
    s = reference.dense(last.reshape(1, 1), np.array([[U]]), np.array([b]))
    ds = s - TARGET
    do, dU, db = reference.dense_backward(ds, last.reshape(1, 1), np.array([[U]]))
    d = do.reshape(1, 1, 1, 1)
    if reading == "table":
        dy = reference.avg_pool2d_backward(reference.relu_backward(d, p), 2)
    else:
        dy = reference.sigmoid_backward(reference.avg_pool2d_backward(d, 2), a)
    _, dK, dbeta = reference.conv2d_backward(dy, x, kernel)
    values = {"Y": y, "P": p, "A": a, "S": s, "E": ds**2 / 2}
    return values, {"K": dK, "β": dbeta, "U": dU, "b": db, "Y": dy, "S": ds}


@pytest.fixture
def page(show):
    return show(backpropagation_stepper(PIXELS, TARGET))


def read(page):
    found = state_of(page)
    return found, found["values"], found["gradients"]


@pytest.mark.parametrize("reading", ["table", "text"])
@pytest.mark.parametrize("params", [tuple(SMALL_NETWORK.values()), (-1.5, 2.0, 0.5, 1.0), (0.7, 0.1, -2.0, -0.3)])
def test_values_and_gradients_are_the_references(page, reading, params):
    page.get_by_role("button", name=reading).click()
    for name, value in zip(SMALL_NETWORK, params, strict=True):
        page.get_by_label(f"{name} =", exact=True).fill(str(value))
    data, values, grads = read(page)
    assert data["reading"] == reading
    assert data["disagree"] == []
    expected_values, expected_grads = by_reference(reading, *params)
    for found, expected in ((values, expected_values), (grads, expected_grads)):
        for name, array in expected.items():
            np.testing.assert_allclose(np.ravel(found[name]), array.ravel(), rtol=1e-12, atol=1e-15)


def test_the_keyboard_steps_back_and_each_step_shows_one_gradient_more(page):
    unknown = page.locator(".slope", has_text="?")
    assert unknown.count() == 8
    back = page.get_by_role("button", name="one step back")
    back.focus()
    for left in (7, 5, 4, 3, 2, 0):
        page.keyboard.press("Enter")
        assert unknown.count() == left
    assert back.is_disabled()
    assert "confirm" in page.locator("output").inner_text()


def test_differences_find_the_wrong_mask(page):
    page.get_by_role("button", name="all steps").click()
    page.get_by_label("wrong mask").check()
    assert read(page)[0]["disagree"] == []  # A is above 0: the wrong mask agrees by chance
    page.get_by_label("K =", exact=True).fill("1")
    assert read(page)[0]["disagree"] == ["K", "β"]
    assert "disagree for K" in page.locator("output").inner_text()


def test_an_empty_place_is_said_and_the_page_is_no_wider_than_the_screen(page):
    page.get_by_label("U =", exact=True).fill("")
    assert "needs a number" in page.locator("output").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
