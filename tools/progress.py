"""How far it is, and how long it takes still: a line for each page, and on a terminal one that moves."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Collection, Mapping

from common import say


class Progress:
    """What is done of several pages, some of them at the same time.

    Parameters
    ----------
    expected : mapping
        The seconds that each page is likely to take. Only their ratios matter once a page is done.
    workers : int
        How many pages are made at a time.
    alone : collection
        Pages beside which nothing else is made.
    """

    def __init__(self, expected: Mapping[str, float], workers: int = 1, alone: Collection[str] = ()) -> None:
        self.expected, self.workers, self.alone = expected, workers, alone
        self.begun: dict[str, float] = {}
        self.done: dict[str, float] = {}

    def begin(self, page: str) -> None:
        """Note that a page is being made from now on."""
        self.begun[page] = time.perf_counter()

    def end(self, page: str, seconds: float, failed: bool = False) -> None:
        """Print that a page is done."""
        self.begun.pop(page, None)
        self.done[page] = seconds
        clear()
        count = f"{len(self.done):3} of {len(self.expected)}"
        verdict = "FAILED" if failed else f"{seconds:.0f} s"
        say(f"{count}  {page:<34} {verdict:>7}   {self.left()}".rstrip())

    def show(self) -> None:
        """Draw the line that moves."""
        draw(f"now {', '.join(page.rpartition('/')[2] for page in tuple(self.begun))}   {self.left()}")

    def left(self) -> str:
        """Return the time that is left, in words; nothing where all is done."""
        return in_words(self.seconds_left()) + " left" if len(self.done) < len(self.expected) else ""

    def seconds_left(self) -> float:
        """Return how long the rest takes, if this machine goes on as it did so far."""
        pace = sum(self.done.values()) / (sum(self.expected[page] for page in self.done) or 1) if self.done else 1.0
        now = time.perf_counter()
        rest = {
            page: max(0.0, seconds * pace - (now - self.begun.get(page, now)))
            for page, seconds in self.expected.items()
            if page not in self.done
        }
        crowd = [seconds for page, seconds in rest.items() if page not in self.alone]
        together = max(sum(crowd) / self.workers, max(crowd, default=0.0))
        return together + sum(rest[page] for page in self.alone if page in rest)


def draw(text: str) -> None:
    """Draw a line over the last one that was drawn, on a terminal; elsewhere nothing."""
    if sys.stdout is not None and sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        say(f"\r{'  ' + text:{width}.{width}}", end="")


def clear() -> None:
    """Remove that line."""
    draw("")
    if sys.stdout is not None and sys.stdout.isatty():
        say("\r", end="")


def in_words(seconds: float) -> str:
    """Return a time as one says it.

    Examples
    --------
    >>> in_words(20), in_words(200)
    ('less than a minute', 'about 3 min')
    """
    return f"about {seconds / 60:.0f} min" if seconds >= 60 else "less than a minute"
