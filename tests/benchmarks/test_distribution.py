"""In float32, the engine's final test errors over 20 seeds cannot be told from the eager loop's."""

import numpy as np
import pytest

from benchmarks import distribution
from sl1lib import load_data


@pytest.mark.parametrize(("reading", "epochs"), [("table", 4), ("text", 8)])
def test_the_errors_of_twenty_seeds_cannot_be_told_apart(reading, epochs):
    errors = distribution.measure(load_data("digits"), seeds=range(20), epochs=epochs, reading=reading)
    assert len(errors.engine) == len(errors.eager) == 20
    assert np.std(errors.eager) > 0  # the seeds differ: there is a distribution to compare
    assert np.min(errors.eager) < 30  # and they learn, sigmoid units late
    assert errors.same_distribution > 0.05
    _, low, high = errors.difference
    half = np.std(errors.eager, ddof=1) / 2
    assert -half < low <= high < half  # no more apart than half of what seeds differ by


def test_a_shifted_distribution_is_told():
    eager = np.random.default_rng(0).normal(2.0, 0.1, 20)
    shifted = distribution.Errors((eager + 0.15).tolist(), eager.tolist())
    assert shifted.same_distribution < 0.05
    assert shifted.difference[0] == pytest.approx(0.15)
