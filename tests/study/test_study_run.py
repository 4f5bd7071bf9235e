"""Running a study: what is missing and nothing else, on any executor, with every way to end early."""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from study_support import METHODS, Serial, imagine_batch, imagined, small_study
from support import PATIENCE

from sl1lib import DivergedError, Penalty, RunConfig, load_data, train_many
from sl1lib.study import Layout, Outcome, Processes, Stage, Store, StoreError, Study, load_study, run, runner, worker
from sl1lib.study.record import curve_updates
from sl1lib.study.runner import in_batches
from sl1lib.study.worker import source_digest, train_batch

STUDY = small_study()
TINY = Study(
    "tiny",
    "?",
    METHODS,
    [Stage("finals", "?", ["none", "SL1"], [0, 1], fields={"batch_size": 200}, keep_params=True)],
    base={"data": "digits", "epochs": 1},
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """What a study's processes have; and two threads crawl where others want the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def imagine(monkeypatch):
    """Take the time out of it: no training, and errors that follow from the configuration."""
    monkeypatch.setattr(runner, "train_batch", imagine_batch)


def fingerprints(folder: Path) -> dict[str, str]:
    return {key: record.fingerprint for key, record in Store(folder).records.items()}


def test_stages_follow_the_selection(tmp_path, imagine):
    outcome = run(STUDY, tmp_path, executor=Serial(), progress=False)
    assert outcome == Outcome(trained=24 + 9, missing=0, failures=[])
    layout = Layout.of(STUDY, Store(tmp_path))
    chosen = {choice.method: choice.values["lr"] for choice in layout.selections["tuning"].choices}
    assert chosen["none"] == 0.2  # where the imagined error is smallest
    assert {cell.config.lr for cell in layout.cells["finals"] if cell.method == "none"} == {0.2}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "finals.npz", "study.toml", "tuning.npz"]
    assert Study.from_toml((tmp_path / "study.toml").read_text(encoding="utf-8")) == STUDY


def test_nothing_is_trained_twice(tmp_path, imagine):
    run(STUDY, tmp_path, executor=Serial(), progress=False)
    executor = Serial()
    assert run(STUDY, tmp_path, executor=executor, progress=False) == Outcome(0, 0, [])
    assert executor.batches == []


def test_an_interruption_keeps_the_batches_before_it_and_the_rest_is_divided_the_same(tmp_path, imagine):
    whole = Serial()
    run(STUDY, tmp_path / "whole", executor=whole, batch=5, progress=False)

    class Interrupted(Serial):
        def submit(self, function, /, *arguments, **named):
            if len(self.batches) == 2:
                raise KeyboardInterrupt
            return super().submit(function, *arguments, **named)

    first, second = Interrupted(), Serial()
    with pytest.raises(KeyboardInterrupt):
        run(STUDY, tmp_path / "parts", executor=first, batch=5, progress=False)
    kept = len(Store(tmp_path / "parts").records)
    assert kept == sum(map(len, first.batches)) > 0
    assert run(STUDY, tmp_path / "parts", executor=second, batch=5, progress=False).trained == 33 - kept
    assert first.batches + second.batches == whole.batches


def test_a_batch_holds_what_can_run_side_by_side_and_no_more():
    base = RunConfig(data="digits")
    cells = STUDY.cells(STUDY.stages[0])
    assert [len(part) for part in in_batches(cells, 7)] == [6, 6, 6, 6]
    assert {cell.key for part in in_batches(cells, 7) for cell in part} == {cell.key for cell in cells}
    study = Study(
        "s", "?", METHODS, [Stage("a", "?", ["none", "SL1"], [0, 1], grid={"n_train": (50, 60), "lr": (0.1, 0.2)})]
    )
    parts = in_batches(study.cells(study.stages[0]), 100)
    assert {len({(c.config.seed, c.config.n_train) for c in part}) for part in parts} == {
        1
    }  # the seed draws the images
    assert base.n_train is None


def test_a_training_that_two_stages_share_is_done_once_with_parameters(tmp_path, imagine):
    stages = [
        Stage("first", "?", ["none", "SL1"], [0, 1]),
        Stage("second", "?", ["none"], [1, 2], keep_params=True),
    ]
    study = Study("s", "?", METHODS, stages, base={"data": "digits"})
    executor = Serial()
    assert run(study, tmp_path, executor=executor, progress=False).trained == 5
    store = Store(tmp_path)
    assert all(store.has(cell.key, params=True) for cell in study.cells(stages[1]))


def test_a_worker_that_raises_costs_its_batch_and_the_message_names_it(tmp_path, monkeypatch, capsys):
    def sometimes(configs, keep_params=False):
        if any(config.penalty is None for config in configs):
            raise MemoryError("no room")
        return imagine_batch(configs, keep_params)

    monkeypatch.setattr(runner, "train_batch", sometimes)
    study = Study("s", "?", METHODS, [Stage("a", "?", ["none", "SL1"], [0, 1])], base={"data": "digits"})
    outcome = run(study, tmp_path, executor=Serial(), batch=1)
    assert (outcome.trained, outcome.missing, len(outcome.failures)) == (2, 2, 2)
    key = imagined(study.cells(study.stages[0])[0].config).key
    assert f"stage 'a': none seed 0 ({key}): MemoryError: no room" in outcome.failures
    assert "MemoryError: no room" in capsys.readouterr().err
    monkeypatch.setattr(runner, "train_batch", imagine_batch)
    assert run(study, tmp_path, executor=Serial(), progress=False) == Outcome(2, 0, [])


def test_stages_wait_for_a_tuning_stage_that_is_not_complete(tmp_path, monkeypatch):
    def never(configs, keep_params=False):
        raise OSError("gone")

    monkeypatch.setattr(runner, "train_batch", never)
    outcome = run(STUDY, tmp_path, executor=Serial(), progress=False)
    assert outcome.missing == 24
    assert outcome.failures[-1] == "stage 'finals' waits for 'tuning', which is not complete"


def test_a_process_that_dies_costs_its_batch_only(tmp_path):
    class Deadly(Processes):
        first = True

        def submit(self, function, /, *arguments, **named):
            if self.first:
                self.first = False
                return super().submit(os._exit, 3)
            return super().submit(function, *arguments, **named)

    with Deadly(1) as executor:
        outcome = run(TINY, tmp_path, executor=executor, batch=2, progress=False)
    assert (outcome.trained, outcome.missing, len(outcome.failures)) == (2, 2, 1)
    assert "WorkerError: a process ended with code 3" in outcome.failures[0]
    assert "none seed 0" in outcome.failures[0]


def test_a_pool_that_is_broken_for_good_ends_the_study_with_a_message(tmp_path, imagine):
    class Broken(Serial):
        def submit(self, function, /, *arguments, **named):
            raise concurrent.futures.BrokenExecutor("it died")

    outcome = run(TINY, tmp_path, executor=Broken(), progress=False)
    assert (outcome.trained, outcome.missing) == (0, 4)
    assert "BrokenExecutor: it died" in outcome.failures[0]


def test_a_pool_that_is_shut_down_leaves_what_it_cancelled_missing(tmp_path, monkeypatch):
    """Nobody is notified of such a cancellation: who only waits for the futures waits for ever."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    lengthy = threading.Event()

    def train(configs, keep_params=False):
        pool.shutdown(wait=False, cancel_futures=True)
        lengthy.wait(0.1)
        return imagine_batch(configs, keep_params)

    monkeypatch.setattr(runner, "train_batch", train)
    monkeypatch.setattr(runner, "POLL", 0.05)
    outcome = run(TINY, tmp_path, executor=pool, batch=1, progress=False)
    assert (outcome.trained, outcome.missing, len(outcome.failures)) == (1, 3, 3)
    assert all("CancelledError" in failure or "after shutdown" in failure for failure in outcome.failures)


def test_a_batch_that_is_cancelled_is_missing_and_the_others_go_on(tmp_path, imagine):
    class Cancelling(Serial):
        def submit(self, function, /, *arguments, **named):
            future = super().submit(function, *arguments, **named)
            if len(self.batches) > 1:
                return future
            cancelled = concurrent.futures.Future()
            assert cancelled.cancel()
            assert not cancelled.set_running_or_notify_cancel()
            return cancelled

    outcome = run(TINY, tmp_path, executor=Cancelling(), batch=1, progress=False)
    assert (outcome.trained, outcome.missing) == (3, 1)
    assert outcome.failures[0].endswith("CancelledError: the executor cancelled it")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda configs: 3, "TypeError: the executor returned 3; it must be the Batch"),
        (lambda configs: imagine_batch(configs[::-1]), "ValueError: the trainings of the batch .* they must be"),
        (lambda configs: imagine_batch([RunConfig(data="digits", seed=77)]), "the trainings of the batch"),
    ],
)
def test_a_result_that_is_not_of_the_batch_is_refused_and_ends(tmp_path, monkeypatch, returned, message):
    monkeypatch.setattr(runner, "train_batch", lambda configs, keep_params=False: returned(configs))
    outcome = run(TINY, tmp_path, executor=Serial(), progress=False)
    assert (outcome.trained, outcome.missing) == (0, 4)
    assert re.search(message, outcome.failures[0])
    assert Store(tmp_path).records == {}


