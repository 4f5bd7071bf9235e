"""Time the engine against the baselines.

python -m benchmarks [--quick] [--full] [--data mnist] [--rounds 21] [--threads 2] [--output benchmarks/history]

Each line: reading, batch, contender, seconds an epoch of one model (median and least of n rounds), and how many times
faster than (b) it was, median and quartiles of the ratios within rounds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from sl1lib import load_data

from .contenders import Batched, Case, Compiled, InC, InMemory, Parallel, Reference, Textbook
from .four_methods import sentence, time_four_methods
from .measure import Timing, compare, line
from .report import floor, header, plot, write

FULL = {50: "abcd", 64: "b", 128: "abc", 512: "b"}
ENGINES = ("e1", "e4", "e8", "e16", "k1", "k4", "k8", "k16", "p4", "p8", "p16")
QUICK = {50: "b", 64: "b", 128: "ab"}
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer cases and rounds: about two minutes")
    parser.add_argument("--full", action="store_true", help="all 10 epochs where the four methods are compared")
    parser.add_argument("--data", default="auto", help="mnist, digits or auto")
    parser.add_argument("--rounds", type=int, help="turns of each contender")
    parser.add_argument("--turn", type=float, default=0.1, help="about how many seconds a turn lasts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--readings", nargs="+", default=["table", "text"])
    parser.add_argument("--batches", nargs="+", type=int)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "history")
    options = parser.parse_args(arguments)

    torch.set_num_threads(options.threads)
    data = load_data(options.data)
    rounds = options.rounds or (9 if options.quick else 21)
    head = header(data.name, options.threads)
    for name, value in head.items():
        print(f"{name}: {value}")
    for kind in (Textbook, InMemory, Compiled, Reference, Batched, InC, Parallel):
        print(f"  {(kind.__doc__ or '').splitlines()[0]}")
    print()

    cases, engines = (QUICK, ("e1", "e8", "k1", "k8", "p8")) if options.quick else (FULL, ENGINES)
    timings: list[Timing] = []
    for reading in options.readings:
        for batch, baselines in cases.items():
            if options.batches and batch not in options.batches:
                continue
            names = [*baselines, *engines]
            names.sort(key=lambda name: name != "b")  # what the others are compared with comes first
            timings += compare(names, Case(reading, batch, data), rounds, options.turn)
            print(flush=True)

    growth: list[Timing] = []
    print("the engine on fewer images, M = 1, batch 50")
    for reading in options.readings:
        for count in [n for n in (1_000, 10_000, 60_000) if n <= len(data.x_train)]:
            case = Case(reading, 50, data.subset(count, 0) if count < len(data.x_train) else data)
            growth += compare(["e1"], case, rounds, options.turn, report=lambda text: None)
            print(f"{count:6} images  {line(growth[-1])}", flush=True)

    _verdicts(timings)
    head["four methods"] = time_four_methods(data, 10 if options.full else 1 if options.quick else 2)
    print(sentence(head["four methods"]))
    rate = head["matrix product, GFLOP/s"] * 1e9
    for reading in options.readings:
        print(f"{reading}: the arithmetic alone would take {floor(reading, len(data.x_train), rate):.3f} s an epoch")
    stem = f"{head['date'][:10]}-{data.name.split('[')[0]}{'-quick' if options.quick else ''}-{options.threads}-threads"
    write(options.output / f"{stem}.json", head, timings, growth)
    plot(options.output / f"{stem}.png", head, timings, growth)
    print(f"written: {options.output / stem}.json and .png")
    return 0


def _verdicts(timings: list[Timing]) -> None:
    """Say which targets were reached in this run."""
    found = {(t.reading, t.batch, t.contender): t for t in timings if t.seconds}
    print("\ntargets")
    for reading, batch, name, against, least in TARGETS:
        one, other = found.get((reading, batch, name)), found.get((reading, batch, against))
        if one and other:
            ratio = float(np.median(np.divide(other.seconds, one.seconds)))  # of the two in the same round
            print(f"{reading:5} batch {batch:3}: {name} against ({against}) {ratio:5.2f}×, wanted {least:.1f}×")


if __name__ == "__main__":
    sys.exit(main())
