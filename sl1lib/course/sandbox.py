"""Run a function that somebody handed in, in another process: a hang or a crash there costs nothing here.

A process of its own is the only limit that holds everywhere: a thread cannot be stopped, signals and ``fork`` are not
on Windows, and a notebook that has loaded PyTorch cannot be forked safely. One process is started when an exercise is
first asked for, and kept, so that a check does not wait for Python and NumPy to load. Where no process can be started,
as in a browser, and for a function that cannot be carried, the call happens here, with the time limit alone.

Nothing that the process writes is believed: it is read a line at a time, as data that cannot run, and what is no answer
ends the process. So it cannot say more than which numbers a function returned, and what is right is known here alone.
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

from .calling import LONGEST_PRINTED, Calls, Outcome, each_call
from .carrying import pack
from .sandboxed import OUT_OF_MEMORY, OUT_OF_TIME
from .symbols import load_for
from .wire import decode, encode

Function = Callable[..., Any]

SECONDS: Final = 5.0  # for all calls of a check together
STARTING: Final = 60.0  # for a process to load Python, NumPy and what the function imports, on a busy machine
GRACE: Final = 2.0  # what the process has to end itself
LONGEST_TEXT: Final = 1000  # letters of an exception's message
LONGEST_LINE: Final = 2**22  # bytes; `wire` cuts what would make a longer one


@dataclass(frozen=True)
class Record:
    """What happened to a function.

    Parameters
    ----------
    outcomes : list of Outcome
        One for each call that came to an end.
    calls : frozenset of str
        The functions of packages that it calls itself, by their full names.
    ended : {"", "time", "memory", "crash", "forged"}
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
    f"from {__package__}.MODULE import main; main()"
)


class LostError(Exception):
    """The function did not arrive in the other process."""


class EndedError(Exception):
    """The other process is no more; the message is one of the reasons that a `Record` knows."""


class Sandbox:
    """A process that calls functions, started when it is needed and again after it had to be ended."""

    module = "sandboxed"  # what the process runs

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._turn = threading.Lock()
        atexit.register(self.close)

    def start(self) -> None:
        """Start the process, unless it is there; return at once."""
        if self._owner != os.getpid():  # forked: the process there belongs to the parent
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is None:
            return
        elsewhere = [os.path.abspath(each) for each in sys.path]
        start = _START.replace("MODULE", self.module)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-W", "ignore", "-c", start, str(Path(__file__).parents[2]), *elsewhere],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # no console flashes on Windows
            **self.surroundings(),
        )

    def surroundings(self) -> dict[str, Any]:
        """Return what else `subprocess.Popen` is told."""
        return {"env": {**os.environ, "OMP_NUM_THREADS": "1"}}

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
                self.send(job)
                self.expect("running", STARTING)
                return self.collect(len(jobs), seconds)
        except (EndedError, LostError, OSError, pickle.PicklingError, TypeError, AttributeError, ValueError):
            return run_here(function, jobs, seconds)
        except BaseException:  # interrupted: what the process answers from now on would belong to nobody
            self.close()
            raise

    def send(self, job: dict[str, Any]) -> None:
        """Give the process something to do."""
        assert self._process is not None
        assert self._process.stdin is not None
        pickle.dump(job, self._process.stdin)
        self._process.stdin.flush()

    def expect(self, word: str, seconds: float) -> Any:
        """Return what the process says under this word; `EndedError` if it ends, or says something else."""
        message = self._message(time.monotonic() + seconds)
        if "lost" in message:
            raise LostError(message["lost"])
        if word not in message:
            self.close()
            raise EndedError("forged")
        return message[word]

    def collect(self, count: int, seconds: float) -> Record:
        """Return what came of so many calls, for which the process has so long in all."""
        outcomes: list[Outcome] = []
        calls: set[str] = set()
        deadline = time.monotonic() + seconds + GRACE
        try:
            while len(outcomes) < count:
                message = self._message(deadline)
                calls.update(map(str, message.pop("calls", ())))
                outcomes.append(_outcome(message))
        except EndedError as error:
            return Record(outcomes, frozenset(calls), str(error), seconds)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError, OverflowError):
            self.close()
            return Record(outcomes, frozenset(calls), "forged", seconds)
        return Record(outcomes, frozenset(calls), seconds=seconds)

    def _message(self, deadline: float) -> dict[str, Any]:
        """Return what the process says next; where it does not by then, or not as it should, end it and say why."""
        why = ""
        try:
            line = self._line(deadline)
        except queue.Empty:
            line, why = b"", "time"
        try:
            message = json.loads(line) if line else None
        except (ValueError, RecursionError):
            why = "forged"
        else:
            if isinstance(message, dict):
                return message
            why = why or ("forged" if line else self._why_it_ended())
        self.close()
        raise EndedError(why)

    def _line(self, deadline: float) -> bytes:
        """Return the next line; nothing at the end, and for more bytes than a line can have."""
        assert self._process is not None
        arrived: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_read_line, args=(self._process.stdout, arrived), daemon=True).start()
        return arrived.get(timeout=max(deadline - time.monotonic(), 0))

    def _why_it_ended(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:  # it goes on, and nobody hears of it
            return "forged"
        return {OUT_OF_TIME: "time", OUT_OF_MEMORY: "memory"}.get(code, "crash")


def run_here(function: Function, jobs: Sequence[Sequence[Any]], seconds: float = SECONDS) -> Record:
    """Do in this process what `Sandbox.run` does in another, as far as that is possible."""
    load_for(function)
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


def _read_line(stream: IO[bytes], arrived: queue.Queue[bytes]) -> None:
    """Hand on one line of a process."""
    try:
        line = stream.readline(LONGEST_LINE)
    except (ValueError, OSError):  # closed meanwhile
        line = b""
    arrived.put(line if line.endswith(b"\n") else b"")


def _outcome(message: dict[str, Any]) -> Outcome:
    """Return what a process says of one call, if it is that."""
    error = message["error"]
    return Outcome(
        result=decode(message["result"]),
        error=(str(error[0]), str(error[1])[:LONGEST_TEXT]) if error else None,
        places=[(str(file), int(line)) for file, line in message["places"]],
        changed=[int(place) for place in message["changed"]],
        shared=[int(place) for place in message["shared"]],
        printed=str(message["printed"])[:LONGEST_PRINTED],
    )


#: The process that all checks of this Python share.
SANDBOX: Final = Sandbox()