def test_an_executor_that_refuses_a_batch_leaves_it_missing(tmp_path):
    class Refusing(Serial):
        def submit(self, function, /, *arguments, **named):
            raise RuntimeError("the cluster is gone")

    outcome = run(TINY, tmp_path, executor=Refusing(), batch=2, progress=False)
    assert (outcome.trained, outcome.missing) == (0, 4)
    assert "RuntimeError: the cluster is gone" in outcome.failures[0]


def dask_executor():
    distributed = pytest.importorskip("distributed", reason="Dask's scheduler is not installed")
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None)
    client = distributed.Client(cluster)
    return client.get_executor(), lambda: (client.close(), cluster.close())


def pool(kind):
    executor = kind()
    return executor, executor.shutdown


EXECUTORS = {
    "threads": lambda: pool(lambda: concurrent.futures.ThreadPoolExecutor(1)),
    "processes": lambda: pool(lambda: Processes(2)),
    "process pool": lambda: pool(
        lambda: concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    ),
    "dask": dask_executor,
}


@pytest.mark.filterwarnings("default")  # of other people's schedulers
@pytest.mark.parametrize("name", EXECUTORS)
def test_any_executor_gives_the_same_results(tmp_path, name):
    executor, close = EXECUTORS[name]()
    try:
        outcome = run(TINY, tmp_path, executor=executor, batch=2, progress=False)
    finally:
        close()
    assert outcome == Outcome(4, 0, [])
    cells = TINY.cells(TINY.stages[0])
    store = Store(tmp_path)
    for cell, expected in zip(cells, train_many([cell.config for cell in cells], progress=False), strict=True):
        assert store.records[cell.key].held_out_error == pytest.approx(expected.test_error, abs=0.02)
        for array, params in zip(store.records[cell.key].params.values(), expected.params.values(), strict=True):
            np.testing.assert_allclose(array, params, atol=1e-4)


