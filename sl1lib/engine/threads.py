"""How many threads share an update's products: as many as save time now, and only where they change no bit.

PyTorch's threads wait for one another after every operation. Where each has a core of its own, the products of an
update come sooner. Where another program wants one of the cores, all wait again and again for the thread that has lost
its core, and an update can take a hundred times as long as with one thread. A program cannot know how busy the
machine will be, so the engine measures now and then. The bits must not depend on a clock. So only those operations are
shared whose result does not depend on it, and only among as many threads as give the bits of one.

Chapter *The fast path*.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import torch

FIRST: Final = 0.1  # seconds until it is measured: what ends sooner need not know
PRICE: Final = 50  # measuring may take one part in so many of the time
SPAN: Final = 0.01  # seconds for each number: longer than another program usually keeps a core at a stretch
GAIN: Final = 1.1  # more threads must be so many times as quick: they also take cores that others could use

_at_work = threading.RLock()  # the number of threads belongs to the whole process: one engine at a time changes it


def _forget() -> None:
    """Begin with nobody at work: in a copy of a process, other threads are gone, and would hold the lock for ever."""
    global _at_work
    _at_work = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def one_thread() -> Iterator[int]:
    """Let PyTorch work with one thread, and afterwards with as many as before, which are yielded.

    Examples
    --------
    >>> before = torch.get_num_threads()
    >>> with one_thread() as most:
    ...     torch.get_num_threads(), most == before
    (1, True)
    >>> torch.get_num_threads() == before
    True
    """
    most = torch.get_num_threads()
    if most == 1:
        yield most
        return
    with _at_work:
        torch.set_num_threads(1)
        try:
            yield most
        finally:
            torch.set_num_threads(most)


class Threads:
    """The choice between 1, …, a quarter, a half and all of ``most`` threads.

    Examples
    --------
    >>> Threads(most=1).choose(lambda count: None, lambda count: True)
    1
    """

    def __init__(self, most: int) -> None:
        self._counts = [1]
        while most > 1:
            self._counts.insert(1, most)
            most //= 2
        self._quickest = 1
        self._due = time.perf_counter() + FIRST

    def choose(self, work: Callable[[int], None], equal: Callable[[int], bool]) -> int:
        """Return the number that is quickest at ``work``, measured anew where due; 1 unless its bits are ``equal``."""
        start = time.perf_counter()
        if len(self._counts) > 1 and start >= self._due:
            self._quickest = quickest({count: _seconds(work, count) for count in self._counts})
            end = time.perf_counter()
            self._due = end + PRICE * (end - start)
        return self._quickest if self._quickest == 1 or equal(self._quickest) else 1


def quickest(seconds: Mapping[int, float]) -> int:
    """Return the number of threads that took the shortest time, or 1 where the gain is small.

    Examples
    --------
    >>> quickest({1: 1.0, 2: 0.95}), quickest({1: 1.0, 2: 0.7, 4: 0.6}), quickest({1: 1.0, 2: 50.0})
    (1, 4, 1)
    """
    best = min(seconds, key=seconds.__getitem__)
    return best if seconds[best] * GAIN < seconds[1] else 1


def _seconds(work: Callable[[int], None], count: int) -> float:
    """Return the mean of the calls that fill `SPAN`, after one that wakes the threads."""
    work(count)
    calls, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < SPAN:
        work(count)
        calls += 1
    return passed / calls
