"""Work for several processes, one for each core: whole trainings need not communicate.

Threads would not do, since Python lets one of them run at a time. Each process is a fresh interpreter: unlike a fork it
has no half-copied thread pools, and unlike `multiprocessing`'s it does not run the user's script once more, so that
scripts without a guard, notebooks and standard input may start some. Ctrl-C in the terminal does not reach it.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
import traceback
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar, cast

from ..errors import TrainingError, require_count

_P = ParamSpec("_P")
_T = TypeVar("_T")

PATIENCE: Final = 5.0  # seconds that an idle process has to end by itself
_SIZE: Final = struct.Struct("<Q")  # before each message: how many bytes it has


class WorkerError(TrainingError, BrokenExecutor):
    """A process ended before its work was done."""


class Processes(Executor):
    """Calls functions in processes, as `concurrent.futures` has it.

    There are at most ``count``, by default one for each core that this process may use; they start as work comes, and
    PyTorch uses ``threads`` threads in each. A thread calls ``on_report`` with what a function passes to `report`.

    A process that dies takes only its own work with it, whose future raises `WorkerError`, and another takes its place.
    All end when the executor is no longer in use, and when this process ends, in whatever way. What a function prints
    goes to standard error. Functions, arguments and results travel as pickles: a function must be found by its name in
    a module.

    Examples
    --------
    >>> with Processes(1) as processes:
    ...     processes.submit(abs, -2).result()
    2
    """

    def __init__(
        self, count: int | None = None, threads: int = 1, on_report: Callable[[Any], object] | None = None
    ) -> None:
        if count is not None:
            require_count("processes", count, least=1)
        require_count("threads", threads, least=1)
        self.count = usable_cores() if count is None else count
        self._threads_each, self._on_report = threads, on_report
        self._own = threading.local()
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._stopped = False
        weakref.finalize(self, _end_all, self._workers)
        self._waiting = ThreadPoolExecutor(self.count)  # each of its threads waits for a process of its own

    def submit(self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs) -> Future[_T]:
        """Call a function in one of the processes."""
        return self._waiting.submit(self._call, function, *arguments, **named)  # type: ignore[arg-type]

    def ask_to_stop(self) -> None:
        """Let what is being done end soon: from now on `asked_to_stop` is true in all processes."""
        with self._lock:
            for worker in self._workers:
                worker.ask_to_stop()

    def stop(self) -> None:
        """End the processes at once, whatever they are doing; what they have not finished is lost."""
        self._waiting.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.process.kill()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let what was submitted finish, and end the processes."""
        self._waiting.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            _end_all(self._workers)

    def _call(self, function: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None or worker.process.poll() is not None:
            worker = self._own.worker = _Worker(self._threads_each, self._on_report)
            with self._lock:
                self._workers.append(worker)
                if self._stopped:
                    worker.process.kill()
        found: _T = worker.call(function, arguments, named)
        return found


@contextmanager
def working(executor: Executor | None, processes: int | None) -> Iterator[Executor]:
    """Give an executor, or processes of our own, which end with the block: at once, if it raises."""
    if executor is not None:
        yield executor
        return
    ours = Processes(processes)
    try:
        yield ours
    except BaseException:
        ours.stop()  # what still runs is of no use
        raise
    finally:
        ours.shutdown()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """A process, seen from the one that started it."""

    def __init__(self, threads: int, on_report: Callable[[Any], object] | None) -> None:
        places = [place for place in sys.path if isinstance(place, str)]  # Python passes over all others, too
        # An interpreter may print as it starts, as a sitecustomize does: messages begin after the greeting.
        self._greeting, self._greeted = f"{uuid.uuid4().hex}\n".encode(), False
        self._on_report = on_report
        code = f"import sys; sys.path[:] = {places!r}; from {__name__} import main; main({threads}, {self._greeting!r})"
        windows = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        flags: dict[str, Any] = {"creationflags": windows} if windows else {"process_group": 0}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
            **flags,
        )
        self._out, self._in = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        self._sending = threading.Lock()

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Have the function called; return what it returns, raise what it raises, hand on what it reports."""
        work = pickle.dumps((function, arguments, named), pickle.HIGHEST_PROTOCOL)
        try:
            self._send(work)
            while (message := pickle.loads(self._receive()))[0] == "reported":
                if self._on_report is not None:
                    self._on_report(message[1])
        except (EOFError, BrokenPipeError) as error:
            raise self._ended() from error
        kind, content = message
        if kind == "raised":
            raise content
        return content

    def ask_to_stop(self) -> None:
        with suppress(OSError, ValueError):  # it has ended
            self._send(b"")

    def end(self) -> None:
        """Close the pipes, after which the process ends, and wait for that."""
        for stream in (self._out, self._in):
            with suppress(OSError):
                stream.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _send(self, message: bytes) -> None:
        with self._sending:
            self._out.write(_SIZE.pack(len(message)) + message)
            self._out.flush()

    def _receive(self) -> bytes:
        while not self._greeted:
            line = self._in.readline()
            if not line:
                raise EOFError
            self._greeted = line.endswith(self._greeting)
        return _read(self._in)

    def _ended(self) -> WorkerError:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)  # a pipe closes a moment before its process has ended
        code = self.process.poll()
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return WorkerError(
            f"a process {how} before its work was done; if memory was short, use fewer processes; what a checkpoint or "
            "a study has kept is not lost"
        )


def _end_all(workers: Iterable[_Worker]) -> None:
    for worker in workers:
        worker.end()


def _read(stream: BinaryIO) -> bytes:
    """Return the next message; raise ``EOFError`` if its writer has ended before it was whole."""
    head = stream.read(_SIZE.size)
    message = stream.read(_SIZE.unpack(head)[0]) if len(head) == _SIZE.size else b""
    if len(head) < _SIZE.size or len(message) < _SIZE.unpack(head)[0]:
        raise EOFError
    return message


# ---- in the process


_asked = threading.Event()
_report: Callable[[Any], None] = lambda message: None  # noqa: E731  (nobody listens, unless `main` says otherwise)


def report(message: Any) -> None:
    """Send a message to the process that started this one, if one did."""
    _report(message)


def asked_to_stop() -> bool:
    """Return whether the process that started this one wants it to end soon."""
    return _asked.is_set()


def main(threads: int, greeting: bytes) -> None:
    """Do the work that arrives on standard input, until that ends, as it does with the process that sends it."""
    import torch

    from .._output import tqdm

    torch.set_num_threads(threads)
    tqdm.set_lock(threading.RLock())  # its own is the system's, and would be left behind
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    elsewhere = sys.stderr.fileno() if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY)
    os.dup2(elsewhere, sys.stdout.fileno())  # what is printed must not get among the answers
    answers.write(greeting)
    answers.flush()

    def tell(kind: str, content: Any) -> None:
        message = _pickled(kind, content)
        answers.write(_SIZE.pack(len(message)) + message)
        answers.flush()

    global _report
    _report = lambda message: tell("reported", message)  # noqa: E731
    works: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(works,), daemon=True).start()
    with suppress(BrokenPipeError, KeyboardInterrupt):
        while True:
            tell(*_done(works.get()))
    os._exit(0)  # without a word about pipes that the other side has closed


def _listen(works: queue.SimpleQueue[bytes]) -> None:
    """Take work, and the wish to stop, an empty message; end the process with its input."""
    try:
        while True:
            if message := _read(sys.stdin.buffer):
                works.put(message)
            else:
                _asked.set()
    except BaseException:
        os._exit(0)


def _done(work: bytes) -> tuple[str, Any]:
    try:
        function, arguments, named = pickle.loads(work)
        return "returned", function(*arguments, **named)
    except Exception as error:  # it belongs to the caller
        error.add_note(f"In another process:\n{traceback.format_exc()}")
        return "raised", error


def _pickled(kind: str, content: Any) -> bytes:
    """Return a message; what cannot be pickled, or not be read back, becomes an error in words."""
    try:
        message = pickle.dumps((kind, content), pickle.HIGHEST_PROTOCOL)
        if kind == "raised":
            pickle.loads(message)
        return message
    except Exception as error:
        told = content if kind == "raised" else error
        return pickle.dumps(("raised", RuntimeError(f"{type(told).__name__}: {told}")))
