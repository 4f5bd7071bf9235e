"""Two numbers of a machine: how many operations a second its matrix products make, and how many bytes it copies."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Final

import torch

from ...clock import processor_name, time_side_by_side
from ...errors import require_count, require_number

MEBIBYTE: Final = 2**20
OUTSIDE: Final = 256 * MEBIBYTE  # bytes of an array that is larger than a core's caches
INSIDE: Final = MEBIBYTE // 4  # two of these lie in a core's own cache
PIECE: Final = 8 * MEBIBYTE  # copied in about a millisecond


@dataclass(frozen=True)
class Machine:
    """What a machine can do at most, measured on it."""

    processor: str
    threads: int  #: threads of PyTorch when it was measured
    operations: float  #: float32 operations a second in a product of matrices, additions and multiplications
    memory: float  #: bytes a second, read and written, when arrays are copied that are larger than the caches
    cache: float  #: the same for arrays that lie in a core's own cache
    cores: int = 1
    load: float = float("nan")  #: programs that wanted a core when it was measured, on average over a minute

    def roof(self, intensity: float, within_cache: bool = False) -> float:
        """Return the most operations per second at ``intensity`` operations per byte.

        Notes
        -----
        Equation ``eq-fast-roofline``, chapter *The fast path*.

        Examples
        --------
        >>> machine = Machine("slide rule", 1, operations=100.0, memory=10.0, cache=50.0)
        >>> machine.roof(2.0), machine.roof(2.0, within_cache=True), machine.roof(1000.0)
        (20.0, 100.0, 100.0)
        """
        require_number("intensity", intensity, above=0)
        return min(self.operations, (self.cache if within_cache else self.memory) * intensity)


def matrix_rate(size: int = 512, repeats: int = 60) -> float:
    """Return the best rate of float32 products of square matrices seen, in operations a second.

    Examples
    --------
    >>> matrix_rate(size=64, repeats=3) > 1e6
    True
    """
    require_count("size", size, least=1)
    a = torch.rand(size, size)
    out = torch.empty_like(a)
    timing = time_side_by_side({"product": lambda: torch.mm(a, a, out=out)}, repeats)["product"]
    return 2 * size**3 / timing.least


def copy_rate(size: int, repeats: int = 3) -> float:
    """Return the best rate of copying arrays of ``size`` bytes seen: each byte counts when read and when written.

    A large array is copied piece by piece, and the best piece counts: other programs interrupt a short copy less often.

    Examples
    --------
    >>> copy_rate(2**16, repeats=3) > 1e6
    True
    """
    require_count("size", size, least=4)
    require_count("repeats", repeats, least=1)
    a = torch.rand(size // 4)
    out = torch.zeros_like(a)
    pieces = list(zip(a.split(PIECE // 4), out.split(PIECE // 4), strict=True))
    rates = []
    for source, into in pieces * repeats:
        start = time.perf_counter()
        into.copy_(source)
        rates.append(2 * source.nbytes / (time.perf_counter() - start))
    return max(rates)


def machine_peaks(outside: int = OUTSIDE) -> Machine:
    """Measure this machine with the threads that PyTorch uses now; takes a second or two.

    The ``outside`` bytes of the arrays for ``memory`` should not fit into the caches.

    Examples
    --------
    >>> machine = machine_peaks(outside=2**20)
    >>> machine.roof(1e9) == machine.operations
    True
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return Machine(
        processor_name(),
        torch.get_num_threads(),
        matrix_rate(),
        copy_rate(outside),
        copy_rate(INSIDE, repeats=2000),
        os.cpu_count() or 1,
        load,
    )
