"""Exceptions travel between processes: each must come out of pickle as it went in."""

import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import PATIENCE

import sl1lib
from sl1lib import DivergedError, Penalty, RunConfig, train
from sl1lib.errors import FileError

OPTIONAL = {"anywidget", "ipywidgets", "matplotlib", "onnx", "onnxruntime", "sympy", "traitlets"}


def modules():
    """Yield every module of the library whose packages are installed; ``__main__`` would run the command."""
    for found in pkgutil.walk_packages(sl1lib.__path__, "sl1lib."):
        if not found.name.endswith("__main__"):
            try:
                yield importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if error.name not in OPTIONAL:
                    raise


def exception_classes():
    found = {
        member
        for module in modules()
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, BaseException) and member.__module__.startswith("sl1lib")
    }
    return sorted(found, key=lambda kind: kind.__name__)


def example(kind):
    if issubclass(kind, DivergedError):
        return kind(7, float("inf"), RunConfig(data="digits", penalty=Penalty(0.1)))
    if issubclass(kind, FileError):
        return kind(Path("a") / "file", "is damaged", "copy it again")
    return kind("it was lost")


def test_the_exceptions_are_found():
    names = {kind.__name__ for kind in exception_classes()}
    assert {"DivergedError", "CheckpointError", "DataError", "RunFileError", "PrunedFileError"} <= names


@pytest.mark.parametrize("kind", exception_classes(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_exception_comes_out_of_pickle_as_it_went_in(kind, protocol):
    error = example(kind)
    back = pickle.loads(pickle.dumps(error, protocol))
    assert type(back) is kind
    assert str(back) == str(error)
    assert back.__dict__ == error.__dict__


def test_one_that_diverged_keeps_the_runs_of_the_others():
    run = train(RunConfig(data="digits", n_train=50, epochs=1), progress=False)
    error = example(DivergedError)
    error.runs = [run]
    back = pickle.loads(pickle.dumps(error))
    assert (back.update, back.value, back.config) == (7, float("inf"), error.config)
    assert [each.history.E0.tobytes() for each in back.runs] == [run.history.E0.tobytes()]


POOL = """
import multiprocessing
from sl1lib import DivergedError, Penalty, RunConfig, train

def diverge(lr):
    penalty = Penalty(0.02, 0.05)
    train(RunConfig(data="digits", n_train=200, epochs=20, batch_size=20, lr=lr, penalty=penalty), progress=False)

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        try:
            pool.map(diverge, [1e9])
        except DivergedError as error:
            print(error.update > 0, error.config.lr)
"""


def test_a_pool_of_processes_tells_of_a_divergence(tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, "True 1000000000.0\n"), done.stderr
