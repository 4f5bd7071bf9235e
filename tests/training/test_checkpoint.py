"""Checkpoints: the interrupted resumes bit for bit; what does not fit is refused; a failure leaves the last one."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from support import PATIENCE

from sl1lib import CheckpointError, DataError, DivergedError, Penalty, Run, RunConfig, train, train_many
from sl1lib.engine import Engine, Trainer
from sl1lib.paths import _part_of
from sl1lib.training import checkpoint, loop, snapshot
from sl1lib.training.checkpoint import Checkpoint
from sl1lib.training.progress import Progress


class CutError(Exception):
    """Stands for a kill: whatever was not saved is lost."""


@pytest.fixture
def often(monkeypatch):
    """Save whenever it is possible, however long that takes."""
    monkeypatch.setattr(checkpoint, "WRITING_SHARE", float("inf"))
    return {"progress": False, "checkpoint_every": 0}


@pytest.fixture
def cut(monkeypatch):
    """Give a function that lets the next training end after some calls of ``Trainer.advance``, or of something else."""

    def cut(calls, owner=Trainer, name="advance"):
        real, made = getattr(owner, name), []

        def cutting(*arguments, **settings):
            made.append(1)
            if len(made) > calls:
                raise CutError
            return real(*arguments, **settings)

        monkeypatch.setattr(owner, name, cutting)
        return lambda: monkeypatch.setattr(owner, name, real)

    return cut


def train_in_pieces(cut, calls, configs, **settings):
    """Train, and be interrupted after so many calls each time; return the runs and how often it was."""
    for number in range(100):
        heal = cut(calls)
        try:
            return train_many(configs, **settings), number
        except CutError:
            pass
        finally:
            heal()
    raise AssertionError("it never ended")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# Going on


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_interrupted_again_and_again_it_ends_with_the_same_bits(small, same, often, cut, tmp_path, calls, monkeypatch):
    monkeypatch.setattr(loop, "CHUNK", 3)  # of 10 updates an epoch: cuts within epochs, and at their ends
    configs = [
        small,
        small.replace(penalty=None, lr=0.1, momentum=0.5),
        small.replace(penalty=Penalty(0.05, profile="abs", step="proximal")),
        small.replace(reading="text", lr=1.0, dtype="float64"),
    ]
    runs, cuts = train_in_pieces(cut, calls, configs, checkpoint=tmp_path / "new" / "folder", **often)
    assert cuts == -(-16 // calls) - 1  # two cohorts of 2 epochs of 4 calls, and none is made twice
    for run, whole in zip(runs, train_many(configs, progress=False), strict=True):
        same(run, whole)
        assert run.complete
        assert (run.config, run.held_out, run.data_name) == (whole.config, whole.held_out, whole.data_name)
        assert (run.history.seconds > 0).all()
    assert names(tmp_path / "new" / "folder") == [".lock", "checkpoint.json", "group-000.npz", "group-001.npz"]


def test_an_interruption_before_the_first_save_starts_again(small, run, same, cut, tmp_path):
    heal = cut(1)
    with pytest.raises(CutError):
        train(small, progress=False, checkpoint=tmp_path)
    heal()
    assert names(tmp_path) == [".lock", "checkpoint.json"]
    same(train(small, progress=False, checkpoint=tmp_path), run)


def test_a_cut_between_the_updates_of_an_epoch_and_their_measuring(small, run, same, often, cut, tmp_path):
    heal = cut(1, Trainer, "predict")
    with pytest.raises(CutError):
        train(small, checkpoint=tmp_path, **often)
    heal()
    same(train(small, checkpoint=tmp_path, **often), run)


def test_what_is_finished_is_returned_and_not_trained_again(small, same, often, cut, tmp_path):
    configs = [small.replace(seed=seed) for seed in range(3)]  # three cohorts: the seed draws the images
    heal = cut(2, loop.Images, "prepare")
    with pytest.raises(CutError):
        train_many(configs, checkpoint=tmp_path, **often)
    heal()
    heal = cut(1, loop.Images, "prepare")
    runs = train_many(configs, checkpoint=tmp_path, **often)
    heal()
    heal = cut(0, Trainer, "__init__")
    again = train_many(configs, checkpoint=tmp_path, **often)
    heal()
    for one, other, config in zip(again, runs, configs, strict=True):
        same(one, other, seconds=True)
        same(one, train(config, progress=False))
        assert one.provenance == other.provenance


def test_train_and_train_many_share_a_checkpoint(small, run, same, cut, tmp_path):
    same(train(small, progress=False, checkpoint=str(tmp_path)), run)
    cut(0)
    [again] = train_many([small], progress=False, checkpoint=tmp_path)
    same(again, run)


@pytest.mark.parametrize("number", [1, 7, 10, 13])
def test_ctrl_c_leaves_a_checkpoint_at_the_very_update(small, run, same, monkeypatch, tmp_path, number):
    real, calls = Trainer.advance, []

    def advance(self, updates, stop):
        def pressed():
            calls.append(1)
            if len(calls) == number:
                signal.raise_signal(signal.SIGINT)
            return stop()

        return real(self, updates, pressed)

    monkeypatch.setattr(Trainer, "advance", advance)
    broken = train(small, progress=False, checkpoint=tmp_path)
    assert (broken.complete, len(broken.history.E0)) == (False, number)
    monkeypatch.undo()
    saved = np.load(tmp_path / "group-000.npz")
    assert saved["engine/updates"] == len(saved["history/E0"]) == number
    same(train(small, progress=False, checkpoint=tmp_path), run)


def test_cohorts_stay_as_they_were_begun(small, same, often, cut, tmp_path, monkeypatch):
    from sl1lib.training import cohorts

    configs = [small.replace(lr=lr) for lr in (0.1, 0.2, 0.3)]
    monkeypatch.setattr(cohorts, "COHORT_BYTES", 1)
    heal = cut(3)
    with pytest.raises(CutError):
        train_many(configs, checkpoint=tmp_path, **often)
    heal()
    monkeypatch.undo()
    runs = train_many(configs, progress=False, checkpoint=tmp_path)
    assert len(list(tmp_path.glob("group-*.npz"))) == 3
    for run, config in zip(runs, configs, strict=True):
        same(run, train(config, progress=False))


def test_one_that_diverged_is_reported_again_without_training(small, cut, tmp_path):
    configs = [small.replace(epochs=5), small.replace(epochs=5, lr=1e9)]
    told = []
    for _ in range(2):
        with pytest.raises(DivergedError) as caught:
            train_many(configs, progress=False, checkpoint=tmp_path)
        told.append((str(caught.value), caught.value.update, [run.history.E0.tobytes() for run in caught.value.runs]))
        cut(0, Trainer, "__init__")
    assert told[0] == told[1]
    assert len(told[0][2]) == 1


def test_cohorts_after_one_that_diverged_are_kept_and_reported_again(small, cut, tmp_path):
    configs = [small.replace(lr=1e9, epochs=20), small.replace(reading="text"), small.replace(n_train=100)]
    told = []
    for _ in range(2):
        with pytest.raises(DivergedError) as caught:
            train_many(configs, progress=False, checkpoint=tmp_path)
        told.append((str(caught.value), [run.history.E0.tobytes() for run in caught.value.runs]))
        cut(0, Trainer, "__init__")
    assert told[0] == told[1]
    assert len(told[0][1]) == 2


def test_all_that_diverged_early_are_not_trained_again(small, cut, tmp_path):
    config = small.replace(epochs=50, lr=1e9)
    for _ in range(2):
        with pytest.raises(DivergedError, match=r"at update \d "):
            train(config, progress=False, checkpoint=tmp_path)
        cut(0, Trainer, "__init__")


def test_the_provenance_names_a_change_between_the_parts(small, often, cut, tmp_path, monkeypatch):
    for threads in ("2", "1", "1"):
        with monkeypatch.context() as patch:
            patch.setattr(loop, "provenance", lambda *_, n=threads: {"threads": n, "data_sha256": small_digest()})
            heal = cut(1)
            with pytest.raises(CutError):
                train(small.replace(epochs=9), checkpoint=tmp_path, **often)
            heal()
    run = train(small.replace(epochs=9), checkpoint=tmp_path, **often)
    assert run.provenance["threads"].startswith("2, then 1")
    assert run.provenance["data_sha256"] == small_digest()
    assert run.provenance["torch"] == torch.__version__


def small_digest():
    from sl1lib import load_data

    return load_data("digits").digest


def test_without_a_checkpoint_nothing_is_written(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(snapshot.Checkpoint, "save", lambda *_: pytest.fail("saved"))
    train(small, progress=False)
    assert names(tmp_path) == []


# When


def test_it_saves_by_the_clock_and_takes_no_more_than_a_small_share_of_the_time(small, tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])

    def slow(path, about, arrays, compressed):
        now[0] += 3.0

    monkeypatch.setattr(checkpoint, "write_archive", slow)
    with Checkpoint(tmp_path, every=10) as kept:
        assert [kept.due(), now.__setitem__(0, 109.9), kept.due(), now.__setitem__(0, 110), kept.due()][::2] == [
            False,
            False,
            True,
        ]
        kept.save(0, {}, {})
        now[0] += 149.9  # three seconds are 2 % of 150
        assert not kept.due()
        now[0] += 0.2
        assert kept.due()


# What does not belong there


@pytest.fixture
def begun(small, often, cut, tmp_path):
    """A checkpoint of two trainings, side by side, interrupted."""
    configs = [small.replace(epochs=3), small.replace(epochs=3, penalty=Penalty(0.02, 0.05), lr=0.1)]
    heal = cut(1)
    with pytest.raises(CutError):
        train_many(configs, checkpoint=tmp_path / "begun", **often)
    heal()
    return configs, tmp_path / "begun"


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(configs, folder, **settings):
    """Return the message of a refusal that leaves the folder as it was."""
    before = content(folder) if folder.is_dir() else None
    with pytest.raises(CheckpointError) as caught:
        train_many(configs, progress=False, checkpoint=folder, **settings)
    assert "\n" not in str(caught.value)
    assert before is None or content(folder) == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: [c[0], c[1].replace(epochs=9)],
            "of configuration 1, epochs is 3 there and 9 here; ask for the same",
        ),
        (lambda c: [c[0].replace(penalty=None), c[1]], "of configuration 0, penalty is {'strength': 0.02, "),
        (
            lambda c: [c[0], c[1].replace(penalty=Penalty(0.02, 0.07))],
            "of configuration 1, penalty.eps is 0.05 there and 0.07 here",
        ),
        (lambda c: [c[0], c[1].replace(reading="text")], "reading.name is 'table' there and 'text' here, reading.act"),
        (lambda c: c[::-1], "of configuration 0, lr is 0.2 there and 0.1 here"),
        (lambda c: c[:1], "it holds 2 trainings, and 1 training is asked for"),
        (lambda c: [*c, c[0]], "it holds 2 trainings, and 3 trainings are asked for"),
    ],
)
def test_other_configurations_are_refused_with_the_difference(begun, change, words):
    configs, folder = begun
    message = refused(change(configs), folder)
    assert message.startswith(f"{folder} belongs to another training: ")
    assert words in message
    assert message.endswith("or name another folder")


def test_a_message_names_no_more_than_some_differences(begun):
    configs, folder = begun
    message = refused([configs[0].replace(epochs=9, batch_size=7, lr=0.3, seed=4, lr_end=0.5), configs[1]], folder)
    assert message.count(" there and ") == 3
    assert " …; ask for the same" in message


def test_other_data_are_refused_under_the_same_name(begun, digits):
    configs, folder = begun
    message = refused(configs, folder, data=digits.subset(800))
    assert f"belongs to a training on other data: its SHA-256 is {digits.digest[:12]}… there and " in message
    assert "here (digits[800 training, seed 0]); use the same data" in message


def test_other_data_are_refused_when_all_is_trained(small, digits, tmp_path):
    train(small, progress=False, checkpoint=tmp_path)
    assert "on other data" in refused([small], tmp_path, data=digits.subset(800))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sl1lib": "9.9"}, r"was begun by sl1lib 9\.9 \(format 1\), and this is sl1lib .* resume with that version"),
        ({"format": 2}, r"was begun by sl1lib .* \(format 2\), and this is sl1lib .* \(format 1\)"),
        ({"format": None}, r"\(format None\)"),
    ],
)
def test_another_versions_checkpoint_is_refused(begun, change, words):
    configs, folder = begun
    path = folder / "checkpoint.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert re.search(words, refused(configs, folder))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 1}',
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(b'"groups"', b'"gruops"'),
        lambda text: re.sub(rb'"groups": \[[^\]]*\]\s*\]', b'"groups": [[0, 0]]', text),
        lambda text: re.sub(rb'"groups": \[[^\]]*\]\s*\]', b'"groups": 3', text),
        lambda text: re.sub(rb'"groups": \[\s*\[\s*0', b'"groups": [[0.0', text),
        lambda text: re.sub(rb'"groups": \[[^\]]*\]\s*\]', b'"groups": [["a", 1]]', text),
        lambda text: text.replace(b'"configs": [', b'"configs": 3, "other": ['),
    ],
)
def test_a_damaged_manifest_is_named_with_the_remedy(begun, broken):
    configs, folder = begun
    path = folder / "checkpoint.json"
    changed = broken(path.read_bytes()) if callable(broken) else broken
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    message = refused(configs, folder)
    assert message.startswith(f"{path} is damaged (")
    assert message.endswith("name another folder, or delete this one to start again")


def test_a_manifest_with_another_number_in_it_does_not_take_over_the_cohorts(begun):
    configs, folder = begun
    path = folder / "checkpoint.json"
    path.write_text(path.read_text().replace('"batch_size": 20', '"batch_size": 10'))
    message = refused([config.replace(batch_size=10) for config in configs], folder)
    assert "group-000.npz cannot be read back (the checkpoint it belongs to is " in message


def test_a_damaged_cohort_is_named_with_the_remedy_and_the_remedy_works(begun, same):
    configs, folder = begun
    path = folder / "group-000.npz"
    whole = path.read_bytes()
    for damaged in (b"", b"noise" * 1000, whole[:-1], whole[: len(whole) // 2], whole[1:], bytes(len(whole))):
        path.write_bytes(damaged)
        message = refused(configs, folder)
        assert message.startswith(f"{path} cannot be read back (")
        assert message.endswith("delete it, and its trainings start again")
    path.unlink()
    for run, whole in zip(
        train_many(configs, progress=False, checkpoint=folder), train_many(configs, progress=False), strict=True
    ):
        same(run, whole)


def test_a_byte_that_changed_anywhere_is_noticed_or_makes_no_difference(begun, digits):
    configs, folder = begun
    path = folder / "group-000.npz"
    whole, rng, noticed = path.read_bytes(), np.random.default_rng(0), 0
    ends = [*range(0, 200, 3), *range(len(whole) - 1500, len(whole), 17)]  # headers, and the table of contents
    with Checkpoint(folder) as kept:
        kept.cohorts(configs)
        keeper = snapshot.Keeper(kept, 0, 1)
        right = keeper.load(configs, digits)
        for place in [*ends, *rng.integers(len(whole), size=100)]:
            changed = bytearray(whole)
            changed[place] ^= 1 << rng.integers(8)
            path.write_bytes(changed)
            try:
                found = keeper.load(configs, digits)
            except CheckpointError:
                noticed += 1
                continue
            assert (found.data_name, found.provenance) == (right.data_name, right.provenance)
            for one, other in ((found.state, right.state), (found.recorder.to_arrays(), right.recorder.to_arrays())):
                assert {name: array.tobytes() for name, array in one.items()} == {
                    name: array.tobytes() for name, array in other.items()
                }
    assert noticed > 100


def change_arrays(path, **changes):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays |= {name.replace("_", "/", 1): array for name, array in changes.items()}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"history_E0": None}, "it lacks 'E0'"),
        ({"history_E0": np.zeros((9, 2))}, "the shapes of E0, penalty, epochs"),
        ({"history_E0": np.zeros((9, 2)), "history_penalty": np.zeros((9, 2))}, "the number of updates is 10"),
        ({"history_epochs": np.zeros((1, 3, 3))}, "the shapes of E0, penalty, epochs"),
        ({"history_epochs": np.zeros((7, 2, 3))}, "the number of epochs is 7; it must be 3 at most"),
        ({"engine_weights/U": None}, "it lacks 'weights/U'"),
        ({"engine_velocity/U": np.zeros((2, 10, 192))}, "U of the state is"),
        ({"engine_weights/b": np.zeros((1, 10), np.float32)}, "b of the state is"),
        ({"about": np.array("{}")}, "it lacks 'belongs'"),
        ({"about": np.array("7")}, "about is 7; it must be a dict"),
    ],
)
def test_parts_that_do_not_fit_are_damage(begun, changes, words):
    configs, folder = begun
    change_arrays(folder / "group-000.npz", **changes)
    message = refused(configs, folder)
    assert words in message
    assert "group-000.npz cannot be read back (" in message


def test_a_cohort_of_another_checkpoint_is_refused(begun, small, tmp_path):
    configs, folder = begun
    train(small, progress=False, checkpoint=tmp_path / "other")
    shutil.copy(tmp_path / "other" / "group-000.npz", folder / "group-000.npz")
    assert "cannot be read back (the checkpoint it belongs to is " in refused(configs, folder)


def test_a_folder_with_other_files_is_refused(small, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    message = refused([small], tmp_path)
    assert message.startswith(f"{tmp_path} is no checkpoint and not empty (it holds 'letter.txt'); name a new")


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"])
def test_what_a_file_manager_or_a_notebook_leaves_is_overlooked(small, run, same, tmp_path, name):
    (tmp_path / name).mkdir() if name == ".ipynb_checkpoints" else (tmp_path / name).write_bytes(b"x")
    same(train(small, progress=False, checkpoint=tmp_path), run)
    assert (tmp_path / name).exists()


def test_a_tilde_is_the_home_folder_for_checkpoints_and_runs(small, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run = train(small, progress=False, checkpoint="~/kept")
    assert run.save("~/run") == tmp_path / "run.npz"
    assert Run.load("~/run.npz").config == small
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "run.npz"}


def test_a_file_in_the_place_of_the_folder_is_refused(small, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "folder"):
        message = refused([small], folder)
        assert message.startswith(f"{folder} cannot keep a checkpoint (")
        assert message.endswith("name a folder that can be written")


def test_a_start_that_failed_does_not_keep_the_next_one_out(small, run, same, cut, tmp_path):
    with pytest.raises(ValueError, match="device is 'gpu'"):
        train(small.replace(device="gpu"), progress=False, checkpoint=tmp_path)
    with pytest.raises(DataError, match="n_train"):
        train(small.replace(n_train=9999), progress=False, checkpoint=tmp_path)
    same(train(small, progress=False, checkpoint=tmp_path), run)
    assert "device is 'cpu' there" in refused([small.replace(device="gpu")], tmp_path)


class BytesPath:
    """A path as the system has it, in bytes."""

    def __fspath__(self):
        return b"folder"


@pytest.mark.parametrize("folder", ["", 3, 1.5, True, b"folder", ["folder"], BytesPath(), "a\0b"])
def test_what_is_no_path_is_refused(small, folder):
    with pytest.raises(ValueError, match=r"checkpoint is .*; it must be the path of a folder"):
        train(small, progress=False, checkpoint=folder)


@pytest.mark.parametrize("every", [-1, float("nan"), float("inf"), "10", None, True])
def test_what_is_no_time_is_refused(small, every, tmp_path):
    with pytest.raises(ValueError, match=r"checkpoint_every is .*; it must be a finite number of at least 0"):
        train(small, progress=False, checkpoint=tmp_path, checkpoint_every=every)
    assert names(tmp_path) == []


# One at a time


def test_two_threads_cannot_share_a_checkpoint(small, run, same, tmp_path, monkeypatch):
    real, inside, go_on = Trainer.advance, threading.Event(), threading.Event()

    def advance(*arguments, **settings):
        inside.set()
        assert go_on.wait(PATIENCE)
        return real(*arguments, **settings)

    monkeypatch.setattr(Trainer, "advance", advance)
    found = []
    thread = threading.Thread(target=lambda: found.append(train(small, progress=False, checkpoint=tmp_path)))
    thread.start()
    assert inside.wait(PATIENCE)
    try:
        with pytest.raises(CheckpointError, match="is in use by another training; wait for its end") as caught:
            train(small, progress=False, checkpoint=tmp_path)
        assert str(caught.value).startswith(str(tmp_path))
    finally:
        go_on.set()
        thread.join(PATIENCE)
    same(found[0], run)
    same(train(small, progress=False, checkpoint=tmp_path), run)


def test_whatever_ends_a_training_frees_the_folder(small, run, same, cut, tmp_path):
    errors = []
    for owner, name in ((Trainer, "advance"), (loop.Images, "prepare")):
        heal = cut(0, owner, name)
        with pytest.raises(CutError) as caught:
            train(small, progress=False, checkpoint=tmp_path)
        errors.append(caught.value)  # alive, with its traceback and all that it holds
        heal()
    same(train(small, progress=False, checkpoint=tmp_path), run)


TRAIN_ON = """
import sys
from sl1lib import RunConfig, train
train(RunConfig(data="digits", epochs=100_000), checkpoint=sys.argv[1], checkpoint_every=0)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_two_processes_cannot_share_a_checkpoint_and_a_killed_one_leaves_no_lock(tmp_path):
    first = subprocess.Popen([sys.executable, "-c", TRAIN_ON, str(tmp_path)], stderr=subprocess.PIPE)
    try:
        assert first.stderr.read(1)  # the bar: it trains
        words = ["train", "--data", "digits", "--epochs", "100000", "--quiet", "--checkpoint", str(tmp_path)]
        second = subprocess.run([sys.executable, "-m", "sl1lib", *words], capture_output=True, timeout=PATIENCE)
        assert (second.returncode, second.stdout) == (2, b"")
        told = second.stderr.decode()
        assert told.startswith(f"sl1 train: {tmp_path} is in use by another training; wait")
        assert told.count("\n") == 1
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()
    assert first.returncode == -signal.SIGKILL
    with Checkpoint(tmp_path):
        assert names(tmp_path)[0] == ".lock"


