"""The lookup and the download, against small stand-ins and servers on this machine."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import PATIENCE

from sl1lib.data import DataError, DataUnavailableError, download, load_mnist, mnist
from sl1lib.data.folder import SAME_FORMAT, read_folder
from sl1lib.data.idx import write_idx

DEAD = "http://127.0.0.1:9/dead"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if path.name != ".lock")


ALL = sorted(f"{file.stem}.gz" for file in SAME_FORMAT)


# The folder of SL1LIB_DATA


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_sl1lib_data(small, tmp_path, monkeypatch, suffix):
    monkeypatch.setenv("SL1LIB_DATA", str(small.write(tmp_path / "here", suffix)))
    data = load_mnist(files=small.files)
    for part, array in zip(("x_train", "y_train", "x_test", "y_test"), small.arrays, strict=True):
        np.testing.assert_array_equal(getattr(data, part), array)  # exact: a round trip through a file
        assert not getattr(data, part).flags.writeable
    assert data.name == "mnist"
    assert data.source == f"SL1LIB_DATA ({tmp_path / 'here'})"
    assert load_mnist(files=small.files) is data


def test_dotted_names_are_found(small, tmp_path, monkeypatch):
    folder = small.write(tmp_path / "here", "")
    for path in folder.iterdir():
        path.rename(folder / path.name.replace("-idx", ".idx"))
    monkeypatch.setenv("SL1LIB_DATA", str(folder))
    assert len(load_mnist(files=small.files).x_train) == 30


def test_an_empty_variable_is_not_set(monkeypatch):
    monkeypatch.setenv("SL1LIB_DATA", " ")
    assert mnist.chosen_folder() is None


def test_another_folder_in_the_variable_is_another_dataset(small, tmp_path, monkeypatch):
    monkeypatch.setenv("SL1LIB_DATA", str(small.write(tmp_path / "a")))
    first = load_mnist(files=small.files)
    monkeypatch.setenv("SL1LIB_DATA", str(small.write(tmp_path / "b")))
    assert load_mnist(files=small.files) is not first


def label_10(folder: Path, small) -> None:
    write_idx(folder / "train-labels-idx1-ubyte.gz", np.full(30, 10, np.uint8))


def one_label_less(folder: Path, small) -> None:
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", small.arrays[3][:-1])


def one_pixel_changed(folder: Path, small) -> None:
    changed = small.arrays[0].copy()
    changed[0, 0, 0] ^= 1
    write_idx(folder / "train-images-idx3-ubyte.gz", changed)


def small_images(folder: Path, small) -> None:
    write_idx(folder / "t10k-images-idx3-ubyte.gz", small.arrays[2][:, :8, :8])


def float_images(folder: Path, small) -> None:
    write_idx(folder / "t10k-images-idx3-ubyte.gz", small.arrays[2].astype(np.float32))


def no_labels(folder: Path, small) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()


def a_folder_in_its_place(folder: Path, small) -> None:
    no_labels(folder, small)
    (folder / "t10k-labels-idx1-ubyte.gz").mkdir()


def a_web_page(folder: Path, small) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").write_text("<html>")


def an_empty_file(folder: Path, small) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"")


def a_truncated_file(folder: Path, small) -> None:
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:5000])


BROKEN = [
    (label_10, ["train-labels-idx1-ubyte.gz", "has 10 at index 0", "labels are 0 to 9"]),
    (one_label_less, ["t10k-labels-idx1-ubyte.gz", "20", "19"]),
    (small_images, ["t10k-images-idx3-ubyte.gz", "(N, 28, 28)", "(20, 8, 8)"]),
    (float_images, ["t10k-images-idx3-ubyte.gz", "uint8", "float32"]),
    (no_labels, ["has no file t10k-labels-idx1-ubyte[.gz]"]),
    (a_folder_in_its_place, ["t10k-labels-idx1-ubyte.gz", "is a folder", "it must be an IDX file"]),
    (a_web_page, ["t10k-labels-idx1-ubyte.gz", "<htm", "a gzip file with 1f 8b"]),
    (an_empty_file, ["t10k-labels-idx1-ubyte.gz", "is empty (0 bytes)", "it must be an IDX file"]),
    (a_truncated_file, ["train-images-idx3-ubyte.gz", "a truncated gzip file", "it must be whole"]),
]


@pytest.mark.parametrize(("damage", "parts"), [*BROKEN, (one_pixel_changed, ["train-images-idx3-ubyte.gz", "SHA-256"])])
def test_a_broken_folder_is_an_error_and_nothing_is_downloaded(small, tmp_path, monkeypatch, serve, damage, parts):
    mirror = serve(small.served)
    folder = small.write(tmp_path / "here")
    damage(folder, small)
    monkeypatch.setenv("SL1LIB_DATA", str(folder))
    with pytest.raises(DataError) as caught:
        load_mnist(files=small.files, mirrors=[mirror.address])
    assert not isinstance(caught.value, DataUnavailableError)
    for part in [str(folder), "; ", f"(SL1LIB_DATA is set to {folder})", *parts]:
        assert part in str(caught.value)
    assert mirror.requests == []


def test_a_wrong_digest_names_both_digests(small, tmp_path, monkeypatch):
    folder = small.write(tmp_path / "here")
    files = (*small.files[:3], SAME_FORMAT[3].__class__(SAME_FORMAT[3].stem, (20,), "0" * 64))
    monkeypatch.setenv("SL1LIB_DATA", str(folder))
    message = f"labels-idx1-ubyte.gz has content with SHA-256 {small.files[3].sha256}; it must be {'0' * 64}"
    with pytest.raises(DataError, match=message):
        load_mnist(files=files)


def test_no_folder_and_a_file_instead_of_one(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    for name, found in [("nowhere", "is not there"), ("file", "is a file")]:
        monkeypatch.setenv("SL1LIB_DATA", str(tmp_path / name))
        with pytest.raises(DataError, match=f"{name} {found}; it must be a folder with the files train-images"):
            load_mnist(files=small.files)


# The cache and the mirrors


def test_download_then_cache(small, serve, alone):
    mirror = serve(small.served)
    data = load_mnist(files=small.files, mirrors=[DEAD, mirror.address])
    np.testing.assert_array_equal(data.x_train, small.arrays[0])  # exact: a round trip through a file
    assert data.source == f"the user's cache ({alone})"
    assert names_in(alone) == ALL
    asked = len(mirror.requests)
    assert load_mnist(files=small.files, mirrors=[mirror.address]) is data
    mnist._load_folder.cache_clear()
    load_mnist(files=small.files, mirrors=[mirror.address])
    assert len(mirror.requests) == asked == 5  # one question whether it is there, four files


def test_only_what_is_missing_or_damaged_is_downloaded(small, serve, alone):
    small.write(alone)
    (alone / ALL[0]).write_bytes(b"damaged")
    mirror = serve(small.served)
    load_mnist(files=small.files, mirrors=[mirror.address])
    assert mirror.requests == [f"HEAD /{ALL[0]}", f"GET /{ALL[0]}"]


def test_a_cut_download_leaves_nothing(small, serve, alone):
    mirror = serve(small.served, cut=True)
    with pytest.raises(DataUnavailableError, match=r"sent [\d,]+ bytes; it announced [\d,]+: the download was cut"):
        load_mnist(files=small.files, mirrors=[mirror.address])
    assert names_in(alone) == []


def test_a_wrong_digest_moves_on_to_the_next_mirror(small, serve, alone):
    wrong = dict.fromkeys(small.served, gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x05"))
    bad, good = serve(wrong), serve(small.served)
    load_mnist(files=small.files, mirrors=[bad.address, good.address])
    assert names_in(alone) == ALL
    assert len(bad.requests) == 2  # asked once and tried once, then never again


def test_forged_content_of_the_right_shape_is_refused(small, serve, alone):
    forged = small.__class__()
    forged.arrays[0] = 255 - forged.arrays[0]
    mirror = serve(forged.served)
    with pytest.raises(DataUnavailableError) as caught:
        load_mnist(files=small.files, mirrors=[mirror.address])
    for part in (f"{mirror.address}/train-images-idx3-ubyte.gz has content with SHA-256", "; it must be"):
        assert part in str(caught.value)
    assert names_in(alone) == []


def test_an_endless_download_is_stopped(small, serve, alone):
    mirror = serve(dict.fromkeys(small.served, bytes(10**6)))
    with pytest.raises(DataUnavailableError, match=r"sends too much; the file has at most [\d,]+ bytes"):
        load_mnist(files=small.files, mirrors=[mirror.address])
    assert names_in(alone) == []


def test_a_slow_download_is_stopped(small, serve, alone, monkeypatch):
    monkeypatch.setattr(download, "FILE_SECONDS", -1.0)
    mirror = serve(small.served)
    with pytest.raises(DataUnavailableError, match=r"is slow: .* the whole file must come in -1 seconds"):
        load_mnist(files=small.files, mirrors=[mirror.address])


def test_leftovers_of_a_killed_download_are_removed(small, serve, alone):
    alone.mkdir(parents=True)
    (alone / f".{ALL[0]}.0123.part").write_bytes(b"half")
    load_mnist(files=small.files, mirrors=[serve(small.served).address])
    assert names_in(alone) == ALL
    assert not list(alone.glob(".*.part"))


def test_every_mirrors_failure_and_the_ways_out_are_told(small, serve):
    missing, silent = serve({}), serve(small.served, delay=3.0)
    mirrors = [DEAD, missing.address, silent.address, "ftp://example.org"]
    with pytest.raises(DataUnavailableError) as caught:  # the silent one would answer if it were waited for
        load_mnist(files=small.files, mirrors=mirrors, patience=0.5)
    message = str(caught.value)
    for part in [*mirrors, "404", "an https address", "set SL1LIB_DATA", "`sl1 data`", 'load_data("digits")']:
        assert part in message
    assert f"{silent.address}: " in message
    assert "no answer within 0.5 seconds" in message or "timed out" in message


def test_a_dead_network_is_remembered_but_not_for_those_who_ask_again(small, serve):
    mirror = serve({})
    for _ in range(3):
        with pytest.raises(DataUnavailableError, match="404"):
            load_mnist(files=small.files, mirrors=[mirror.address], retry=False)
    assert len(mirror.requests) == 1
    mirror.content.update(small.served)
    assert len(load_mnist(files=small.files, mirrors=[mirror.address]).x_train) == 30


def test_a_cache_that_is_filled_meanwhile_is_found(small, alone):
    with pytest.raises(DataUnavailableError):
        load_mnist(files=small.files, mirrors=[DEAD], retry=False)
    small.write(alone)
    assert len(load_mnist(files=small.files, mirrors=[DEAD], retry=False).x_train) == 30


def test_a_cache_folder_that_cannot_be_made(small, serve, alone):
    alone.parent.mkdir(parents=True)
    alone.write_text("in the way")
    with pytest.raises(DataUnavailableError, match="cannot take a download"):
        load_mnist(files=small.files, mirrors=[serve(small.served).address])


def test_the_progress_bar_is_on_stderr(small, serve, capsys):
    load_mnist(files=small.files, mirrors=[serve(small.served).address], progress=True)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "train-images-idx3-ubyte" in printed.err


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_offline_forbids_every_request(small, serve, monkeypatch, value):
    monkeypatch.setenv("SL1LIB_OFFLINE", value)
    mirror = serve(small.served)
    with pytest.raises(DataUnavailableError, match="SL1LIB_OFFLINE forbids downloads") as caught:
        load_mnist(files=small.files, mirrors=[mirror.address])
    assert "set SL1LIB_DATA" in str(caught.value)
    with pytest.raises(DataUnavailableError, match="SL1LIB_OFFLINE forbids downloads"):
        mnist.fetch_mnist(mirrors=[mirror.address])
    assert mirror.requests == []


def test_offline_still_reads_the_cache(small, alone, monkeypatch):
    monkeypatch.setenv("SL1LIB_OFFLINE", "1")
    small.write(alone)
    assert load_mnist(files=small.files).name == "mnist"


def test_a_misspelt_ban_is_an_error(monkeypatch):
    monkeypatch.setenv("SL1LIB_OFFLINE", "ja")
    with pytest.raises(DataError, match="SL1LIB_OFFLINE is 'ja'; it must be 1 "):
        mnist.offline()
    monkeypatch.setenv("SL1LIB_OFFLINE", "0")
    assert not mnist.offline()


def test_fetch_mnist_into_a_folder(small, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "MNIST_FILES", small.files)
    mirror = serve(small.served)
    for _ in range(2):
        folder = mnist.fetch_mnist(tmp_path / "new" / "data", mirrors=[mirror.address], progress=False)
    assert names_in(folder) == ALL
    assert len(mirror.requests) == 5


def test_the_mirrors_are_https():
    assert len(mnist.MIRRORS) >= 2
    assert all(mirror.startswith("https://") for mirror in mnist.MIRRORS)


CHILD = """
import sys
from pathlib import Path
from sl1lib.data.download import fetch_files
from sl1lib.data.folder import IdxFile
folder, mirror, *rest = sys.argv[1:]
files = [IdxFile(stem, None, digest) for stem, digest in (entry.split("=") for entry in rest)]
sys.stdin.readline()
fetch_files(Path(folder), files, [mirror], patience=10.0, progress=False)
"""


def test_two_processes_at_once_download_once(small, serve, tmp_path):
    mirror = serve(small.served, delay=0.1)
    folder = tmp_path / "shared"
    entries = [f"{file.stem}={file.sha256}" for file in small.files]
    command = [sys.executable, "-c", CHILD, str(folder), mirror.address, *entries]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    options = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    children = [subprocess.Popen(command, **options) for _ in range(2)]
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        _, complaints = child.communicate(timeout=PATIENCE)
        assert (child.returncode, complaints) == (0, "")
    assert names_in(folder) == ALL
    assert len([request for request in mirror.requests if request.startswith("GET")]) == 4
    assert not list(folder.glob(".*.part"))


# The real files


@pytest.fixture(scope="module")
def real_folder() -> str:
    folder = os.environ.get("SL1LIB_DATA")
    if not folder:
        pytest.skip("SL1LIB_DATA is not set: MNIST itself is not here")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _see_the_real_folder_first(request: pytest.FixtureRequest) -> None:
    """Look at SL1LIB_DATA before the tests' own environment hides it."""
    if os.environ.get("SL1LIB_DATA"):
        request.getfixturevalue("real_folder")