def test_numbers_too_small_to_be_normal_are_0_in_a_worker_only(monkeypatch):
    def half_of_the_smallest():
        return float(torch.tensor([2.0**-126]) * 0.5)

    seen = []
    monkeypatch.setattr(worker, "train_many", lambda *_, **__: seen.append(half_of_the_smallest()) or [])
    with pytest.raises(KeyboardInterrupt):  # no run came back
        train_batch([RunConfig(data="digits", n_train=50, epochs=1)])
    assert seen == [0.0]
    assert half_of_the_smallest() > 0


def test_a_batch_knows_where_it_came_from():
    batch = train_batch([RunConfig(data="digits", n_train=50, epochs=1)])
    assert len(batch.provenance["data_sha256"]) == 64
    assert batch.provenance["source_sha256"] == source_digest()
    assert set(batch.provenance) >= {"processor", "torch", "numpy", "python", "sl1lib", "threads", "began", "seconds"}


def test_divergence_is_a_result():
    base = RunConfig(data="digits", n_train=100, epochs=2, batch_size=10)
    wild = [base.replace(lr=1e20), base, base.replace(lr=1e25, penalty=Penalty(1e-3))]
    records = train_batch(wild, keep_params=True).records
    assert [record.diverged for record in records] == [True, False, True]
    assert [record.config for record in records] == wild
    assert 0 <= records[0].numbers["diverged_at"] < 20
    assert np.isnan(records[2].held_out_error)
    assert records[2].numbers["updates_to_0.5"] == np.inf
    assert records[1].params["K1"].shape == (6, 1, 5, 5)


