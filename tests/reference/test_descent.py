"""Descent on given functions: against PyTorch's optimiser, closed forms, and its refusals."""

import numpy as np
import pytest
import torch

from sl1lib.reference import descend, peak_to_peak, smooth_abs_prox, two_cycle

MATRIX = np.array([[3.0, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize("momentum", [0.0, 0.2, 0.9])
def test_path_is_that_of_pytorchs_sgd(momentum):
    start = np.array([1.0, -2.0])
    path = descend(lambda w: MATRIX @ w, start, lr=0.1, momentum=momentum, updates=25)
    w = torch.tensor(start, requires_grad=True)
    sgd = torch.optim.SGD([w], lr=0.1, momentum=momentum)
    for expected in path:
        np.testing.assert_allclose(w.detach().numpy(), expected, rtol=1e-11, atol=1e-13)
        w.grad = torch.tensor(MATRIX) @ w.detach()
        sgd.step()


def test_path_keeps_the_start_and_the_shape_and_leaves_its_argument_alone():
    start = np.ones((2, 3))
    path = descend(lambda w: w, start, lr=0.5, updates=4)
    assert path.shape == (5, 2, 3)
    assert path.dtype == np.float64
    assert (path[:, 0, 0] == [1, 0.5, 0.25, 0.125, 0.0625]).all()  # exact: powers of two
    assert (start == 1).all()  # exact: a copy
    assert descend(lambda w: w, 3, lr=0.5, updates=0).tolist() == [3.0]


def test_prox_gives_exact_zeros_and_stops_the_velocity():
    """Minimise (w - 0.5)²/2 + |w|: the soft threshold takes every step below 1 to 0, and the weight stays there."""
    path = descend(lambda w: w - 0.5, 4.0, lr=0.5, momentum=0.3, updates=40, prox=lambda w: smooth_abs_prox(w, tau=0.5))
    assert path[0] == 4
    assert (path[-10:] == 0).all()  # exact: zeros that the step sets


def test_peak_to_peak_looks_at_the_tail_of_each_weight():
    path = np.array([[9.0, 9.0], [1.0, 0.0], [-1.0, 0.5], [1.0, 0.0]])
    np.testing.assert_array_equal(peak_to_peak(path, tail=3), [2.0, 0.5])  # exact: halves, no rounding
    np.testing.assert_array_equal(peak_to_peak(path, tail=1), [0.0, 0.0])  # exact: halves, no rounding


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lr": 0}, "lr is 0; it must be a finite number greater than 0"),
        ({"momentum": 1.0}, "momentum is 1.0; it must be below 1"),
        ({"momentum": -0.1}, "momentum is -0.1"),
        ({"updates": -1}, "updates is -1; it must be a whole number"),
    ],
)
def test_bad_settings_are_named(changed, message):
    with pytest.raises(ValueError, match=message):
        descend(lambda w: w, 1.0, **{"lr": 0.1, "updates": 3, **changed})


def test_a_gradient_of_another_shape_and_a_tail_too_long_are_named():
    with pytest.raises(ValueError, match=r"the shape of the gradient is \(2,\); w has \(\)"):
        descend(lambda w: np.zeros(2), 1.0, lr=0.1, updates=1)
    with pytest.raises(ValueError, match="tail is 9; the path has 3 iterates"):
        peak_to_peak(np.zeros(3), tail=9)


@pytest.mark.parametrize("momentum", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("curvature", [0.0, 0.5, 3.0])
def test_the_two_cycle_closes(momentum, curvature):
    lr, strength, centre = 0.3, 0.7, 0.02
    low, high = two_cycle(lr, strength, momentum, curvature, centre)
    assert low < 0 < high
    path = descend(
        lambda w: curvature * (w - centre) + strength * np.sign(w),
        high,
        lr=lr,
        momentum=momentum,
        velocity=high - low,
        updates=30,
    )
    np.testing.assert_allclose(path[::2], high, rtol=1e-12)
    np.testing.assert_allclose(path[1::2], low, rtol=1e-12)


def test_the_two_cycle_is_refused_where_there_is_none():
    with pytest.raises(ValueError, match=r"lr \* curvature is 2.5; it must be below 2 \(1 \+ momentum\)"):
        two_cycle(0.5, 1.0, momentum=0.2, curvature=5.0)
    with pytest.raises(ValueError, match=r"centre is 0.3; no orbit jumps over 0 from ±0.25 on"):
        two_cycle(0.5, 1.0, centre=0.3)
    with pytest.raises(ValueError, match="strength is 0"):
        two_cycle(0.5, 0.0)
