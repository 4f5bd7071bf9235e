"""Where the time of an update of the engine goes: clocks around its steps, and around every product in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch

from ...engine import Engine
from ...engine.passes import Batch, Matrices
from ...engine.penalties import PenaltyGroup
from ...errors import require_count

#: The parts of an update, in the order in which they are drawn.
PARTS: Final = (
    "products",
    "element by element",
    "batch loaded",
    "bands written and folded",
    "penalty and update",
)

_STEPS: Final[tuple[tuple[Any, str, str], ...]] = (
    (Batch, "load", "batch loaded"),
    (Batch, "forward", "element by element"),  # all that is left when the products in it are taken out
    (Batch, "errors", "element by element"),
    (Batch, "backward", "element by element"),
    (Matrices, "write", "bands written and folded"),
    (Matrices, "fold", "bands written and folded"),
    (PenaltyGroup, "apply", "penalty and update"),
    (PenaltyGroup, "shrink", "penalty and update"),
    (Engine, "_update", "penalty and update"),
)
_PRODUCTS: Final = ("bmm", "mm", "addmm")


class _Clock:
    """Adds up the time of each part; while an inner part runs, the outer one stands still."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._open: list[str] = []
        self._since = 0.0

    def around(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """Return ``function`` with the clock of ``part`` running while it runs."""

        def timed(*arguments: Any, **named: Any) -> Any:
            if part == "products" and self._open[-1:] != ["element by element"]:
                return function(*arguments, **named)  # the small products that compose kernels belong to the bands
            self._turn()
            self._open.append(part)
            try:
                return function(*arguments, **named)
            finally:
                self._turn()
                self._open.pop()

        return timed

    def _turn(self) -> None:
        """Give the time since the last turn to the part that ran."""
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


@contextmanager
def _clocked() -> Iterator[_Clock]:
    """Put a clock around the engine's steps, and take it away again."""
    clock = _Clock()
    places = [*_STEPS, *((torch, name, "products") for name in _PRODUCTS)]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    try:
        for owner, name, part in places:
            setattr(owner, name, clock.around(getattr(owner, name), part))
        yield clock
    finally:
        for owner, name, function in originals:
            setattr(owner, name, function)


def update_parts(engine: Engine, updates: int = 3, rounds: int = 30) -> dict[str, float]:
    """Train on, and return the seconds that an update spends in each of `PARTS`: those of the shortest round.

    Each part includes the time in which Python prepares it.

    Parameters
    ----------
    engine : Engine
        On the CPU, where a call returns when its work is done.
    updates : int
        In each round.
    rounds : int

    Returns
    -------
    dict of str to float

    Examples
    --------
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
        with _clocked() as clock:
            engine.advance(updates)
        found.append(clock.seconds)
    shortest = min(found, key=lambda seconds: sum(seconds.values()))
    return {part: seconds / updates for part, seconds in shortest.items()}
