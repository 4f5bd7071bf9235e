"""The explorer of the chapter *Comparing fairly* computes the library's difference and p, for every choice."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib.book.comparison.explorer import pair_explorer
from sl1lib.study import paired_difference

RNG = np.random.default_rng(0)
SEEDS = 12  # so few that the library goes through all signs too
SHARED = RNG.normal(size=SEEDS)
VALUES = {
    "error (%)": {name: (1.1 + 0.1 * (SHARED + RNG.normal(size=SEEDS))).round(2) for name in ("none", "L2", "SL1")},
    "updates": {name: RNG.integers(90, 120, size=SEEDS) for name in ("none", "L2", "SL1")},
}


@pytest.fixture
def page(show):
    return show(pair_explorer(VALUES), height=1000)


@pytest.mark.parametrize("quantity", VALUES)
@pytest.mark.parametrize("method", ["none", "L2"])
def test_difference_and_p_are_the_librarys_with_ties_and_zeros(page, quantity, method):
    page.select_option("[name=quantity]", quantity)
    page.select_option("[name=method]", method)
    for count in range(2, SEEDS + 1):
        page.fill("[name=count]", str(count))
        found = state_of(page)
        a, b = (np.asarray(VALUES[quantity][name][:count], dtype=float) for name in ("SL1", method))
        expected = paired_difference(a, b)
        assert found["count"] == expected.n
        assert found["mean"] == pytest.approx(expected.effect, abs=1e-8)
        assert found["p"] == pytest.approx(expected.p, abs=1e-9)
        differences = (a - b).round(9)
        assert (found["lower"], found["higher"]) == ((differences < 0).sum(), (differences > 0).sum())
        assert f"lower with {found['lower']} of {count} seeds" in page.text_content("output")


def test_twenty_seeds_give_the_p_that_the_library_samples(show):
    a, b = RNG.normal(size=(2, 20)).round(2)
    page = show(pair_explorer({"x": {"SL1": a, "none": b}}))
    assert state_of(page)["p"] == pytest.approx(paired_difference(a, b).p, abs=0.02)
    page = show(pair_explorer({"x": {"SL1": np.zeros(20), "none": np.ones(20)}}))
    assert state_of(page)["p"] == pytest.approx(2.0**-19)


def test_equal_methods_differ_with_p_1(show):
    page = show(pair_explorer({"x": {"SL1": [1, 2, 3], "none": [1, 2, 3]}}))
    found = state_of(page)
    assert [found[name] for name in ("p", "mean", "lower", "higher", "count")] == [1, 0, 0, 0, 3]


def test_keys_move_the_slider_it_fits_a_phone_and_every_control_has_a_name(page):
    page.focus("[name=count]")
    page.keyboard.press("ArrowLeft")
    assert state_of(page)["count"] == SEEDS - 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("input, select").all():
        assert control.get_attribute("aria-label")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": {"SL1": [1, 2], "L2": [1]}}, r"the numbers of seeds is \[1, 2\]; all methods must have the same"),
        ({"x": {"L2": [1, 2]}}, "favoured is 'SL1'; it must be one of 'L2'"),
        ({"x": {"SL1": [1, np.nan], "L2": [1, 2]}}, "a value of 'x' is 'no finite number'"),
    ],
)
def test_values_that_cannot_be_paired_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        pair_explorer(values)
