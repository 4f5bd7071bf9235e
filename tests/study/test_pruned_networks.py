"""Pruned networks of a study: measured as `sl1lib.prune` would, chosen without the test images, judged by the rules."""

import dataclasses
import re
import shutil
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from sl1lib import Penalty, RunConfig, load_data, prune
from sl1lib.architecture import NODES
from sl1lib.data import DataError, Dataset
from sl1lib.fast import Network
from sl1lib.pruning import parameter_count
from sl1lib.study import Results, Stage, Store, StoreError, Study, load_study, run
from sl1lib.study.declaration import file_name
from sl1lib.study.evidence import load_evidence, save_evidence
from sl1lib.study.experiments import pruned_networks
from sl1lib.study.experiments.pruned_networks import (
    NODE_GRID,
    PRUNING,
    cheapest_by_seed,
    curve,
    kept_networks,
)
from sl1lib.study.experiments.removals import Removals, onnx_differences, prune_again, stored_run, switched_off
from sl1lib.training.images import Images

ROOT = Path(__file__).parents[2]
METHODS = {
    "none": None,
    "SL1": Penalty(0.01, 0.05),
    "SL1 map-wise": Penalty(0.03, 0.05, grouping="map"),
    "group lasso proximal": Penalty(0.01, profile="abs", step="proximal"),
}


@pytest.fixture(scope="module")
def study():
    """Finals measured on test images and a frontier measured on validation images, a second of training each."""
    base = {"data": "digits", "epochs": 3, "batch_size": 20, "lr": 0.2}
    finals = Stage("finals", "?", ["none", "SL1"], [0, 1], keep_params=True)
    frontier = Stage(
        "frontier", "?", list(METHODS), [0, 1], fields={"validation": 200}, scale={"strength": (0.3, 31.6)},
        keep_params=True,
    )  # fmt: skip
    return Study("small", "?", METHODS, [finals, frontier], base)


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    run(study, folder, processes=1, progress=False)
    return folder


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


@pytest.fixture(scope="module")
def evidence(study, folder, digits):
    return PRUNING.measure(Results(study, folder), data=digits, progress=False)


def test_every_row_is_what_prune_gives(study, folder, digits, evidence):
    """The rows come from products of small matrices; the library's own procedure must agree to a tie of two scores."""
    store = Store(folder)
    steps = {"threshold": 1, "count": 13, "matched": 2, "within": 2}
    chosen = {kind: evidence.where(kind=kind).rows()[::step] for kind, step in steps.items()}
    assert all(len(part) >= 3 for part in chosen.values())
    for row in chain(*chosen.values()):
        report = prune_again(row, stored_run(store.records[row["key"]]), digits).report
        assert report.held_out == row["images"]
        after = report.after
        assert (after.nodes, after.maps2, after.parameters, after.multiply_adds) == (
            row["nodes"], row["maps"], row["parameters"], row["multiply_adds"],
        )  # fmt: skip
        assert report.error_after == pytest.approx(row["error"], abs=1.5 / report.images)
        assert report.error_before == pytest.approx(row["error_before"], abs=1.5 / report.images)
        removed = report.scores[1]
        assert pytest.approx(row["E0"], abs=2e-5) == removed.E0


def test_threshold_removes_what_is_short_and_after_proximal_steps_what_is_zero(folder, evidence):
    store = Store(folder)
    for row in evidence.where(kind="threshold").rows():
        record = store.records[row["key"]]
        U, penalty = record.params["U"], record.config.penalty
        if row["method"] == "group lasso proximal":
            expected = np.count_nonzero((U != 0).any(axis=0))
        elif row["method"] == "SL1 map-wise":
            expected = 16 * np.count_nonzero(np.linalg.norm(U.reshape(10, 12, 16), axis=(0, 2)) >= penalty.eps)
        else:
            expected = np.count_nonzero(np.linalg.norm(U, axis=0) >= (penalty.eps if penalty else 0.01))
        assert row["nodes"] in (expected, max(expected, 1), max(expected, 16))


