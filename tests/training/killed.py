"""Train with a checkpoint and die by SIGKILL where a plan says: a script that `test_kill.py` runs.

Arguments: the folder of the checkpoint, the folder for the runs, the seed, how many processes, the plan as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sl1lib import Penalty, RunConfig, train_many
from sl1lib.engine import Costs, Trainer
from sl1lib.training import checkpoint, loop

PENALTIES = (
    None,
    Penalty(0.02, 0.05),
    Penalty(0.02, profile="abs", step="proximal"),
    Penalty(0.01, 0.05, profile="quartic", grouping="weight"),
)


def configs(seed: int) -> list[RunConfig]:
    """Two cohorts of four trainings: both readings, penalties by gradient and proximal step, a ragged last batch."""
    settings: dict[str, Any] = {"data": "digits", "n_train": 390, "batch_size": 20, "epochs": 8, "seed": seed}
    return [
        RunConfig(reading=reading, penalty=penalty, lr=lr, **settings)
        for reading, lr in (("table", 0.2), ("text", 0.7))
        for penalty in PENALTIES
    ]


def die(where: str) -> None:
    """Tell where, and be gone: nothing of Python's runs any more."""
    os.write(1, where.encode())
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, hook: Callable[..., None]) -> None:
    """Call ``hook`` with the arguments of each call of ``owner.name``, and with its number, before it."""
    real, calls = getattr(owner, name), []

    def hooked(*arguments: Any, **settings: Any) -> Any:
        calls.append(1)
        hook(len(calls), *arguments)
        return real(*arguments, **settings)

    setattr(owner, name, hooked)


def in_update(number: int) -> None:
    """Die after that many updates, in the middle of a call of the engine."""
    real, made = Trainer.advance, []

    def advance(self: Trainer, updates: int, stop: Callable[[], bool]) -> Costs:
        def counted() -> bool:
            made.append(1)
            if len(made) == number:
                die("update")
            return stop()

        return real(self, updates, counted)

    Trainer.advance = advance  # type: ignore[method-assign, assignment]


def in_writing(number: int, share: float) -> None:
    """Die in that write, when only a share of the file is on the disk."""

    def hook(call: int, descriptor: int) -> None:
        if call == number:
            os.ftruncate(descriptor, int(share * os.fstat(descriptor).st_size))
            die("writing")

    before(os, "fsync", hook)


def in_renaming(number: int, after: bool) -> None:
    """Die when a file is whole, before or after it gets its name."""
    real = os.replace

    def hook(call: int, source: Path, target: Path) -> None:
        if call == number:
            if after:
                real(source, target)
            die("renaming")

    before(os, "replace", hook)


def in_measuring(number: int) -> None:
    """Die when an epoch's updates are made and its error is not measured yet."""
    before(Trainer, "predict", lambda call, *_: die("measuring") if call == number else None)


def between_cohorts() -> None:
    """Die when the first cohort is done and the second not begun."""
    cohort = Path(sys.argv[1]) / "group-001.npz"
    before(
        loop.Images,
        "prepare",
        lambda _, __, config: die("between") if config.reading.name == "text" and not cohort.exists() else None,
    )


def by_the_clock(seconds: float) -> None:
    """Tell when updates begin, and be killed from outside after so many seconds."""
    before(Trainer, "advance", lambda call, *_: os.write(1, b"begun ") if call == 1 else None)


PLANS = {
    "update": in_update,
    "writing": in_writing,
    "renaming": in_renaming,
    "measuring": in_measuring,
    "between": between_cohorts,
    "clock": by_the_clock,
}


def main() -> None:
    """Train as the arguments say."""
    folder, runs, seed, processes, plan = sys.argv[1:]
    checkpoint.WRITING_SHARE = float("inf")  # type: ignore[misc]
    loop.CHUNK = 9  # type: ignore[misc]  # save often, also between the ends of epochs
    for kind, arguments in json.loads(plan).items():
        PLANS[kind](*arguments)
    settings = {"processes": int(processes), "checkpoint": folder, "checkpoint_every": 0}
    for number, run in enumerate(train_many(configs(int(seed)), progress=False, **settings)):
        assert run.complete
        run.save(Path(runs) / f"{number}.npz")


if __name__ == "__main__":
    main()
