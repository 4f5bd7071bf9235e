"""The command behind `sl1 prune`: what it prints, writes and refuses."""

import argparse
import sys

import numpy as np
import onnx
import pytest

from sl1lib import Pruned, Run, RunFileError, load_data, prune
from sl1lib.cli import prune as command
from sl1lib.pruning import run_onnx


@pytest.fixture(scope="module")
def saved(strong, tmp_path_factory):
    return strong.save(tmp_path_factory.mktemp("runs") / "run")


def call(*arguments):
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    return command.run(parser.parse_args(list(map(str, arguments))))


def test_it_prints_the_report(saved, strong, capsys):
    assert call(saved, "--no-latency") == 0
    assert capsys.readouterr().out == f"{prune(strong, latency=False).report}\n"
    assert call(saved) == 0
    assert "time of 1 image" in capsys.readouterr().out


def test_every_option_is_explained():
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    for action in parser._actions:
        assert len(action.help or "") > 10, action


def test_its_options_are_prunes(saved, strong, capsys, tmp_path):
    out = tmp_path / "new folder" / "small"
    arguments = ["--count", 4, "--grouping", "map", "--no-fold", "--fine-tune", 1, "--lr", 0.05, "--keep-penalty"]
    assert call(saved, *arguments, "--no-latency", "--save", out) == 0
    assert capsys.readouterr().out.endswith(f"\nsaved {out}.npz\n")
    expected = prune(
        strong, count=4, grouping="map", fold=False, fine_tune=1, lr=0.05, penalty=strong.config.penalty, latency=False
    )
    received = Pruned.load(f"{out}.npz")
    assert received.report == expected.report
    for name in expected.params:
        # exact: repeated on one machine
        np.testing.assert_array_equal(received.params[name], expected.params[name])


def test_a_threshold_and_a_floor(saved, capsys):
    assert call(saved, "--threshold", 100, "--floor-nodes", 9, "--kernel-threshold", 100, "--no-latency") == 0
    out = capsys.readouterr().out
    assert "183 of 192 nodes removed" in out
    assert "Floor(nodes=9, maps=(1, 1))" in out
    assert call(saved, "--threshold", 100, "--floor-maps2", 3, "--no-latency") == 0
    assert "189 of 192 nodes removed" in capsys.readouterr().out


def test_it_writes_an_onnx_model_and_says_how_it_compares(saved, capsys, tmp_path):
    assert call(saved, "--no-latency", "--onnx", tmp_path / "small") == 0
    out = capsys.readouterr().out
    path = tmp_path / "small.onnx"
    assert f"wrote {path}; ONNX Runtime gives the same answer for all 382 test images, scores within " in out
    onnx.checker.check_model(path)
    assert run_onnx(path, load_data("digits").x_test).shape == (382, 10)


def test_other_answers_from_the_model_are_a_failure(saved, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "run_onnx", lambda path, images: -run_onnx(path, images))
    assert call(saved, "--no-latency", "--onnx", tmp_path / "small") == 1
    assert "other answers for all 382 test images" in capsys.readouterr().out


def test_other_data_can_be_named(saved, capsys):
    with pytest.raises(ValueError, match="data is 'digit'; it must be"):
        call(saved, "--data", "digit", "--no-latency")
    assert call(saved, "--data", "digits", "--no-latency") == 0
    assert "on digits, 382 test images" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["--threshold", "nan"], ValueError, "threshold is nan"),
        (["--threshold", "-1"], ValueError, "threshold is -1.0"),
        (["--threshold", "1", "--count", "3"], ValueError, "--threshold and --count are given"),
        (["--threshold", "100"], ValueError, "all 192 nodes are selected.*--floor-nodes 1"),
        (["--lr", "0.1"], ValueError, "--lr: only for fine-tuning; .*--fine-tune 2"),
        (["--keep-penalty", "--lr", "0.1"], ValueError, "--lr and --keep-penalty: only for fine-tuning"),
        (["--save", "r" * 252], OSError, r"r\.npz cannot be written .*; give it a shorter name"),
        (["--onnx", "r" * 251], OSError, r"r\.onnx cannot be written .*; give it a shorter name"),
        (["--floor-nodes", "0"], ValueError, "Floor.nodes is 0"),
        (["--grouping", "maps"], ValueError, "did you mean 'map'"),
        (["--save", "/proc/none/small"], OSError, "/proc/none"),
        (["--save", "."], OSError, "is a folder"),
        (["--onnx", "."], OSError, "is a folder"),
    ],
)
def test_what_cannot_be_used_is_an_error_that_the_command_line_tells(saved, arguments, kind, message):
    with pytest.raises(kind, match=message):
        call(saved, "--no-latency", *arguments)


def test_a_file_that_is_no_run_is_named(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        call(tmp_path / "nowhere.npz")
    small = prune(Run.load(saved), latency=False).save(tmp_path / "small")
    with pytest.raises(ValueError, match=r"small\.npz is a pruned network already; name the run that it was made of"):
        call(small)
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(RunFileError, match=r"text\.npz is not a readable run"):
        call(tmp_path / "text")


def test_a_run_may_be_named_as_it_was_saved_without_its_ending(saved, capsys):
    assert call(saved.with_suffix(""), "--no-latency") == 0
    assert "nodes removed" in capsys.readouterr().out


@pytest.mark.parametrize("named", ["run", "run.npz", "sub/../run"])
def test_the_run_itself_is_not_overwritten(saved, tmp_path, named):
    (tmp_path / "sub").mkdir()
    run = tmp_path / "run.npz"
    run.write_bytes(saved.read_bytes())
    with pytest.raises(ValueError, match=r"--save names the run itself, .*run\.npz; .*run-pruned\.npz say"):
        call(run, "--no-latency", "--save", tmp_path / named)
    assert run.read_bytes() == saved.read_bytes()


def test_what_cannot_be_written_is_told_before_the_work(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "prune", lambda *_, **__: pytest.fail("pruned all the same"))
    (tmp_path / "file").write_text("in the way")
    for option in ("--save", "--onnx"):
        with pytest.raises(OSError, match=r"small\.\w+ cannot be written .*; .* is a file; name another folder"):
            call(saved, option, tmp_path / "file" / "small")


def test_a_missing_package_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ValueError, match=r"--onnx: the package onnxruntime is not installed; .* pip install onnx"):
        call(tmp_path / "nowhere.npz", "--onnx", tmp_path / "small")