def test_without_folding_the_error_is_prunes_without_folding(folder, digits, evidence):
    row = next(row for row in evidence.where(kind="count", stage="finals", method="none").rows() if row["nodes"] == 96)
    pruned = prune(stored_run(Store(folder).records[row["key"]]), count=96, fold=False, data=digits, latency=False)
    assert pruned.report.error_after == pytest.approx(row["error_unfolded"], abs=1.5 / pruned.report.images)


def test_curves_by_outer_products_are_the_errors_of_each_count(folder, digits):
    record = next(each for each in Store(folder).records.values() if each.config.penalty is None)
    removals = Removals.of(record, Images.prepare(digits, record.config))
    images = len(removals.labels)
    for count in NODE_GRID:
        assert removals.errors[count] == pytest.approx(removals.after(removals.shortest(count))[1], abs=1.5 / images)


def test_rows_within_a_bound_are_the_most_that_keep_it(folder, digits, evidence):
    store = Store(folder)
    frontier = evidence.where(stage="frontier", kind="threshold")
    for row in evidence.where(kind="within").rows():
        bound = frontier.where(seed=row["seed"])["error_before"].min() + float(row["target"])
        assert row["images"] == "validation"
        assert row["error"] <= bound + 1e-9
        record = store.records[row["key"]]
        removals = Removals.of(record, Images.prepare(digits, record.config))
        gone = (NODES - row["nodes"]) // removals.unit
        assert (removals.errors[:: removals.unit][gone + 1 :] > bound - 1e-9).all()


def test_rivals_lose_as_many_nodes_as_sl1_of_their_seed(evidence):
    for stage in ("finals", "frontier"):
        ours = evidence.where(stage=stage, method="SL1", kind="threshold")
        rivals = evidence.where(stage=stage, kind="matched")
        assert set(rivals["method"]) == ({"none"} if stage == "finals" else {"none", "group lasso proximal"})
        for row in rivals.rows():
            same = ours.where(seed=row["seed"])
            same = same if row["method"] == "none" else same.where(factor=row["factor"])
            assert (row["target"], row["nodes"]) in [
                (f"{strength:g}", nodes) for strength, nodes in zip(same["strength"], same["nodes"], strict=True)
            ]


def test_fine_tuned_networks_keep_their_size_and_get_better(evidence):
    tuned = evidence.where(kind="tuned")
    assert set(tuned["method"]) == {"SL1", "SL1 map-wise"}
    for row in tuned.rows():
        same = {"method": row["method"], "seed": row["seed"], "factor": row["factor"], "stage": row["stage"]}
        removed = evidence.where(kind="threshold", **same)
        assert removed["nodes"].tolist() == [row["nodes"]]
        assert row["E0"] < removed["E0"][0]


def test_what_is_chosen_was_chosen_on_validation_images_and_is_measured_on_test_images(folder, digits, evidence):
    store = Store(folder)
    within = [row for row in evidence.rows() if row["kind"] == "within"]
    for scope in ("any penalty", "node-wise"):
        chosen = evidence.where(kind="chosen", target=scope).rows()
        best = cheapest_by_seed(within, scope)
        assert [(row["key"], row["nodes"]) for row in chosen] == [(row["key"], row["nodes"]) for row in best]
        for row in chosen:
            assert row["images"] == "test"
            network = prune_again(row, stored_run(store.records[row["key"]]), digits)
            error = network.evaluate(digits.x_test, digits.y_test)[1]
            assert row["error"] == pytest.approx(error, abs=1.5 / len(digits.x_test))
            assert parameter_count(network.params) == row["parameters"]
    assert (evidence.where(target="node-wise")["grouping"] == "node").all()  # exact: texts


def test_the_best_full_network_of_a_seed_is_measured_on_the_test_images(study, folder, digits, evidence):
    """It is what a bound on validation images begins at, found here from the trainings' own numbers."""
    store = Store(folder)
    table = kept_networks(Results(study, folder).layout).where(stage="frontier")
    best = evidence.where(kind="best").rows()
    assert [(row["stage"], row["seed"]) for row in best] == [("frontier", 0), ("frontier", 1)]  # finals choose nothing
    for row in best:
        assert store.records[row["key"]].held_out_error == table.where(seed=row["seed"])["held_out_error"].min()
        assert (row["images"], row["nodes"], row["error"]) == ("test", NODES, row["error_before"])
        error = stored_run(store.records[row["key"]]).evaluate(digits.x_test, digits.y_test)[1]
        assert row["error"] == pytest.approx(error, abs=1.5 / len(digits.x_test))


