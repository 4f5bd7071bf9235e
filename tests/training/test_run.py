"""`Run` and `History`: what they answer, and their way into a file and back."""

import io
import os
import pickle
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import about

from sl1lib import DataError, History, Penalty, Run, RunConfig, RunFileError, reference, train


@pytest.fixture(scope="module")
def content(run, tmp_path_factory) -> bytes:
    return run.save(tmp_path_factory.mktemp("saved") / "run").read_bytes()


@pytest.fixture(scope="module")
def arrays(content) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content)) as archive:
        return {name: archive[name] for name in archive.files}


def history(count=3, epochs=2, **changes):
    curves = {"E0": np.ones(count), "penalty": np.ones(count)}
    curves |= {name: np.ones(epochs) for name in ("held_out_E0", "held_out_error", "seconds")}
    return History(**(curves | changes))


# History


def test_E_is_the_sum_of_both():
    curves = history(E0=np.array([1.0, 2.0, 3.0]), penalty=np.array([0.5, 0.25, 0.0]))
    np.testing.assert_array_equal(curves.E, [1.5, 2.25, 3.0])  # exact: quarters, no rounding


@given(values=st.lists(st.floats(0, 10), max_size=30), keep=st.floats(0, 0.999))
def test_smoothing_is_the_exponential_average_started_at_the_first_value(values, keep):
    y = np.array(values)
    smooth = history(E0=y, penalty=y).smoothed("E0", keep)
    weights = [[keep**t if s == 0 else (1 - keep) * keep ** (t - s) for s in range(t + 1)] for t in range(len(y))]
    np.testing.assert_allclose(smooth, [np.dot(w, y[: len(w)]) for w in weights], rtol=1e-9, atol=1e-12)


def test_smoothing_takes_the_curve_that_is_named():
    curves = history(E0=np.full(3, 2.0), penalty=np.full(3, 0.5))
    assert [curves.smoothed(name)[-1] for name in ("E0", "E", "penalty")] == [2.0, 2.5, 0.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("held_out_E0",), "name is 'held_out_E0'; it must be one of 'E0', 'E', 'penalty'"),
        (("e0",), "name is 'e0'; it must be one of"),
        (("E0", 1.0), "keep is 1.0; it must be below 1"),
        (("E0", -0.1), "keep is -0.1; it must be a finite number of at least 0"),
        (("E0", float("nan")), "keep is nan"),
    ],
)
def test_smoothing_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        history().smoothed(*arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"penalty": np.ones(2)}, "E0, penalty is"),
        ({"E0": np.ones((3, 1))}, "E0, penalty is"),
        ({"E0": np.ones(3, np.float32)}, "E0, penalty is"),
        ({"seconds": np.ones(1)}, "held_out_E0, held_out_error, seconds is"),
    ],
)
def test_curves_that_do_not_belong_together_are_refused(changes, message):
    with pytest.raises(ValueError, match=rf"{message}.*they must be float64 with one axis, all of one length"):
        history(**changes)


# What a run answers


@pytest.mark.parametrize("changes", [{}, {"reading": "text", "lr": 2.0, "dtype": "float64"}], ids=["table", "text"])
def test_it_predicts_what_the_reference_predicts(small, digits, changes):
    run = train(small.replace(epochs=1, **changes), progress=False)
    images, labels = digits.x_test[:100], digits.y_test[:100]
    scores = reference.forward(run.params, images[:, None] / 255, run.config.reading)
    tolerance = 1e-12 if run.config.dtype == "float64" else 1e-4
    received = run.predict(images)
    assert received.dtype == run.config.dtype
    np.testing.assert_allclose(received, scores, rtol=tolerance, atol=tolerance)
    E0, error = run.evaluate(images, labels)
    assert pytest.approx(reference.cross_entropy(scores, labels), rel=10 * tolerance) == E0
    assert error == pytest.approx(np.mean(scores.argmax(axis=1) != labels), abs=1.5 / len(labels))  # a tie may break
    assert run.evaluate(images, labels.astype(np.uint8)) == (E0, error)


