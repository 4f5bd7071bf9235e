"""Functions timed side by side, in turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ...errors import require_count, require_number

MOST_CALLS = 100_000
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Timing:
    """Seconds of one call, a number for each round.

    Parameters
    ----------
    seconds : tuple of float
    """

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
        """A quarter of the rounds took less than the first number, a quarter more than the second."""
        low, high = np.percentile(self.seconds, [25, 75])
        return float(low), float(high)


def time_side_by_side(
    functions: Mapping[Name, Callable[[], object]], rounds: int = 30, turn: float = 0.002
) -> dict[Name, Timing]:
    """Time functions in turns: each is warmed up, then called again and again for a while in every round.

    Parameters
    ----------
    functions : mapping to functions
        Each under its name, or whatever else tells it from the others. Called without arguments.
    rounds : int
        In each, every function has one turn, in an order drawn anew.
    turn : float
        About how many seconds a turn lasts; a function that takes longer is called once.

    Returns
    -------
    dict of Timing
        Seconds of one call, under the same names.

    Raises
    ------
    ValueError
        For no rounds, or a turn that is not above 0.

    Examples
    --------
    >>> found = time_side_by_side({"short": lambda: sum(range(10)), "long": lambda: sum(range(10_000))}, rounds=3)
    >>> found["short"].median < found["long"].median
    True
    """
    require_count("rounds", rounds, least=1)
    require_number("turn", turn, above=0)
    calls = {name: _calls_in(function, turn) for name, function in functions.items()}
    seconds: dict[Name, list[float]] = {name: [] for name in functions}
    names, shuffle = list(functions), np.random.default_rng(0).permutation
    for _ in range(rounds):
        for turn_of in shuffle(len(names)):  # so that none always follows the same one
            name = names[turn_of]
            functions[name]()  # its data comes into the caches again
            seconds[name].append(_time(functions[name], calls[name]))
    return {name: Timing(tuple(found)) for name, found in seconds.items()}


def _calls_in(function: Callable[[], object], turn: float) -> int:
    """Return how many calls fill a turn, after one that is not counted."""
    function()
    return int(np.clip(turn / max(_time(function, 1), 1e-9), 1, MOST_CALLS))


def _time(function: Callable[[], object], calls: int) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls
