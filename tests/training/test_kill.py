"""Killed by SIGKILL at random moments and started again, trainings end with the bits of those that were left alone."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import killed
import numpy as np
import pytest
import torch
from support import PATIENCE

from sl1lib import Run, train_many

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")

KILLS = 20
SEED = 0  # of the moments
UPDATES = 2 * 8 * 20  # cohorts, epochs, updates
SCRIPT = Path(killed.__file__)


def launched(folder, runs, seed, processes, plan):
    """Start the trainings in a process of its own."""
    arguments = [str(folder), str(runs), str(seed), str(processes), json.dumps(plan)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}  # it decides how sums are grouped
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def start(folder, runs, seed, processes, plan):
    """Let the trainings end, or die by the plan; return the exit code and where they died."""
    with launched(folder, runs, seed, processes, plan) as process:
        if "clock" in plan and process.stdout.read(6) == b"begun ":
            time.sleep(plan["clock"][0])
            process.kill()
        out, err = process.communicate(timeout=PATIENCE)
    assert err == b"", err.decode()
    return process.returncode, out.decode() or "clock"


def draw(rng):
    """Return where the next process dies: some updates after its start, or while it writes, renames or measures."""
    number = rng.randint(1, 8)
    plans = {
        "update": [rng.randint(5, 80)],
        "writing": [number, rng.random()],
        "renaming": [number, rng.random() < 0.5],
        "measuring": [rng.randint(1, 4)],
        "clock": [rng.uniform(0.02, 0.4)],
    }
    kind = rng.choice(["update"] * 4 + ["writing"] * 4 + ["clock"] * 3 + ["renaming"] * 2 + ["measuring"])
    return {kind: plans[kind]}


def saved_updates(folder):
    """Return how many updates the checkpoint holds, of both cohorts together."""
    found = 0
    for path in folder.glob("group-*.npz"):
        with np.load(path) as archive:
            found += int(archive["engine/updates"])
    return found


def train_and_kill(folder, seed, processes, plans):
    """Start the trainings again until they end, killed by one plan after the other; yield where, and what was saved."""
    updates = 0
    while True:
        plan = next(plans, {})
        code, where = start(folder / "kept", folder, seed, processes, plan)
        if code == 0:
            return
        assert code == -signal.SIGKILL
        before, updates = updates, saved_updates(folder / "kept")
        print(f"seed {seed}: killed by {plan}, in {where}, with {updates} of {UPDATES} updates saved")
        assert before <= updates <= UPDATES
        assert len(list((folder / "kept").glob(".*.part"))) <= 1  # the one just interrupted; older ones were removed
        yield where, updates


def assert_unharmed(same, folder, seed, processes):
    """Compare with trainings that were left alone."""
    alone = train_many(killed.configs(seed), progress=False, processes=processes)
    for number, expected in enumerate(alone):
        run = Run.load(folder / f"{number}.npz")
        same(run, expected)
        assert run.complete
        assert (run.history.seconds > 0).all()


def test_killed_at_random_moments_trainings_end_with_the_same_bits(tmp_path, same):
    rng, kills, seed = random.Random(SEED), [], 0

    def plans():
        yield {"writing": [1, rng.random()]}  # the very first file
        while len(kills) < KILLS:
            once = {} if any(where == "between" for where, _ in kills) else {"between": []}
            yield {**draw(rng), **once}

    while len(kills) < KILLS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        for kill in train_and_kill(folder, seed, 1, plans()):
            kills.append(kill)
        assert_unharmed(same, folder, seed, 1)
        seed += 1
    places = Counter(where for where, _ in kills)
    print(places)
    assert sum(places.values()) == KILLS
    assert all(places[where] for where in ("update", "writing", "renaming", "clock", "between"))
    assert sum(0 < updates < UPDATES for _, updates in kills) >= KILLS / 2


def test_killed_with_several_processes_trainings_end_with_the_same_bits(tmp_path, same):
    """The processes write; whoever started them is killed from outside, and they end with it."""
    updates = 0
    for _ in range(2):
        with launched(tmp_path / "kept", tmp_path, 0, 2, {}) as process:
            deadline = time.monotonic() + PATIENCE
            while saved_updates(tmp_path / "kept") <= updates:
                assert process.poll() is None, "it ended before it was killed"
                assert time.monotonic() < deadline, "nothing is saved"
                time.sleep(0.01)
            process.kill()
        before, updates = updates, saved_updates(tmp_path / "kept")
        assert 0 <= before < updates
    assert start(tmp_path / "kept", tmp_path, 0, 2, {})[0] == 0
    assert_unharmed(same, tmp_path, 0, 2)
