"""`remove_nodes`: smaller layers, the same function."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from sl1lib import fast


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


POOLED = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
FLAT = nn.Sequential(nn.Tanh(), nn.Flatten())
PAIRS = {
    "linear-linear": (lambda: (nn.Linear(5, 8), nn.Linear(8, 3)), nn.ReLU(), (6, 5)),
    "conv-conv": (lambda: (nn.Conv2d(2, 8, 3), nn.Conv2d(8, 3, 3)), POOLED, (6, 2, 12, 12)),
    "conv-linear": (lambda: (nn.Conv2d(2, 8, 3), nn.Linear(8 * 16, 3)), FLAT, (6, 2, 6, 6)),
}
DEAD = torch.tensor([False, True, False, False, True, True, False, False])


@pytest.fixture(params=PAIRS, ids=str)
def pair(request):
    make, between, shape = PAIRS[request.param]
    before, after = (layer.double() for layer in make())
    return before, between, after, torch.randn(shape, dtype=torch.float64)


def empty(after, factor=0.0):
    block = after.weight.shape[1] // len(DEAD)
    with torch.no_grad():
        after.weight[:, DEAD.repeat_interleave(block)] *= factor


def test_same_outputs_where_the_removed_weights_are_zero(pair):
    before, between, after, x = pair
    empty(after)
    expected = after(between(before(x)))
    smaller, follower = fast.remove_nodes(before, after, DEAD)
    torch.testing.assert_close(follower(between(smaller(x))), expected)
    assert len(smaller.weight) == 5
    assert after.weight.shape[1] / follower.weight.shape[1] == 8 / 5
    assert sum(p.numel() for p in smaller.parameters()) < sum(p.numel() for p in before.parameters())


def test_the_arguments_stay_and_the_layers_say_their_new_sizes(pair):
    before, _, after, _ = pair
    kept = [p.clone() for p in (*before.parameters(), *after.parameters())]
    smaller, follower = fast.remove_nodes(before, after, DEAD)
    for now, then in zip((*before.parameters(), *after.parameters()), kept, strict=True):
        assert torch.equal(now, then)  # exact: a copy
    for layer in (smaller, follower):
        sizes = (
            (layer.out_features, layer.in_features)
            if isinstance(layer, nn.Linear)
            else (layer.out_channels, layer.in_channels)
        )
        assert sizes == tuple(layer.weight.shape[:2])
        assert all(p.is_leaf and p.requires_grad for p in layer.parameters())


@pytest.mark.parametrize("bias", [True, False])
def test_a_constant_node_goes_into_the_bias_exactly(pair, bias):
    """Nodes whose incoming weights are 0 hand on a constant; with it in the bias nothing is lost."""
    before, between, after, x = pair
    if not bias:
        after.bias = None
    with torch.no_grad():
        before.weight[DEAD] = 0
        before.bias[DEAD] = 1.5
    values = between(before(x))
    nodes = values.reshape(len(x), len(DEAD), -1)
    smaller, follower = fast.remove_nodes(before, after, DEAD, nodes.mean(dim=(0, 2)))
    torch.testing.assert_close(follower(between(smaller(x))), after(values))


def test_the_mean_in_the_bias_keeps_the_mean_of_the_outputs():
    before, after, x = nn.Linear(5, 8).double(), nn.Linear(8, 3).double(), torch.randn(50, 5, dtype=torch.float64)
    values = torch.sigmoid(before(x))
    smaller, follower = fast.remove_nodes(before, after, DEAD, values.mean(dim=0))
    difference = follower(torch.sigmoid(smaller(x))) - after(values)
    torch.testing.assert_close(difference.mean(dim=0), torch.zeros(3, dtype=torch.float64))
    bound = (after.weight[:, DEAD].norm(dim=0) * (values - values.mean(dim=0))[:, DEAD].abs()).sum(dim=1)
    assert (difference.norm(dim=1) <= bound * (1 + 1e-12)).all()


def test_a_frozen_layer_stays_frozen_and_the_dtype_stays():
    before, after = nn.Linear(5, 8).bfloat16().requires_grad_(False), nn.Linear(8, 3).bfloat16()
    smaller, follower = fast.remove_nodes(before, after, DEAD, torch.ones(8))
    assert not any(p.requires_grad for p in smaller.parameters())
    assert {p.dtype for p in (*smaller.parameters(), *follower.parameters())} == {torch.bfloat16}


def test_wrong_input_is_named():
    a, b = nn.Linear(5, 8), nn.Linear(8, 3)
    pruned = prune.identity(nn.Linear(8, 3), "weight")
    for arguments, message in (
        ((nn.ReLU(), b, DEAD), "before is 'ReLU.*it must be nn.Linear"),
        ((a, nn.Conv2d(8, 8, 3, groups=2), DEAD), "after is .*groups=1"),
        ((a, nn.Linear(9, 3), DEAD), "inputs of after is 9; before has 8 outputs"),
        ((a, b, DEAD[:5]), r"dead is 'bool \(5,\)'; it must be bool \(8,\)"),
        ((a, b, DEAD.float()), r"dead is 'float32 \(8,\)'"),
        ((a, b, DEAD.tolist()), "dead is a list; it must be an array with a shape, or a tensor"),
        ((a, b, torch.ones(8, dtype=torch.bool)), "at least one node must stay"),
        ((a, b, DEAD, torch.ones(3)), "the shape of means"),
        ((nn.Conv2d(1, 8, 3), nn.Conv2d(8, 2, 3, padding=1), DEAD, torch.ones(8)), "padding of after"),
        ((a, pruned, DEAD), "make it permanent first"),
    ):
        with pytest.raises(ValueError, match=message):
            fast.remove_nodes(*arguments)
