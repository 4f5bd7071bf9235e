"""A training that is looked at while it runs, and ended from outside: by a button, say, from another thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..data import Dataset
from .config import RunConfig
from .loop import train_cohort
from .run import DivergedError, Run
from .snapshot import Keeper, Snapshot


class _Stopped(Exception):  # noqa: N818  (somebody asked for it)
    """Ends the updates."""


class _Watch(Keeper):
    """Stands where a checkpoint would: hands on what that would save, and ends the training when it is asked to."""

    def __init__(self, seen: Callable[[Snapshot], object], stop: Callable[[], bool], every: float) -> None:
        super().__init__(None, 0, 1)
        self.seen, self.stop, self.every = seen, stop, every
        self.next = time.monotonic() + every

    def due(self) -> bool:
        return self.stop() or time.monotonic() >= self.next

    def save(self, snapshot: Snapshot) -> None:
        self.seen(snapshot)
        self.next = time.monotonic() + self.every
        if self.stop():
            raise _Stopped


def train_watched(
    config: RunConfig,
    data: Dataset,
    seen: Callable[[Run], object],
    stop: Callable[[], bool],
    every: float = 0.3,
) -> Run:
    """Train one network in this thread, whichever that is, and show how far it is.

    Parameters
    ----------
    config, data
        As `train` takes them.
    seen : callable
        Is given the run as it stands, not complete, every so often.
    stop : callable
        Asked after every few updates; when it is true, the training ends there.
    every : float
        Seconds between two calls of ``seen``.

    Returns
    -------
    Run
        With the same bits as `train` gives; ``complete`` is False if it was stopped.

    Raises
    ------
    DivergedError
        If the error becomes NaN or infinite.

    Examples
    --------
    >>> from sl1lib import load_data
    >>> config = RunConfig(data="digits", n_train=100, epochs=2)
    >>> train_watched(config, load_data("digits"), seen=print, stop=lambda: True).complete
    Run(none, reading table, digits[100 training, seed 0], 0 epochs, test error nan %, interrupted)
    False
    """
    last: list[Snapshot] = []

    def look(snapshot: Snapshot) -> None:
        last[:] = [snapshot]
        (now,) = snapshot.results([config])
        if isinstance(now, Run):
            seen(now)

    try:
        (end,) = train_cohort([config], data, _Watch(look, stop, every), progress=False)
    except _Stopped:
        (end,) = last[0].results([config])
    if isinstance(end, DivergedError):
        raise end
    return end
