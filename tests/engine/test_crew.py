"""Threads that share tasks: all is done once, nothing runs on afterwards, and a copied process has its own threads."""

import gc
import multiprocessing
import signal
import subprocess
import warnings
from pathlib import Path

import pytest
import torch
from support import PATIENCE, has_compiled_loops

from sl1lib import MomentumRamp, fast
from sl1lib.engine import CompiledEngine, Training, compiler

needs_compiler = pytest.mark.skipif(not has_compiled_loops(), reason="there is no C compiler")
needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes are not copied here"
)


@needs_compiler
@pytest.mark.parametrize("sanitizer", ["-fsanitize=thread", "-fsanitize=address,undefined"])
def test_each_task_is_done_once_whoever_calls_beside(tmp_path, sanitizer):
    program = checked(tmp_path, "-g", "-O1", sanitizer)
    done = subprocess.run([program], capture_output=True, text=True)
    if "FATAL: ThreadSanitizer" in done.stderr:
        pytest.skip("the sanitizer of threads does not run here")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@needs_fork
@needs_compiler
def test_a_copy_of_a_process_hires_threads_of_its_own(tmp_path):
    done = subprocess.run([checked(tmp_path, "-O2"), "copy"], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, "copied\n"), done.stderr


def checked(folder, *flags):
    """Compile the program that tries the crew."""
    source, program = Path(__file__).with_name("crew_checked.c"), folder / "program"
    include = f"-I{compiler.SOURCE.parent}"
    command = [compiler.find_compiler(), *flags, include, "-o", program, source, "-lpthread"]
    made = subprocess.run(command, capture_output=True, text=True)
    if "cannot find" in made.stderr:
        pytest.skip("the compiler has no sanitizers here")
    assert made.returncode == 0, made.stderr
    return program


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
    """Threads are not copied by fork: whoever counted on them would wait for ever."""
    expected = bits_with_two_threads()
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
    gc.disable()  # what is raised inside of a collection's callback is not heard of
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
        gc.enable()
    assert seen == 20
    assert torch.isfinite(torch.from_numpy(trained.advance(2).E0)).all()
