"""load_data: each name, each path, and what "auto" says that it took."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import PATIENCE

import sl1lib.data as data_package
from sl1lib.data import DataError, DataUnavailableError, load_data, load_digits, mnist
from sl1lib.data.idx import write_idx

REAL_CACHE_FOLDER = mnist.cache_folder  # before a fixture replaces it


@pytest.fixture
def real_is_small(small, monkeypatch):
    """Let the small files pass for MNIST's."""
    monkeypatch.setitem(mnist.load_mnist.__kwdefaults__, "files", small.files)
    monkeypatch.setattr(data_package, "MNIST_FILES", small.files)
    return small


def test_digits_need_nothing(monkeypatch):
    monkeypatch.setenv("SL1LIB_OFFLINE", "1")
    monkeypatch.setenv("SL1LIB_DATA", "nowhere")
    assert load_data("digits") is load_digits()


@pytest.mark.parametrize("name", ["digit", "MNIST", "", "cifar10", 3, None])
def test_unknown_names(name):
    with pytest.raises(DataError) as caught:
        load_data(name)
    assert str(caught.value) == f'data is {name!r}; it must be "mnist", "digits", "auto" or the path of a folder'


def test_auto_takes_mnist(real_is_small, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SL1LIB_DATA", str(real_is_small.write(tmp_path / "here")))
    with caplog.at_level(logging.INFO, "sl1lib.data"):
        data = load_data()
    assert data.name == "mnist"
    assert "took MNIST from SL1LIB_DATA" in caplog.text
    assert load_data("mnist") is data


def test_auto_takes_the_digits_offline_and_says_so(monkeypatch, caplog, capsys):
    monkeypatch.setenv("SL1LIB_OFFLINE", "1")
    with caplog.at_level(logging.INFO, "sl1lib.data"):
        data = load_data("auto")
    assert data.name == "digits"
    assert "taken instead of MNIST (MNIST is not available: SL1LIB_OFFLINE forbids downloads)" in data.source
    assert "took the embedded digits" in caplog.text
    assert {record.levelname for record in caplog.records} == {"INFO"}
    assert capsys.readouterr() == ("", "")
    with pytest.raises(DataUnavailableError):
        load_data("mnist")


def test_auto_gives_up_on_a_silent_network_once(small, serve, monkeypatch):
    silent = serve(small.served, delay=2.0)
    monkeypatch.setattr(data_package, "SHORT_PATIENCE", 0.4)
    monkeypatch.setitem(mnist.load_mnist.__kwdefaults__, "mirrors", [silent.address])
    assert load_data("auto").name == "digits"  # it would answer if it were waited for
    assert load_data("auto").name == "digits"
    assert len(silent.requests) == 1


def test_auto_does_not_hide_a_broken_sl1lib_data(real_is_small, tmp_path, monkeypatch):
    monkeypatch.setenv("SL1LIB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"SL1LIB_DATA is set to .*nowhere\)$"):
        load_data("auto")


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder_of_the_same_format(small, tmp_path, kind):
    small.arrays[1] = small.arrays[1][::-1].copy()
    folder = small.write(tmp_path / "fashion", "")
    data = load_data(kind(folder))
    assert data.name == "fashion"
    assert data.source == f"folder {folder.resolve()}"
    np.testing.assert_array_equal(data.y_train, small.arrays[1])  # exact: a round trip through a file


def test_a_folder_named_by_one_word(small, tmp_path, monkeypatch):
    small.write(tmp_path / "fashion")
    monkeypatch.chdir(tmp_path)
    assert load_data("fashion").name == "fashion"


@pytest.mark.parametrize("name", ["mnist", "MNIST", "digits", "mnist[1000 training, seed 0]", "Mnist [all]"])
def test_a_folder_cannot_pass_for_another_set(small, tmp_path, name):
    folder = small.write(tmp_path / name)
    assert load_data(folder).name == f"{name} (unverified)"


def test_a_verified_folder_may_be_called_mnist(real_is_small, tmp_path):
    assert load_data(real_is_small.write(tmp_path / "mnist")).name == "mnist"


def test_a_broken_folder(small, tmp_path):
    folder = small.write(tmp_path / "fashion")
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", small.arrays[3][:-1])
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz has 19 labels; there must be 20, one for each"):
        load_data(folder)
    with pytest.raises(DataError, match="no is not there; it must be a folder with the files "):
        load_data(tmp_path / "no")


def test_the_modules_themselves_need_no_torch():
    folder = Path(data_package.__file__).parent
    for path in folder.glob("*.py"):
        assert "torch" not in [line.split()[1] for line in path.read_text("utf-8").splitlines() if imports(line)]


def imports(line: str) -> bool:
    return line.startswith(("import ", "from "))


def test_importing_asks_no_network_and_writes_nothing(tmp_path):
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from sl1lib.data import load_data\n"
        "assert load_data('digits').name == 'digits'\n"
    )
    root = Path(data_package.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=PATIENCE)


@pytest.mark.parametrize("how", ["argument", "SL1LIB_DATA"])
@pytest.mark.parametrize("path", ["~nobody-has-this-name/mnist", "a/" + 5000 * "b", "a\0/b"])
def test_a_path_that_no_system_takes_is_an_error_of_the_library(monkeypatch, how, path):
    if how == "argument":
        with pytest.raises(DataError, match=r"^[^\n]{,12000}$"):
            load_data(path)
    elif "\0" not in path:  # no environment holds that
        monkeypatch.setenv("SL1LIB_DATA", path)
        with pytest.raises(DataError, match="SL1LIB_DATA"):
            load_data("mnist")


def test_a_tilde_is_the_home_folder(small, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    small.write(tmp_path / "fashion")
    assert load_data("~/fashion").name == "fashion"


def test_without_a_home_auto_takes_the_digits_and_mnist_says_what_to_do(monkeypatch):
    def homeless(*_, **__):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(mnist, "cache_folder", REAL_CACHE_FOLDER)
    monkeypatch.setattr(mnist, "user_cache_path", homeless)
    assert load_data("auto").name == "digits"
    with pytest.raises(DataUnavailableError, match=r"this user has no home folder(.|\n)*set SL1LIB_DATA"):
        load_data("mnist")
