"""Work divided among processes: the runs of one process, checkpoints, and no process left behind however it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from support import PATIENCE

from sl1lib import Penalty, train_many
from sl1lib.training.processes import Processes, WorkerError, asked_to_stop, report


@pytest.fixture
def trio(small):
    return [small.replace(penalty=penalty) for penalty in (None, Penalty(1e-2, 1e-2), Penalty(1e-2, 0.0, "squared"))]


@pytest.mark.threads
def test_the_runs_are_those_of_one_process(trio, same):
    for one, several in zip(train_many(trio, False), train_many(trio, False, processes=2), strict=True):
        same(several, one)
        assert (several.provenance["processes"], one.provenance["processes"]) == ("2", "1")


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
@pytest.mark.parametrize("then", [1, 2])
def test_after_ctrl_c_all_end_where_they_are_and_are_resumed_with_the_same_bits(trio, same, tmp_path, then):
    longer = [config.replace(epochs=40) for config in trio]
    folder = tmp_path / "kept"

    def press():
        deadline = time.monotonic() + PATIENCE
        while not list(folder.glob("group-*.npz")) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Thread(target=press)
    timer.start()
    runs = train_many(longer, False, processes=2, checkpoint=folder, checkpoint_every=0)
    timer.join()
    assert runs
    assert not all(run.complete for run in runs)
    expected = train_many(longer, False)
    settings = {"processes": then, "checkpoint": folder}
    for found, right in zip(train_many(longer, False, **settings), expected, strict=True):
        same(found, right)


def test_a_single_training_starts_no_process(small, monkeypatch):
    monkeypatch.setattr("sl1lib.training.training.Processes", None)
    (run,) = train_many([small], False, processes=2)
    assert run.complete


def test_an_error_in_a_process_is_the_callers_and_says_where(trio):
    with pytest.raises(ValueError, match="n_train is 5000") as caught:
        train_many([config.replace(n_train=5000) for config in trio], False, processes=2)
    assert "In another process" in "".join(caught.value.__notes__)


def test_a_process_that_ends_is_reported(trio, monkeypatch):
    """The function that a process is to call is replaced by one that ends it."""
    monkeypatch.setattr("sl1lib.training.training.train_cohort", os._exit)
    monkeypatch.setattr(Processes, "submit", lambda self, function, *_: self._waiting.submit(self._call, os._exit, 3))
    with pytest.raises(WorkerError, match="a process ended with code 3 before its work was done; if memory was short"):
        train_many(trio, False, processes=2)


@pytest.mark.parametrize("processes", [0, 1.5, "2", True])
def test_what_is_no_count_is_refused(trio, processes):
    with pytest.raises((ValueError, TypeError), match="processes"):
        train_many(trio, False, processes=processes)
    with pytest.raises((ValueError, TypeError), match="processes"):
        Processes(processes)


def test_several_processes_take_more_memory_and_the_plan_says_so(trio, capfd):
    def told(processes):
        train_many(trio, processes=processes)
        return int(next(line for line in capfd.readouterr().err.splitlines() if "about" in line).split()[-2])

    assert told(2) > told(1) + 2 * 200


def test_the_bar_counts_the_images_of_all(trio, monkeypatch):
    class Bar:
        count = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self, count):
            Bar.count += count
            return True

        def set_postfix_str(self, text, refresh):
            Bar.text = text

    monkeypatch.setattr("sl1lib.training.training.image_bar", lambda *_: Bar())
    train_many(trio, processes=2)
    assert Bar.count == 3 * 2 * 200  # trainings, epochs, images
    assert "E0" in Bar.text


# ---- Processes themselves


def reporting(times):
    for number in range(times):
        report(number)
    return "done"


def until_asked():
    while not asked_to_stop():
        time.sleep(0.01)
    return "asked"


def unpicklable():
    return lambda: None


class OddError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def odd():
    raise OddError(1, 2)


@pytest.fixture
def importable(monkeypatch):
    """Functions of this file are found by their names in another process, too."""
    monkeypatch.syspath_prepend(os.path.dirname(__file__))


def test_what_a_function_reports_arrives_before_its_result(importable):
    reports = []
    with Processes(1, on_report=reports.append) as processes:
        assert processes.submit(reporting, 3).result() == "done"
    assert reports == [0, 1, 2]


def test_it_can_be_asked_to_stop(importable):
    with Processes(2) as processes:
        futures = [processes.submit(until_asked) for _ in range(2)]
        while not all(future.done() for future in futures):
            processes.ask_to_stop()
            time.sleep(0.05)
        assert [future.result() for future in futures] == ["asked", "asked"]


def test_what_cannot_be_pickled_is_reported_in_words_and_the_process_continues(importable):
    with Processes(1) as processes:
        with pytest.raises(RuntimeError, match="pickle"):
            processes.submit(unpicklable).result()
        with pytest.raises(RuntimeError, match="OddError: 1 and 2"):
            processes.submit(odd).result()
        with pytest.raises((AttributeError, TypeError, OSError), match=r"pickle|local"):
            processes.submit(lambda: None).result()
        assert processes.submit(abs, -1).result() == 1


def test_a_process_that_dies_takes_only_its_own_work(importable):
    with Processes(1) as processes:
        futures = [processes.submit(os._exit, 3), processes.submit(abs, -1)]
        with pytest.raises(WorkerError, match="ended with code 3"):
            futures[0].result()
        assert futures[1].result() == 1


def test_what_it_prints_does_not_get_among_the_answers(importable, capfd):
    with Processes(1) as processes:
        assert processes.submit(print, "hello").result() is None
    assert capfd.readouterr() == ("", "hello\n")


def test_an_interpreter_that_prints_as_it_starts_does_no_harm(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("print('welcome')\nprint('again', end='')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    with Processes(1) as processes:
        assert processes.submit(abs, -1).result() == 1


def test_stopping_ends_them_at_once(importable):
    processes = Processes(1)
    future = processes.submit(time.sleep, 600)
    while not processes._workers:
        time.sleep(0.01)
    processes.stop()
    with pytest.raises(WorkerError):
        future.result(timeout=PATIENCE)
    processes.shutdown()
    assert all(worker.process.poll() is not None for worker in processes._workers)


OWNER = """
    import time
    from sl1lib.training.processes import Processes
    print("once")  # a script without `if __name__ == "__main__"` must not run again in each process
    processes = Processes(2)
    futures = [processes.submit(time.sleep, 600) for _ in range(2)]
    while len(processes._workers) < 2:
        time.sleep(0.01)
    print(*(worker.process.pid for worker in processes._workers), flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_the_processes_end_when_their_owner_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(OWNER))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline() == "once\n"
        workers = [int(word) for word in owner.stdout.readline().split()]
        owner.kill()
    deadline = time.monotonic() + PATIENCE
    while any(_lives(worker) for worker in workers):
        assert time.monotonic() < deadline, "a process is left behind"
        time.sleep(0.05)


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"
