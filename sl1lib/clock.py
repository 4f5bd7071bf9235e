"""Functions timed side by side, in turns, so that whatever else the machine does slows all of them alike."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from .errors import require_count, require_number

MOST_TIMES = 100_000
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Timing:
    """Seconds of one call, a number for each round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return float(np.median(self.seconds))

    @property
    def least(self) -> float:
        """The shortest time: what the machine can do when nothing disturbs it."""
        return min(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper quartile over the rounds."""
        low, high = np.percentile(self.seconds, [25, 75])
        return float(low), float(high)


def time_side_by_side(
    functions: Mapping[Name, Callable[[], object]], rounds: int = 30, turn: float = 0.002
) -> dict[Name, Timing]:
    """Time functions in turns, and return the seconds of one call under the same names.

    In each round every function has one turn of about ``turn`` seconds, in an order drawn anew: it is warmed up, then
    called again and again, or once if a call takes longer.

    Examples
    --------
    >>> found = time_side_by_side({"short": lambda: sum(range(10)), "long": lambda: sum(range(10_000))}, rounds=3)
    >>> found["short"].median < found["long"].median
    True
    """
    return take_turns({name: partial(_repeat, function) for name, function in functions.items()}, rounds, turn)


def take_turns(work: Mapping[Name, Callable[[int], object]], rounds: int, turn: float) -> dict[Name, Timing]:
    """Time work as `time_side_by_side` does; its functions are called with how often the work is to be done."""
    require_count("rounds", rounds, least=1)
    require_number("turn", turn, above=0)
    times = {name: _times_in(each, turn) for name, each in work.items()}
    seconds: dict[Name, list[float]] = {name: [] for name in work}
    names, shuffle = list(work), np.random.default_rng(0).permutation
    for _ in range(rounds):
        for turn_of in shuffle(len(names)):  # so that none always follows the same one
            name = names[turn_of]
            work[name](times[name] // 4 + 1)  # its data comes into the caches, others' threads come to rest
            seconds[name].append(_seconds(work[name], times[name]))
    return {name: Timing(tuple(found)) for name, found in seconds.items()}


def processor_name() -> str:
    """Return what the machine calls its processor, to stand beside measured times."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _repeat(function: Callable[[], object], times: int) -> None:
    for _ in range(times):
        function()


def _times_in(work: Callable[[int], object], turn: float) -> int:
    """Return how often the work is done in a turn, after once that is not counted."""
    work(1)
    once = _seconds(work, 1)
    if once < turn:  # the shortest of three, where that takes no longer than a few turns
        once = min(once, _seconds(work, 1), _seconds(work, 1))
    return int(np.clip(turn / max(once, 1e-9), 1, MOST_TIMES))


def _seconds(work: Callable[[int], object], times: int) -> float:
    """Return the seconds of doing the work once."""
    start = time.perf_counter()
    work(times)
    return (time.perf_counter() - start) / times