def test_onnx_runtime_answers_as_the_chosen_networks_do(folder, digits, evidence):
    pytest.importorskip("onnxruntime")
    assert (evidence.where(kind="chosen")["onnx_differ"] == 0).all()  # exact: counts
    assert np.isnan(evidence.where(kind="count")["onnx_differ"]).all()
    record = next(iter(kept_records(folder)))
    pruned = prune(stored_run(record), count=100, data=digits, latency=False)
    assert onnx_differences(pruned, digits.x_test) == 0


def kept_records(folder):
    return [record for record in Store(folder).records.values() if "params" in record.arrays]


def test_a_bare_machine_says_that_onnx_was_not_asked(folder, digits, monkeypatch):
    monkeypatch.setattr("sl1lib.study.experiments.removals.find_spec", lambda name: None)
    pruned = prune(stored_run(kept_records(folder)[0]), count=100, data=digits, latency=False)
    assert np.isnan(onnx_differences(pruned, digits.x_test))


def test_evidence_survives_its_file_and_knows_its_networks(study, folder, evidence, tmp_path):
    save_evidence(evidence, tmp_path)
    again = load_evidence(tmp_path, PRUNING.name)
    for name, column in evidence.columns.items():
        np.testing.assert_array_equal(again[name], column)  # exact: a round trip through a file
    assert PRUNING.is_current(again, Results(study, folder))
    assert again.provenance["data_sha256"] == load_data("digits").digest
    assert again.provenance["networks"] == len(kept_networks(Results(study, folder).layout))


def test_evidence_goes_stale_with_its_networks(study, folder, evidence, tmp_path):
    (folder / f"{file_name('finals')}.npz").rename(tmp_path / "finals.npz")
    try:
        assert not PRUNING.is_current(evidence, Results(study, folder))
        assert set(PRUNING.measure(Results(study, folder), progress=False)["stage"]) == {
            "frontier"
        }  # what is missing gives no rows
    finally:
        (tmp_path / "finals.npz").rename(folder / f"{file_name('finals')}.npz")
    assert PRUNING.is_current(evidence, Results(study, folder))


def test_the_stored_evidence_of_the_small_study_comes_out_again(digits, tmp_path):
    study, results = load_study("smoke"), ROOT / "results" / "smoke"
    stored = load_evidence(results, PRUNING.name)
    assert PRUNING.is_current(stored, Results(study, results)), (
        "results/smoke was trained anew; measure its networks again"
    )
    shutil.copytree(results, tmp_path / "smoke", ignore=shutil.ignore_patterns("evidence"))
    again = PRUNING.measure(Results(study, tmp_path / "smoke"), data=digits, progress=False)
    for name in set(stored.columns) - {"error", "error_before", "error_unfolded", "E0", "E0_before", "onnx_differ"}:
        # exact: what was declared, and counts by lengths of stored weights, none within 1e-6 of a threshold
        np.testing.assert_array_equal(again[name], stored[name])
    for name in ("error", "error_before", "error_unfolded"):
        np.testing.assert_allclose(again[name], stored[name], atol=2.5 / len(digits.x_test))


def test_other_data_and_no_networks_are_refused(study, folder, digits, tmp_path):
    other = Dataset(digits.x_train, digits.y_train, digits.x_test[:-1], digits.y_test[:-1], name="other")
    with pytest.raises(DataError, match=r"^other has SHA-256 .*; training [0-9a-f]{16} was given "):
        PRUNING.measure(Results(study, folder), data=other, progress=False)
    with pytest.raises(StoreError, match=r"has no network of study 'small'; run `sl1 study run small`"):
        PRUNING.measure(Results(study, tmp_path), progress=False)


