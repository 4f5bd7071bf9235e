"""What pairs can show: the smallest p, the pairs of a family, and how often an effect is found."""

import numpy as np
import pytest

from sl1lib.study import holm, paired_difference, paired_times
from sl1lib.study.power import detection_rates, pairs_needed, signed_rank_tail, smallest_p


@pytest.mark.parametrize("pairs", [2, 5, 9, 12])
def test_no_result_has_a_smaller_p_than_a_clean_sweep(pairs):
    ahead = -np.random.default_rng(pairs).random(pairs)
    assert paired_difference(ahead, 0 * ahead).p == pytest.approx(smallest_p(pairs), rel=1e-12)
    assert paired_times(ahead, 0 * ahead).p == pytest.approx(smallest_p(pairs), rel=1e-12)


@pytest.mark.parametrize("comparisons", [1, 3, 36])
def test_with_the_pairs_that_are_needed_a_sweep_passes_holms_correction_and_with_one_less_not(comparisons):
    pairs = pairs_needed(comparisons)
    assert max(holm([smallest_p(pairs)] * comparisons)) < 0.05
    assert min(holm([smallest_p(pairs - 1)] * comparisons)) >= 0.05
    assert pairs == np.floor(np.log2(2 * comparisons / 0.05)) + 1


@pytest.mark.parametrize("pairs", [4, 9])
def test_the_tail_gives_the_p_of_the_librarys_test(pairs):
    tail, rng = signed_rank_tail(pairs), np.random.default_rng(0)
    for _ in range(5):
        x = rng.normal(size=pairs)
        ranks = np.argsort(np.argsort(np.abs(x))) + 1
        assert tail[abs(int((np.sign(x) * ranks).sum()))] == pytest.approx(paired_difference(x, 0 * x).p, rel=1e-9)


def test_rates_grow_with_effect_and_pairs_fall_with_the_family_and_keep_the_level():
    rates = detection_rates([5, 10, 20], [0.0, 0.5, 1.0], [1, 12], draws=1000)
    assert (rates[0] == 0).all()  # exact: counts
    assert (np.diff(rates[1:], axis=1) >= 0).all()
    assert rates[2, 1, 0] > rates[1, 1, 0] > 0
    assert (rates[..., 1] <= rates[..., 0]).all()
    assert abs(rates[2, 0, 0] - 0.05) < 0.02


def test_the_rate_of_false_alarms_is_what_drawing_gives():
    exact = detection_rates([8, 20], [0.0], [1, 4])
    drawn = detection_rates([8, 20], [1e-9], [1, 4], draws=20_000)
    assert exact == pytest.approx(drawn, abs=0.005)  # three standard errors
    assert exact[0, 0, 1] == 2 / 2**8  # of 8 pairs only a clean sweep passes
    assert (exact[..., 0] < 0.05).all()
    assert (exact[..., 1] < 0.05 / 4).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: smallest_p(0), "pairs is 0"),
        (lambda: pairs_needed(0), "comparisons is 0"),
        (lambda: pairs_needed(2, 0.0), "alpha is 0.0"),
        (lambda: detection_rates([5], [0.0], [1], draws=0), "draws is 0"),
        (lambda: signed_rank_tail(0), "pairs is 0"),
    ],
)
def test_bad_counts_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
