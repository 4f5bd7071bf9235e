"""The convolution explorer in a browser: what it computes, what it says, and how it is used by hand."""

import re

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib import load_data, reference
from sl1lib.book.convolution.explorer import EXPLORER_KERNELS, convolution_explorer

IMAGE = load_data("digits").x_test[7]
PAGE = '<!doctype html><html><head><meta name="viewport" content="width=device-width"></head><body>{}</body></html>'


class Explorer:
    """The explorer on an otherwise empty page."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".sl1-explorer")
        self.canvas = self.root.locator("canvas.image")

    @property
    def output(self):
        return np.array(state_of(self.page)["output"])

    @property
    def place(self):
        return state_of(self.page)["place"]

    @property
    def said(self):
        return self.root.locator("output").text_content()

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def number(self, row, column):
        return self.root.get_by_label(f"K row {row}, column {column}", exact=True)

    def frame(self, name):
        """Where the frame on a canvas is, in pixels of its image: row, column, height, width."""
        canvas, frame = (self.root.locator(f"canvas.{name}{after}").bounding_box() for after in ("", " + .frame"))
        scale = canvas["width"] / (28 if name == "image" else 24)
        corner = [(frame[axis] - canvas[axis]) / scale for axis in ("y", "x")]
        return [*corner, frame["height"] / scale, frame["width"] / scale]


@pytest.fixture(params=[1280, 390])
def explorer(browser, request):
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    page = context.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda seen: troubles.append(f"asked for {seen.url}"))
    page.set_content(PAGE.format(convolution_explorer(IMAGE).html))
    yield Explorer(page)
    context.close()
    assert troubles == []


def convolved(kernel):
    return reference.conv2d(IMAGE[None, None] / 255, np.asarray(kernel, float)[None, None])[0, 0]


def test_every_kernel_gives_what_the_reference_gives(explorer):
    assert explorer.root.get_by_role("button").all_text_contents() == list(EXPLORER_KERNELS)
    for name, kernel in EXPLORER_KERNELS.items():
        explorer.button(name).click()
        np.testing.assert_allclose(explorer.output, convolved(kernel), rtol=1e-9, atol=1e-12, err_msg=name)
        assert explorer.button(name).get_attribute("aria-pressed") == "true"
        assert explorer.root.locator('[aria-pressed="true"]').count() == 1


def test_the_first_kernel_is_chosen_at_the_start(explorer):
    first = next(iter(EXPLORER_KERNELS.values()))
    np.testing.assert_allclose(explorer.output, convolved(first), rtol=1e-9, atol=1e-12)


def test_arrow_keys_move_the_window_and_stop_at_the_edge(explorer):
    row, column = explorer.place
    explorer.canvas.focus()
    for key, step in {"ArrowUp": (-1, 0), "ArrowLeft": (0, -1), "ArrowDown": (1, 0), "ArrowRight": (0, 1)}.items():
        explorer.page.keyboard.press(key)
        row, column = row + step[0], column + step[1]
        assert explorer.place == [row, column]
        assert explorer.frame("image") == pytest.approx([row, column, 5, 5], abs=0.1)
        assert explorer.frame("result") == pytest.approx([row, column, 1, 1], abs=0.1)
        assert explorer.said == (
            f"Y[{row}, {column}] = sum of the 25 products under the window = "
            f"{explorer.output[row, column]:.3f}".replace("-", "−")
        )
    for key, end in {"ArrowUp": (0, column), "ArrowLeft": (0, 0), "ArrowDown": (23, 0), "ArrowRight": (23, 23)}.items():
        for _ in range(25):
            explorer.page.keyboard.press(key)
        assert explorer.place == list(end)


def test_the_window_is_magnified_to_its_products(explorer):
    explorer.button("sharpen").click()
    row, column = explorer.place
    pixels = IMAGE[row : row + 5, column : column + 5] / 255
    products = (pixels * EXPLORER_KERNELS["sharpen"]).ravel()
    shown = [text.replace("−", "-") for text in explorer.root.locator(".products b").all_text_contents()]
    np.testing.assert_allclose(np.array(shown, float), products, rtol=0.06, atol=1e-12)  # two digits are shown
    factors = explorer.root.locator(".products span").nth(12)
    assert factors.text_content() == f"{float(f'{pixels[2, 2]:.2g}'):g} × 5"
    widths = explorer.root.locator(".products > div").evaluate_all(
        "all => all.map((e) => e.scrollWidth - e.clientWidth)"
    )
    assert max(widths) <= 0


def test_a_click_puts_the_window_there(explorer):
    box = explorer.canvas.bounding_box()
    pixel = box["width"] / 28
    explorer.canvas.click(position={"x": 15.5 * pixel, "y": 10.5 * pixel})
    assert explorer.place == [8, 13]  # the window's upper left corner, two above and two left of its middle
    explorer.canvas.click(position={"x": 27.5 * pixel, "y": 0.5 * pixel})
    assert explorer.place == [0, 23]


def test_a_changed_number_is_computed_with_at_once(explorer):
    explorer.button("blur").click()
    kernel = EXPLORER_KERNELS["blur"].copy()
    for row, column, value in ((0, 4, -2.5), (2, 2, 0.0), (4, 1, 1e-3)):
        explorer.number(row, column).fill(str(value))
        kernel[row, column] = value
        np.testing.assert_allclose(explorer.output, convolved(kernel), rtol=1e-9, atol=1e-12)
    assert explorer.root.locator('[aria-pressed="true"]').count() == 0  # it is no longer any of them
    explorer.button("blur").click()
    assert explorer.number(0, 4).input_value() == "0.04"
    np.testing.assert_allclose(explorer.output, convolved(EXPLORER_KERNELS["blur"]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("typed", ["", "-", "e"])
def test_what_is_no_number_is_said_and_the_output_stays(explorer, typed):
    before, place = explorer.output, explorer.place
    explorer.number(1, 3).fill("")
    explorer.number(1, 3).press_sequentially(typed)
    assert explorer.said == "Each of the 25 places needs a number."
    np.testing.assert_array_equal(explorer.output, before)  # exact: nothing was computed
    explorer.canvas.focus()
    explorer.page.keyboard.press("ArrowDown")
    assert explorer.place == [place[0] + 1, place[1]]
    assert explorer.said == "Each of the 25 places needs a number."  # and not a sum that the shown numbers do not give
    explorer.number(1, 3).fill("0.5")
    assert explorer.said.startswith(f"Y[{place[0] + 1}, {place[1]}] = ")
    assert not np.array_equal(explorer.output, before)  # exact: another kernel


def test_a_kernel_of_zeros_and_one_of_huge_numbers_are_drawn(explorer):
    for value in ("0", "1e300"):
        for row in range(5):
            for column in range(5):
                explorer.number(row, column).fill(value)
        np.testing.assert_allclose(explorer.output, convolved(np.full((5, 5), float(value))), rtol=1e-9)
        assert re.match(r"Y\[\d+, \d+\] = ", explorer.said)


def test_colours_follow_the_sign_of_the_output(explorer):
    read = "c => [...c.getContext('2d').getImageData(0, 0, 24, 24).data]"
    pixels = np.array(explorer.root.locator("canvas.result").evaluate(read)).reshape(24, 24, 4)
    output = explorer.output
    red, blue = pixels[..., 0].astype(int), pixels[..., 2].astype(int)
    strong = np.abs(output) > 0.1 * np.abs(output).max()
    np.testing.assert_array_equal((red > blue)[strong], (output > 0)[strong])  # exact: signs
    assert (pixels[output == 0] == 255).all()  # exact: colours


def test_the_page_is_not_wider_than_the_screen_and_every_control_has_a_name(explorer):
    assert explorer.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert explorer.root.get_by_label(re.compile(r"^K row \d, column \d$")).count() == 25
    for canvas in explorer.root.locator("canvas").all():
        assert "Arrow keys" in canvas.get_attribute("aria-label")
        assert canvas.bounding_box()["width"] >= 140