def test_a_stored_run_answers_as_the_training_did(folder, digits):
    for record in kept_records(folder)[:4]:
        trained = stored_run(record, "digits", digits.digest)
        assert trained.held_out_error == record.held_out_error
        held_out = Images.prepare(digits, record.config)
        images = held_out.x_held_out[:, 0].numpy()
        error = trained.evaluate(images, held_out.labels_held_out.numpy())[1]
        assert error == pytest.approx(record.held_out_error, abs=1.5 / len(images))
    with pytest.raises(DataError, match="the run was trained on 000000000000"):
        prune(stored_run(record, "digits", "0" * 64), count=5, latency=False)


def test_of_everything_short_the_longest_stays():
    U = np.full((10, NODES), 1e-6)
    U[:, 7] = 2e-6
    assert (~switched_off(U, RunConfig(penalty=Penalty(1.0, 0.01)))).nonzero()[0].tolist() == [7]
    whole = switched_off(U, RunConfig(penalty=Penalty(1.0, 0.01, grouping="map")))
    assert (~whole).nonzero()[0].tolist() == list(range(16))


def test_features_are_the_networks(folder, digits):
    record = kept_records(folder)[0]
    images = Images.prepare(digits, record.config)
    removals = Removals.of(record, images)
    params = {name: torch.tensor(array) for name, array in record.params.items()}
    scores = Network(params, "table").predict(images.x_held_out)
    error = float((scores.argmax(dim=1) != images.labels_held_out).double().mean())
    assert removals.after(np.zeros(NODES, bool))[1] == pytest.approx(error, abs=1.5 / len(scores))


def test_an_unknown_scope_is_refused():
    with pytest.raises(ValueError, match=re.escape("scope is 'maps'; it must be one of")):
        cheapest_by_seed([], "maps")


def test_a_curve_has_a_row_for_each_seed(evidence):
    left, errors = curve(evidence, stage="finals", method="none")
    assert left.tolist() == [NODES - count for count in NODE_GRID]
    for seed, row in enumerate(errors):
        expected = evidence.where(kind="count", stage="finals", method="none", seed=seed)["error"]
        np.testing.assert_array_equal(row, expected)  # exact: the same rows
    with pytest.raises(ValueError, match=r"the counts of .*each seed must have the same, each once"):
        curve(evidence, stage="frontier", method="SL1")  # of two strengths
    with pytest.raises(ValueError, match=r"the counts of .* is 'none'"):
        curve(evidence, stage="finals", method="L2")


def test_rows_of_unchanged_networks_are_taken_over_and_no_others(
    study, folder, digits, evidence, tmp_path, monkeypatch
):
    copy = tmp_path / "results"
    shutil.copytree(folder, copy)
    save_evidence(evidence, copy)
    measured = []
    original = pruned_networks._rows_of_stage

    def watched(table, *others):
        measured.append(table["stage"][0])
        return original(table.where(seed=0), *others)  # less work: what comes out is not looked at

    monkeypatch.setattr(pruned_networks, "_rows_of_stage", watched)
    again = PRUNING.measure(Results(study, copy), data=digits, progress=False)
    assert measured == []
    for name, column in evidence.columns.items():
        np.testing.assert_array_equal(again[name], column)  # exact: a round trip through a file
    assert PRUNING.is_current(again, Results(study, copy))
    stages = evidence.provenance["stages"] | {"finals": {"networks_sha256": "0" * 64}}
    save_evidence(dataclasses.replace(evidence, provenance={**evidence.provenance, "stages": stages}), copy)
    PRUNING.measure(Results(study, copy), data=digits, progress=False)
    assert measured == ["finals"]
    save_evidence(dataclasses.replace(evidence, provenance={**evidence.provenance, "torch": "0.1"}), copy)
    monkeypatch.setattr(
        pruned_networks, "_rows_of_stage", lambda table, *others: measured.append(table["stage"][0]) or []
    )
    PRUNING.measure(Results(study, copy), data=digits, progress=False)
    assert measured == ["finals", "finals", "frontier"]
