"""Trainings divided among processes: the runs of one process, checkpoints, and no waiting where it cannot help."""

import pytest

from sl1lib import Penalty, train_many
from sl1lib.engine import ParallelEngine, WorkerError


class CutError(Exception):
    """Stands for whatever ends a training in the middle."""


@pytest.fixture
def trio(small):
    return [small.replace(penalty=penalty) for penalty in (None, Penalty(1e-2, 1e-2), Penalty(1e-2, 0.0, "squared"))]


def test_the_runs_are_those_of_one_process(trio, same):
    for one, several in zip(train_many(trio, False), train_many(trio, False, processes=2), strict=True):
        same(several, one)
        assert (several.provenance["processes"], one.provenance["processes"]) == ("2", "1")


def test_cut_off_they_end_with_the_same_bits(trio, same, tmp_path, monkeypatch):
    expected = train_many(trio, False, processes=2)
    advance, calls = ParallelEngine.advance, iter(range(100))

    def cut_at_the_second_call(self, updates, stop=None):
        if next(calls) == 1:
            raise CutError
        return advance(self, updates, stop)

    settings = {"processes": 2, "checkpoint": tmp_path / "kept", "checkpoint_every": 0}
    with monkeypatch.context() as patch:
        patch.setattr(ParallelEngine, "advance", cut_at_the_second_call)
        with pytest.raises(CutError):
            train_many(trio, False, **settings)
    for found, right in zip(train_many(trio, False, **settings), expected, strict=True):
        same(found, right)


def test_a_single_training_starts_no_process(small, monkeypatch):
    monkeypatch.setattr("sl1lib.training.loop.ParallelEngine", None)
    (run,) = train_many([small], False, processes=2)
    assert run.complete


def test_a_process_that_ends_is_told(trio, monkeypatch):
    advance = ParallelEngine.advance

    def kill_one(self, updates, stop=None):
        self._workers[0].process.kill()
        self._workers[0].process.wait()
        return advance(self, updates, stop)

    monkeypatch.setattr(ParallelEngine, "advance", kill_one)
    with pytest.raises(WorkerError, match=r"was killed by signal 9|ended with code"):
        train_many(trio, False, processes=2)


@pytest.mark.parametrize("processes", [0, 1.5, "2", True])
def test_what_is_no_count_is_refused(trio, processes):
    with pytest.raises((ValueError, TypeError), match="processes"):
        train_many(trio, False, processes=processes)


def test_several_processes_take_more_memory_and_the_plan_says_so(trio, capfd):
    def told(processes):
        train_many(trio, processes=processes)
        return int(next(line for line in capfd.readouterr().err.splitlines() if "about" in line).split()[-2])

    assert told(2) > told(1) + 2 * 200
