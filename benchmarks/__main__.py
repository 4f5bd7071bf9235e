"""Time the engines against the baselines, and against what else a user would pick.

python -m benchmarks [--quick] [--full] [--data mnist] [--rounds 21] [--threads 2] [--output benchmarks/history]

Each line: reading, batch, contender, seconds an epoch of one model (median and least of n rounds), and how many times
faster than (b) it was, median and quartiles of the ratios within rounds; in brackets the seconds from nothing to the
first updates, in which some compile. A name that ends in + has pooling composed into its convolutions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from sl1lib import Dataset, load_data
from sl1lib.book.fast_path.machine import matrix_rate

from . import accuracy, startup
from .contenders import Case
from .four_methods import sentence, time_four_methods
from .measure import ENGINES, SINGLE, Timing, compare, line
from .report import floor, header, plot, write
from .rivals import RIVALS

BASELINES = {50: ("a", "b", "c", "d"), 64: ("b",), 128: ("a", "b", "c"), 512: ("b",)}
OURS = ("e1", "e4", "e8", "e16", "k1", "k4", "k8", "k16", "p4", "p8", "p16")
OTHERS = ("b+", "c+", "v8", "v8+", "w8", "w8+", "j1", "j1+", "j8", "j8+", "s1+", "s8", "s8+", "l8", "l8+")
QUICK_BASELINES = {50: ("b",), 64: ("b",), 128: ("a", "b")}
QUICK_OURS = ("e1", "e8", "k1", "k8", "p8")
QUICK_OTHERS = ("b+", "c+", "v8+", "w8+", "j8+", "s8+", "l8+")  # each at its quickest
OTHERS_AT = 128  # images a batch
AHEAD = 4.0  # times as fast as each of the others, with the same number of models
NEAR = 3.0  # times the floor, for eight models
TARGETS = [  # reading, batch, contender, against, at least
    ("table", 128, "e1", "b", 4.0),
    ("table", 50, "e1", "b", 3.0),
    ("table", 64, "e8", "b", 6.0),
    ("table", 64, "p8", "b", 6.0),
    ("text", 128, "e1", "b", 2.5),
    ("text", 64, "e8", "b", 3.0),
    ("text", 64, "p8", "b", 3.0),
    ("table", 128, "k1", "b", 8.0),
    ("table", 50, "k1", "b", 8.0),
    ("table", 64, "k8", "b", 16.0),
    ("text", 128, "k1", "b", 5.0),
    ("text", 64, "k8", "b", 10.0),
    ("table", 128, "e1", "a", 8.0),
    ("table", 128, "p8", "a", 8.0),
]


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    torch.set_num_threads(options.threads)
    data, rounds = load_data(options.data), options.rounds or (7 if options.quick else 21)
    head = header(data.name, options.threads)
    print(*(f"{name}: {value}" for name, value in head.items()), sep="\n")
    kinds = [*SINGLE.values(), *ENGINES.values(), *RIVALS.values()]
    print(*(f"  {(kind.__doc__ or '').splitlines()[0]}" for kind in kinds), "", sep="\n")

    timings = [each for group in _cases(options, data, rounds) for each in group]
    growth = _growth(options, data, rounds)
    threads = _by_threads(options, data, rounds)
    rate = max(1e9 * head["matrix product, GFLOP/s"], matrix_rate())  # before and after: the better one
    _verdicts(timings, rate)
    head["four methods"] = time_four_methods(data, 10 if options.full else 1 if options.quick else 2)
    print(sentence(head["four methods"]))
    head["start-up, s"] = startup.measure_startup(2 if options.quick else 5)
    print(startup.sentence(head["start-up, s"]))
    head["time to accuracy"] = accuracy.time_to_accuracy(data, 2 if options.quick else 5)
    print(*accuracy.report(head["time to accuracy"]), sep="\n")
    stem = f"{head['date'][:10]}-{data.name.split('[')[0]}{'-quick' if options.quick else ''}-{options.threads}-threads"
    write(options.output / f"{stem}.json", head, timings, growth, threads)
    plot(options.output / f"{stem}.png", head, timings, growth)
    print(f"written: {options.output / stem}.json and .png")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer cases and rounds: at most six minutes")
    parser.add_argument("--full", action="store_true", help="all 10 epochs where the four methods are compared")
    parser.add_argument("--data", default="auto", help="mnist, digits or auto")
    parser.add_argument("--rounds", type=int, help="turns of each contender")
    parser.add_argument("--turn", type=float, default=0.1, help="about how many seconds a turn lasts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--readings", nargs="+", default=["table", "text"])
    parser.add_argument("--batches", nargs="+", type=int)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "history")
    return parser.parse_args(arguments)


def _cases(options: argparse.Namespace, data: Dataset, rounds: int) -> Iterator[list[Timing]]:
    """Time, case by case, all that is timed there, and yield what was found."""
    baselines, ours, others = (
        (QUICK_BASELINES, QUICK_OURS, QUICK_OTHERS) if options.quick else (BASELINES, OURS, OTHERS)
    )
    for reading in options.readings:
        for batch, names in baselines.items():
            if options.batches and batch not in options.batches:
                continue
            more = others if batch == OTHERS_AT and (reading == "table" or not options.quick) else ()
            # What the others are compared with comes first.
            names = sorted([*names, *ours, *more], key=lambda name: name != "b")
            yield compare(names, Case(reading, batch, data), rounds, options.turn)
            print(flush=True)


def _growth(options: argparse.Namespace, data: Dataset, rounds: int) -> list[Timing]:
    """Time the engines on fewer images."""
    found: list[Timing] = []
    print("the engines on fewer images, M = 1, batch 50")
    for reading in options.readings:
        for count in [n for n in (1_000, 10_000, 60_000) if n <= len(data.x_train)]:
            case = Case(reading, 50, data.subset(count, 0) if count < len(data.x_train) else data)
            for each in compare(["e1", "k1"], case, rounds, options.turn, report=lambda text: None):
                found.append(each)
                print(f"{count:6} images  {line(each)}", flush=True)
    return found


def _by_threads(options: argparse.Namespace, data: Dataset, rounds: int) -> dict[int, list[Timing]]:
    """Time the engine in C, and what it is compared with, with one thread and with all."""
    found = {}
    print("\nwith so many threads, reading table, batch 128")
    for count in sorted({1, options.threads}):
        torch.set_num_threads(count)
        report = lambda text, count=count: print(f"{count:2}  {text}", flush=True)  # noqa: E731
        found[count] = compare(["b", "k1", "k8"], Case("table", 128, data), rounds, options.turn, report)
    torch.set_num_threads(options.threads)
    return found


def _verdicts(timings: list[Timing], rate: float) -> None:
    """Say which targets were reached in this run."""
    found = {(t.reading, t.batch, t.contender): t for t in timings if t.seconds}
    print("\ntargets")
    for reading, batch, name, against, least in TARGETS:
        one, other = found.get((reading, batch, name)), found.get((reading, batch, against))
        if one and other:
            print(f"{reading:5} batch {batch:3}: {_against(one, other)}, wanted {least:.1f}×")
    for (reading, batch, name), other in found.items():
        if name.rstrip("+")[0] in (*RIVALS, "b", "c") and (one := found.get((reading, batch, f"k{other.models}"))):
            print(f"{reading:5} batch {batch:3}: {_against(one, other)}, wanted {AHEAD}×")
    for (reading, batch, name), one in found.items():
        if name in ("k1", "k8"):
            over = one.median / floor(reading, one.images, rate)
            wanted = f", wanted at most {NEAR}×" if (reading, name) == ("table", "k8") else ""
            print(f"{reading:5} batch {batch:3}: {name} takes {over:5.2f}× the floor, {rate / 1e9:.0f} GFLOP/s{wanted}")


def _against(one: Timing, other: Timing) -> str:
    """Say how many times as fast one was as the other in the same round: the median."""
    return f"{one.contender} against ({other.contender}) {np.median(np.divide(other.seconds, one.seconds)):5.2f}×"


if __name__ == "__main__":
    sys.exit(main())
