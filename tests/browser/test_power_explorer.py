"""The explorer of the chapter on the claims shows the rates it was given and the library's smallest p."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib.book.claims.explorer import power_explorer
from sl1lib.study import holm
from sl1lib.study.power import detection_rates, pairs_needed, smallest_p

PAIRS, SIZES, FAMILIES = list(range(4, 13)), [0.0, 0.5, 1.0, 1.5], [1, 12]
RATES = detection_rates(PAIRS, SIZES, FAMILIES, draws=200)


@pytest.fixture
def page(show):
    return show(power_explorer(PAIRS, SIZES, FAMILIES, RATES, spread=0.08), height=1000)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("place", range(len(SIZES)))
def test_every_choice_shows_its_rate_the_smallest_p_and_the_pairs_needed(page, family, place):
    page.select_option("[name=family]", str(family))
    page.fill("[name=size]", str(place))
    for pairs in PAIRS:
        page.fill("[name=pairs]", str(pairs))
        found = state_of(page)
        rate = RATES[PAIRS.index(pairs), place, FAMILIES.index(family)]
        assert found["rate"] == pytest.approx(100 * rate, abs=0.051)
        assert found["smallest"] == smallest_p(pairs)
        assert found["corrected"] == max(holm([smallest_p(pairs)] * family)) <= 1
        assert found["needed"] == pairs_needed(family)
        assert (found["pairs"], found["size"], found["family"]) == (pairs, SIZES[place], family)
    text = page.text_content("output")
    assert f"with {PAIRS[-1]} pairs" in text
    assert ("false alarm" in text) == (place == 0)
    assert ("any of the 12 in at most 5 %" in text) == (place == 0 and family == 12)
    assert ("here 0.04 points" in text) == (place == 1)


@pytest.mark.parametrize(
    ("family", "place", "pairs", "text"),
    [
        (1, 0, 4, "There are no false alarms, and nothing is ever found with 4 pairs. The smallest p that 4 pairs"),
        (12, 2, 4, "No effect, however large, is ever found with 4 pairs and 12 comparisons."),
        (
            12,
            2,
            4,
            "The smallest p that 4 pairs can give is 0.13, after correction 1; to get below 5 % takes at",
        ),
        (1, 0, 12, "Without any effect, the comparison is a false alarm in 4 % of studies with 12 pairs. The smallest"),
        (12, 0, 12, "Without any effect, this one comparison is a false alarm in 0.3 % of studies with 12 pairs; any"),
        (1, 3, 12, "can give is 4.9·10⁻⁴; to get below 5 % takes at least 6 pairs."),
        (12, 3, 12, "One comparison of the 12 finds an effect of 1.5 standard deviations, here 0.12 points, in"),
    ],
)
def test_it_says_what_is_found_and_by_how_many_comparisons(page, family, place, pairs, text):
    page.select_option("[name=family]", str(family))
    page.fill("[name=size]", str(place))
    page.fill("[name=pairs]", str(pairs))
    assert text in page.text_content("output")


def test_it_opens_where_something_is_found(page):
    found = state_of(page)
    assert (found["pairs"], found["size"], found["family"]) == (PAIRS[-1], SIZES[2], FAMILIES[1])
    assert found["rate"] > 0


def test_keys_move_the_sliders_it_fits_a_phone_and_every_control_has_a_name(page):
    page.focus("[name=pairs]")
    page.keyboard.press("ArrowLeft")
    assert state_of(page)["pairs"] == PAIRS[-2]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("input, select").all():
        assert control.get_attribute("aria-label")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": [4, 6]}, r"pairs is \[4, 6\]; they must be consecutive numbers"),
        ({"rates": np.zeros((1, 2, 3))}, "the shape of rates"),
        ({"rates": 2 + 0 * RATES}, r"rates\[0, 0, 0\] is 2.0"),
        ({"spread": 0}, "spread is 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    arguments = {"pairs": PAIRS, "sizes": SIZES, "comparisons": FAMILIES, "rates": RATES, "spread": 0.08} | changes
    with pytest.raises(ValueError, match=message):
        power_explorer(**arguments)
