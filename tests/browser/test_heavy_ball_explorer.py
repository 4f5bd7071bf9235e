"""The explorer makes the updates that the library makes."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.numpy_training.explorer import heavy_ball_explorer


@pytest.fixture
def page(show):
    return show(heavy_ball_explorer(), height=700)


def path(page):
    return state_of(page)["path"]


@pytest.mark.parametrize(("lr", "momentum"), [(0.5, 0.2), (0.05, 0.9), (2.4, 0.2), (3.0, 0.0)])
def test_the_path_is_the_references(page, lr, momentum):
    page.get_by_label("learning rate").fill(str(lr))
    page.get_by_label("momentum").fill(str(momentum))
    w, v, expected = {"w": np.array(1.0)}, {"w": np.array(0.0)}, [1.0]
    for _ in range(30):
        w, v = reference.heavy_ball_step(w, v, w, lr, momentum)
        expected.append(float(w["w"]))
    np.testing.assert_allclose(path(page), expected, rtol=1e-9, atol=1e-12)


def test_the_keyboard_moves_the_learning_rate_across_the_border(page):
    page.get_by_label("learning rate").fill("2.35")
    assert "below" in page.locator("output").inner_text()
    page.get_by_label("learning rate").focus()
    for word in ("on it", "above"):
        page.keyboard.press("ArrowRight")
        assert word in page.locator("output").inner_text()
    assert abs(path(page)[-1]) > 1


def test_no_wider_than_the_screen(page):
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