def test_it_refuses_what_are_no_labelled_images(run, digits):
    images, labels = digits.x_test[:5], digits.y_test[:5]
    with pytest.raises(DataError, match="images has dtype float64; images are uint8"):
        run.predict(images / 255)  # would be divided by 255 twice
    with pytest.raises(DataError, match=r"images has shape \(5, 1, 28, 28\); images are \(N, 28, 28\)"):
        run.predict(images[:, None])
    with pytest.raises(DataError, match="labels has 4 labels; there must be 5, one for each of images"):
        run.evaluate(images, labels[:4])
    with pytest.raises(DataError, match="labels has 10 at index 2; labels are 0 to 9"):
        run.evaluate(images, np.array([0, 1, 10, 3, 4]))


def with_norms(run, norms, penalty):
    U = np.zeros((10, 192), np.float32)
    U[3, : len(norms)] = norms
    U[:, len(norms) :] = 1
    return Run(run.config.replace(penalty=penalty), {**run.params, "U": U}, run.history)


def test_a_nodes_norm_is_the_length_of_its_column(run):
    np.testing.assert_allclose(
        run.node_norms, [np.sqrt((column.astype(float) ** 2).sum()) for column in run.params["U"].T]
    )
    assert run.node_norms.shape == (192,)
    assert run.node_norms.dtype == np.float64


def test_nodes_are_counted_below_the_penaltys_eps(run):
    norms = [0, 0.005, 0.02, 0.02, 0.5]
    assert with_norms(run, norms, None).nodes_below() == 2
    assert with_norms(run, norms, Penalty(1, eps=0.1)).nodes_below() == 4
    assert with_norms(run, norms, Penalty(1, eps=0.1)).nodes_below(0.6) == 5
    assert with_norms(run, norms, None).nodes_below(0.5) == 4  # strictly below
    assert with_norms(run, norms, None).nodes_below(0) == 0
    with pytest.raises(ValueError, match="eps is -1"):
        run.nodes_below(-1)


def test_its_tensors_are_its_own(run):
    before = run.params["U"].copy()
    run.tensors()["U"].zero_()
    np.testing.assert_array_equal(run.params["U"], before)  # exact: a copy


def test_it_predicts_mirrored_views(run, digits):
    mirrored = digits.x_test[:5, :, ::-1]
    np.testing.assert_allclose(run.predict(mirrored), run.predict(mirrored.copy()), rtol=1e-5, atol=1e-5)


def test_runs_can_be_told_apart_and_kept_in_a_set(run):
    other = replace(run, data_name="other")
    assert run == run
    assert run != other
    assert run.history in {run.history}
    assert len({run, other}) == 2


# Files


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"reading": "text+relu-logits", "dtype": "float64", "penalty": None},
        {"validation": 100, "momentum": 0.5, "lr": np.float32(0.1), "epochs": np.int64(1), "seed": 2**40},
    ],
    ids=["float32", "float64", "validation"],
)
def test_what_is_saved_comes_back_exactly(small, same, tmp_path, changes):
    changes = {"n_train": None, **changes} if "seed" in changes else changes
    run = train(small.replace(epochs=1).replace(**changes), progress=False)
    path = run.save(tmp_path / "new folder" / "run")
    assert path == tmp_path / "new folder" / "run.npz"
    again = Run.load(path)
    same(again, run, seconds=True)
    assert again.config == run.config
    assert (again.held_out, again.data_name, again.complete) == (run.held_out, run.data_name, run.complete)
    assert again.provenance == run.provenance
    assert repr(again) == repr(run)


def test_what_version_0_1_saved_is_read(digits):
    """The file holds four epochs on the digits, SL1 of strength 0.03 and eps 0.05."""
    run = Run.load(Path(__file__).parent / "saved" / "run-0.1.npz")
    penalty = Penalty(0.03, eps=0.05)
    assert run.config == RunConfig(data="digits", penalty=penalty, epochs=4, batch_size=200)
    assert (run.data_name, run.held_out, run.complete) == ("digits", "test", True)
    assert run.provenance["data_sha256"] == digits.digest
    assert run.history.E.shape == (4 * 8,)
    error = run.evaluate(digits.x_test, digits.y_test)[1]
    assert error == pytest.approx(run.test_error, abs=1.5 / len(digits.y_test))  # a tie may break on another processor


def test_a_name_with_a_point_keeps_it(run, tmp_path):
    assert run.save(str(tmp_path / "lr-0.2")).name == "lr-0.2.npz"
    assert run.save(tmp_path / "run.npz").name == "run.npz"