# When writing fails


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_last_one_whole_and_nothing_else(begun, often, same, monkeypatch, code, call):
    configs, folder = begun
    before = content(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(code))
        with pytest.raises(CheckpointError, match=re.escape(os.strerror(code))) as caught:
            train_many(configs, checkpoint=folder, **often)
    assert str(caught.value).startswith(f"{folder / 'group-000.npz'} could not be written (")
    assert "what was saved before is whole" in str(caught.value)
    assert content(folder) == before
    for run, whole in zip(
        train_many(configs, checkpoint=folder, **often), train_many(configs, progress=False), strict=True
    ):
        same(run, whole)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_first_save_that_fails_leaves_nothing(small, run, same, tmp_path, monkeypatch, call):
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(errno.ENOSPC))
        with pytest.raises(CheckpointError, match=r"checkpoint\.json could not be written \(No space left"):
            train(small, progress=False, checkpoint=tmp_path)
    assert names(tmp_path) == [".lock"]
    same(train(small, progress=False, checkpoint=tmp_path), run)


def failing(code):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    return fail


FILL = """
import os, resource, signal, sys
from pathlib import Path
from sl1lib import CheckpointError, RunConfig, train
from sl1lib.engine import Trainer

folder, config = Path(sys.argv[1]), RunConfig(data="digits", n_train=200, epochs=4, batch_size=20)

real = Trainer.advance
def interrupt(self, updates, stop):
    if self.updates == 10:
        signal.raise_signal(signal.SIGINT)
    return real(self, updates, stop)

Trainer.advance = interrupt
assert len(train(config, progress=False, checkpoint=folder).history.E0) == 11  # Ctrl-C after the first epoch
Trainer.advance = real
size, before = (folder / "group-000.npz").stat().st_size, {p.name: p.read_bytes() for p in folder.iterdir()}

for limit in (0, 1000, size // 2, size - 1, size + 100):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
    try:
        train(config, progress=False, checkpoint=folder)
    except CheckpointError as error:
        assert f"group-000.npz could not be written ({os.strerror(27)})" in str(error), error
    else:
        raise AssertionError("it was written")
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
train(config, progress=False, checkpoint=folder).save(sys.argv[2])
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no limits on files")
def test_a_disk_that_fills_up_in_the_middle_of_a_file(tmp_path, same):
    """The system itself refuses to write on, at several places of the file."""
    command = [sys.executable, "-W", "error", "-c", FILL, str(tmp_path / "kept"), str(tmp_path / "run.npz")]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    config = RunConfig(data="digits", n_train=200, epochs=4, batch_size=20)
    same(loop.Run.load(tmp_path / "run.npz"), train(config, progress=False))


FORBIDDEN = """
import os, sys
from pathlib import Path
from sl1lib import CheckpointError, RunConfig, train

