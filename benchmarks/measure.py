"""How it is timed: a same-answer gate, a warm-up, then rounds in which every contender has its turn."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sl1lib.clock import take_turns
from sl1lib.readings import find_reading

from .contenders import (
    Batched,
    Case,
    Compiled,
    Contender,
    InC,
    InMemory,
    Parallel,
    Reference,
    SkippedError,
    Textbook,
)
from .rivals import RIVALS

GATE_UPDATES, GATE_TOLERANCE = 5, 2e-4
SINGLE = {"a": Textbook, "b": InMemory, "c": Compiled, "d": Reference}
ENGINES = {"e": Batched, "k": InC, "p": Parallel}


class WrongAnswerError(AssertionError):
    """A contender whose parameters are not those of the others: its time would mean nothing."""


@dataclass(frozen=True)
class Timing:
    """Seconds for an epoch of one model, by rounds, and how much faster than (b) in the same round."""

    contender: str
    reading: str
    batch: int
    models: int
    images: int
    seconds: list[float]
    ratios: list[float]
    skipped: str = ""
    start: float = 0.0  # seconds from nothing to the end of the first updates, compiling included

    @property
    def median(self) -> float:
        return float(np.median(self.seconds))

    @property
    def ratio(self) -> float:
        return float(np.median(self.ratios))

    def spread(self) -> tuple[float, float]:
        """Return the quartiles of the ratios."""
        low, high = np.percentile(self.ratios, [25, 75])
        return float(low), float(high)

    def to_dict(self) -> dict[str, Any]:
        found = asdict(self)
        if self.seconds:
            found |= {"median": self.median, "least": min(self.seconds)}
        if self.ratios:
            found |= {"ratio": self.ratio, "ratio_quartiles": self.spread()}
        return found


def build(name: str, case: Case) -> Contender:
    """Build a contender by its short name: a, b, c, d; e1, k8, p4 …; v8, w8, j1, s8, l8 …; b+, j8+ … with composition.

    Raises
    ------
    SkippedError
        If it cannot run here.
    """
    kind, composed = name.rstrip("+"), name.endswith("+")
    if composed and not find_reading(case.reading).pool_first:
        raise SkippedError("pooling after a sigmoid cannot be part of the convolution")
    if kind in ("b", "c"):
        return {"b": InMemory, "c": Compiled}[kind](case, composed)
    if kind in SINGLE:
        return SINGLE[kind](case)
    letter, models = kind[0], int(kind[1:])
    return ENGINES[letter](case, models) if letter in ENGINES else RIVALS[letter](case, models, composed)


def gate(contenders: dict[str, Contender]) -> dict[str, float]:
    """Let each make a few updates; all must hold the same parameters then. Return the seconds that these took."""
    received, seconds = {}, {}
    for name, contender in contenders.items():
        begun = time.perf_counter()
        contender.advance(GATE_UPDATES)
        seconds[name] = time.perf_counter() - begun
        received[name] = contender.params()
    first, expected = next(iter(received.items()))
    for name, params in received.items():
        for key, array in params.items():
            gap = np.abs(array - expected[key]).max() / np.abs(expected[key]).max()
            if not gap <= GATE_TOLERANCE:
                raise WrongAnswerError(f"{name} and {first} differ by {gap:.2g} in {key} after {GATE_UPDATES} updates")
    return seconds


def compare(names: list[str], case: Case, rounds: int, turn: float, report: Any = print) -> list[Timing]:
    """Time the named contenders in one case; ``b``, if among them, is what the others are compared with.

    Parameters
    ----------
    names : list of str
    case : Case
    rounds : int
    turn : float
        About how many seconds a turn lasts.
    report : function
        Called with one line for each contender.
    """
    contenders, building, skipped = {}, {}, []
    for name in names:
        begun = time.perf_counter()
        try:
            contenders[name] = build(name, case)
            building[name] = time.perf_counter() - begun
        except SkippedError as reason:
            skipped.append(Timing(name, case.reading, case.batch, 1, len(case.data.x_train), [], [], str(reason)))
    first = gate(contenders)  # and warm-up
    found = take_turns({name: contender.advance for name, contender in contenders.items()}, rounds, turn)
    scale = {name: len(case.data.x_train) / case.batch / each.models for name, each in contenders.items()}
    seconds = {name: [scale[name] * update for update in each.seconds] for name, each in found.items()}
    timings = skipped
    for name, contender in contenders.items():
        ratios = [b / own for b, own in zip(seconds["b"], seconds[name], strict=True)] if "b" in seconds else []
        start, count = building[name] + first[name], len(case.data.x_train)
        about = name, case.reading, case.batch, contender.models, count
        timings.append(Timing(*about, seconds[name], ratios, start=start))
    for timing in timings:
        report(line(timing))
    return timings


def line(timing: Timing) -> str:
    """Say in a line of the table what was found."""
    head = f"{timing.reading:5} {timing.batch:5}  {timing.contender:4}"
    if timing.skipped:
        return f"{head}  skipped: {timing.skipped}"
    text = f"{head}  {timing.median:8.3f} s  (least {min(timing.seconds):8.3f})"
    if timing.ratios:
        low, high = timing.spread()
        text += f"  {timing.ratio:6.2f}×  [{low:.2f}, {high:.2f}]"
    return f"{text}  n = {len(timing.seconds)}  (start {timing.start:.1f} s)"
