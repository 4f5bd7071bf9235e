"""What the loops in C cost before the first update: compiled at first use, loaded later, or forbidden.

python -m benchmarks.startup [--rounds 5]

Each round is three new processes with a cache of their own: empty, filled, and with ``SL1LIB_COMPILE=0``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from typing import Final

import numpy as np

WAYS: Final = ("first use", "later", "forbidden")
# From the end of the imports to the end of an update; PyTorch has been used before.
PROGRAM: Final = """
import time
import torch
from sl1lib import MomentumRamp, fast
from sl1lib.engine import Training, make_engine
torch.rand(64, 64) @ torch.rand(64, 64)
begun = time.perf_counter()
x, labels = torch.zeros(16, 1, 28, 28), torch.zeros(16, dtype=torch.int64)
engine = make_engine([Training(fast.init_params(), 0.1, MomentumRamp())], x, labels, batch_size=16)
engine.advance(1)
print(time.perf_counter() - begun, type(engine).__name__)
"""


def measure_startup(rounds: int) -> dict[str, list[float]]:
    """Return the seconds from imports to the first update, for each round and each of `WAYS`."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sl1lib-bench-") as home:
            for way in WAYS:
                found[way].append(_seconds(home, "0" if way == "forbidden" else "1"))
    return found


def _seconds(home: str, allowed: str) -> float:
    places = dict.fromkeys(("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"), home)
    environment = os.environ | places | {"SL1LIB_COMPILE": allowed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[0])


def sentence(found: dict[str, list[float]]) -> str:
    """Say what was found."""
    first, later, forbidden = (np.array(found[way]) for way in WAYS)
    more = 1e3 * (later - forbidden)
    return (
        f"start-up: first use compiles in {np.median(first - later):.1f} s, wanted at most 10; later starts take "
        f"{np.median(more):+.0f} ms [{more.min():+.0f}, {more.max():+.0f}] against none, wanted at most 50  "
        f"n = {len(first)}"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    print(sentence(measure_startup(parser.parse_args(arguments).rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
