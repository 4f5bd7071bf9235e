"""The explorer of the pruning chapter removes the nodes that the library removes, and quotes what was measured."""

import numpy as np
import pytest
from explorer_state import state_of

from sl1lib.book.pruning.explorer import PrunedCurve, pruning_explorer
from sl1lib.book.style import MUTED
from sl1lib.fast import init_params
from sl1lib.pruning import multiply_adds, parts_left, short_nodes, shrink

EPS = 0.01
RNG = np.random.default_rng(3)
LEFT = np.array([192, 160, 96, 32, 1])


def network(seed):
    """Weights whose nodes have lengths on both sides of ε, and a curve that belongs to nothing but this test."""
    U = np.random.default_rng(seed).normal(size=(10, 192)) * np.geomspace(1, 1e-4, 192)
    errors = np.array([0.01, 0.011, 0.02, 0.15, 0.8]) + seed / 1000
    return U, PrunedCurve(np.linalg.norm(U, axis=0), LEFT, errors, errors + 0.01)


def work_saved(removed):
    """Share of the multiply-adds that the library's own smaller network does not need."""
    params = init_params()
    smaller = shrink(params, parts_left(params, removed))
    return 1 - multiply_adds(smaller) / multiply_adds(params)


NETWORKS = {"SL1": network(1), "none": network(2)}


@pytest.fixture
def page(show):
    return show(pruning_explorer({name: curve for name, (_, curve) in NETWORKS.items()}, EPS, "test"), height=900)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shift", [-40, -7, 0, 11, 30, 45])
def test_it_removes_what_the_library_removes_and_quotes_the_nearest_count(page, name, shift):
    page.click(f"button:text-is('{name}')")
    page.fill("[name=shift]", str(shift))
    U, curve = NETWORKS[name]
    removed = short_nodes(U, EPS * 10 ** (shift / 20))
    found, expected = state_of(page), removed.sum()
    assert found["network"] == name
    assert found["threshold"] == pytest.approx(EPS * 10 ** (shift / 20))
    assert found["removed"] == expected
    nearest = np.abs(LEFT - (192 - expected)).argmin()
    assert found["left"] == LEFT[nearest]
    assert found["error"] == pytest.approx(100 * curve.errors[nearest], abs=1e-3)
    assert found["saved"] == pytest.approx(100 * work_saved(removed))
    assert found["maps"] == len(np.unique(np.flatnonzero(~removed) // 16))
    words = page.text_content("output")
    if expected:
        assert f"{expected} of 192 nodes go; {192 - expected} are left, in {found['maps']} of 12 maps." in words
        assert f"Multiply-adds saved: {100 * work_saved(removed):.2f} %." in words
        assert ("the nearest count that was measured" in words) == (192 - expected not in LEFT)
        assert f"with all {100 * curve.errors[0]:.2f} %" in words
    dots = page.get_by_label("Length of each node").locator("circle")
    assert dots.count() == 192
    grey = page.get_by_label("Length of each node").locator(f"circle[fill='{MUTED}']").count()
    assert grey == expected


def test_it_starts_at_eps_and_is_used_by_keyboard(page):
    assert state_of(page)["threshold"] == EPS
    page.focus("[name=shift]")
    page.keyboard.press("ArrowRight")
    assert state_of(page)["threshold"] > EPS
    assert page.get_attribute("[name=shift]", "aria-valuetext").startswith("threshold 0.011")


@pytest.mark.parametrize("name", NETWORKS)
def test_it_ends_where_the_longest_node_still_stays(page, name):
    page.click(f"button:text-is('{name}')")
    page.focus("[name=shift]")
    page.keyboard.press("End")
    found = state_of(page)
    longest = NETWORKS[name][1].lengths.max()
    assert found["threshold"] <= longest < found["threshold"] * 10 ** (1 / 20)
    assert found["removed"] < 192
    assert found["left"] >= 1


def test_it_fits_a_phone_and_every_control_has_a_name(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("input, button, svg[role=img]").all():
        assert control.get_attribute("aria-label") or control.text_content()


def test_where_nothing_goes_one_error_is_told_once(show):
    curve = PrunedCurve(np.ones(192), LEFT, np.linspace(0.01, 0.8, 5), np.linspace(0.01, 0.9, 5))
    page = show(pruning_explorer({"SL1": curve}, EPS, "test"))
    assert page.text_content("output") == (
        "No node is shorter than the threshold, so none goes. The test error is 1.00 %."
    )


def test_many_networks_are_offered_in_a_list(show):
    many = {f"SL1, seed {seed}": network(seed)[1] for seed in range(6)}
    page = show(pruning_explorer(many, EPS, "test"))
    page.get_by_label("Network").select_option("SL1, seed 4")
    assert state_of(page)["network"] == "SL1, seed 4"
    assert f"with all {100 * many['SL1, seed 4'].errors[0]:.2f} %" in page.text_content("output")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_curves_that_do_not_fit_are_refused():
    curve = NETWORKS["SL1"][1]
    with pytest.raises(ValueError, match="it must have one at least"):
        pruning_explorer({}, EPS, "test")
    short = PrunedCurve(curve.lengths[:5], LEFT, curve.errors, curve.unfolded)
    without_all = PrunedCurve(curve.lengths, LEFT[1:], curve.errors[1:], curve.unfolded[1:])
    for wrong in (short, without_all):
        with pytest.raises(ValueError, match=r"the shapes of 'SL1'.*with all 192 nodes among the counts"):
            pruning_explorer({"SL1": wrong}, EPS, "test")