def test_mnist_itself(real_folder, monkeypatch):
    monkeypatch.setenv("SL1LIB_DATA", real_folder)
    data = load_mnist()
    assert (data.x_train.shape, data.x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert data.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert round(data.x_train.mean() / 255, 4) == 0.1307
    assert np.bincount(data.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert load_mnist() is data


@pytest.mark.parametrize("damage", [b"", b"\0\0\x08\x01", b"noise"])
def test_a_damaged_plain_file_beside_a_whole_compressed_one_does_no_harm(small, alone, serve, damage):
    """As an interrupted ``gunzip -k`` leaves it: a download must write where one reads, or the reverse."""
    small.write(alone)
    (alone / "t10k-labels-idx1-ubyte").write_bytes(damage)
    silent = serve({})
    assert mnist.load_mnist(files=small.files, mirrors=[silent.address]).name == "mnist"
    assert silent.requests == []


def test_what_is_damaged_under_every_name_is_downloaded_once_and_can_be_loaded_then(small, alone, serve):
    small.write(alone)
    for suffix in ("", ".gz"):
        (alone / f"t10k-labels-idx1-ubyte{suffix}").write_bytes(b"noise")
    mirror = serve(small.served)
    for _ in range(2):
        mnist._load_folder.cache_clear()
        assert mnist.load_mnist(files=small.files, mirrors=[mirror.address]).name == "mnist"
    assert [request for request in mirror.requests if request.startswith("GET")] == ["GET /t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("dotted", [True, False])
def test_the_layout_in_which_archives_hold_each_file_in_a_folder_of_its_name(small, tmp_path, dotted):
    """Some have the files beside these folders, too, under names with a point."""
    small.write(tmp_path, "")
    for file in small.files:
        whole = tmp_path / file.stem
        content = whole.read_bytes()
        whole.unlink()
        whole.mkdir()
        inside = tmp_path / file.stem.replace("-idx", ".idx") if dotted else whole / file.stem
        inside.write_bytes(content)
    data = read_folder(tmp_path, "set", "here", small.files)
    np.testing.assert_array_equal(data.x_test, small.arrays[2])  # exact: a round trip through a file
