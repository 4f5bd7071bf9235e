"""Engines in several processes: the numbers of one engine, and no process left behind however it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import torch
from support import PATIENCE

from sl1lib import LearningRate, MomentumRamp, Penalty, fast
from sl1lib.engine import Engine, ParallelEngine, Training, WorkerError, parallel, tile_images

COUNT, BATCH, UPDATES = 60, 16, 10
PENALTIES = [
    None,
    Penalty(1e-3, 1e-2),
    Penalty(1e-3, 1e-2, "quartic", "weight"),
    Penalty(1e-3, 0.0, "abs", step="proximal"),
]


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    x = torch.tensor(random.integers(0, 256, (COUNT, 1, 28, 28)), dtype=torch.uint8)
    return x, torch.tensor(random.integers(0, 10, COUNT))


@pytest.fixture
def trainings():
    ramp, rate = MomentumRamp(), LearningRate(0.1, 0.0, 100)
    return [Training(fast.init_params(m, torch.float64), rate, ramp, p, seed=m // 2) for m, p in enumerate(PENALTIES)]


@pytest.mark.threads
@pytest.mark.parametrize("reading", ["table", "text"])
def test_several_processes_give_the_numbers_of_one_engine(images, trainings, reading):
    settings = {"reading": reading, "batch_size": BATCH}
    one = Engine(trainings, *images, **settings)
    with ParallelEngine(trainings, *images, processes=3, **settings) as several:
        assert several.updates_per_epoch == one.updates_per_epoch
        expected, costs = one.advance(UPDATES), several.advance(UPDATES)
        np.testing.assert_array_equal(costs.E0, expected.E0)  # exact: repeated on one machine
        np.testing.assert_array_equal(costs.penalty, expected.penalty)  # exact: repeated on one machine
        for m in (*range(len(trainings)), -1):
            for name, tensor in one.params(m).items():
                assert torch.equal(several.params(m)[name], tensor)  # exact: repeated on one machine
        x = images[0][:5]
        tiles = tile_images(x)
        for _ in range(2):  # the second time they are not sent again
            assert torch.equal(several.predict(tiles, tiled=True), one.predict(x))  # exact: repeated on one machine
            assert torch.equal(several.predict(x), one.predict(x))  # exact: repeated on one machine


def test_it_goes_on_bit_for_bit_from_a_state_and_takes_that_of_one_engine(images, trainings):
    with ParallelEngine(trainings, *images, batch_size=BATCH, processes=2) as engine:
        engine.advance(3)
        state = engine.state()
        expected = engine.advance(UPDATES)
        engine.load_state(state)
        assert engine.updates == 3
        # exact: repeated on one machine
        np.testing.assert_array_equal(engine.advance(UPDATES).E0, expected.E0)
        one = Engine(trainings, *images, batch_size=BATCH)
        one.load_state(state)
        # exact: repeated on one machine
        np.testing.assert_array_equal(one.advance(UPDATES).E0, expected.E0)
        engine.load_state(one.state())
        assert engine.updates == one.updates == 3 + UPDATES


def test_stop_is_asked_every_few_updates_and_epochs_come_in_chunks(images, trainings, monkeypatch):
    monkeypatch.setattr(parallel, "PIECE", 10)
    with ParallelEngine(trainings, *images, batch_size=BATCH, processes=2) as engine:
        assert len(engine.advance(100, stop=lambda: engine.updates >= 20).E0) == engine.updates == 20
        engine.advance(1)
        assert [len(costs.E0) for costs in engine.epoch(chunk=2)] == [2, 1]  # of 4 updates in an epoch


def test_there_are_no_more_processes_than_trainings(images, trainings):
    with ParallelEngine(trainings[:2], *images, processes=5) as engine:
        assert len(engine._workers) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"processes": 0}, "processes is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"reading": "tabel"}, "tabel"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_engines_words(images, trainings, change, words):
    with pytest.raises(ValueError, match=words):
        ParallelEngine(trainings, *images, **({"processes": 2} | change))


def test_no_training_and_a_state_of_another_size_are_refused(images, trainings):
    with pytest.raises(ValueError, match="no training"):
        ParallelEngine([], *images)
    with ParallelEngine(trainings, *images, processes=2) as engine:
        state = Engine(trainings[:3], *images).state()
        with pytest.raises(ValueError, match="is 3; here it must be 4"):
            engine.load_state(state)


def test_a_process_that_ended_is_told(images, trainings):
    with ParallelEngine(trainings, *images, processes=2) as engine:
        engine._workers[1].process.kill()
        engine._workers[1].process.wait()
        with pytest.raises(WorkerError, match="killed by signal 9" if os.name == "posix" else "ended with code"):
            engine.advance(1)
        for call in (engine.params, engine.state, lambda: engine.advance(1), lambda: engine.predict(images[0])):
            with pytest.raises(WorkerError, match="is closed, or was broken off"):
                call()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_after_ctrl_c_no_answer_to_an_earlier_call_is_taken(images, trainings):
    with ParallelEngine(trainings, *images, processes=2) as engine:
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            engine.advance(10**6)
        timer.join()
        with pytest.raises(WorkerError, match="broken off"):
            engine.advance(1)
        assert all(worker.process.poll() is not None for worker in engine._workers)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_process_that_does_not_answer_is_ended_with_the_engine(images, trainings, monkeypatch):
    monkeypatch.setattr(parallel, "PATIENCE", 0.2)
    engine = ParallelEngine(trainings, *images, processes=2)
    engine._workers[0].process.send_signal(signal.SIGSTOP)
    engine.close()
    assert all(worker.process.poll() is not None for worker in engine._workers)


def test_a_start_that_fails_ends_the_processes_begun(images, trainings, monkeypatch):
    begun, popen = [], subprocess.Popen

    def second_fails(*arguments, **settings):
        if begun:
            raise OSError("no more processes")
        begun.append(popen(*arguments, **settings))
        return begun[0]

    monkeypatch.setattr(parallel.subprocess, "Popen", second_fails)
    with pytest.raises(OSError, match="no more"):
        ParallelEngine(trainings, *images, processes=2)
    assert begun[0].poll() is not None


def test_places_to_import_from_that_are_no_text_are_passed_over(images, trainings, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [*sys.path, tmp_path])
    with ParallelEngine(trainings[:2], *images, processes=2) as engine:
        assert engine.advance(1).E0.shape == (1, 2)


SCRIPT = """
import time
import torch
from sl1lib import MomentumRamp, fast
from sl1lib.engine import ParallelEngine, Training

print("once")  # a script without `if __name__ == "__main__"` must not run again in each process
trainings = [Training(fast.init_params(m), 0.1, MomentumRamp()) for m in range(2)]
engine = ParallelEngine(trainings, torch.zeros(4, 1, 28, 28), torch.arange(4), processes=2)
engine.advance(1)
print(*(worker.process.pid for worker in engine._workers), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 and process numbers are POSIX's")
def test_the_processes_end_when_their_owner_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    owner = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == "once\n"
        workers = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(workers) == 2
        assert all(map(_alive, workers))
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    deadline = time.monotonic() + PATIENCE
    while any(map(_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_alive, workers))


def _alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and waits to be collected by its new parent does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not os.path.isdir("/proc/self")


def test_an_interpreter_that_prints_as_it_starts_does_no_harm(images, trainings, monkeypatch, tmp_path):
    """A sitecustomize or a .pth file may greet; what comes over the pipe must not be taken for an answer."""
    (tmp_path / "sitecustomize.py").write_text("import sys; print('hello'); sys.stdout.write('no end of line')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    with ParallelEngine(trainings, *images, batch_size=4, processes=2) as engine:
        assert len(engine.advance(2).E0) == 2
