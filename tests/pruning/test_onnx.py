"""The ONNX model answers in ONNX Runtime as the network does here: all readings, all test images."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from support import PATIENCE

from sl1lib import DataError, RunConfig, load_data, prune, train
from sl1lib.pruning import run_onnx, write_onnx

READINGS = ["table", "text", "table+relu-logits", "text+relu-logits"]


def assert_same_answers(pruned, images, path):
    expected, received = pruned.predict(images), run_onnx(write_onnx(pruned, path), images)
    assert received.dtype == np.float32
    assert received.shape == expected.shape
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    second, first = np.sort(expected, axis=1)[:, -2:].T
    clear = first - second > 1e-4 * np.abs(expected).max()
    # exact: classes, where no two scores are near a tie
    np.testing.assert_array_equal(received.argmax(axis=1)[clear], expected.argmax(axis=1)[clear])


@pytest.mark.parametrize("options", [{"count": 0}, {"count": 90}, {"count": 5, "grouping": "map"}], ids=str)
@pytest.mark.parametrize("reading", READINGS)
def test_same_scores_on_all_test_images_of_the_digits(plain, digits, reading, options, tmp_path):
    """Other readings take the same weights: a function of their own, which is what is compared."""
    run = replace(plain, config=plain.config.replace(reading=reading))
    assert_same_answers(prune(run, latency=False, **options), digits.x_test, tmp_path / "small")


@pytest.mark.parametrize("reading", ["table", "text"])
def test_same_scores_with_maps_of_layer_1_removed(plain, digits, reading, tmp_path):
    K2 = plain.params["K2"].copy()
    K2[:, 2:4] = 0
    run = replace(plain, config=plain.config.replace(reading=reading), params={**plain.params, "K2": K2})
    pruned = prune(run, count=30, latency=False)
    assert pruned.report.after.maps1 == 4
    assert_same_answers(pruned, digits.x_test, tmp_path / "small")


def test_same_scores_after_fine_tuning_and_from_float64(strong, double, digits, tmp_path):
    assert_same_answers(prune(strong, fine_tune=1, latency=False), digits.x_test, tmp_path / "tuned")
    assert_same_answers(prune(double, count=60, latency=False), digits.x_test, tmp_path / "double")


@pytest.mark.skipif(not os.environ.get("SL1LIB_DATA"), reason="SL1LIB_DATA does not name MNIST")
@pytest.mark.parametrize("reading", ["table", "text"])
def test_same_scores_on_all_test_images_of_mnist(reading, tmp_path):
    lr = {"table": 0.1, "text": 0.7}[reading]
    config = RunConfig(data="mnist", reading=reading, n_train=6000, epochs=3, batch_size=10, lr=lr)
    pruned = prune(train(config, progress=False), count=70, latency=False)
    images = load_data("mnist").x_test
    assert len(images) == 10_000
    assert pruned.report.error_before < 0.2
    assert_same_answers(pruned, images, tmp_path / "small")


def test_the_model_is_as_small_as_the_network(strong, tmp_path):
    pruned = prune(strong, latency=False)
    model = onnx.load(pruned.to_onnx(tmp_path / "new folder" / "small"))
    shapes = {constant.name: tuple(constant.dims) for constant in model.graph.initializer}
    assert {name: shapes[name] for name in pruned.params} == {n: a.shape for n, a in pruned.params.items()}
    assert shapes["columns"] == pruned.kept.shape
    operations = [node.op_type for node in model.graph.node]
    assert operations == [
        *("Cast", "Div", "Unsqueeze", "Conv", "AveragePool", "Relu", "Conv", "AveragePool", "Relu"),
        *("Flatten", "Gather", "Gemm"),
    ]
    assert {entry.key: entry.value for entry in model.metadata_props} == {"reading": "table", "data": "digits"}
    whole = onnx.load(prune(strong, 0, latency=False).to_onnx(tmp_path / "whole.onnx"))
    assert "Gather" not in [node.op_type for node in whole.graph.node]


def test_any_number_of_images_is_answered(strong, digits, tmp_path):
    pruned = prune(strong, latency=False)
    path = pruned.to_onnx(tmp_path / "small")
    for count in (1, 2, 33):
        assert run_onnx(path, digits.x_test[:count]).shape == (count, 10)
    mirrored = digits.x_test[:3, :, ::-1]
    np.testing.assert_allclose(run_onnx(path, mirrored), pruned.predict(mirrored), rtol=1e-4, atol=1e-4)
    with pytest.raises(DataError, match="images are uint8"):
        run_onnx(path, digits.x_test / 255)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run_onnx(tmp_path / "nowhere.onnx", digits.x_test)


def test_the_name_of_the_file(strong, tmp_path):
    pruned = prune(strong, latency=False)
    assert pruned.to_onnx(tmp_path / "a").name == "a.onnx"
    assert pruned.to_onnx(str(tmp_path / "v1.2")).name == "v1.2.onnx"
    assert pruned.to_onnx(tmp_path / "b.onnx").name == "b.onnx"
    with pytest.raises(IsADirectoryError, match=r"is a folder; give the name of a file in it, .*small\.onnx say"):
        pruned.to_onnx(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.onnx", "b.onnx", "v1.2.onnx"]


def test_a_failure_leaves_what_was_there(strong, tmp_path, monkeypatch):
    pruned = prune(strong, latency=False)
    path = pruned.to_onnx(tmp_path / "small")
    before = path.read_bytes()

    def no_rename(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", no_rename)
        with pytest.raises(OSError, match="No space left"):
            pruned.to_onnx(path)
    assert [file.name for file in tmp_path.iterdir()] == ["small.onnx"]
    assert path.read_bytes() == before


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_the_way_to_get_it(strong, tmp_path, monkeypatch, package):
    pruned = prune(strong, latency=False)
    path = pruned.to_onnx(tmp_path / "small")
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    message = f"the package {package} is not installed; ONNX needs two: python -m pip install onnx onnxruntime"
    with pytest.raises(ImportError, match=f"^{message}$"):
        pruned.to_onnx(tmp_path / "other") if package == "onnx" else run_onnx(path, np.zeros((1, 28, 28), np.uint8))
    assert not (tmp_path / "other.onnx").exists()


def test_the_library_imports_neither_package_by_itself():
    code = "import sys, sl1lib; sys.exit(any(name.split('.')[0] in ('onnx', 'onnxruntime') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 0
