"""Statistics with planted effects: what is there is found, what is not is not claimed, corrections correct."""

import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_paired

from sl1lib.study import equivalence, holm, paired_difference, paired_times, proportion
from sl1lib.study.statistics import mean_and_sd

TRIALS = 150


def errors(rng, n=20, effect=0.0, noise=0.0005):
    """Test errors of two methods whose seeds have something in common, as counts of 10,000 images."""
    common = rng.normal(0.012, 0.001, n)
    a, b = (common + rng.normal(0, noise, n) for _ in range(2))
    return (a + effect).round(4), b.round(4)


def test_a_planted_difference_is_found_and_lies_in_its_interval():
    rng = np.random.default_rng(0)
    found = [paired_difference(*errors(rng, effect=-0.001)) for _ in range(40)]
    assert all(each.p < 0.01 and each.high < 0 for each in found)
    assert sum(each.low <= -0.001 <= each.high for each in found) >= 34
    assert np.mean([each.effect for each in found]) == pytest.approx(-0.001, abs=5e-5)


def test_no_difference_is_claimed_as_seldom_as_the_level_says():
    rng = np.random.default_rng(1)
    p = np.array([paired_difference(*errors(rng)).p for _ in range(TRIALS)])
    assert 0.01 <= (p < 0.05).mean() <= 0.1
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.12)


def test_what_seeds_have_in_common_does_not_hide_a_difference():
    rng = np.random.default_rng(2)
    a, b = errors(rng, effect=0.0006)
    assert np.std(a) > 0.0006
    assert paired_difference(a, b).p < 0.01
    assert paired_difference(a, rng.permutation(b)).p > 0.05  # unpaired, it is not seen


def test_pairs_with_a_missing_side_are_dropped_and_counted():
    found = paired_difference([1, 2, np.nan, 4], [0, 1, 2, np.nan])
    assert (found.n, found.dropped, found.effect, found.low, found.high) == (2, 2, 1, 1, 1)


def test_equal_numbers_differ_by_nothing():
    found = paired_difference([0.3, 0.2, 0.1 + 0.2], [0.3, 0.2, 0.3])
    assert found.p == 1
    assert found.effect == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("n", [6, 10, 20])
def test_the_smallest_p_is_that_of_all_signs_equal(n):
    p = paired_difference(np.arange(1, n + 1) / 100, np.zeros(n)).p
    assert p == pytest.approx(max(2 / 2**n, 2e-4), rel=1.01)


def test_holm_corrects_what_uncorrected_tests_would_claim():
    rng = np.random.default_rng(3)
    families = [[paired_difference(*errors(rng, n=9)).p for _ in range(8)] for _ in range(30)]
    claimed = sum(min(family) < 0.05 for family in families)
    corrected = sum(min(holm(family)) < 0.05 for family in families)
    assert claimed >= 6
    assert corrected <= 4
    assert all(np.all(np.array(holm(family)) >= family) for family in families)


def test_holm_is_holms():
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


def test_equivalence_is_found_where_it_is_and_only_there():
    rng = np.random.default_rng(4)
    inside = [equivalence(*errors(rng, effect=0.0002), margin=0.001).p for _ in range(40)]
    border = [equivalence(*errors(rng, effect=0.001), margin=0.001).p for _ in range(TRIALS)]
    few = equivalence(*errors(rng, n=3, noise=0.003), margin=0.001)
    assert max(inside) < 0.01
    assert np.mean(np.array(border) < 0.05) <= 0.1
    assert few.p > 0.05  # no difference was found either: to say nothing is not to say equal


def test_equivalence_agrees_with_statsmodels():
    a, b = errors(np.random.default_rng(5))
    found = equivalence(a, b, 0.0005)
    p, *_ = ttost_paired(a, b, -0.0005, 0.0005)
    assert found.p == pytest.approx(p)
    assert (found.p < 0.05) == (found.low > -0.0005 and found.high < 0.0005)


def test_times_that_never_came_count_as_the_longest():
    never = np.inf
    sooner = [100, 200, 300, 150, 250, 120, 130, 140]
    later = [110, never, 310, never, 260, never, never, never]
    found = paired_times(sooner, later)
    assert found.effect == -never
    assert found.p == pytest.approx(2 / 2**8)
    assert found.high < 0
    assert paired_times(later, sooner).effect == never


def test_pairs_in_which_it_never_came_say_nothing():
    both = paired_times([np.inf] * 8, [np.inf] * 8)
    assert (both.effect, both.p, both.n) == (0, 1, 8)
    mixed = paired_times([np.inf, np.inf, 5, 5], [np.inf, np.inf, 6, 4])
    assert mixed.p == 1


def test_the_interval_of_times_covers_the_median():
    rng = np.random.default_rng(6)
    found = [paired_times(rng.exponential(100, 20), rng.exponential(100, 20)) for _ in range(TRIALS)]
    assert np.mean([each.low <= 0 <= each.high for each in found]) >= 0.93
    assert 0.0 <= np.mean([each.p < 0.05 for each in found]) <= 0.08
    assert (paired_times([1, 2], [3, 4]).low, paired_times([1, 2], [3, 4]).high) == (-np.inf, np.inf)


def test_rates_have_exact_intervals():
    assert proportion(0, 20) == (0, 0, pytest.approx(0.1684, abs=1e-4))
    rate, low, high = proportion(10, 20)
    assert (rate, low + high) == (0.5, pytest.approx(1))


def test_means_of_nothing_are_no_numbers():
    assert np.isnan(mean_and_sd([np.nan])[0])
    assert np.isnan(mean_and_sd([1.0])[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_difference([1, 2], [1, 2, 3]), r"the shapes of a and b is \(\(2,\), \(3,\)\); pairs need"),
        (lambda: paired_difference([1.0], [2.0]), r"the number of complete pairs is 1; it must be at least 2"),
        (lambda: paired_times([1.0, np.nan], [2.0, 3.0]), r"the number of complete pairs is 1; it must be at least 2"),
        (lambda: equivalence([1, 2], [1, 3], 0), r"margin is 0; it must be a finite number greater than 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_direction_is_the_tests_and_not_the_means():
    # Eleven pairs a little lower, one far higher: most pairs decide the test, one decides the mean.
    difference = np.append(-np.arange(1.0, 12.0), 100.0)
    found = paired_difference(difference, np.zeros(12))
    assert (found.direction, found.p < 0.05, found.effect > 0) == (-1, True, True)
    assert paired_difference(-difference, np.zeros(12)).direction == 1
    assert paired_difference([1, 2], [1, 2]).direction == 0


def test_the_direction_of_times_is_not_lost_among_ties():
    found = paired_times([10] * 8 + [7] * 12, [20] * 8 + [7] * 12)
    assert (found.effect, found.p < 0.05, found.direction) == (0, True, -1)
    assert paired_times([3, np.inf], [np.inf, np.inf]).direction == -1


@pytest.mark.parametrize("n", [12, 20])
def test_distances_from_the_median_are_a_valid_pair_for_a_test_of_spread(n):
    rng = np.random.default_rng(7)

    def p(scale):
        a, b = errors(rng, n=n, noise=0.001)
        a = np.median(a) + scale * (a - np.median(a))
        return paired_difference(np.abs(a - np.median(a)), np.abs(b - np.median(b))).p

    assert np.mean([p(1) < 0.05 for _ in range(80)]) <= 0.11
    assert np.mean([p(4) < 0.05 for _ in range(20)]) >= 0.8
