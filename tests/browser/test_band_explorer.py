"""The explorer of the chapter *The fast path* draws the library's matrix and counts as the library counts."""

import numpy as np
import pytest
import torch
from explorer_state import state_of

from sl1lib.book.fast_path.counts import banded_work
from sl1lib.book.fast_path.explorer import BAND_LAYERS, band_explorer
from sl1lib.book.fast_path.steps import band_matrix, cut_tiles
from sl1lib.engine.bands import Bands


@pytest.fixture
def page(show):
    return show(band_explorer(), height=900)


def drawn(page):
    """Which pixels of the canvas are coloured."""
    read = "c => [c.height, c.width, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]"
    height, width, pixels = page.eval_on_selector("canvas", read)
    return np.array(pixels).reshape(height, width, 4)[..., 3] > 0


@pytest.mark.parametrize("layer", BAND_LAYERS)
def test_matrix_and_counts_are_the_librarys_for_every_width(page, layer):
    rows, channels, maps, kernel, stride = BAND_LAYERS[layer]
    page.click(f"button:text-is('{layer}')")
    widths = []
    for place in range(int(page.get_attribute("[name=width]", "max")) + 1):
        page.fill("[name=width]", str(place))
        found = state_of(page)
        widths.append(found["width"])
        bands = Bands(rows, channels, maps, kernel, stride, found["width"])
        matrix = band_matrix(torch.ones(maps, channels, kernel, kernel), found["width"], stride)
        np.testing.assert_array_equal(drawn(page), (matrix != 0).numpy())  # exact: which places are drawn
        work = banded_work(bands, images=1)
        assert (found["tiles"], found["inputs"], found["outputs"]) == (bands.tiles, bands.inputs, bands.outputs)
        assert found["products"] == work.operations // 2
        assert found["share"] == pytest.approx(1 / work.waste)
        x = torch.zeros(1, channels, rows, rows)
        assert found["overlap"] == pytest.approx(cut_tiles(x, bands).numel() / x.numel())
        assert f"the result needs {work.useful // 2:,}:" in page.text_content("output")
    assert (widths[0], widths[-1]) == (kernel, rows)


def test_the_matrix_shrinks_with_the_tile_and_keeps_its_scale(page):
    wide = page.locator("canvas").bounding_box()
    page.fill("[name=width]", "0")
    narrow = page.locator("canvas").bounding_box()
    assert wide["width"] / narrow["width"] == pytest.approx(144 / 6, rel=0.2)
    assert wide["height"] / narrow["height"] == pytest.approx(140 / 25, rel=0.1)


def test_it_starts_with_the_whole_image_and_is_used_by_keyboard(page):
    assert state_of(page)["width"] == 28
    page.focus("[name=width]")
    page.keyboard.press("ArrowLeft")
    assert state_of(page)["width"] == 16
    assert page.get_attribute("[name=width]", "aria-valuetext") == "16 columns"


def test_it_fits_a_phone_and_every_control_has_a_name(page):
    for layer in BAND_LAYERS:
        page.click(f"button:text-is('{layer}')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("button, input, canvas").all():
        assert control.get_attribute("aria-label") or control.text_content()


def test_an_unknown_layer_is_refused():
    with pytest.raises(ValueError, match="layer is 'layer 3'; it must be one of 'layer 1'"):
        band_explorer("layer 3")
