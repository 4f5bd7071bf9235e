"""Threads that share tasks: all is done once, nothing runs on afterwards, and a copied process has its own threads."""

import multiprocessing
import signal
import threading
import time
import warnings

import pytest
import torch
from support import PATIENCE, has_compiled_loops

from sl1lib import MomentumRamp, fast
from sl1lib.engine import CompiledEngine, Training
from sl1lib.engine.crew import share_out

needs_compiler = pytest.mark.skipif(not has_compiled_loops(), reason="there is no C compiler")
needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes are not copied here"
)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_each_task_is_done_once(threads, count):
    done = []
    share_out([lambda n=n: done.append(n) for n in range(count)], threads)
    assert sorted(done) == list(range(count))


def test_an_error_of_any_thread_is_raised_once_nothing_runs_any_more():
    running, lock = 0, threading.Lock()

    def task(number):
        nonlocal running
        with lock:
            running += 1
        time.sleep(0.005)
        with lock:
            running -= 1
        if number % 3 == 2:
            raise RuntimeError(f"task {number}")

    for _ in range(20):
        with pytest.raises(RuntimeError, match="task"):
            share_out([lambda n=n: task(n) for n in range(12)], threads=4)
        assert running == 0


def test_after_an_interruption_nothing_runs_any_more():
    """Ctrl-C in the thread that calls, while another is in the middle of a task that writes into the caller's array."""
    started, ended = threading.Event(), threading.Event()
    caller = threading.current_thread()

    def task():
        if threading.current_thread() is caller:
            assert started.wait(PATIENCE)
            raise KeyboardInterrupt
        started.set()
        time.sleep(0.05)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        share_out([task, task, task], threads=2)
    assert ended.is_set()
    share_out([lambda: None] * 3, threads=2)  # the helpers live on


def test_calls_from_several_threads_do_not_mix():
    found = {name: [] for name in range(4)}

    def work(name):
        for _ in range(50):
            share_out([lambda n=n: found[name].append(n) for n in range(5)], threads=3)

    callers = [threading.Thread(target=work, args=(name,)) for name in found]
    for each in callers:
        each.start()
    for each in callers:
        each.join(PATIENCE)
    assert all(sorted(numbers) == sorted([*range(5)] * 50) for numbers in found.values())


def engine():
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(256, (64, 1, 28, 28), dtype=torch.uint8, generator=generator)
    start = Training(fast.init_params(), 0.1, MomentumRamp())
    return CompiledEngine([start, start], x, torch.arange(64) % 10, batch_size=40)


def bits_with_two_threads(answers=None):
    trained = engine()
    trained._threads = _Two()
    trained._most = torch.get_num_threads()  # so that the choice stays
    trained.advance(3)
    found = trained.state()["weights/U"].tobytes()
    if answers is not None:
        answers.put(found)
    return found


class _Two:
    def choose(self, work, equal):
        return 2


@needs_fork
@needs_compiler
def test_a_copied_process_hires_threads_of_its_own():
    """Python's threads are not copied by fork: whoever counted on them would wait for ever."""
    expected = bits_with_two_threads()
    assert any(thread.name == "sl1lib-crew" for thread in threading.enumerate())
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of newer Pythons, for any copy beside threads
        child = context.Process(target=bits_with_two_threads, args=(answers,))
        child.start()
    try:
        assert answers.get(timeout=PATIENCE) == expected  # exact: repeated on one machine
        child.join(PATIENCE)
        assert child.exitcode == 0
    finally:
        child.kill()


@needs_compiler
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers")
def test_ctrl_c_in_the_middle_of_updates_leaves_a_state_that_trains_on():
    trained, seen = engine(), 0
    trained._threads = _Two()
    trained._most = torch.get_num_threads()
    before = signal.signal(signal.SIGALRM, lambda *given: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        for _ in range(20):
            signal.setitimer(signal.ITIMER_REAL, 0.003)
            try:
                trained.advance(10_000, stop=lambda: False)
            except KeyboardInterrupt:
                seen += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen == 20
    assert torch.isfinite(torch.from_numpy(trained.advance(2).E0)).all()