config = RunConfig(data="digits", n_train=100, epochs=1)
train(config, progress=False)
folder = Path(sys.argv[1])
folder.chmod(0o500)
if os.geteuid() == 0:
    os.seteuid(65534)  # who may do everything becomes nobody
for place in (folder, folder / "new"):
    try:
        train(config, progress=False, checkpoint=place)
    except CheckpointError as error:
        told = str(error)
    assert told == f"{place} cannot keep a checkpoint (Permission denied); name a folder that can be written", told
"""


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise there")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    command = [sys.executable, "-W", "error", "-c", FORBIDDEN, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    assert names(tmp_path) == []


def test_what_a_killed_process_was_writing_is_removed(small, run, same, tmp_path):
    for name in ("checkpoint.json", "group-000.npz"):
        _part_of(tmp_path / name).write_bytes(b"half")
    assert len(names(tmp_path)) == 2
    same(train(small, progress=False, checkpoint=tmp_path), run)
    assert names(tmp_path) == [".lock", "checkpoint.json", "group-000.npz"]


# What is told


def test_a_line_states_the_plan_and_where_it_resumes(small, often, cut, tmp_path, capfd):
    settings = {**often, "progress": True, "checkpoint": tmp_path}
    configs = [small, small.replace(lr=0.1), small.replace(reading="text")]
    heal = cut(3)
    with pytest.raises(CutError):
        train_many(configs, **settings)
    heal()
    out, err = capfd.readouterr()
    assert out == ""
    assert re.match(r"3 trainings in 2 cohorts, at most 2 side by side; images and trainings take about \d+ MiB\n", err)
    train_many(configs, **settings)
    assert f"{tmp_path}, cohort 2/2: resumed after update 10\n" in capfd.readouterr().err
    train_many(configs, **settings)
    assert f"{tmp_path}, cohort 2/2: nothing is left to train\n" in capfd.readouterr().err
    train_many(configs, progress=False, checkpoint=tmp_path)
    assert capfd.readouterr().err == ""


def test_the_bar_resumes_where_the_training_does(small):
    with Progress(small, 95, shown=True, trainings=2, part="3/4", done=12) as bar:  # 5 batches an epoch, the last of 15
        assert (bar._left, bar._bar.n) == (55, (2 * 95 + 40) * 2)


def test_a_checkpoint_begun_in_cohorts_of_one_size_takes_the_memory_of_the_largest(small, digits):
    from sl1lib.training.cohorts import memory, plan

    sets = {"digits": digits}
    one, many = (memory([small] * count, [list(range(count))], sets) for count in (1, 1000))
    each = Engine.bytes_per_training(20, predicted=382)
    assert 999 * each <= many - one <= 1.2 * 999 * each
    assert one > digits.x_train.nbytes + digits.x_test.nbytes
    assert re.fullmatch(r"1000 trainings side by side; .* about \d+ MiB", plan([small] * 1000, [range(1000)], sets))
    assert re.fullmatch(r"5000 trainings .* \d\.\d GiB", plan([small] * 5000, [range(5000)], sets))
