"""`prune`, from a run to a smaller network: what goes, what it says, and what it refuses."""

import os
import re
from dataclasses import replace

import numpy as np
import pytest
from support import assert_close

import sl1lib
from sl1lib import DataError, Dataset, Penalty, Pruned, Run, RunConfig, fast, prune, reference, train
from sl1lib.engine import images_to_tensor
from sl1lib.pruning import Floor, shortest_nodes


def pruned_of(run, *arguments, **options):
    return prune(run, *arguments, latency=False, **options)


def changed(run, **params):
    """The run with some parameters replaced."""
    return replace(run, params={**run.params, **params})


def test_by_default_the_nodes_below_the_penaltys_eps_go(strong):
    pruned = pruned_of(strong)
    assert isinstance(pruned, Pruned)
    np.testing.assert_array_equal(pruned.kept, np.flatnonzero(strong.node_norms >= 0.05))  # exact: a selection
    assert 0 < len(pruned.kept) == 192 - strong.nodes_below() < 192
    maps = np.unique(pruned.kept // 16)
    assert len(maps) < 12  # the penalty is strong enough to switch off whole maps
    assert pruned.params["U"].shape == (10, len(pruned.kept))
    assert pruned.params["K2"].shape == (len(maps), 6, 5, 5)
    np.testing.assert_array_equal(pruned.params["K2"], strong.params["K2"][maps])  # exact: a copy
    np.testing.assert_array_equal(pruned.params["U"], strong.params["U"][:, pruned.kept])  # exact: a copy
    assert {array.dtype for array in pruned.params.values()} == {np.dtype("float32")}


def test_without_a_penalty_the_threshold_is_a_hundredth(plain):
    U = plain.params["U"].copy()
    U[:, :5] = 0.0031  # norms of 0.0098
    U[:, 5:9] = 0.0032  # and of 0.0101
    assert pruned_of(changed(plain, U=U)).kept[0] == 5


def test_the_mean_over_the_training_images_goes_into_the_bias(double, digits):
    """Float64, sigmoid features, on the part of the data that the run was trained on; by the reference alone."""
    threshold = float(np.median(double.node_norms))
    own = digits.split(100).subset(1000, double.config.seed)
    means = reference.features(double.params, own.x_train[:, None] / 255, "text").mean(axis=0)
    gone = double.node_norms < threshold
    U, b = double.params["U"].copy(), double.params["b"] + double.params["U"][:, gone] @ means[gone]
    U[:, gone] = 0
    expected = reference.forward({**double.params, "U": U, "b": b}, digits.x_test[:50, None] / 255, "text")
    pruned = pruned_of(double, threshold)
    assert_close(pruned.predict(digits.x_test[:50]), expected, 1e-12)
    assert_close(reference.forward(pruned.full_params(), digits.x_test[:50, None] / 255, "text"), expected, 1e-12)
    # exact: nothing is added
    np.testing.assert_array_equal(pruned_of(double, threshold, fold=False).params["b"], double.params["b"])
    mirrored = Dataset(digits.x_train[:, ::-1], digits.y_train, digits.x_test, digits.y_test, "mirrored")
    other = pruned_of(double, threshold, data=mirrored)
    # exact: far apart
    assert not np.array_equal(other.params["b"], pruned.params["b"])  # means of the images that are given


def test_folding_saves_accuracy_where_features_are_not_0_on_average(double):
    lost = {fold: pruned_of(double, count=150, fold=fold).report.scores[1].E0 for fold in (True, False)}
    assert lost[True] < lost[False]


def test_the_report_measures_on_what_the_run_was_measured_on(strong, double, digits):
    for run, data in ((strong, digits), (double, digits.split(100))):
        report = pruned_of(run).report
        before, after = report.scores
        assert (before.stage, after.stage) == ("before", "removed")
        assert report.error_before == pytest.approx(run.held_out_error, abs=1.5 / len(data.x_test))
        np.testing.assert_allclose(before.E0, run.history.held_out_E0[-1], rtol=1e-4)
        assert (after.E0, after.error) == pytest.approx(pruned_of(run).evaluate(data.x_test, data.y_test), rel=1e-4)
        assert (report.held_out, report.images) == (run.held_out, len(data.x_test))
        assert report.data_name == run.data_name


def test_criteria_are_compared_at_one_number_of_nodes(strong, plain):
    count = strong.nodes_below()
    by_threshold, by_count = pruned_of(strong), pruned_of(strong, count=count)
    np.testing.assert_array_equal(by_threshold.kept, by_count.kept)  # exact: a selection
    assert_close(by_threshold.params, by_count.params, 0)  # exact: a copy
    magnitude = pruned_of(plain, count=count)
    assert magnitude.report.after.nodes == by_threshold.report.after.nodes
    given = pruned_of(plain, remove=shortest_nodes(plain.params["U"], count))
    np.testing.assert_array_equal(magnitude.kept, given.kept)  # exact: a selection
    # exact: a selection
    np.testing.assert_array_equal(pruned_of(plain, remove=[191, 3]).kept, np.delete(np.arange(192), [3, 191]))


def test_grouping_selects_whole_maps(plain):
    pruned = pruned_of(plain, count=5, grouping="map")
    assert (len(pruned.kept), len(pruned.parts.maps2)) == (112, 7)
    assert pruned.report.criterion == "the 5 shortest maps"


def test_a_strong_map_wise_penalty_removes_maps_and_saves_arithmetic(plain):
    penalty = Penalty(0.1, eps=0.05, grouping="map")
    run = train(plain.config.replace(penalty=penalty, epochs=8), progress=False)
    report = pruned_of(run, grouping="map").report
    assert 0 < report.after.maps2 <= 9
    assert report.after.nodes == 16 * report.after.maps2
    expected = 86_400 + 9_600 * report.after.maps2 + 160 * report.after.maps2
    assert report.after.multiply_adds == expected < 0.9 * report.before.multiply_adds
    assert report.error_after < report.error_before + 0.02
    nodes_alone = 192 * 10  # what all nodes together could save
    assert report.before.multiply_adds - report.after.multiply_adds > 10 * nodes_alone


def test_weights_that_were_penalised_one_by_one_can_be_judged_one_by_one(plain):
    run = train(plain.config.replace(penalty=Penalty(0.02, 0.05, grouping="weight")), progress=False)
    pruned = pruned_of(run, grouping="weight")
    # exact: a selection
    np.testing.assert_array_equal(pruned.kept, np.flatnonzero(np.abs(run.params["U"]).max(axis=0) >= 0.05))
    assert 0 < len(pruned.kept) < 192


@pytest.mark.parametrize("reading", ["table", "text", "table+relu-logits", "text+relu-logits"])
def test_every_reading_can_be_pruned(plain, reading, digits):
    config = plain.config.replace(reading=reading, epochs=2, n_train=400, lr=None)
    run = train(config, progress=False)
    pruned = pruned_of(run, count=100)
    scores = pruned.predict(digits.x_test)
    full = {name: fast.network.torch.tensor(array) for name, array in pruned.full_params().items()}
    expected = fast.Network(full, reading).predict(images_to_tensor(digits.x_test))
    assert_close(scores, expected.numpy(), 2e-5)
    assert ("multiply-adds, pooling composed" in str(pruned.report)) == reading.startswith("table")


# At the edges


def test_nothing_to_remove_gives_the_same_network(strong, digits):
    pruned = pruned_of(strong, 0)
    assert_close(pruned.params, strong.params, 0)  # exact: a copy
    assert pruned.report.before == pruned.report.after
    assert pruned.report.error_before == pruned.report.error_after
    assert "0 of 192 nodes removed" in str(pruned.report)
    assert_close(pruned.predict(digits.x_test), strong.predict(digits.x_test), 2e-5)
    assert len(pruned_of(strong, count=0).kept) == len(pruned_of(strong, remove=[]).kept) == 192


def test_everything_below_the_threshold_is_an_error_that_says_what_to_do(strong):
    longest = f"{strong.node_norms.max():.3g}"
    message = rf"all 192 nodes are selected \(‖u_k‖ < 100; the longest has {longest}\).* floor=Floor\(nodes=1\)"
    with pytest.raises(ValueError, match=message):
        pruned_of(strong, 100)
    with pytest.raises(ValueError, match=r"all 192 nodes are selected \(the 192 shortest nodes"):
        pruned_of(strong, count=192)
    with pytest.raises(ValueError, match=r"all 192 nodes are selected \(nodes as given"):
        pruned_of(strong, remove=range(192))


def test_a_floor_keeps_the_longest(strong):
    pruned = pruned_of(strong, 100, floor=Floor(nodes=7))
    assert set(pruned.kept) == set(np.argsort(strong.node_norms)[-7:])
    pruned = pruned_of(strong, 100, floor=Floor(nodes=1, maps=(2, 5)), kernel_threshold=100)
    assert (pruned.report.after.maps1, pruned.report.after.maps2, len(pruned.kept)) == (2, 5, 5)
    assert "Floor(nodes=1, maps=(2, 5))" in str(pruned.report)
    assert len(pruned_of(strong, floor=Floor()).kept) == len(pruned_of(strong).kept)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_one_node_is_a_network(strong, reading, digits):
    run = replace(strong, config=strong.config.replace(reading=reading))
    pruned = pruned_of(run, remove=np.arange(192) != 100)
    assert pruned.kept.tolist() == [100]
    assert pruned.predict(digits.x_test[:3]).shape == (3, 10)
    assert pruned.report.after.parameters == 156 + 151 + 20


def test_an_interrupted_run_is_pruned_and_the_report_says_so(strong):
    report = pruned_of(replace(strong, complete=False)).report
    assert "INTERRUPTED" in str(report)
    assert "INTERRUPTED" not in str(pruned_of(strong).report)


def test_a_diverged_network_is_refused(strong):
    for name in ("U", "K1", "b2"):
        with pytest.raises(ValueError, match=rf"params\['{name}'\] has numbers that are not finite; a run that div"):
            pruned_of(changed(strong, **{name: np.full_like(strong.params[name], np.inf)}))


def test_parameters_of_another_network_are_refused(strong):
    with pytest.raises(ValueError, match=r"the shape of params\['U'\] is \(10, 100\)"):
        pruned_of(changed(strong, U=strong.params["U"][:, :100]))
    with pytest.raises(ValueError, match="params lacks 'U'"):
        pruned_of(replace(strong, params={name: array for name, array in strong.params.items() if name != "U"}))


def test_the_run_stays_as_it_is_and_the_result_is_its_own(strong):
    given = {name: array.copy() for name, array in strong.params.items()}
    pruned = pruned_of(strong, 0, fold=False)
    for array in pruned.params.values():
        array[:] = 0
    assert_close(strong.params, given, 0)  # exact: a copy


def test_one_run_gives_one_result_bit_for_bit(strong):
    one, other = pruned_of(strong, fine_tune=1), pruned_of(strong, fine_tune=1)
    # exact: repeated on one machine
    assert all(one.params[name].tobytes() == other.params[name].tobytes() for name in one.params)
    assert one.report == other.report


def test_a_run_from_another_machine_is_pruned_here(strong):
    """A run that was trained on a device that is not there names it; another one can be asked for."""
    away = replace(strong, config=strong.config.replace(device="cuda:99"))
    with pytest.raises(ValueError, match="device is 'cuda:99'; this machine has"):
        pruned_of(away)
    here = pruned_of(away, device="cpu", fine_tune=1)
    assert here.config.device == "cpu"
    assert_close(here.params, pruned_of(strong, fine_tune=1).params, 0)  # exact: repeated on one machine


def test_numpys_numbers_are_numbers(strong):
    one = pruned_of(strong, count=np.int64(60), floor=Floor(np.int64(3), (1, np.uint8(2))), fine_tune=np.int32(2))
    assert one.report == pruned_of(strong, count=60, floor=Floor(3, (1, 2)), fine_tune=2).report
    assert len(pruned_of(strong, np.float32(0.1)).kept) == 192 - strong.nodes_below(np.float32(0.1))


# Data


def test_data_that_is_not_the_runs_is_refused_when_loaded_and_taken_when_given(strong, digits):
    foreign = replace(strong, provenance={**strong.provenance, "data_sha256": "0" * 64})
    with pytest.raises(DataError, match=r"^load_data\('digits'\) gives digits, SHA-256 .*trained on 000000000000…"):
        pruned_of(foreign)
    assert pruned_of(foreign, data=digits).report.data_name == "digits"
    assert pruned_of(replace(strong, provenance={})).report.data_name == "digits"  # nothing to compare with
    half = Dataset(digits.x_train[:700], digits.y_train[:700], digits.x_test[:50], digits.y_test[:50], "half")
    assert (pruned_of(strong, data=half).report.data_name, pruned_of(strong, data=half).report.images) == ("half", 50)
    with pytest.raises(ValueError, match=r"data is .*; it must be a Dataset"):
        pruned_of(strong, data="digits")


# Refused


@pytest.mark.parametrize("threshold", [-0.1, float("nan"), float("inf"), "0.1", True, np.ones(2)])
def test_a_threshold_is_a_finite_number_of_at_least_0(strong, threshold):
    with pytest.raises(ValueError, match=r"^threshold is .*; it must be a finite number of at least 0$"):
        pruned_of(strong, threshold)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0.1, "count": 3}, "threshold and count are given; a selection has one of threshold, count, rem"),
        ({"count": 3, "remove": [1]}, "count and remove are given"),
        ({"count": 193}, "count is 193"),
        ({"grouping": "nodes"}, "grouping is 'nodes'; .*did you mean 'node'"),
        ({"floor": 5}, r"floor is 5; it must be a Floor\(nodes=..., maps=...\)"),
        ({"kernel_threshold": float("nan")}, "kernel_threshold is nan"),
        ({"fine_tune": -1}, "fine_tune is -1"),
        ({"fine_tune": 1.5}, "fine_tune is 1.5"),
        ({"lr": 0.1}, "lr and penalty are for fine-tuning; say for how many epochs"),
        ({"penalty": Penalty(0.1)}, "lr and penalty are for fine-tuning"),
        ({"fine_tune": 1, "lr": 0}, "lr is 0"),
        ({"fine_tune": 1, "penalty": 0.1}, "penalty is 0.1"),
    ],
)
def test_wrong_options_are_named(strong, options, message):
    with pytest.raises(ValueError, match=message):
        pruned_of(strong, **options)


def test_what_is_no_run_is_refused(strong):
    for other in (None, strong.params, "run.npz"):
        with pytest.raises(ValueError, match=re.escape("it must be a Run, as train and Run.load return")):
            pruned_of(other)


# MNIST, where it is


@pytest.mark.skipif(not os.environ.get("SL1LIB_DATA"), reason="SL1LIB_DATA does not name MNIST")
def test_a_run_on_mnist_keeps_its_accuracy():
    """A strong penalty, 3,000 images: nodes go, the error stays. Without the penalty as many do not go so cheaply."""
    config = RunConfig(data="mnist", n_train=3000, epochs=6, lr=0.3, penalty=Penalty(0.01, eps=0.05))
    runs = sl1lib.train_many([config, config.replace(penalty=None)], progress=False)
    report = pruned_of(runs[0]).report
    assert report.images == 10_000
    assert 20 < report.before.nodes - report.after.nodes < 192
    assert report.error_after < report.error_before + 0.005
    assert isinstance(runs[1], Run)
    magnitude = pruned_of(runs[1], count=report.before.nodes - report.after.nodes).report
    assert magnitude.after.nodes == report.after.nodes
    assert magnitude.error_after - magnitude.error_before > report.error_after - report.error_before
