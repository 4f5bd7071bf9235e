"""Run a function that somebody handed in, in another process: a hang or a crash there costs nothing here.

A process of its own is the only limit that holds everywhere: a thread cannot be stopped, signals and ``fork`` are not
on Windows, and a notebook that has loaded PyTorch cannot be forked safely. One process is started when an exercise is
first asked for, and kept, so that a check does not wait for Python and NumPy to load. Where no process can be started,
as in a browser, and for a function that cannot be carried, the call happens here, with the time limit alone.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from .calling import Calls, Outcome, each_call
from .carrying import pack
from .sandboxed import OUT_OF_MEMORY, OUT_OF_TIME
from .wire import decode, encode

Function = Callable[..., Any]

SECONDS: Final = 5.0  # for all calls of a check together
STARTING: Final = 60.0  # for a process to load Python, NumPy and what the function imports, on a busy machine
GRACE: Final = 2.0  # what the process has to end itself


@dataclass(frozen=True)
class Record:
    """What happened to a function.

    Parameters
    ----------
    outcomes : list of Outcome
        One for each call that came to an end.
    calls : frozenset of str
        The functions of packages that it calls itself, by their full names.
    ended : {"", "time", "memory", "crash"}
        Why there are fewer outcomes than calls.
    seconds : float
        What they had in all.
    """

    outcomes: list[Outcome]
    calls: frozenset[str] = frozenset()
    ended: str = ""
    seconds: float = SECONDS


# What the other process runs: this library, and the modules that are found here; behind Python's own, so that a file
# `random.py` in a student's folder takes nobody's place.
_START: Final = (
    "import sys; library, *others = sys.argv[1:]; sys.path.insert(0, library); "
    "sys.path.extend(each for each in others if each not in sys.path); "
    f"from {__package__}.sandboxed import main; main()"
)


class _LostError(Exception):
    """The function did not arrive in the other process."""


class Sandbox:
    """A process that calls functions, started when it is needed and again after it had to be ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._turn = threading.Lock()
        self._answers: queue.Queue[str | None] = queue.Queue()
        atexit.register(self.close)

    def start(self) -> None:
        """Start the process, unless it is there; return at once."""
        if self._owner != os.getpid():  # forked: the process there belongs to the parent
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is None:
            return
        elsewhere = [os.path.abspath(each) for each in sys.path]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-c", _START, str(Path(__file__).parents[2]), *elsewhere],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # no console flashes on Windows
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self._answers = queue.Queue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True).start()

    def warm(self) -> None:
        """Start the process if that is possible: it loads while somebody writes a function."""
        with suppress(OSError):
            self.start()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def run(self, function: Function, jobs: Sequence[Sequence[Any]], seconds: float = SECONDS) -> Record:
        """Call ``function`` with each of ``jobs``, a tuple of arguments each."""
        try:
            job = {"function": pack(function), "arguments": pickle.dumps(list(jobs)), "seconds": seconds}
            with self._turn:
                self.start()
                self._send(job)
                return self._collect(len(jobs), seconds)
        except (_LostError, OSError, pickle.PicklingError, TypeError, AttributeError, ValueError):
            return run_here(function, jobs, seconds)
        except BaseException:  # interrupted: what the process answers from now on would belong to nobody
            self.close()
            raise

    def _send(self, job: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        pickle.dump(job, self._process.stdin)
        self._process.stdin.flush()

    def _collect(self, count: int, seconds: float) -> Record:
        outcomes: list[Outcome] = []
        calls: set[str] = set()
        running, deadline = False, time.monotonic() + STARTING
        while len(outcomes) < count:
            try:
                line = self._answers.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                line, ended = None, "time"
            else:
                ended = self._why_it_ended() if line is None else ""
            if line is None:
                self.close()
                if not running:  # no fault of the function's
                    raise _LostError("the process did not start")
                return Record(outcomes, frozenset(calls), ended, seconds)
            message = json.loads(line)
            if "lost" in message:
                raise _LostError(message["lost"])
            if "running" in message:
                running, deadline = True, time.monotonic() + seconds + GRACE
                continue
            calls.update(message.pop("calls"))
            outcomes.append(_outcome(message))
        return Record(outcomes, frozenset(calls))

    def _why_it_ended(self) -> str:
        assert self._process is not None
        return {OUT_OF_TIME: "time", OUT_OF_MEMORY: "memory"}.get(self._process.wait(), "crash")


def run_here(function: Function, jobs: Sequence[Sequence[Any]], seconds: float = SECONDS) -> Record:
    """Do in this process what `Sandbox.run` does in another, as far as that is possible."""
    outcomes: list[Outcome] = []
    calls = Calls(function)
    timer = threading.Timer(seconds, _interrupt, [threading.get_ident()])
    timer.daemon = True
    try:
        with suppress(RuntimeError):  # a browser has no threads, and no limit then
            timer.start()
        for outcome in each_call(calls, jobs):
            outcomes.append(replace(outcome, result=decode(encode(outcome.result))))
    except _OutOfTime:
        return Record(outcomes, frozenset(calls.found), "time", seconds)
    finally:
        timer.cancel()
    return Record(outcomes, frozenset(calls.found))


class _OutOfTime(BaseException):  # `except Exception` in the function must not stop it
    """Raised in the thread whose time is over."""


def _interrupt(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_OutOfTime))


def _listen(stream: IO[bytes], answers: queue.Queue[str | None]) -> None:
    """Hand on each line of a process, and None when it has ended."""
    try:
        for line in stream:
            answers.put(line.decode("utf-8"))
    except ValueError:  # closed meanwhile
        pass
    answers.put(None)


def _outcome(message: dict[str, Any]) -> Outcome:
    message["result"] = decode(message["result"])
    message["error"] = tuple(message["error"]) if message["error"] else None
    message["places"] = [(file, line) for file, line in message["places"]]
    return Outcome(**message)


#: The process that all checks of this Python share.
SANDBOX: Final = Sandbox()
