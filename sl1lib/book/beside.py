"""Work beside a notebook: a thread that takes commands one after the other, and ends before Python does."""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final

_END: Final = object()


class Beside:
    """Obeys commands in a thread of its own, so that a notebook's cells stay free, and an interrupt ends no training.

    ``obey`` gets one command after the other; and None, again and again, while ``busy`` says that work is left and no
    command waits. ``stop`` lets a long command come to its end, when Python ends.
    """

    def __init__(
        self,
        name: str,
        obey: Callable[[Any], None],
        busy: Callable[[], bool] = lambda: False,
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._name, self._obey, self._busy, self._stop = name, obey, busy, stop
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._gate, self._idle = threading.Lock(), threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None

    def do(self, command: Any) -> None:
        """Take a command, which is obeyed in its turn."""
        with self._gate:  # whoever waits must not be told between the two that nothing is left
            self._idle.clear()
            self._queue.put(command)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
            atexit.register(self.end)  # an update that Python's end cuts off would be a crash

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return self._idle.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; tell whether that is so."""
        return self._idle.wait(timeout)

    def end(self) -> None:
        """End the thread, if there is one, with the commands that wait."""
        if self._thread is not None and self._thread.is_alive():
            self._stop()
            self.do(_END)
            self._thread.join(10)
        atexit.unregister(self.end)

    def _work(self) -> None:
        while self._turn():
            with self._gate:
                if not self._busy() and self._queue.empty():
                    self._idle.set()
        self._idle.set()

    def _turn(self) -> bool:
        """Obey one command, or do a part of what is left; return False at the end."""
        try:
            command = self._queue.get(block=not self._busy())
        except Empty:
            command = None
            time.sleep(0.001)  # for whoever waits for a lock
        if command is _END:
            return False
        try:
            self._obey(command)
        except Exception:  # is told as any thread's, and the next command is obeyed all the same
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        return True
