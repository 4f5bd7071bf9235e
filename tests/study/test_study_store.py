"""Results on disk: what is written is read, one writer, nothing half written, damage is named."""

import os
import subprocess
import sys

import numpy as np
import pytest
from study_support import CIRCUMSTANCES, imagine_batch, imagined, small_study

from sl1lib.study import Record, Store, StoreError
from sl1lib.study import store as study_store
from sl1lib.study.worker import Batch
from sl1lib.training import archive

STUDY = small_study()
CONFIGS = [cell.config for cell in STUDY.cells(STUDY.stages[0])]


def same(one: Record, other: Record) -> None:
    assert one.config == other.config
    assert one.fingerprint == other.fingerprint
    assert list(one.numbers) == list(other.numbers)
    # exact: a round trip through a file
    np.testing.assert_array_equal(list(one.numbers.values()), list(other.numbers.values()))
    assert set(one.arrays) == set(other.arrays)
    for name in one.arrays:
        assert one.arrays[name].dtype == other.arrays[name].dtype == np.float32
        np.testing.assert_array_equal(one.arrays[name], other.arrays[name])  # exact: a round trip through a file


def test_what_is_written_is_read_before_and_after_packing(tmp_path):
    long = imagined(CONFIGS[1], params=True)
    long.arrays["curve"] = np.arange(7, dtype=np.float32)  # rows of different lengths
    batches = [
        Batch([imagined(CONFIGS[0]), long, Record.of_divergence(CONFIGS[2], 5)], {**CIRCUMSTANCES, "began": "now"}),
        imagine_batch(CONFIGS[3:5]),
    ]
    with Store(tmp_path / "new" / "folder") as store:
        for batch in batches:
            store.add("tuning", batch)
        for packed in (False, True):
            if packed:
                store.pack("tuning")
                assert [path.name for path in store.folder.glob("*.npz")] == ["tuning.npz"]
            again = Store(store.folder)
            for batch in batches:
                for record in batch.records:
                    same(again.records[record.key], record)
                    about = again.batches[again.batch_of[record.key]]
                    assert about["keys"] == [each.key for each in batch.records]
                    assert about["data_sha256"] == CIRCUMSTANCES["data_sha256"]
    assert again.records[long.key].params["U"].shape == (10, 192)
    with pytest.raises(ValueError, match=r"the parameters of training \w+ were not kept"):
        _ = again.records[batches[0].records[0].key].params


def test_packing_that_was_killed_halfway_goes_on(tmp_path):
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:2]))
        part = next(tmp_path.glob("*.npz"))
        content = part.read_bytes()
        store.pack("tuning")
        part.write_bytes(content)  # the packed file is there, and its part not gone yet
        store.add("tuning", imagine_batch(CONFIGS[2:4]))
        store.pack("tuning")
    assert [path.name for path in tmp_path.glob("*.npz")] == ["tuning.npz"]
    assert set(Store(tmp_path).records) == {imagined(config).key for config in CONFIGS[:4]}


def test_of_two_results_the_one_with_parameters_stays(tmp_path):
    with Store(tmp_path) as store:
        for params in (False, True, False):
            store.add("finals" if params else "tuning", imagine_batch(CONFIGS[:2], keep_params=params))
        for stage in ("finals", "tuning"):
            store.pack(stage)
    store = Store(tmp_path)
    assert all(store.has(record.key, params=True) for record in imagine_batch(CONFIGS[:2]).records)
    assert not store.has(imagined(CONFIGS[5]).key)


def test_a_second_writer_is_told_and_a_killed_one_leaves_no_lock(tmp_path):
    hold = "import sys, os; from pathlib import Path; from sl1lib.study import Store\n"
    hold += "with Store(Path(sys.argv[1])):\n    print('in', flush=True); sys.stdin.read(); os._exit(9)"
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "in\n"
        with (
            pytest.raises(StoreError, match=r"is in use: another process adds to it; wait for its end"),
            Store(tmp_path),
        ):
            pass
        assert Store(tmp_path).records == {}  # to read is allowed
        other.stdin.close()
        assert other.wait(timeout=600) == 9
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:1]))


def test_other_data_of_the_same_name_is_refused(tmp_path):
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:1]))
        strange = Batch([imagined(CONFIGS[1])], CIRCUMSTANCES | {"data_sha256": "f" * 64})
        with pytest.raises(
            StoreError, match=r"results on other data of the name 'digits' \(SHA-256 000000000000…, here ff"
        ):
            store.add("tuning", strange)
        assert len(Store(tmp_path).records) == 1