@pytest.mark.parametrize("name", ["folder", "folder/", "taken", ".", "", "/", ".."])
def test_a_folder_is_no_name_for_a_file(run, tmp_path, monkeypatch, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken.npz").mkdir()
    monkeypatch.chdir(tmp_path / "folder" if name == ".." else tmp_path)
    with pytest.raises(IsADirectoryError, match=r" is a folder; give the name of a file in it, .*run\.npz say$"):
        run.save(name)
    assert {path.name for path in tmp_path.rglob("*")} == {"folder", "taken.npz"}


@pytest.mark.skipif(os.name == "nt", reason="no umask there")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_file_has_the_rights_that_the_user_gives_new_files(run, tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        path = run.save(tmp_path / "run")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode


def full_disk(file, **_):
    file.write(b"a beginning")
    raise OSError(28, "No space left on device")


def no_rename(*_):
    raise PermissionError(13, "Permission denied")


def interrupted(file, **_):
    file.write(b"a beginning")
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("owner", "name", "failure", "kind"),
    [
        (np, "savez_compressed", full_disk, OSError),
        (np, "savez_compressed", interrupted, KeyboardInterrupt),
        (os, "fsync", no_rename, PermissionError),
        (os, "replace", no_rename, PermissionError),
    ],
    ids=["full disk", "Ctrl-C", "fsync", "rename"],
)
@pytest.mark.parametrize("old", [None, b"the old file"], ids=["new", "over an old one"])
def test_a_failure_leaves_what_was_there_and_nothing_else(run, tmp_path, monkeypatch, owner, name, failure, kind, old):
    path = tmp_path / "run.npz"
    if old is not None:
        path.write_bytes(old)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failure)
        with pytest.raises(kind):
            run.save(path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ({} if old is None else {"run.npz": old})
    assert Run.load(run.save(path)).config == run.config


def refused(path: Path) -> str:
    """Assert that loading is refused, naming the file; return the message."""
    with pytest.raises(RunFileError) as caught:
        Run.load(path)
    assert str(caught.value).startswith(f"{path} is not a readable run of sl1lib (")
    assert str(caught.value).endswith("; train and save it again")
    return str(caught.value)


def test_a_missing_file_and_a_folder_are_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Run.load(tmp_path / "nowhere.npz")
    with pytest.raises(IsADirectoryError):
        Run.load(tmp_path)


def test_a_truncated_file_is_refused_wherever_it_ends(content, tmp_path):
    path = tmp_path / "run.npz"
    for length in [
        *range(0, 100, 7),
        *range(100, len(content), len(content) // 60),
        *range(len(content) - 40, len(content)),
    ]:
        path.write_bytes(content[:length])
        refused(path)


def test_a_flipped_bit_is_refused_or_without_effect(run, content, same, tmp_path):
    """Every byte that matters is under a checksum; what is not, a time stamp of the archive say, changes nothing."""
    path, refusals = tmp_path / "run.npz", 0
    chosen = np.random.default_rng(0).integers(len(content), size=300)
    for place in [*range(64), *chosen, *range(len(content) - 200, len(content))]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
        try:
            loaded = Run.load(path)
        except RunFileError as error:
            assert str(path) in str(error)  # noqa: PT017 - either outcome is right
            refusals += 1
        else:
            same(loaded, run, seconds=True)
            assert (loaded.config, loaded.provenance) == (run.config, run.provenance)
    assert refusals > 300


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 1000,
        b"train,test\n1,2\n",
        b"PK\x03\x04",
        b"\x93NUMPY",
        pickle.dumps({"config": 1}),
        np.random.default_rng(0).bytes(999),
    ],
    ids=["empty", "zeros", "text", "zip's beginning", "npy's beginning", "pickle", "noise"],
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    refused(path)


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "run.npy", np.ones(3))
    refused(tmp_path / "run.npy")


def test_the_archive_of_another_program_is_recognised_by_what_it_lacks(tmp_path):
    np.savez(tmp_path / "run.npz", weights=np.ones(3))
    assert "(it lacks 'about')" in refused(tmp_path / "run.npz")


