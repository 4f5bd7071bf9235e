"""How long two networks that compute one function take to answer: side by side, once their answers agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import torch

from ..clock import processor_name, take_turns
from ..errors import require_count, unexpected
from ..fast import Network

TOLERANCE: Final = {torch.float32: 1e-4, torch.float64: 1e-10}  # of the largest score: rounding, and nothing else
GPU_TOLERANCE: Final = 1e-2  # in float32, where a GPU's convolutions keep 10 bits of each factor
ROUNDS: Final = 25
TURN: Final = 0.004  # seconds that a turn lasts at least: many steps of the clock


class DifferentAnswersError(ArithmeticError):
    """Two networks that should compute one function do not: their times cannot be compared."""


@dataclass(frozen=True)
class Latency:
    """Seconds that two networks take for a batch, round by round; in each round both had a turn.

    Examples
    --------
    >>> found = Latency(1, (2e-4, 3e-4, 2e-4), (1e-4, 1e-4, 2e-4), "a processor", "float32", 1)
    >>> float(found.ratio[1])
    2.0
    >>> print(found)
    1 image at once: 200 µs [200, 250] before, 100 µs [100, 150] after, 2.00× [1.50, 2.50] (3 rounds)
    """

    batch: int  #: images at once
    before: tuple[float, ...]  #: seconds for the batch, of the full network
    after: tuple[float, ...]  #: the same of the pruned network
    device: str  #: where it was measured, with its name
    dtype: str  #: in which numbers
    threads: int  #: of the processor, for one answer

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has lists only
        require_count("batch", self.batch, least=1)
        if not len(self.before) == len(self.after) > 0:
            found = (len(self.before), len(self.after))
            raise unexpected("the number of times before and after", found, "each round has one of each")

    @property
    def ratio(self) -> np.ndarray:
        """Lower quartile, median and upper quartile over the rounds of before / after: above 1, pruning made faster."""
        return quartiles(np.divide(self.before, self.after))

    def __str__(self) -> str:
        before, after = (_microseconds(seconds) for seconds in (self.before, self.after))
        low, middle, high = self.ratio
        images = f"{self.batch} image{'s' if self.batch > 1 else ''} at once"
        return (
            f"{images}: {before} before, {after} after, {middle:.2f}× [{low:.2f}, {high:.2f}] "
            f"({len(self.before)} rounds)"
        )


def quartiles(values: np.ndarray | tuple[float, ...]) -> np.ndarray:
    """Return lower quartile, median and upper quartile."""
    return np.percentile(values, [25, 50, 75])


def _microseconds(seconds: tuple[float, ...]) -> str:
    low, middle, high = 1e6 * quartiles(seconds)
    return f"{middle:,.0f} µs [{low:,.0f}, {high:,.0f}]"


def compare_latency(before: Network, after: Network, x: torch.Tensor, rounds: int = ROUNDS) -> Latency:
    """Time two networks that compute one function, in turns, on images in their dtype and on their device.

    The answers are compared first: `DifferentAnswersError` if they differ by more than rounding.
    """
    networks = {"before": before, "after": after}
    with torch.no_grad():
        _check_answers(before, after, x)
        times = take_turns({name: partial(_answer, network, x) for name, network in networks.items()}, rounds, TURN)
    where = torch.cuda.get_device_name(x.device) if x.is_cuda else processor_name()
    return Latency(
        batch=len(x),
        before=times["before"].seconds,
        after=times["after"].seconds,
        device=f"{x.device.type}: {where}",
        dtype=str(x.dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
    )


def _check_answers(before: Network, after: Network, x: torch.Tensor) -> None:
    expected, received = before(x), after(x)
    gap, scale = float((received - expected).abs().max()), float(expected.abs().max())
    allowed = GPU_TOLERANCE if x.is_cuda and x.dtype == torch.float32 else TOLERANCE[x.dtype]
    if not gap <= allowed * max(scale, 1.0):
        raise DifferentAnswersError(
            f"the scores differ by {gap:.3g}, which is more than rounding ({allowed:g} of {scale:.3g}); "
            "networks that are timed must compute one function"
        )


def _answer(network: Network, x: torch.Tensor, times: int) -> None:
    """Answer so many times, and wait for a GPU to finish."""
    for _ in range(times):
        network(x)
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
