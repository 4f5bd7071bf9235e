"""Which nodes are selected: by threshold, by count, as given, and what a floor takes back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sl1lib.pruning import Floor, node_lengths, short_nodes, shortest_nodes
from sl1lib.pruning.selection import given_nodes, with_floor
from sl1lib.settings import GROUPINGS


def weights(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(10, 192)) * np.exp(rng.normal(0, 2, size=192))


def test_a_nodes_length_is_that_of_the_longest_group_it_has_a_part_in():
    U = weights()
    for k in (0, 17, 191):
        group = U[:, 16 * (k // 16) : 16 * (k // 16) + 16]
        assert node_lengths(U)[k] == pytest.approx(np.sqrt((U[:, k] ** 2).sum()))
        assert node_lengths(U, "weight")[k] == np.abs(U[:, k]).max()
        assert node_lengths(U, "map")[k] == pytest.approx(np.sqrt((group**2).sum()))


@pytest.mark.parametrize("grouping", GROUPINGS)
@given(seed=st.integers(0, 99), threshold=st.floats(0, 50))
def test_a_node_goes_if_it_is_shorter_strictly(grouping, seed, threshold):
    U = weights(seed)
    lengths = node_lengths(U, grouping)
    np.testing.assert_array_equal(short_nodes(U, threshold, grouping), lengths < threshold)  # exact: a selection
    assert not short_nodes(U, float(lengths.min()), grouping).any()


def test_the_threshold_counts_as_the_run_does(strong):
    for threshold in (0, 0.01, 0.05, 0.2, *strong.node_norms[:5]):
        assert short_nodes(strong.params["U"], threshold).sum() == strong.nodes_below(threshold)


def test_a_map_goes_as_a_whole_and_a_node_with_its_last_weight():
    U = np.full((10, 192), 0.01)
    U[3, 37] = 1  # node 5 of map 2
    assert np.flatnonzero(~short_nodes(U, 0.5, "map")).tolist() == list(range(32, 48))
    assert np.flatnonzero(~short_nodes(U, 0.5, "weight")).tolist() == [37]


@given(seed=st.integers(0, 99), count=st.integers(0, 192))
def test_the_shortest_are_as_many_as_asked_for_and_no_longer_than_the_rest(seed, count):
    U = weights(seed)
    removed, lengths = shortest_nodes(U, count), node_lengths(U)
    assert removed.sum() == count
    if 0 < count < 192:
        assert lengths[removed].max() <= lengths[~removed].min()


def test_the_shortest_maps_are_whole_and_equals_go_by_number():
    U = weights()
    removed = shortest_nodes(U, 5, "map").reshape(12, 16)
    assert (removed.all(axis=1) == removed.any(axis=1)).all()  # exact: a selection
    assert set(np.flatnonzero(removed[:, 0])) == set(np.argsort(np.linalg.norm(U.reshape(10, 12, 16), axis=(0, 2)))[:5])
    assert shortest_nodes(np.zeros((10, 192)), 7).nonzero()[0].tolist() == list(range(7))
    assert shortest_nodes(np.zeros((10, 192)), 1, "map").nonzero()[0].tolist() == list(range(16))


def test_given_nodes_may_be_numbers_or_a_mask():
    mask = np.arange(192) % 7 == 0
    np.testing.assert_array_equal(given_nodes(mask), mask)  # exact: a selection
    np.testing.assert_array_equal(given_nodes(np.flatnonzero(mask)[::-1]), mask)  # exact: a selection
    assert not given_nodes([]).any()
    given_nodes(mask)[:] = True
    assert not mask.all()  # a copy


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([192], "a node to remove is 192; it must be from 0 to 191, each once"),
        ([-1], "a node to remove is -1"),
        ([3, 4, 3], "a node to remove is 3; .* each once"),
        ([0.5], r"the nodes to remove is 'float64 \(1,\)'; they must be whole numbers from 0 to 191, or 192 truth"),
        (np.ones(191, bool), r"the nodes to remove is 'bool \(191,\)'"),
        (["a"], "the nodes to remove is"),
        ([[1], [2, 3]], r"the nodes to remove is 'object \(2,\)'"),
        (5, r"the nodes to remove is 'int64 \(\)'"),
    ],
)
def test_other_nodes_are_refused(nodes, message):
    with pytest.raises(ValueError, match=message):
        given_nodes(nodes)


@pytest.mark.parametrize("threshold", [-0.1, float("nan"), float("inf"), "0.1", None, True, [0.1]])
def test_a_threshold_is_a_finite_number_of_at_least_0(threshold):
    with pytest.raises(ValueError, match=r"^threshold is .*; it must be a finite number of at least 0$"):
        short_nodes(weights(), threshold)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: short_nodes(weights(), 0.1, "nodes"), "grouping is 'nodes'; .*did you mean 'node'"),
        (lambda: short_nodes(weights()[:, :180], 0.1), r"the shape of U is \(10, 180\); it must be \(10, 192\)"),
        (lambda: short_nodes([[1.0]], 0.1), "U is a list"),
        (lambda: short_nodes(np.full((10, 192), np.nan), 0.1), "U has weights that are not finite"),
        (lambda: shortest_nodes(weights(), 193), "count is 193; it must be a whole number from 0 to 192"),
        (lambda: shortest_nodes(weights(), -1), "count is -1"),
        (lambda: shortest_nodes(weights(), 2.0), "count is 2.0"),
        (lambda: shortest_nodes(weights(), 13, "map"), "count is 13; it must be a whole number from 0 to 12"),
        (lambda: Floor(nodes=193), "Floor.nodes is 193; it must be a whole number from 1 to 192"),
        (lambda: Floor(maps=(7, 1)), r"Floor.maps\[0\] is 7; it must be a whole number from 1 to 6"),
        (lambda: Floor(maps=(1, 0)), r"Floor.maps\[1\] is 0; it must be a whole number from 1 to 12"),
        (lambda: Floor(maps=3), "Floor.maps is 3; it must be two numbers"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(seed=st.integers(0, 99), share=st.floats(0, 1), nodes=st.integers(1, 192), maps=st.integers(1, 12))
@pytest.mark.parametrize("grouping", ["node", "map"])
def test_a_floor_takes_back_the_longest_and_no_more_than_it_must(grouping, seed, share, nodes, maps):
    U = weights(seed)
    lengths = node_lengths(U, grouping)
    removed = lengths < np.quantile(lengths, share)
    kept = ~with_floor(removed, lengths, Floor(nodes, (1, maps)), grouping)
    assert kept[~removed].all()  # it only takes back
    assert kept.sum() >= nodes
    assert kept.reshape(12, 16).any(axis=1).sum() >= maps
    if (~removed).sum() >= nodes and (~removed).reshape(12, 16).any(axis=1).sum() >= maps:
        np.testing.assert_array_equal(kept, ~removed)  # exact: a selection
    if grouping == "map":
        back = (kept & removed).reshape(12, 16)
        assert (back.all(axis=1) == back.any(axis=1)).all()  # exact: a selection
    elif maps == 1 and (kept & removed).any():
        assert kept.sum() == nodes
        assert lengths[kept & removed].min() >= lengths[~kept].max(initial=0)
