"""The fast functions keep dtype and device, and float32 stays near the reference where rounding is worst."""

import numpy as np
import pytest
import torch

from sl1lib import PROFILES, fast, reference

EPS = 0.01
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
CALLS = {
    "conv2d": lambda t: fast.conv2d(t(2, 3, 6, 6), t(4, 3, 2, 2), t(4)),
    "avg_pool2d": lambda t: fast.avg_pool2d(t(2, 3, 6, 6), 3),
    "dense": lambda t: fast.dense(t(2, 3), t(4, 3), t(4)),
    "relu": lambda t: fast.relu(t(3)),
    "sigmoid": lambda t: fast.sigmoid(t(3)),
    "softmax": lambda t: fast.softmax(t(2, 3)),
    "cross_entropy": lambda t: fast.cross_entropy(t(2, 3), torch.tensor([0, 1], device=t(1).device)),
    "cross_entropy one-hot": lambda t: fast.cross_entropy(t(1, 2), t(1, 2) / 2),
    "group_norms": lambda t: fast.group_norms(t(2, 16), "map"),
}
for profile in PROFILES:
    CALLS |= {
        f"smooth_abs {profile}": lambda t, p=profile: fast.smooth_abs(t(3), EPS, p),
        f"smooth_abs_grad {profile}": lambda t, p=profile: fast.smooth_abs_grad(t(3), EPS, p),
        f"penalty {profile}": lambda t, p=profile: fast.penalty(t(2, 16), EPS, p),
        f"penalty_grad {profile}": lambda t, p=profile: fast.penalty_grad(t(2, 16), EPS, p, "map"),
    }
    if profile != "sqrt_quartic":
        CALLS[f"penalty_prox {profile}"] = lambda t, p=profile: fast.penalty_prox(t(2, 16), 0.1, EPS, p)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_dtype_and_device_are_kept(call, dtype, device):
    received = call(lambda *shape: torch.ones(shape, dtype=dtype, device=device))
    assert received.dtype == dtype
    assert received.device.type == device


@pytest.mark.parametrize("profile", PROFILES)
def test_float32_near_zero_and_near_the_width(profile):
    """Within a few units in the last place of ε, or of the value, whichever is larger."""
    r = np.concatenate([[0.0], np.logspace(-30, -4, 40), EPS * (1 + np.linspace(-1e-6, 1e-6, 41)), [0.5, 3.0]])
    r = r.astype(np.float32).astype(np.float64)
    values = fast.smooth_abs(torch.tensor(r, dtype=torch.float32), EPS, profile).numpy()
    slopes = fast.smooth_abs_grad(torch.tensor(r, dtype=torch.float32), EPS, profile).numpy()
    np.testing.assert_allclose(values, reference.smooth_abs(r, EPS, profile), rtol=1e-6, atol=2e-7 * EPS)
    np.testing.assert_allclose(slopes, reference.smooth_abs_grad(r, EPS, profile), rtol=1e-6)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-25, 1e-12, 1e-3, 1.0, 1e15])
def test_float32_groups_of_every_length_have_finite_values_and_gradients(profile, size):
    """The square of a length below 10⁻¹⁹ is no number of float32: such a group counts as 0."""
    U = torch.full((10, 16), size, requires_grad=True)
    value = fast.penalty(U, EPS, profile)
    value.backward()
    for tensor in (value, U.grad, fast.penalty_grad(U, EPS, profile)):
        assert torch.all(torch.isfinite(tensor))
    torch.testing.assert_close(U.grad, fast.penalty_grad(U, EPS, profile).detach(), rtol=1e-5, atol=2e-6)


def test_extreme_scores_have_finite_gradients():
    for size in (1e4, 1e30):
        scores = (size * torch.tensor([[1.0, 0.0, -1.0]])).requires_grad_()
        fast.cross_entropy(scores, torch.tensor([2])).backward()
        assert scores.grad.tolist() == [[1.0, 0.0, -1.0]]


def test_pooling_refuses_integers_which_it_would_round_down():
    with pytest.raises(ValueError, match=r"^the dtype of a is 'int64'; means are fractions; give a\.float\(\)$"):
        fast.avg_pool2d(torch.arange(16).reshape(1, 1, 4, 4), 2)
