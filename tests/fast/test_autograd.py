"""Automatic differentiation through the fast functions: two derivatives, where the mathematics has them."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from sl1lib import PROFILES, fast, reference

EPS = 0.5
SMOOTH = [profile for profile in PROFILES if profile != "abs"]
CONVEX = [profile for profile in PROFILES if profile != "sqrt_quartic"]
every_grouping = pytest.mark.parametrize("grouping", ["node", "weight", "map"])


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def weights(zeros=True):
    """Two maps of groups inside ε and outside, none near it; with ``zeros``, a third map of exact zeros."""
    U = normal(2, 32).detach()
    U[:, :16] *= 0.02
    U = U + 0.01 * U.sign()
    return torch.cat([U, torch.zeros(2, 16 * zeros)], dim=1).requires_grad_()


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (fast.conv2d, (normal(1, 2, 4, 3), normal(2, 2, 3, 2, seed=1), normal(2, seed=2))),
        (lambda a: fast.avg_pool2d(a, 2), (normal(1, 2, 4, 2),)),
        (fast.dense, (normal(3, 4), normal(2, 4, seed=1), normal(2, seed=2))),
        (fast.relu, (normal(20),)),
        (fast.sigmoid, (normal(20),)),
        (fast.softmax, (normal(3, 5),)),
        (lambda s: fast.cross_entropy(s, torch.tensor([0, 4, 2])), (normal(3, 5),)),
        (lambda s: fast.squared_error(s, torch.tensor([0, 4, 2])), (normal(3, 5),)),
    ],
    ids=["conv2d", "avg_pool2d", "dense", "relu", "sigmoid", "softmax", "cross_entropy", "squared_error"],
)
def test_layers(check, function, inputs):
    assert check(function, inputs)


@pytest.mark.parametrize("profile", SMOOTH)
@every_grouping
def test_penalty_twice_also_at_groups_of_zeros(profile, grouping):
    """Off ``r = ε``, where the second derivative of ``huber`` jumps."""
    U = weights()
    assert gradcheck(lambda V: fast.penalty(V, EPS, profile, grouping), U)
    assert gradgradcheck(lambda V: fast.penalty(V, EPS, profile, grouping), U)
    assert gradcheck(lambda V: fast.penalty_grad(V, EPS, profile, grouping), U)


@every_grouping
def test_the_unsmoothed_penalty_off_zero(grouping):
    U = weights(zeros=False)
    assert gradcheck(lambda V: fast.penalty(V, 0.0, "abs", grouping), U, eps=1e-8, atol=1e-4)
    assert gradgradcheck(lambda V: fast.penalty(V, 0.0, "abs", grouping), U, eps=1e-8, atol=1e-3)


@pytest.mark.parametrize("profile", PROFILES)
@every_grouping
def test_autograd_gives_the_formula(profile, grouping):
    """At zeros too, where ``abs`` gets its shortest subgradient, 0; never NaN."""
    U = weights()
    (received,) = torch.autograd.grad(fast.penalty(U, EPS, profile, grouping), U)
    expected = reference.penalty_grad(U.detach().numpy(), EPS, profile, grouping)
    torch.testing.assert_close(received, torch.tensor(expected), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("profile", SMOOTH)
def test_curvature_at_zero(profile):
    """``∇²h(0) = φ''(0) I``, and the formula's gradient, differentiated, says the same."""
    curvature = {"quartic": 1.5 / EPS, "squared": 1.0, "sqrt_quartic": 6**0.5 / 2 * EPS**-1.5}.get(profile, 1 / EPS)
    zero = torch.zeros(3, 1, dtype=torch.float64)
    expected = curvature * torch.eye(3, dtype=torch.float64)
    by_value = torch.autograd.functional.hessian(lambda u: fast.penalty(u, EPS, profile), zero)
    by_gradient = torch.autograd.functional.jacobian(lambda u: fast.penalty_grad(u, EPS, profile), zero)
    for received in (by_value, by_gradient):
        torch.testing.assert_close(received.reshape(3, 3), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("profile", CONVEX)
@every_grouping
def test_prox(profile, grouping):
    """For ``abs`` away from ``‖u‖ = τ``, where its map has a corner; at groups of zeros for every profile."""
    assert gradcheck(lambda V: fast.penalty_prox(V, 0.1, EPS, profile, grouping), weights())


@pytest.mark.parametrize("profile", PROFILES)
def test_scalars(profile):
    r = torch.cat([weights().flatten().detach(), torch.tensor([-2.0, 1.5])]).requires_grad_()
    if profile == "abs":
        r = r.detach()[r.detach() != 0].requires_grad_()
    assert gradcheck(lambda v: fast.smooth_abs(v, EPS, profile), r)
    assert gradgradcheck(lambda v: fast.smooth_abs(v, EPS, profile), r)
    assert gradcheck(lambda v: fast.smooth_abs_grad(v, EPS, profile), r)


@pytest.mark.parametrize("profile", CONVEX)
def test_scalar_prox_off_zero(profile):
    r = torch.tensor([-2.0, -0.3, 0.02, 0.4, 1.5], dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda v: fast.smooth_abs_prox(v, 0.1, EPS, profile), r)


@pytest.mark.parametrize("reading", ["table", "text", "table+relu-logits"])
def test_network_in_random_directions(reading):
    """All parameters and the images at once; ``fast_mode`` compares along random directions."""
    params = {name: a + 0.05 * normal(*a.shape) for name, a in fast.init_params(3, torch.float64).items()}
    x = torch.rand(1, 1, 28, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def error(image, *values):
        return fast.cross_entropy(
            fast.forward(dict(zip(params, values, strict=True)), image, reading), torch.tensor([3])
        )

    leaves = [tensor.detach().requires_grad_() for tensor in (x, *params.values())]
    assert gradcheck(error, leaves, fast_mode=True, eps=1e-7, atol=1e-6)
