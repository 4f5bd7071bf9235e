"""Time to accuracy: seconds of training until the test images are answered so well, for several seeds.

python -m benchmarks.accuracy [--data mnist] [--seeds 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any, Final

import numpy as np
import torch

from sl1lib import Dataset, LearningRate, RunConfig, fast, load_data
from sl1lib.engine import Training, make_engine
from sl1lib.training.classifier import measure
from sl1lib.training.images import Images

TARGETS: Final = (0.97, 0.98, 0.985)
EVERY: Final = 50  # updates between two looks at the test images, for which the clock stands still


def time_to_accuracy(data: Dataset, seeds: int) -> dict[str, Any]:
    """Train with the library's own settings, a network for each seed by itself; return when each target was reached.

    A look at the test images counts no time, and decides nothing but when the clock is read. None stands for a target
    that a training never reached.
    """
    config = RunConfig(data.name.split("[")[0])
    courses = [_course(config.replace(seed=seed), data) for seed in range(seeds)]
    return {
        "epochs": config.epochs,
        "batch": config.batch_size,
        "seconds": {str(target): [course["seconds"][target] for course in courses] for target in TARGETS},
        "updates": {str(target): [course["updates"][target] for course in courses] for target in TARGETS},
        "whole training": [course["whole"] for course in courses],
        "accuracy": [course["accuracy"] for course in courses],
    }


def _course(config: RunConfig, data: Dataset) -> dict[str, Any]:
    images = Images.prepare(data, config)
    updates = config.updates(len(images.x))
    rate = LearningRate(config.lr, config.lr_end, updates)
    training = Training(fast.init_params(config.seed), rate, config.momentum, config.penalty, config.seed)
    engine = make_engine(
        [training], images.x, images.labels, reading=config.reading, loss=config.loss, batch_size=config.batch_size
    )
    held_out, passed = engine.prepare(images.x_held_out), 0.0
    found: dict[str, Any] = {"seconds": dict.fromkeys(TARGETS), "updates": dict.fromkeys(TARGETS)}
    while engine.updates < updates:
        begun = time.perf_counter()
        engine.advance(min(EVERY, updates - engine.updates))
        passed += time.perf_counter() - begun
        accuracy = 1 - measure(engine.predict(held_out, prepared=True)[0], images.labels_held_out)[1]
        for target in TARGETS:
            if accuracy >= target and found["updates"][target] is None:
                found["seconds"][target], found["updates"][target] = passed, engine.updates
    return found | {"whole": passed, "accuracy": accuracy}


def report(found: dict[str, Any]) -> list[str]:
    """Say what was found, a line for each target and one for the whole training."""
    lines = [f"time to accuracy, one network, batches of {found['batch']}, {found['epochs']} epochs planned"]
    for target, seconds in found["seconds"].items():
        reached = [each for each in seconds if each is not None]
        many = f"{len(reached)} of {len(seconds)} seeds"
        lines.append(
            f"{float(target):6.1%}  {_spread(reached)} ({many})" if reached else f"{float(target):6.1%}  {many}"
        )
    ends = f"test accuracy {np.min(found['accuracy']):.2%} to {np.max(found['accuracy']):.2%}"
    return [*lines, f"   all  {_spread(found['whole training'])}; {ends}"]


def _spread(seconds: list[float]) -> str:
    return f"{np.median(seconds):.2f} s [{min(seconds):.2f}, {max(seconds):.2f}]"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="auto", help="mnist, digits or auto")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    print(*report(time_to_accuracy(load_data(options.data), options.seeds)), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
