"""The explorer of the chapter on the claims shows the rates it was given and the library's smallest p."""

import json

import numpy as np
import pytest

from sl1lib.findings.power import detection_rates, pairs_needed, smallest_p
from sl1lib.widgets import power_explorer

PAIRS, SIZES, FAMILIES = list(range(4, 13)), [0.0, 0.5, 1.0, 1.5], [1, 12]
RATES = detection_rates(PAIRS, SIZES, FAMILIES, draws=200)


@pytest.fixture
def page(show):
    return show(power_explorer(PAIRS, SIZES, FAMILIES, RATES, spread=0.08), height=1000)


def found_on(page):
    return {
        name: json.loads(text) for name, text in page.eval_on_selector(".sl1-explorer", "e => ({...e.dataset})").items()
    }


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("place", range(len(SIZES)))
def test_every_choice_shows_its_rate_the_smallest_p_and_the_pairs_needed(page, family, place):
    page.select_option(".family", str(family))
    page.fill(".size", str(place))
    for pairs in PAIRS:
        page.fill(".pairs", str(pairs))
        found = found_on(page)
        rate = RATES[PAIRS.index(pairs), place, FAMILIES.index(family)]
        assert found["rate"] == pytest.approx(100 * rate, abs=0.51)
        assert found["smallest"] == smallest_p(pairs)
        assert found["needed"] == pairs_needed(family)
        assert (found["n"], found["size"], found["family"]) == (pairs, SIZES[place], family)
    text = page.text_content("output")
    assert f"with {PAIRS[-1]} pairs" in text
    assert ("false alarm" in text) == (place == 0)
    assert ("here 0.04 points" in text) == (place == 1)


def test_keys_move_the_sliders_it_fits_a_phone_and_every_control_has_a_name(page):
    page.focus(".pairs")
    page.keyboard.press("ArrowRight")
    assert found_on(page)["n"] == PAIRS[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("input, select").all():
        assert control.get_attribute("aria-label")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": [4, 6]}, r"pairs is \[4, 6\]; they must be consecutive numbers"),
        ({"rates": np.zeros((1, 2, 3))}, "the shape of rates"),
        ({"rates": 2 + 0 * RATES}, "the rates' range"),
        ({"spread": 0}, "spread is 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    arguments = {"pairs": PAIRS, "sizes": SIZES, "comparisons": FAMILIES, "rates": RATES, "spread": 0.08} | changes
    with pytest.raises(ValueError, match=message):
        power_explorer(**arguments)
