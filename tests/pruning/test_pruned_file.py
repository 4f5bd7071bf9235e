"""A pruned network answers, goes into a file and comes back."""

import io
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import about, assert_close

from sl1lib import DataError, Pruned, Run, prune
from sl1lib.pruning import PrunedFileError


@pytest.fixture(scope="module")
def pruned(strong) -> Pruned:
    return prune(strong, fine_tune=1)


@pytest.fixture(scope="module")
def content(pruned, tmp_path_factory) -> bytes:
    return pruned.save(tmp_path_factory.mktemp("saved") / "small").read_bytes()


@pytest.fixture(scope="module")
def arrays(content) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content)) as archive:
        return {name: archive[name] for name in archive.files}


def refused(path) -> str:
    with pytest.raises(PrunedFileError) as caught:
        Pruned.load(path)
    assert str(caught.value).startswith(f"{path} is not a readable pruned network of sl1lib (")
    assert str(caught.value).endswith("; prune the run and save it again")
    return str(caught.value)


def test_what_is_saved_comes_back_exactly(pruned, digits, tmp_path):
    path = pruned.save(tmp_path / "new folder" / "small")
    assert path == tmp_path / "new folder" / "small.npz"
    again = Pruned.load(path)
    assert again.config == pruned.config
    assert again.report == pruned.report
    assert again.provenance == pruned.provenance
    assert repr(again) == repr(pruned)
    assert_close(again.params, pruned.params, 0)  # exact: a round trip through a file
    for name in ("nodes", "maps1", "maps2"):
        # exact: a round trip through a file
        np.testing.assert_array_equal(getattr(again.parts, name), getattr(pruned.parts, name))
    # exact: repeated on one machine
    np.testing.assert_array_equal(again.predict(digits.x_test), pruned.predict(digits.x_test))


def test_what_version_0_1_saved_is_read(digits):
    """The file holds a network that lost 150 of its 192 nodes."""
    pruned = Pruned.load(Path(__file__).parent / "saved" / "pruned-0.1.npz")
    assert (pruned.report.before.nodes, pruned.report.after.nodes, len(pruned.kept)) == (192, 42, 42)
    assert [latency.batch for latency in pruned.report.latency] == [1, 500]
    error = pruned.evaluate(digits.x_test, digits.y_test)[1]
    assert error == pytest.approx(pruned.report.error_after, abs=1.5 / len(digits.y_test))  # a tie may break


def test_float64_and_a_network_with_nothing_removed_come_back(double, tmp_path):
    pruned = prune(double, 0, latency=False)
    again = Pruned.load(pruned.save(tmp_path / "whole"))
    assert_close(again.params, double.params, 0)  # exact: a round trip through a file
    assert again.params["U"].dtype == np.float64
    assert len(again.kept) == 192


def test_the_file_is_smaller_than_the_runs(strong, pruned, tmp_path):
    assert pruned.save(tmp_path / "small").stat().st_size < strong.save(tmp_path / "run").stat().st_size


def test_a_run_is_not_taken_for_a_pruned_network_nor_the_other_way_round(strong, pruned, tmp_path):
    assert "what it holds is 'run'; it must be a pruned network" in refused(strong.save(tmp_path / "run"))
    with pytest.raises(ValueError, match="is not a readable run of sl1lib"):
        Run.load(pruned.save(tmp_path / "small"))


def test_a_failure_leaves_what_was_there_and_nothing_else(pruned, tmp_path, monkeypatch):
    path = pruned.save(tmp_path / "small")
    before = path.read_bytes()

    def no_rename(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", no_rename)
        with pytest.raises(OSError, match="No space left"):
            pruned.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["small.npz"]
    assert path.read_bytes() == before


def test_a_folder_and_a_missing_file_are_what_they_are(pruned, tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        pruned.save(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Pruned.load(tmp_path / "nowhere.npz")
    with pytest.raises(IsADirectoryError):
        Pruned.load(tmp_path)


def test_a_truncated_file_is_refused_wherever_it_ends(content, tmp_path):
    path = tmp_path / "small.npz"
    for length in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:length])
        refused(path)


class Planted:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("where", ["about", "params/U", "parts/nodes"])
def test_loading_never_runs_code(arrays, tmp_path, where):
    planted = np.array([Planted(tmp_path / "ran")], dtype=object)
    np.savez(tmp_path / "small.npz", allow_pickle=True, **{**arrays, where: planted})
    refused(tmp_path / "small.npz")
    (tmp_path / "small.npz").write_bytes(pickle.dumps(Planted(tmp_path / "ran")))
    refused(tmp_path / "small.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {k: v for k, v in a.items() if k != "parts/nodes"}, "nodes"),
        (lambda a: {k: v for k, v in a.items() if k != "params/U"}, "params lacks 'U'"),
        (lambda a: {**a, "params/U": a["params/U"][:, 1:]}, "the shape of params['U'] is (10, "),
        (lambda a: {**a, "params/U": a["params/U"].astype(np.float64)}, "the dtype of params['U'] is 'float64'"),
        (lambda a: {**a, "parts/nodes": a["parts/nodes"][::-1]}, "nodes is"),
        (lambda a: {**a, "parts/maps2": a["parts/maps2"][1:]}, "maps2 is"),
        (lambda a: {**a, "parts/maps3": a["parts/maps2"]}, "maps3"),
        (lambda a: about(a, format=2), "the file's format is 2; this version reads format 1"),
        (lambda a: about(a, kind=...), "what it holds is 'run'"),
        (lambda a: about(a, config={}), "not the fields of a RunConfig"),
        (lambda a: about(a, report={}), "not the fields of a Report"),
        (lambda a: about(a, report=...), "it lacks 'report'"),
        (lambda a: about(a, provenance=[]), "provenance is []; it must be a dict"),
    ],
)
def test_a_wrong_file_is_refused(arrays, tmp_path, change, message):
    np.savez(tmp_path / "small.npz", **change(arrays))
    assert message in refused(tmp_path / "small.npz")


def test_a_report_of_another_network_is_refused(pruned, arrays, tmp_path):
    told = json.loads(str(arrays["about"]))["report"]
    told["after"]["nodes"] += 1
    np.savez(tmp_path / "small.npz", **about(arrays, report=told))
    assert "the report's size" in refused(tmp_path / "small.npz")


def test_it_refuses_what_are_no_labelled_images(pruned, digits):
    with pytest.raises(DataError, match="images has dtype float64; images are uint8"):
        pruned.predict(digits.x_test / 255)
    with pytest.raises(DataError, match="labels has 3 labels; there must be 382, one for each of images"):
        pruned.evaluate(digits.x_test, digits.y_test[:3])


def test_it_predicts_mirrored_views(pruned, digits):
    mirrored = digits.x_test[:5, :, ::-1]
    np.testing.assert_allclose(pruned.predict(mirrored), pruned.predict(mirrored.copy()), rtol=1e-5, atol=1e-5)


def test_parameters_that_do_not_fit_the_parts_are_refused(pruned):
    with pytest.raises(ValueError, match=r"the shape of params\['b'\] is \(9,\)"):
        replace(pruned, params={**pruned.params, "b": pruned.params["b"][1:]})


def test_it_says_what_it_is(pruned):
    text = repr(pruned)
    assert text.startswith("Pruned(SL1, reading table, digits, ")
    assert f"{len(pruned.kept)} of 192 nodes, 6 + {len(pruned.parts.maps2)} of 6 + 12 maps" in text
    assert f"{100 * pruned.report.error_before:.2f} % → {100 * pruned.report.error_after:.2f} %" in text
