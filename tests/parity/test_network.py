"""The whole network in each reading: both engines against PyTorch's own layers, and the order of the 192 nodes."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.signal import convolve2d
from support import REFERENCE, every_engine, normal
from torch import nn

from sl1lib import READINGS, fast, reference
from sl1lib.architecture import PARAMETER_SHAPES, epoch_order

every_reading = pytest.mark.parametrize("reading", ["table", "text", "table+relu-logits", "text+relu-logits"])


def random_params(seed=0):
    """Weights of the usual size, and biases that are not 0."""
    start = reference.init_params(seed)
    return {name: a if a.ndim > 1 else 0.1 * normal(seed + 1, *a.shape) for name, a in start.items()}


def batch(count=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((count, 1, 28, 28)), rng.integers(10, size=count)


def pytorchs(params, reading):
    """The reading built of PyTorch's layers, following the words of the paper's Table 1 and section 2."""
    conv1, conv2, dense = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 12, 5), nn.Linear(192, 10)
    if reading.startswith("table"):
        stages = [conv1, nn.AvgPool2d(2), nn.ReLU(), conv2, nn.AvgPool2d(2), nn.ReLU()]
    else:
        stages = [conv1, nn.Sigmoid(), nn.AvgPool2d(2), conv2, nn.Sigmoid(), nn.AvgPool2d(2)]
    model = nn.Sequential(
        *stages, nn.Flatten(), dense, *([nn.ReLU()] if reading.endswith("relu-logits") else [])
    ).double()
    leaves = [tensor for layer in (conv1, conv2, dense) for tensor in (layer.weight, layer.bias)]
    for leaf, array in zip(leaves, params.values(), strict=True):
        leaf.data = torch.tensor(array)
    return model, dict(zip(params, leaves, strict=True))


@every_engine
@every_reading
def test_forward_is_pytorchs_layers(engine, reading):
    params, (x, _) = random_params(), batch()
    model, _ = pytorchs(params, reading)
    engine.agrees(engine("forward", params, x, reading), model(torch.tensor(x)).detach().numpy())


@every_reading
def test_backward_is_autograd_through_pytorchs_layers(reading):
    params, (x, labels) = random_params(), batch()
    model, leaves = pytorchs(params, reading)
    error = F.cross_entropy(model(torch.tensor(x)), torch.tensor(labels))
    error.backward()
    received_error, received = reference.backward(params, x, labels, reading)
    REFERENCE.agrees(received_error, error.item())
    REFERENCE.agrees(received, {name: leaf.grad.numpy() for name, leaf in leaves.items()})


@every_engine
@every_reading
def test_every_step_of_the_trace_agrees(engine, reading):
    params, (x, _) = random_params(), batch()
    engine.agrees(engine("trace", params, x, reading), reference.trace(params, x, reading))


@every_engine
@pytest.mark.parametrize("reading", READINGS)
def test_node_k_is_sixteen_maps_plus_four_rows_plus_column(engine, reading):
    params, (x, _) = random_params(), batch()
    maps, nodes = engine("trace", params, x, reading)["stage2"], engine("features", params, x, reading)
    assert nodes.shape == (3, 192)
    for m, row, column in np.ndindex(12, 4, 4):
        np.testing.assert_array_equal(nodes[:, 16 * m + 4 * row + column], maps[:, m, row, column])  # exact: a view


@every_engine
@pytest.mark.parametrize("reading", READINGS)
def test_one_map_fills_its_sixteen_nodes_and_no_others(engine, reading):
    params, (x, _) = random_params(), batch()
    lone = {**params, "K2": params["K2"].copy(), "b2": params["b2"].copy()}
    lone["K2"][7], lone["b2"][7] = 0, 5.0
    changed = engine("features", lone, x, reading) != engine("features", params, x, reading)
    assert set(np.flatnonzero(changed.any(axis=0))) == set(range(16 * 7, 16 * 8))


@every_engine
def test_table_reading_is_a_network_of_strided_6x6_convolutions(engine):
    """Pooling composes with the convolution before it: the same function with 74,496 multiply-adds, not 203,520."""
    params, (x, _) = random_params(), batch()
    values = torch.tensor(x)
    for i in (1, 2):
        wide = [[convolve2d(k, np.full((2, 2), 1 / 4)) for k in kernels] for kernels in params[f"K{i}"]]
        values = F.conv2d(values, torch.tensor(np.array(wide)), torch.tensor(params[f"b{i}"]), stride=2).relu()
    expected = values.flatten(1) @ torch.tensor(params["U"]).T + torch.tensor(params["b"])
    engine.agrees(engine("forward", params, x, "table"), expected.numpy())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_engines_start_from_the_same_numbers(dtype):
    for name, array in reference.init_params(seed=5).items():
        tensor = fast.init_params(seed=5, dtype=dtype)[name]
        assert tensor.dtype == dtype
        assert torch.equal(tensor, torch.tensor(array, dtype=dtype))  # exact: a conversion


def test_the_start_is_glorots():
    """Uniform up to ``√(6/(fan in + fan out))``; biases 0; one seed, one start; another seed, another."""
    start = reference.init_params(seed=0)
    assert {name: array.shape for name, array in start.items()} == PARAMETER_SHAPES
    assert sum(array.size for array in start.values()) == 3898
    for name, fans in {"K1": 25 + 150, "K2": 150 + 300, "U": 192 + 10}.items():
        bound = np.sqrt(6 / fans)
        assert 0.9 * bound < np.abs(start[name]).max() <= bound
        assert abs(start[name].mean()) < bound / 5
    assert all(np.all(start[name] == 0) for name in ("b1", "b2", "b"))  # exact: zeros that were set
    assert np.array_equal(start["K2"], reference.init_params(seed=0)["K2"])  # exact: the same draws
    assert not np.array_equal(start["K2"], reference.init_params(seed=1)["K2"])  # exact: other draws


def test_each_epoch_visits_every_sample_once_in_an_order_of_its_own():
    orders = [tuple(epoch_order(seed, epoch, 20)) for seed in (0, 1) for epoch in (0, 1)]
    assert all(sorted(order) == list(range(20)) for order in orders)
    assert len(set(orders)) == 4
    assert tuple(epoch_order(0, 0, 20)) == orders[0]
