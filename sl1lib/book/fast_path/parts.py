"""Where the time of an update of the engine goes, by Python's profiler: its steps, and the products in them."""

from __future__ import annotations

import cProfile
import pstats
import re
from collections.abc import Callable
from typing import Any, Final

from ...engine import Engine
from ...engine.passes import Batch, Matrices
from ...errors import require_count

#: The parts of an update, in the order in which they are drawn.
PARTS: Final = (
    "products",
    "element by element",
    "batch loaded",
    "bands written and folded",
    "penalty and update",
)
_PASSES: Final = (Batch.forward, Batch.errors, Batch.backward)
_BANDS: Final = (Matrices.write, Matrices.fold)  # their own products compose kernels
_PRODUCT: Final = re.compile(r"built-in method .*\b(bmm|mm|addmm)\b")  # as the profiler calls those of PyTorch


def update_parts(engine: Engine, updates: int = 3, rounds: int = 30) -> dict[str, float]:
    """Train on, and return the seconds that an update spends in each of `PARTS`: those of the shortest round.

    Each part includes the time in which Python prepares it. The engine must be on the CPU, where a call returns when
    its work is done.

    Examples
    --------
    >>> import torch
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.engine import Training
    >>> from sl1lib.fast import init_params
    >>> x, labels = torch.zeros(4, 1, 28, 28), torch.arange(4)
    >>> engine = Engine([Training(init_params(), 0.1, MomentumRamp())], x, labels)
    >>> tuple(update_parts(engine, updates=2, rounds=1)) == PARTS, engine.updates
    (True, 3)
    """
    require_count("updates", updates, least=1)
    require_count("rounds", rounds, least=1)
    engine.advance(1)
    found = []
    for _ in range(rounds):
        profile = cProfile.Profile()
        profile.runcall(engine.advance, updates)
        found.append(_parts_of(pstats.Stats(profile)))
    shortest = min(found, key=sum)
    return {part: seconds / updates for part, seconds in zip(PARTS, shortest, strict=True)}


def _parts_of(stats: Any) -> list[float]:
    """Return the seconds of each part, in the order of `PARTS`."""
    calls = stats.stats  # function → number of calls, twice; own and cumulative seconds; the same by caller

    def seconds(*functions: Callable[..., Any]) -> float:
        return sum(calls[_key(function)][3] for function in functions)

    bands = set(map(_key, _BANDS))
    products = sum(
        by_caller[3]
        for (_, _, name), (*_, callers) in calls.items()
        if _PRODUCT.search(name)
        for caller, by_caller in callers.items()
        if caller not in bands
    )
    passes, loaded, written = seconds(*_PASSES), seconds(Batch.load), seconds(*_BANDS)
    rest = seconds(Engine._update) - passes - loaded - written
    return [products, passes - products, loaded, written, rest]


def _key(function: Callable[..., Any]) -> tuple[str, int, str]:
    """Return what the profiler calls a function of Python."""
    code = function.__code__
    return code.co_filename, code.co_firstlineno, code.co_name
