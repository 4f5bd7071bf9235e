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

from sl1lib import Run, train_many

KILLS = 20
SEED = 0  # of the moments
SCRIPT = Path(killed.__file__)


def start(folder, runs, seed, plan):
    """Train in a process of its own, which dies by the plan; return its exit code and where it died."""
    command = [sys.executable, str(SCRIPT), str(folder), str(runs), str(seed), json.dumps(plan)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}  # it decides how sums are grouped
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        if "clock" in plan and process.stdout.read(6) == b"begun ":
            time.sleep(plan["clock"][0])
            process.kill()
        out, err = process.communicate(timeout=120)
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
    """Return how many updates the checkpoint holds, of both groups together."""
    found = 0
    for path in folder.glob("group-*.npz"):
        with np.load(path) as archive:
            found += int(archive["engine/updates"])
    return found


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_at_random_moments_trainings_end_with_the_same_bits(tmp_path, same):
    rng, kills, seed, whole = random.Random(SEED), [], 0, 2 * 8 * 20  # groups, epochs, updates
    while len(kills) < KILLS:
        folder, runs, updates = tmp_path / f"kept-{seed}", tmp_path / f"runs-{seed}", 0
        runs.mkdir()
        plan, between = {"writing": [1, rng.random()]}, {"between": []}  # the very first file; and once between groups
        while True:
            code, where = start(folder, runs, seed, plan)
            if code == 0:
                break
            before, updates = updates, saved_updates(folder)
            print(f"seed {seed}: killed by {plan}, in {where}, with {updates} of {whole} updates saved")
            assert code == -signal.SIGKILL
            assert before <= updates <= whole
            assert len(list(folder.glob(".*.part"))) <= 1  # the one just cut off; older ones were removed
            kills.append((where, updates))
            between = {} if where == "between" else between
            plan = {**draw(rng), **between} if len(kills) < KILLS else {}
        for number, expected in enumerate(train_many(killed.configs(seed), progress=False)):
            run = Run.load(runs / f"{number}.npz")
            same(run, expected)
            assert run.complete
            assert (run.history.seconds > 0).all()
        seed += 1
    places = Counter(where for where, _ in kills)
    print(places)
    assert sum(places.values()) == KILLS
    assert all(places[where] for where in ("update", "writing", "renaming", "clock", "between"))
    assert sum(0 < updates < whole for _, updates in kills) >= KILLS / 2
