"""The digits' edition: what a reader without MNIST gets is executed too, also where MNIST is at hand."""

import os
import subprocess
import sys
from pathlib import Path

import run_tests


def test_pages_that_take_mnist_are_executed_without_it_too(monkeypatch, tmp_path):
    monkeypatch.setenv("SL1LIB_DATA", str(tmp_path))
    every, digits = run_tests.steps("notebooks")
    pages = {Path(word).stem for word in digits.command if word.endswith(".ipynb")}
    assert {"pooling", "dense-and-entropy", "full-training", "comparison", "pruning"} <= pages
    assert pages < {Path(word).stem for word in every.command if word.endswith(".ipynb")}
    command = [sys.executable, "-c", "import sl1lib; print(sl1lib.load_data('auto').name)"]
    done = subprocess.run(command, env={**os.environ, **digits.variables}, capture_output=True, text=True)
    assert done.stdout == "digits\n", done.stderr


def test_without_a_folder_for_mnist_they_are_not_executed_twice(monkeypatch):
    monkeypatch.delenv("SL1LIB_DATA", raising=False)
    assert [step.name for step in run_tests.steps("notebooks")] == ["notebooks"]