class Planted:
    """Unpickling this creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_the_planted_code_would_run_if_it_were_unpickled(tmp_path):
    pickle.loads(pickle.dumps(Planted(tmp_path / "ran"))).close()
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("where", ["about", "params/U", "history/E0", "extra"])
def test_loading_never_runs_code_from_an_array(arrays, tmp_path, where):
    planted = np.array([Planted(tmp_path / "ran")], dtype=object)
    np.savez(tmp_path / "run.npz", allow_pickle=True, **{**arrays, where: planted})
    refused(tmp_path / "run.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["run.npz", "run.pkl"])
def test_loading_never_runs_code_from_a_pickle(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(Planted(tmp_path / "ran")))
    assert "unsafe" not in refused(tmp_path / name)  # as NumPy advises
    assert not (tmp_path / "ran").exists()


def test_loading_never_runs_code_from_a_pickle_in_the_archive(content, tmp_path):
    (tmp_path / "run.npz").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "run.npz", "a") as archive:
        archive.writestr("about.pkl", pickle.dumps(Planted(tmp_path / "ran")))
    Run.load(tmp_path / "run.npz")  # a member that is no array is nobody's
    assert not (tmp_path / "ran").exists()


MISSING = ["about", *(f"params/{name}" for name in ("K1", "b1", "K2", "b2", "U", "b")), "history/E0", "history/seconds"]


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_array_is_named(arrays, tmp_path, name):
    np.savez(tmp_path / "run.npz", **{key: array for key, array in arrays.items() if key != name})
    assert name.rpartition("/")[2] in refused(tmp_path / "run.npz")


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("params/U", np.zeros((10, 191), np.float32), "shape of params['U'] is (10, 191); it must be (10, 192)"),
        ("params/b", np.float32(0), "shape of params['b'] is ()"),
        ("params/U", np.zeros((10, 192)), "dtype of params['U'] is 'float64'; it must be one of 'float32'"),
        ("params/U", np.full((10, 192), "a word"), "dtype of params['U'] is '<U6'"),
        ("params/V", np.zeros(3), "params has 'V'; a network has only"),
        ("history/E0", np.zeros(19), "E0, penalty is"),
        ("history/seconds", np.zeros((2, 1)), "held_out_E0, held_out_error, seconds is"),
        ("history/E0", np.full(20, "a word"), "E0, penalty is"),
        ("history/speed", np.zeros(3), "speed"),
        ("about", np.array("{"), "Expecting property name"),
        ("about", np.array("no JSON"), "Expecting value"),
        ("about", np.array("[" * 100_000), "recursion"),
        ("about", np.array("[]"), "about is []; it must be a dict"),
        ("about", np.array(b"\xff\xfe"), "Expecting value"),
        ("about", np.zeros(3), "Expecting"),
    ],
    ids=lambda value: str(value)[:25] if isinstance(value, str) else "",
)
def test_a_wrong_array_is_refused(arrays, tmp_path, name, array, message):
    np.savez(tmp_path / "run.npz", **{**arrays, name: array})
    assert message in refused(tmp_path / "run.npz")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "the file's format is 2; this version reads format 1"),
        ({"format": "1"}, "the file's format is '1'"),
        ({"format": ...}, "'format'"),
        ({"config": {}}, "missing or unknown: 'batch_size', 'data'"),
        ({"config": None}, "not the fields of a RunConfig"),
        ({"config": RunConfig().to_dict() | {"epochs": -3}}, "epochs is -3"),
        ({"held_out": "train"}, "held_out is 'train'; it must be one of 'test', 'validation'"),
        ({"held_out": 3}, "held_out is 3; it must be a str"),
        ({"complete": "no"}, "complete is 'no'; it must be a bool"),
        ({"data_name": None}, "data_name is None; it must be a str"),
        ({"provenance": []}, "provenance is []; it must be a dict"),
        ({"provenance": ...}, "'provenance'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_description_is_refused(arrays, tmp_path, changes, message):
    np.savez(tmp_path / "run.npz", **about(arrays, **changes))
    assert message in refused(tmp_path / "run.npz")


def test_a_member_packed_in_an_unknown_way_is_refused(content, tmp_path):
    """The data decides what zip and deflate raise; each is told as a damaged file."""
    (tmp_path / "run.npz").write_bytes(content)
    for failure in (zlib.error("invalid block type"), NotImplementedError("compression type 99"), MemoryError()):

        def load(*_, failure=failure, **__):
            raise failure

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(np, "load", load)
            assert (str(failure) or "MemoryError") in refused(tmp_path / "run.npz")
