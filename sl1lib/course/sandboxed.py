"""The process in which functions are called that somebody handed in: ``python -m sl1lib.course.sandboxed``.

It reads jobs from its standard input and writes an answer for each call to what was its standard output, a line each.
What a function might do to the machine, it does to this process. A thread ends the process when the time is over or
memory grows too large; a hook refuses to start other processes and to reach the network. Both work on every system.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO, Final

from .calling import Calls, each_call
from .carrying import unpack
from .symbols import load_for
from .wire import encode

OUT_OF_TIME = 76  # exit codes that say why the process ended itself
OUT_OF_MEMORY = 77
GIBIBYTE: Final = 2**30
MOST_MEMORY: Final = GIBIBYTE // 2  # more than before the first call; exercises need a few megabytes
MOST_ADDRESSES: Final = 4 * GIBIBYTE  # libraries reserve far more than they fill
REFUSED: Final = {
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec", "os.spawn", "os.startfile"),
    *("subprocess.Popen", "_winapi.CreateProcess", "socket.connect", "os.kill", "os.killpg"),
}

Write = Callable[[dict[str, Any]], None]


class Guard(threading.Thread):
    """Ends this process when a job takes too long, or too much memory."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.deadline: float | None = None
        self.base = 0

    def watch(self, seconds: float) -> None:
        """Begin: ``seconds`` from now is the latest."""
        self.base = memory()
        self.deadline = time.monotonic() + seconds

    def rest(self) -> None:
        """End: nothing is limited until the next time."""
        self.deadline = None

    def run(self) -> None:
        """Look again and again."""
        while True:
            time.sleep(0.01)
            if self.deadline is not None and time.monotonic() > self.deadline:
                os._exit(OUT_OF_TIME)
            if self.deadline is not None and memory() > self.base + MOST_MEMORY:
                os._exit(OUT_OF_MEMORY)


def memory() -> int:
    """Return how many bytes this process holds; where only its largest number so far is known, that."""
    if sys.platform == "win32":
        return _windows_memory()
    import resource

    if sys.platform.startswith("linux"):  # the peak there begins with that of the process which started this one
        return _linux_pages()[1] * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _linux_pages() -> list[int]:
    with open("/proc/self/statm", encoding="ascii") as file:
        return [int(number) for number in file.read().split()]


def _windows_memory() -> int:
    import ctypes

    sizes = (ctypes.c_size_t * 10)()  # PROCESS_MEMORY_COUNTERS: two DWORDs, then sizes, of which the first is the peak
    windows: Any = ctypes.__dict__["WinDLL"]("kernel32")
    windows.GetCurrentProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(windows.GetCurrentProcess())
    windows.K32GetProcessMemoryInfo(handle, ctypes.byref(sizes), ctypes.sizeof(sizes))
    return int(sizes[8 // ctypes.sizeof(ctypes.c_size_t)])


def limit_address_space(for_good: bool = False) -> None:
    """Let a request for far too much memory fail at once, on Linux: with a MemoryError in the line that asks for it."""
    if sys.platform.startswith("linux"):
        import resource

        most = _linux_pages()[0] * resource.getpagesize() + MOST_ADDRESSES
        highest = resource.getrlimit(resource.RLIMIT_AS)[1]
        if highest != resource.RLIM_INFINITY:  # somebody limits us already
            most = min(most, highest)
        resource.setrlimit(resource.RLIMIT_AS, (most, most if for_good else highest))


def refuse(event: str, _: tuple[Any, ...]) -> None:
    """Raise for what no exercise needs."""
    if event in REFUSED:
        raise PermissionError(f"{event} is not allowed in an exercise")


def channels() -> tuple[BinaryIO, Write]:
    """Return where jobs come from, and what writes an answer; nothing else has these files any more."""
    jobs: BinaryIO = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # a function that reads or prints past Python reaches nobody
        os.dup2(nothing, number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the process that waits

    def write(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    return jobs, write


def answer(calls: Calls, arguments: Iterable[Sequence[Any]], write: Write) -> None:
    """Make the calls and write what each did."""
    for outcome in each_call(calls, arguments):
        rest = {name: value for name, value in vars(outcome).items() if name != "result"}
        write({**rest, "result": encode(outcome.result), "calls": sorted(calls.found)})


def main() -> None:
    """Answer jobs until there are no more."""
    jobs, write = channels()
    guard = Guard()
    guard.start()
    sys.addaudithook(refuse)
    while True:
        try:
            job = pickle.load(jobs)
        except EOFError:
            return
        try:
            function, arguments = unpack(job["function"]), pickle.loads(job["arguments"])
            load_for(function)
        except Exception as error:  # whatever its import or its class makes of it
            write({"lost": f"{type(error).__name__}: {error}"})
            continue
        write({"running": True})
        limit_address_space()
        guard.watch(job["seconds"])
        answer(Calls(function), arguments, write)
        guard.rest()


if __name__ == "__main__":
    main()
