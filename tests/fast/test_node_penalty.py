"""`NodePenalty` on layers of the reader's own: its groups, its gradient, its proximal map, any optimiser."""

import copy
import inspect

import pytest
import torch
from torch import nn

from sl1lib import fast

STRENGTH, EPS = 0.7, 0.2
OWNERS = {
    "linear": lambda: nn.Linear(6, 4).double(),
    "conv1d": lambda: nn.Conv1d(3, 5, 4).double(),
    "conv2d": lambda: nn.Conv2d(3, 5, 2).double(),
    "parameter": lambda: nn.Parameter(torch.randn(4, 6, dtype=torch.float64)),
}
every_owner = pytest.mark.parametrize("make", OWNERS.values(), ids=OWNERS)
every_group = pytest.mark.parametrize("group", ["input", "output", "weight"])


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def groups(weight, group):
    """The groups as lists of numbers, by plain indexing: axis 0 are outputs, axis 1 inputs."""
    if group == "input":
        return [weight[:, k].flatten() for k in range(weight.shape[1])]
    if group == "output":
        return [weight[c].flatten() for c in range(weight.shape[0])]
    return list(weight.flatten().unsqueeze(1))


@every_owner
@every_group
def test_value_is_the_strength_times_the_sum_over_groups(make, group):
    penalty = fast.NodePenalty(make(), STRENGTH, EPS, grouping=group)
    lengths = [u.norm() for u in groups(penalty.weight.detach(), group)]
    expected = STRENGTH * sum(r if r > EPS else r**2 / (2 * EPS) + EPS / 2 for r in lengths)
    torch.testing.assert_close(penalty().detach(), expected)
    received = penalty.norms().flatten().sort().values  # single weights come in an order of their own
    torch.testing.assert_close(received, torch.stack(lengths).sort().values)


@every_owner
@every_group
@pytest.mark.parametrize("profile", ["huber", "quartic", "log_cosh", "abs"])
def test_added_gradient_is_autograds(make, group, profile):
    """Added to what ``grad`` holds already, or stored where it holds nothing."""
    penalty = fast.NodePenalty(make(), STRENGTH, EPS, profile, group)
    weight = penalty.weight
    weight.data[:, 1] *= 0.01
    (expected,) = torch.autograd.grad(penalty(), weight)
    penalty.add_gradient_()
    torch.testing.assert_close(weight.grad, expected)
    weight.grad = torch.ones_like(weight)
    penalty.add_gradient_()
    torch.testing.assert_close(weight.grad, expected + 1)


@every_owner
@every_group
def test_prox_shortens_every_group(make, group):
    penalty = fast.NodePenalty(make(), STRENGTH, profile="abs", grouping=group)
    before, tau = groups(penalty.weight.detach().clone(), group), 0.5 * STRENGTH
    penalty.prox_(lr=0.5)
    for u, v in zip(before, groups(penalty.weight.detach(), group), strict=True):
        torch.testing.assert_close(v, u * (1 - tau / u.norm()).clamp(min=0))


def test_a_linear_layers_inputs_are_the_papers_nodes():
    layer = nn.Linear(192, 10)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
    torch.testing.assert_close(regulariser(), STRENGTH * fast.penalty(layer.weight, EPS))
    assert regulariser.norms().shape == (192,)
    assert not regulariser.norms().requires_grad


def test_the_penalised_module_is_counted_once():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)
            self.regulariser = fast.NodePenalty(self.layer, STRENGTH, EPS)

    model = Model()
    assert [name for name, _ in model.named_parameters()] == ["layer.weight", "layer.bias"]
    assert list(model.state_dict()) == ["layer.weight", "layer.bias"]
    assert list(model.regulariser.parameters()) == []
    twin = copy.deepcopy(model)
    assert twin.regulariser.weight is twin.layer.weight


def test_follows_a_weight_that_was_replaced():
    layer = nn.Linear(3, 2)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
    layer.weight = nn.Parameter(torch.zeros(2, 3))
    assert regulariser().item() == pytest.approx(STRENGTH * 3 * EPS / 2)


FIRST_ORDER = sorted(
    name
    for name, kind in vars(torch.optim).items()
    if inspect.isclass(kind)
    and kind is not torch.optim.Optimizer
    and name not in ("LBFGS", "SparseAdam")  # a closure; sparse gradients only
)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_works_with_any_optimiser(name):
    """Under the penalty alone, in the loss or added to the gradient, the same steps lead to shorter weights."""
    lengths = []
    for in_loss in (True, False):
        torch.manual_seed(1)
        weight = nn.Parameter(torch.randn(4, 3))
        regulariser = fast.NodePenalty(weight, STRENGTH, EPS)
        start = regulariser.norms().sum()
        optimiser = getattr(torch.optim, name)([weight], lr=0.01)
        for _ in range(5):
            optimiser.zero_grad()
            if in_loss:
                regulariser().backward()
            else:
                regulariser.add_gradient_()
            optimiser.step()
        lengths.append(regulariser.norms())
        assert lengths[-1].sum() < start
    torch.testing.assert_close(*lengths)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fast.NodePenalty(nn.ReLU(), 1.0), "module_or_parameter is 'ReLU'; it must have a weight"),
        (
            lambda: fast.NodePenalty(nn.BatchNorm1d(3), 1.0),
            "module_or_parameter is 'BatchNorm1d'; it must have a weight",
        ),
        (lambda: fast.NodePenalty(nn.Linear(3, 2), -1), "strength is -1; it must be a finite number of at least 0"),
        (lambda: fast.NodePenalty(nn.Linear(3, 2), 1, eps=0), "eps is 0; it must be a finite number greater than 0"),
        (
            lambda: fast.NodePenalty(nn.Linear(3, 2), 1, grouping="node"),
            "grouping is 'node'; it must be one of 'input', ",
        ),
    ],
)
def test_wrong_input_is_named(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
