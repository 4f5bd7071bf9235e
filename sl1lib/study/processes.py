"""The default executor: one process a core, one thread a process, and one lost batch if a process dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Final, ParamSpec, TypeVar

from ..errors import require_count

_GUARD: Final = (
    "Each process imports the script that it was started from: in a script, the call that trains must stand under "
    'if __name__ == "__main__":'
)

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Processes(Executor):
    """Processes for trainings, each with one thread of PyTorch's.

    A network is so small that a second thread inside an update gains little: two processes with a thread each train
    nearly twice as fast as one with two.

    Parameters
    ----------
    count : int, optional
        None: as many as this process may use cores.

    Notes
    -----
    Unlike `concurrent.futures.ProcessPoolExecutor`, a process that dies takes only its own work with it, and another
    takes its place. All end when this process ends, in whatever way. They start as fresh interpreters, so that a script
    that uses them needs the usual ``if __name__ == "__main__":``.

    Examples
    --------
    >>> with Processes(1) as processes:
    ...     processes.submit(abs, -2).result()
    2
    """

    def __init__(self, count: int | None = None) -> None:
        if count is not None:
            require_count("processes", count, least=1)
        require_guard()
        _forget_no_file()
        self.count = usable_cores() if count is None else count
        self._context = multiprocessing.get_context("spawn")  # a fork would copy PyTorch's thread pools half
        if os.name == "posix":
            # The first pool would start it, which lets Ctrl-C through in a thread that is to keep it from its process.
            resource_tracker.ensure_running()
        # Nobody ever writes to this pipe. Its end is closed when this process closes it, or ends: the processes wait
        # for that, and end too.
        self._watched, self._end = self._context.Pipe(duplex=False)
        self._own = threading.local()
        self._pools: list[ProcessPoolExecutor] = []
        self._threads = ThreadPoolExecutor(self.count, initializer=_block_ctrl_c)  # each waits for its own process

    def submit(self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs) -> Future[_T]:
        """Call a function in one of the processes."""
        return self._threads.submit(self._call, function, *arguments, **named)  # type: ignore[arg-type]

    def stop(self) -> None:
        """End the processes at once, whatever they are doing; what they have not finished is lost."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._end.close()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let what was submitted finish, and end the processes."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for pool in self._pools:
            pool.shutdown(wait)
        self._end.close()

    def _call(self, function: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
        pool: ProcessPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is None or getattr(pool, "_broken", False):
            pool = ProcessPoolExecutor(1, self._context, _initialise, (self._watched,))
            self._own.pool = pool
            self._pools.append(pool)
        try:
            return pool.submit(function, *arguments, **named).result()
        except BrokenProcessPool as error:
            message = f"a process ended before its work was done; memory may be short. {_GUARD}"
            raise BrokenProcessPool(message) from error


def require_guard() -> None:
    """Raise in a process that was started to work, and that runs its user's script once more instead.

    Raises
    ------
    RuntimeError
        Naming the guard that the script lacks.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(f"a process for trainings must not start any itself. {_GUARD}")


def _forget_no_file() -> None:
    """Let a program that came through standard input be none that a new process could run again."""
    main = sys.modules["__main__"]
    named = getattr(main, "__file__", None)
    if named is not None and getattr(main, "__spec__", None) is None and not os.path.isfile(named):
        del main.__file__


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _block_ctrl_c() -> None:
    """Keep Ctrl-C from this thread and from the processes that it starts, which inherit that until `_initialise`."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _initialise(watched: Connection) -> None:
    """Prepare a process: one thread; Ctrl-C is for the process that started it; end when that one does."""
    import torch  # here, as the parent of a spawned process has no use for its import in this module

    from .._output import tqdm

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # its own is the system's, and would be left behind
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def _end_with(watched: Connection) -> None:
    watched.poll(None)  # returns when the other end is closed
    os._exit(1)
