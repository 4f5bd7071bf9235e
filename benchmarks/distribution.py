"""Final test errors of the engine and of the eager loop over many seeds, in float32: one distribution, or two?

python -m benchmarks.distribution [--data mnist] [--seeds 20] [--first-seed 0] [--epochs 3] [--reading table]

The two round differently, and training magnifies that: the same seed ends with other weights. What must not differ is
how the errors are distributed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import stats

from sl1lib import Dataset, LearningRate, Penalty, RunConfig, fast, load_data, train_many
from sl1lib.engine import SimpleEngine, images_to_tensor

from .report import header

PENALTY = Penalty(strength=3e-4, eps=1e-2)


@dataclass(frozen=True)
class Errors:
    """Test errors in percent, a seed each, of both."""

    engine: list[float]
    eager: list[float]

    @property
    def same_distribution(self) -> float:
        """The p-value of Kolmogorov and Smirnov: how often one distribution gives two samples as unlike as these."""
        return float(stats.ks_2samp(self.engine, self.eager).pvalue)

    @property
    def difference(self) -> tuple[float, float, float]:
        """The mean of engine less eager loop, seed by seed, and the ends of its 95 % interval, in points."""
        gaps = np.subtract(self.engine, self.eager)
        half = stats.t.ppf(0.975, len(gaps) - 1) * stats.sem(gaps)
        return float(gaps.mean()), float(gaps.mean() - half), float(gaps.mean() + half)


def measure(data: Dataset, seeds: range, epochs: int, reading: str) -> Errors:
    """Train a network for each seed by the engine, side by side, and again one by one by autograd."""
    configs = [
        RunConfig(data=data.name.split("[")[0], reading=reading, penalty=PENALTY, epochs=epochs, seed=seed)
        for seed in seeds
    ]
    engine = [100 * run.test_error for run in train_many(configs, progress=False, data=data)]
    return Errors(engine, [100 * _eager(config, data) for config in configs])


def _eager(config: RunConfig, data: Dataset) -> float:
    x, labels = images_to_tensor(data.x_train), torch.tensor(data.y_train)
    updates = config.epochs * -(-len(x) // config.batch_size)
    loop = SimpleEngine(
        fast.init_params(config.seed), x, labels,
        lr=LearningRate(config.lr, config.lr_end, updates), momentum=config.momentum,
        reading=config.reading, penalty=config.penalty, batch_size=config.batch_size, seed=config.seed,
    )  # fmt: skip
    for epoch in range(config.epochs):
        for _ in loop.epoch(epoch):
            pass
    scores = fast.Network(loop.params, config.reading).predict(images_to_tensor(data.x_test))
    return float((scores.argmax(1) != torch.tensor(data.y_test)).double().mean())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distribution")
    parser.add_argument("--data", default="auto")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--reading", default="table")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "history")
    options = parser.parse_args()
    data = load_data(options.data)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    errors = measure(data, seeds, options.epochs, options.reading)
    mean, low, high = errors.difference
    print(f"{data.name}, reading {options.reading}, {options.epochs} epochs, seeds {seeds[0]} to {seeds[-1]}")
    for name, found in asdict(errors).items():
        print(f"{name:6}: {np.mean(found):.3f} % (standard deviation {np.std(found, ddof=1):.3f})")
    print(f"engine less eager loop: {mean:+.3f} points, 95 % interval {low:+.3f} to {high:+.3f}")
    print(f"Kolmogorov-Smirnov: p = {errors.same_distribution:.2f}")
    head = header(data.name, torch.get_num_threads())
    stem = (
        f"{head['date'][:10]}-{data.name.split('[')[0]}-{options.reading}-distribution-from-seed-{options.first_seed}"
    )
    found = {
        "header": head,
        "epochs": options.epochs,
        "first_seed": options.first_seed,
        **asdict(errors),
        "ks_p": errors.same_distribution,
    }
    (options.output / f"{stem}.json").write_text(json.dumps(found | {"difference": errors.difference}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
