"""The heavy ball's matrix, its contraction, and its energy."""

from itertools import pairwise

import numpy as np
import pytest
from support import assert_close, normal

from sl1lib import reference


@pytest.mark.parametrize("momentum", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("step", [0.01, 0.3, 1.0, 2.0])
def test_matrix_follows_the_descent(step, momentum):
    path = reference.descend(lambda w: w, 1.0, lr=step, momentum=momentum, updates=12)
    power = np.linalg.matrix_power(reference.heavy_ball_matrix(step, momentum), 12)
    assert_close((power @ [1.0, 1.0])[0], path[-1], 1e-10)


@pytest.mark.parametrize("momentum", [0.0, 0.2, 0.9])
def test_contraction_crosses_one_at_the_bound(momentum):
    bound = 2 * (1 + momentum)
    assert reference.contraction(0.999 * bound, momentum) < 1 < reference.contraction(1.001 * bound, momentum)


def test_energy_is_error_plus_the_square_of_the_last_move():
    path, errors = normal(0, 5, 2, 3), normal(1, 5)
    energy = reference.heavy_ball_energy(errors, path, 0.3, 0.6)
    moves = [0.0] + [((b - a) ** 2).sum() for a, b in pairwise(path)]
    assert_close(energy, errors + np.array(moves), 1e-14)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"the number of errors is 3; path has 4 iterates"):
        reference.heavy_ball_energy(np.zeros(3), np.zeros(4), 0.1, 0.2)
    with pytest.raises(ValueError, match="lr is 0"):
        reference.heavy_ball_energy(np.zeros(3), np.zeros(3), 0, 0.2)
