"""Threads that share tasks: each takes the next one, so that none waits for another that has lost its core."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeAlias

Task: TypeAlias = Callable[[], None]
_jobs: SimpleQueue[tuple[deque[Task], SimpleQueue[BaseException | None]]] = SimpleQueue()
_helpers = (os.getpid(), 0)  # of this process: a copy of it begins without any
_hiring = threading.Lock()


def share_out(tasks: Sequence[Task], threads: int) -> None:
    """Do the tasks, in as many threads; the one that calls is among them, and does what no other has begun.

    The tasks must leave Python's lock to others while they work, as functions in C do.

    Examples
    --------
    >>> done = []
    >>> share_out([lambda n=n: done.append(n) for n in range(3)], threads=2)
    >>> sorted(done)
    [0, 1, 2]
    """
    waiting, ends = deque(tasks), SimpleQueue[BaseException | None]()
    helpers = min(threads, len(tasks)) - 1
    if helpers > 0:
        _hire(helpers)
        for _ in range(helpers):
            _jobs.put((waiting, ends))
    mine = 0
    while (task := _next(waiting)) is not None:
        task()
        mine += 1
    for _ in range(len(tasks) - mine):
        if (error := ends.get()) is not None:
            raise error


def _next(waiting: deque[Task]) -> Task | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _hire(count: int) -> None:
    """Have at least as many threads that help."""
    global _helpers, _jobs
    with _hiring:
        process, present = _helpers
        if process != os.getpid():  # the threads of a process are not copied with it
            present, _jobs = 0, SimpleQueue()
        for _ in range(count - present):
            threading.Thread(target=_help, args=(_jobs,), name="sl1lib-crew", daemon=True).start()
        _helpers = (os.getpid(), max(count, present))


def _help(jobs: SimpleQueue[tuple[deque[Task], SimpleQueue[BaseException | None]]]) -> None:
    while True:
        waiting, ends = jobs.get()
        while (task := _next(waiting)) is not None:
            try:
                task()
            except BaseException as error:  # it is raised where it is waited for
                ends.put(error)
            else:
                ends.put(None)