@pytest.mark.parametrize("damage", ["cut", "text", "batch", "keys", "batch_of"])
def test_a_damaged_file_is_named(tmp_path, damage):
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:2]))
        store.pack("tuning")
    path = tmp_path / "tuning.npz"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "text":
        path.write_text("results")
    else:
        about, arrays = archive.read_archive(path)
        (name,) = about["batches"]
        if damage == "batch":
            del about["batches"][name]
        elif damage == "keys":
            del about["batches"][name]["keys"]
        else:
            del about["batch_of"][0]
        archive.write_archive(path, about, arrays, compressed=True)
    with pytest.raises(StoreError, match=r"tuning\.npz holds no results of a study \(.*\); delete it, and run"):
        Store(tmp_path)


def test_a_file_of_another_version_is_not_to_be_deleted(tmp_path):
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:2]))
    (path,) = tmp_path.glob("*.npz")
    about, arrays = archive.read_archive(path)
    archive.write_archive(path, about | {"format": 99}, arrays, compressed=True)
    with pytest.raises(StoreError, match=r"another version of sl1lib \(format 99, where 1 is read\); use that version"):
        Store(tmp_path)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), MemoryError()])
def test_a_file_that_cannot_be_read_is_not_to_be_deleted(tmp_path, monkeypatch, error):
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:2]))

    def fail(path):
        raise error

    monkeypatch.setattr(study_store, "read_archive", fail)
    with pytest.raises(StoreError, match=r"npz cannot be read \(.+\); make it readable") as told:
        Store(tmp_path)
    assert "delete" not in str(told.value)


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path, monkeypatch):
    def fail(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", fail)
    with pytest.raises(StoreError, match=r"cannot be read \(.*denied\); name a folder of results that can be read"):
        Store(tmp_path)


def test_reading_beside_a_process_that_packs_finds_everything(tmp_path, monkeypatch):
    with Store(tmp_path) as store:
        for i in (0, 2):
            store.add("tuning", imagine_batch(CONFIGS[i : i + 2]))
        listed = sorted(tmp_path.glob("*.npz"))
        store.pack("tuning")
    before = iter([[path.name for path in listed]])
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: next(before, None) or listdir(folder))
    assert len(Store(str(tmp_path)).records) == 4
    monkeypatch.setattr(os, "listdir", lambda folder: ["gone.npz"])
    with pytest.raises(StoreError, match="loses files while it is read"):
        Store(tmp_path)


@pytest.mark.parametrize("order", [(False, True), (True, False)])
def test_packing_two_results_keeps_the_one_with_parameters(tmp_path, order):
    with Store(tmp_path) as store:
        for params, configs in zip(order, (CONFIGS[:2], CONFIGS[:3]), strict=True):
            store.add("tuning", imagine_batch(configs, keep_params=params))
        store.pack("tuning")
    store = Store(tmp_path)
    assert all(store.has(imagined(config).key, params=True) for config in CONFIGS[:2])


def test_a_text_beside_the_results_is_written_whole_and_over_a_damaged_one(tmp_path, monkeypatch):
    with Store(tmp_path) as store:
        (tmp_path / "study.toml").write_bytes(b"\xff\xfe")
        store.write_text("study.toml", "name = 'ε'\n")
        assert (tmp_path / "study.toml").read_bytes() == "name = 'ε'\n".encode()
        assert not list(tmp_path.glob("*.part"))
        (tmp_path / "folder").mkdir()
        with pytest.raises(StoreError, match=r"folder cannot be written \(.+\); make it and its folder writable"):
            store.write_text("folder", "?")


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    with Store(tmp_path) as store:
        store.add("tuning", imagine_batch(CONFIGS[:2]))

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"cannot be written \(.*No space left on device\); free some space"):
            store.add("tuning", imagine_batch(CONFIGS[2:4]))
        with pytest.raises(StoreError, match="No space left"):
            store.pack("tuning")
    assert len(Store(tmp_path).records) == 2
    assert len(list(tmp_path.glob("*.npz"))) == 1
    assert not list(tmp_path.glob("*.part"))


def _made_too_late(path):
    """A store whose folder's name is taken by a file after it was looked at."""
    store = Store(path)
    path.write_text("")
    return store


def test_a_folder_that_cannot_be_one(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file cannot be read \(.*\); name a folder of results"):
        Store(tmp_path / "file")
    with (
        pytest.raises(StoreError, match=r"cannot keep results \(.*\); name a folder that can be written"),
        _made_too_late(tmp_path / "late"),
    ):
        pass
