"""The smaller network computes what the full one does with zeros in the same places: both readings, to rounding."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from networks import every_reading, random_images, random_params, tensors
from support import assert_close

from sl1lib import fast, reference
from sl1lib.fast import Network
from sl1lib.pruning import Parts, multiply_adds, parameter_count, parts_left, shrink

masks = st.tuples(
    st.lists(st.integers(0, 191), max_size=150, unique=True), st.lists(st.integers(0, 11), max_size=11, unique=True)
)


def mask_of(nodes, maps):
    removed = np.zeros(192, dtype=bool)
    removed[nodes] = True
    removed.reshape(12, 16)[maps] = True
    removed[np.arange(192) == (191 if removed.all() else -1)] = False
    return removed


def emptied(params, removed, means=None):
    """The full network with columns of zeros, and with the means of their nodes in the bias, node by node."""
    U, b = params["U"].copy(), params["b"].copy()
    for k in np.flatnonzero(removed):
        if means is not None:
            b = b + means[k] * U[:, k]
        U[:, k] = 0
    return {**params, "U": U, "b": b}


@every_reading
@given(choice=masks, folded=st.booleans(), seed=st.integers(0, 99))
def test_it_is_the_full_network_with_zeros_and_the_means_in_the_bias(reading, choice, folded, seed):
    params, x, removed = random_params(seed), random_images(), mask_of(*choice)
    full = tensors(params)
    means = Network(full, reading).means(torch.tensor(x)) if folded else None
    parts = parts_left(full, removed)
    smaller = shrink(full, parts, means)
    received = Network(smaller, reading, parts.columns)(torch.tensor(x)).numpy()
    features = reference.features(params, x, reading).mean(axis=0) if folded else None
    assert_close(received, reference.forward(emptied(params, removed, features), x, reading), 1e-12)
    np.testing.assert_array_equal(parts.nodes, np.flatnonzero(~removed))  # exact: a selection
    assert {name: tuple(tensor.shape) for name, tensor in smaller.items()} == parts.shapes


@every_reading
def test_filters_that_go_with_their_maps_change_no_score(reading):
    """Removed as nodes only, or with the filters behind them: the same function."""
    params, x, removed = random_params(3), random_images(), mask_of([5, 30], [0, 4, 7, 11])
    parts = parts_left(tensors(params), removed)
    assert parts.maps2.tolist() == [1, 2, 3, 5, 6, 8, 9, 10]
    received = Network(shrink(tensors(params), parts), reading, parts.columns)(torch.tensor(x)).numpy()
    nodes_only = Network(tensors(emptied(params, removed)), reading)(torch.tensor(x)).numpy()
    assert_close(received, nodes_only, 1e-12)
    assert shrink(tensors(params), parts)["K2"].shape == (8, 6, 5, 5)


@every_reading
def test_the_widened_parameters_are_the_same_function(reading):
    params, x = random_params(4), random_images()
    parts = parts_left(tensors(params), mask_of(range(100, 130), [1, 2]))
    smaller = {name: tensor.numpy() for name, tensor in shrink(tensors(params), parts).items()}
    received = Network(tensors(smaller), reading, parts.columns)(torch.tensor(x)).numpy()
    assert_close(received, reference.forward(parts.widen(smaller), x, reading), 1e-12)
    assert_close(parts.take(parts.widen(smaller)), smaller, 0)  # exact: a copy


@every_reading
def test_the_full_network_answers_as_fast_and_its_means_are_the_features(reading):
    params, x = tensors(random_params(5)), torch.tensor(random_images(7))
    network = Network(params, reading)
    assert_close(network(x).numpy(), fast.forward(params, x, reading).numpy(), 1e-12)
    steps = fast.trace(params, x, reading)
    of_maps, of_features = network.means(x)
    assert_close(of_maps.numpy(), steps["stage1"].mean(dim=(0, 2, 3)).numpy(), 1e-12)
    assert_close(of_features.numpy(), steps["features"].mean(dim=0).numpy(), 1e-12)


def test_many_images_are_answered_in_parts(monkeypatch):
    params, x = tensors(random_params()), torch.tensor(random_images(7))
    network = Network(params, "table")
    expected = network(x), *network.means(x)
    monkeypatch.setattr("sl1lib.fast.network.EVALUATION_BATCH", 3)
    for received, right in zip((network.predict(x), *network.means(x)), expected, strict=True):
        assert_close(received.numpy(), right.numpy(), 1e-12)


def test_grey_levels_count_a_255th_each():
    params = {name: tensor.float() for name, tensor in tensors(random_params()).items()}
    grey = torch.tensor(np.random.default_rng(0).integers(256, size=(3, 1, 28, 28)), dtype=torch.uint8)
    network = Network(params, "table")
    torch.testing.assert_close(network.predict(grey), network.predict(grey.float() / 255))
    torch.testing.assert_close(network.means(grey)[1], network.means(grey.float() / 255)[1])


# Layer 1


@every_reading
def test_a_map_of_layer_1_that_nobody_reads_goes_without_a_trace(reading):
    params, x = random_params(6), random_images()
    removed = mask_of([], [2, 9])
    params["K2"][:, 4] = 0
    params["K2"][[m for m in range(12) if m not in (2, 9)], 1] = 0  # map 1 is read by filters that go
    parts = parts_left(tensors(params), removed)
    assert parts.maps1.tolist() == [0, 2, 3, 5]
    smaller = shrink(tensors(params), parts)
    assert smaller["K1"].shape == (4, 1, 5, 5)
    received = Network(smaller, reading, parts.columns)(torch.tensor(x)).numpy()
    assert_close(received, reference.forward(emptied(params, removed), x, reading), 1e-12)


@every_reading
def test_a_map_of_layer_1_that_is_read_weakly_goes_only_if_asked_and_its_mean_is_folded(reading):
    """A map that is constant over places and images is a bias of layer 2: exact. Without the mean it is not."""
    params, x = random_params(7), torch.tensor(random_images())
    params["K1"][4] = 0  # constant
    params["K2"][:, 4] *= 0.01
    params["b1"][4] = 1.0
    full = tensors(params)
    length = np.linalg.norm(params["K2"][:, 4])
    nothing = np.zeros(192, dtype=bool)
    assert len(parts_left(full, nothing).maps1) == 6
    assert len(parts_left(full, nothing, kernel_threshold=length * (1 - 1e-9)).maps1) == 6
    parts = parts_left(full, nothing, kernel_threshold=length * (1 + 1e-9))
    assert parts.maps1.tolist() == [0, 1, 2, 3, 5]
    network = Network(full, reading)
    folded = Network(shrink(full, parts, network.means(x)), reading, parts.columns)
    assert_close(folded(x).numpy(), network(x).numpy(), 1e-12)
    dropped = Network(shrink(full, parts), reading, parts.columns)
    assert np.abs(dropped(x).numpy() - network(x).numpy()).max() > 1e-6


def test_a_floor_keeps_the_maps_of_layer_1_that_are_read_most():
    params = random_params(8)
    lengths = np.sqrt((params["K2"] ** 2).sum(axis=(0, 2, 3)))
    parts = parts_left(tensors(params), np.zeros(192, dtype=bool), kernel_threshold=1e9, least_maps1=2)
    assert set(parts.maps1) == set(np.argsort(lengths)[-2:])


def test_nothing_left_is_an_error():
    params = tensors(random_params())
    with pytest.raises(ValueError, match=r"all 192 nodes are removed.*Floor\(nodes=1\)"):
        parts_left(params, np.ones(192, dtype=bool))
    with pytest.raises(ValueError, match=r"reads no map of layer 1 .* kernel_threshold = 1e\+09 .*Floor"):
        parts_left(params, np.zeros(192, dtype=bool), kernel_threshold=1e9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: parts_left(p, np.zeros(191, bool)), r"removed is 'bool \(191,\)'; it must be bool \(192,\)"),
        (lambda p: parts_left(p, np.zeros(192)), r"removed is 'float64 \(192,\)'"),
        (lambda p: parts_left(p, np.zeros(192, bool), -1), "kernel_threshold is -1; it must be a finite number"),
        (lambda p: parts_left({"U": p["U"]}, np.zeros(192, bool)), "params lacks 'K1'"),
        (
            lambda p: shrink(p, Parts.everything(), (torch.ones(5), torch.ones(192).double())),
            r"means is \(5,\); W has 6",
        ),
        (
            lambda p: shrink(p, Parts.everything(), (torch.ones(6), torch.ones(1))),
            r"means is \(1,\); W has 192",
        ),
        (lambda p: Network({**p, "U": p["U"][:, 1:]}, "table"), r"shape of params\['U'\] is \(10, 191\)"),
        (lambda p: Network({"U": p["U"]}, "table"), "params lacks 'K1', 'b1'"),
        (lambda p: Network(p, "tabel"), "did you mean 'table'"),
        (lambda p: Network(p, "table")(torch.zeros(1, 1, 32, 32)), r"images are \(N, 1, 28, 28\)"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(tensors(random_params()))


@pytest.mark.parametrize(
    ("nodes", "maps1", "maps2", "message"),
    [
        ([0, 192], [0], [0], "nodes is .*they must ascend from 0 to at most 191"),
        ([3, 3], [0], [0], "nodes is"),
        ([-1, 3], [0], [0], "nodes is"),
        ([], [0], [], "nodes is .*at least one"),
        ([0.5], [0], [0], "nodes is 'float64"),
        ([0], [6], [0], "maps1 is .*at most 5"),
        ([0], [], [0], "maps1 is"),
        ([0, 16], [0], [0], r"maps2 is \[0\]; they must be the maps that the nodes belong to"),
        ([0], [0], [0, 1], r"maps2 is \[0, 1\]"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(nodes, maps1, maps2, message):
    with pytest.raises(ValueError, match=message):
        Parts(*(np.array(numbers, None if numbers else int) for numbers in (nodes, maps1, maps2)))


# What it takes


def test_multiply_adds_and_parameters_are_those_counted_by_hand():
    full = random_params()
    assert multiply_adds(full) == 24 * 24 * 25 * 6 + 8 * 8 * 25 * 6 * 12 + 192 * 10 == 203_520
    assert multiply_adds(full, composed=True) == 12 * 12 * 36 * 6 + 4 * 4 * 36 * 6 * 12 + 192 * 10 == 74_496
    assert parameter_count(full) == 3_898
    full["K2"][:, [0, 5]] = 0
    parts = parts_left(tensors(full), mask_of(range(32, 36), [0, 1, 7]))  # 9 maps, 140 nodes, 4 maps of layer 1
    smaller = shrink(tensors(full), parts)
    assert multiply_adds(smaller) == 24 * 24 * 25 * 4 + 8 * 8 * 25 * 4 * 9 + 140 * 10 == 116_600
    assert multiply_adds(smaller, composed=True) == 12 * 12 * 36 * 4 + 4 * 4 * 36 * 4 * 9 + 140 * 10 == 42_872
    assert parameter_count(smaller) == (4 * 25 + 4) + (9 * 4 * 25 + 9) + (140 * 10 + 10)


def test_all_nodes_together_are_less_than_a_hundredth_of_the_multiply_adds():
    full = random_params()
    assert (multiply_adds(full) - multiply_adds({**full, "U": np.ones((10, 0))})) / multiply_adds(full) < 0.0095


def test_multiply_adds_are_the_products_that_a_convolution_really_makes():
    """Counted by a convolution of ones: each output place sums as many products as its window has places."""
    parts = parts_left(tensors(random_params()), mask_of([], [3, 4]))
    ones = {name: torch.ones(shape, dtype=torch.float64) for name, shape in parts.shapes.items()}
    products, x = 0, torch.ones(1, 1, 28, 28, dtype=torch.float64)
    for layer in (1, 2):
        y = torch.nn.functional.conv2d(x, ones[f"K{layer}"])
        products += int(y.sum())
        x = torch.ones_like(y[:, :, ::2, ::2])
    assert multiply_adds(ones) == products + 10 * len(parts.nodes)
