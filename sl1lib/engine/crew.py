"""Threads that share tasks: each takes the next one, so that none waits for another that has lost its core.

Whoever waits here sleeps: no thread spins, so that an idle one costs nothing.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

Task: TypeAlias = Callable[[], None]
Item = TypeVar("Item")


@dataclass(frozen=True)
class _Job:
    """What is left to do; a ticket for each helper that may come; what each that came has to tell when it leaves."""

    waiting: deque[Task]
    tickets: deque[bool]
    ends: SimpleQueue[BaseException | None] = field(default_factory=SimpleQueue)


def share_out(tasks: Sequence[Task], threads: int) -> None:
    """Do the tasks, in as many threads; the one that calls is among them, and does what no other has begun.

    The tasks must leave Python's lock to others while they work, as functions in C do. When it returns or raises, no
    task is being done any more: what they write into may go.

    Examples
    --------
    >>> done = []
    >>> share_out([lambda n=n: done.append(n) for n in range(3)], threads=2)
    >>> sorted(done)
    [0, 1, 2]
    """
    helpers = max(min(threads, len(tasks)) - 1, 0)
    job = _Job(deque(tasks), deque([True] * helpers))
    try:
        if helpers:
            _call(job, helpers)
        _work(job.waiting)
    finally:
        job.waiting.clear()
        while _next(job.tickets):  # of a helper that is busy elsewhere, and need not come now
            helpers -= 1
        ends = [job.ends.get() for _ in range(helpers)]
    for error in filter(None, ends):
        raise error


def _work(waiting: deque[Task]) -> None:
    while (task := _next(waiting)) is not None:
        task()


def _next(waiting: deque[Item]) -> Item | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


_jobs: SimpleQueue[_Job]
_hired: int
_hiring: threading.Lock


def _forget() -> None:
    """Begin without helpers, as a process does, and a copy of one: threads are not copied."""
    global _jobs, _hired, _hiring
    _jobs, _hired, _hiring = SimpleQueue[_Job](), 0, threading.Lock()


_forget()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _call(job: _Job, helpers: int) -> None:
    """Tell so many helpers of a job; hire those that there are not yet."""
    global _hired
    with _hiring:
        for _ in range(helpers - _hired):
            threading.Thread(target=_help, args=(_jobs,), name="sl1lib-crew", daemon=True).start()
        _hired = max(helpers, _hired)
    for _ in range(helpers):
        _jobs.put(job)


def _help(jobs: SimpleQueue[_Job]) -> None:
    while True:
        job = jobs.get()
        if not _next(job.tickets):
            continue
        try:
            _work(job.waiting)
        except BaseException as error:  # it is raised where it is waited for
            job.ends.put(error)
        else:
            job.ends.put(None)