def test_a_record_keeps_what_the_run_had():
    config = RunConfig(data="digits", n_train=300, epochs=3, batch_size=20, penalty=Penalty(0.02, 0.05))
    (record,) = train_batch([config], keep_params=True).records
    (expected,) = train_many([config], progress=False)
    assert record.numbers["held_out_error"] == expected.test_error
    assert record.numbers["nodes_below"] == expected.nodes_below()
    # exact: repeated on one machine
    np.testing.assert_array_equal(record.arrays["node_norms"], expected.node_norms.astype(np.float32))
    thinned = expected.history.smoothed()[curve_updates(45)]
    # exact: repeated on one machine
    np.testing.assert_array_equal(record.arrays["curve"], thinned.astype(np.float32))
    # exact: repeated on one machine
    assert all((record.params[name] == expected.params[name]).all() for name in expected.params)
    data = load_data("digits").subset(300, 0)
    E0, error = expected.evaluate(data.x_train, data.y_train)
    assert record.numbers["train_error"] == pytest.approx(error)
    assert record.numbers["train_E0"] == pytest.approx(E0, rel=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 0}, "batch is 0; it must be a whole number"),
        ({"executor": 3}, "executor is 3; it must be a concurrent"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        run(STUDY, tmp_path / "new", **settings)
    assert not (tmp_path / "new").exists()


def command(*words: str, **settings) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "sl1lib", "study", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings,
    )  # fmt: skip


def wait_until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_smoke_from_its_start_through_an_interruption_to_the_audit(tmp_path, how):
    words = ["smoke", "--results", str(tmp_path), "--processes", "2", "--quiet"]
    began = command("run", *words)
    folder = tmp_path / "smoke"
    with began:
        wait_until(lambda: list(folder.glob("tuning.part-*.npz")))
        workers = psutil.Process(began.pid).children(recursive=True)
        assert workers
        began.send_signal(how)
        _, errors = began.communicate(timeout=PATIENCE)
    assert began.returncode == (130 if how == signal.SIGINT else -how), errors
    if how == signal.SIGINT:
        assert errors == "sl1 study: interrupted\n"
    psutil.wait_procs(workers, timeout=PATIENCE)
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)
    kept = fingerprints(folder)
    assert 0 < len(kept) < 63

    with command("run", *words) as again:
        output, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0
    assert output == f"{63 - len(kept)} trainings added to {folder}, 0 missing\n"
    found = fingerprints(folder)
    assert {key: found[key] for key in kept} == kept
    assert sum(record.diverged for record in Store(folder).records.values()) == 3

    if how == signal.SIGKILL:
        return
    # The same bits as without an interruption.
    whole = run(load_study("smoke"), tmp_path / "whole", processes=2, progress=False)
    assert whole == Outcome(63, 0, [])
    assert fingerprints(tmp_path / "whole") == found
    with command("audit", *words, "--sample", "2") as audit:
        output, _ = audit.communicate(timeout=PATIENCE)
    assert audit.returncode == 0, output
    assert output.endswith("2 trainings done again, 0 did not come out as stored\n")


def test_results_in_use_are_left_alone(tmp_path, imagine):
    with Store(tmp_path), pytest.raises(StoreError, match="is in use"):
        run(STUDY, tmp_path, executor=Serial(), progress=False)


def test_ctrl_c_in_a_batch_that_also_diverged_keeps_nothing_unfinished(monkeypatch):
    good, bad = (RunConfig(data="digits", n_train=50, epochs=1, seed=seed) for seed in range(2))
    (run_of_good,) = train_many([good], False)
    error = DivergedError(3, float("nan"), bad)
    error.runs = [dataclasses.replace(run_of_good, complete=False)]

    def broken_off(configs, progress):
        raise error

    monkeypatch.setattr(worker, "train_many", broken_off)
    with pytest.raises(KeyboardInterrupt):
        train_batch([good, bad])


SCRIPT = """
from sl1lib.study import run, Study
outcome = run(Study.from_toml({toml!r}), {folder!r}, processes=2, progress=False)
print(outcome.trained, outcome.missing, outcome.failures[:1])
"""


@pytest.mark.parametrize("way", ["standard input", "script"])
def test_a_study_from_standard_input_or_a_script_that_has_no_guard(tmp_path, way):
    """A new process does not run the program again."""
    source = SCRIPT.format(toml=TINY.to_toml(), folder=str(tmp_path / "res"))
    script = tmp_path / "script.py"
    script.write_text(source, encoding="utf-8")
    command = [sys.executable, "-"] if way == "standard input" else [sys.executable, str(script)]
    given = source if way == "standard input" else None
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "4 0 []\n", done.stderr
