"""The pooling explorer computes what the reference computes, in two steps and in one, and answers to the keyboard."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import reference
from sl1lib.book.pooling.explorer import PAINTINGS, POOLING_KERNELS, pooling_explorer


@pytest.fixture
def page(show):
    return show(pooling_explorer(), reduced_motion="reduce")


def read(page, name):
    return np.array(state_of(page)[name])


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("painting", PAINTINGS)
@pytest.mark.parametrize("kernel", POOLING_KERNELS)
def test_both_ways_are_the_references(page, painting, kernel):
    press(page, painting)
    press(page, kernel)
    x, k = PAINTINGS[painting][None, None].astype(float), POOLING_KERNELS[kernel][None, None]
    assert (read(page, "image") == x[0, 0]).all()  # exact: pixels that were set
    y = reference.conv2d(x, k)
    for name, expected in {
        "conv": y,
        "pooled": reference.avg_pool2d(y, 2),
        "composed": reference.composed_kernel(k, 2),
        "strided": reference.conv_avg_pool2d(x, k, None, 2),
    }.items():
        np.testing.assert_allclose(read(page, name), expected[0, 0], atol=1e-14)


def test_painting_with_pointer_and_keys(page):
    press(page, "empty")
    page.get_by_label("X row 1, column 2", exact=True).click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expected = np.zeros((6, 6))
    expected[1, 2:4] = 1
    assert (read(page, "image") == expected).all()  # exact: pixels that were set
    page.keyboard.press("Enter")
    expected[1, 3] = 0
    assert (read(page, "image") == expected).all()  # exact: pixels that were set


def test_dragging_paints_a_stroke(page):
    press(page, "empty")
    start, end = (page.get_by_label(f"X row 2, column {j}", exact=True).bounding_box() for j in (0, 3))
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 5, steps=20)
    page.mouse.up()
    assert read(page, "image")[2].tolist() == [1, 1, 1, 1, 0, 0]


def test_moving_right_goes_around_the_edge(page):
    press(page, "dot")
    for _ in range(5):
        press(page, "move right by 1")
    assert (read(page, "image") == np.roll(PAINTINGS["dot"], 5, axis=1)).all()  # exact: pixels that were set


def test_choosing_a_mean_frames_its_windows(page):
    press(page, "vertical edges")
    page.get_by_label("P row 1, column 0: ", exact=False).click()
    assert page.locator("output").inner_text().startswith("P[1, 0] = ")
    framed = {name: page.locator(f"[data-grid={name}] .in").count() for name in ("X", "Y", "P", "S")}
    assert framed == {"X": 16, "Y": 4, "P": 1, "S": 1}


def test_one_tab_stop_for_each_grid_and_no_wider_than_a_telephone(page):
    for grid in ("X", "P"):
        assert page.locator(f"[data-grid={grid}] button[tabindex='0']").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
