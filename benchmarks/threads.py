"""What threads and processes gain: an update with one, with all, with as many as the engine chooses, and in processes.

python -m benchmarks.threads [--data mnist] [--reading table] [--models 1 4] [--batches 64 512] [--rounds 15]

Once as the machine is, and once while a loop that does nothing keeps one core busy. Times are means over a turn, since
the shortest would hide how long threads wait for one another. All must end with the same bits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sl1lib import load_data
from sl1lib.engine.threads import FIRST

from .contenders import Batched, Case, Contender, Parallel
from .measure import GATE_UPDATES, WrongAnswerError
from .report import header

WAYS = ("one", "all", "chosen", "processes")


class Fixed:
    """In the place of the engine's own choice: always the same number of threads, whatever they cost."""

    def __init__(self, count: int) -> None:
        self.count = count

    def choose(self, work: Callable[[int], None], equal: Callable[[int], bool]) -> int:
        return self.count


class Way:
    """A contender and the number of threads that PyTorch has while it works."""

    def __init__(self, name: str, case: Case, models: int, threads: int) -> None:
        self.name, self.threads = name, 1 if name == "one" else threads
        kind: type[Batched] = Parallel if name == "processes" else Batched
        self.contender: Contender = kind(case, models)
        self.advance(1)
        if name == "all":
            self.contender.engine._threads = Fixed(threads)

    def advance(self, updates: int) -> float:
        """Return the seconds of one update of one model."""
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        start = time.perf_counter()
        self.contender.advance(updates)
        seconds = time.perf_counter() - start
        torch.set_num_threads(before)
        return seconds / updates / self.contender.models


def gate(ways: list[Way]) -> None:
    """Let each make a few updates, and compare every bit with those of one thread."""
    for way in ways:
        way.advance(GATE_UPDATES)
    first, *others = [way.contender.params() for way in ways]
    for way, params in zip(ways[1:], others, strict=True):
        for name, array in params.items():
            if array.tobytes() != first[name].tobytes():
                raise WrongAnswerError(f"{way.name} and {ways[0].name} differ in {name} after {GATE_UPDATES} updates")


@contextmanager
def a_busy_core() -> Iterator[None]:
    """Keep one core busy."""
    loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        loop.kill()
        loop.wait()


def measure(case: Case, models: int, threads: int, rounds: int, turn: float) -> Iterator[dict[str, Any]]:
    """Time the ways in turns, quiet and busy; yield for each its seconds, and by what factor it beats one thread."""
    ways = [Way(name, case, models, threads) for name in WAYS if models > 1 or name != "processes"]
    gate(ways)
    shuffle = np.random.default_rng(0).permutation
    for state, taken in (("quiet", nullcontext()), ("busy", a_busy_core())):
        with taken:
            updates = {way.name: max(1, round(turn / (way.advance(2) * models))) for way in ways}
            for way in ways:  # the engine's choice needs some time
                end = time.perf_counter() + 2 * FIRST
                while time.perf_counter() < end:
                    way.advance(updates[way.name])
            seconds: dict[str, list[float]] = {way.name: [] for way in ways}
            for _ in range(rounds):
                for number in shuffle(len(ways)):
                    name = ways[number].name
                    seconds[name].append(ways[number].advance(updates[name]))
        for name, found in seconds.items():
            gains = np.divide(seconds["one"], found)
            low, middle, high = (float(q) for q in np.percentile(gains, [25, 50, 75]))
            yield {
                "reading": case.reading, "batch": case.batch, "models": models, "state": state, "way": name,
                "seconds": found, "gain": middle, "gain_quartiles": (low, high),
            }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.threads", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--data", default="auto", help="mnist, digits or auto")
    parser.add_argument("--reading", default="table")
    parser.add_argument("--models", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--batches", nargs="+", type=int, default=[64, 128, 512])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--turn", type=float, default=0.1, help="about how many seconds a turn lasts")
    parser.add_argument("--output", type=Path, help="a folder for the numbers, as JSON")
    options = parser.parse_args(arguments)
    data, found = load_data(options.data), []
    for batch in options.batches:
        for models in options.models:
            case = Case(options.reading, batch, data)
            for each in measure(case, models, options.threads, options.rounds, options.turn):
                found.append(each)
                low, high = each["gain_quartiles"]
                print(
                    f"{each['reading']:5} batch {batch:3}, M = {models}, {each['state']:5} {each['way']:9}  "
                    f"{1e3 * np.median(each['seconds']):8.3f} ms  {each['gain']:5.2f}×  [{low:.2f}, {high:.2f}]",
                    flush=True,
                )
    if options.output is not None:
        head = header(data.name, options.threads)
        path = options.output / f"{head['date'][:10]}-threads.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"header": head, "timings": found}, indent=1) + "\n", encoding="utf-8")
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
