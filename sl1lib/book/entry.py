"""An equation in the ledger, its comparisons, and what they gave.

A chapter's ``equations.py`` makes one `Chapter` and gives it its equations. Each is a function that computes what is to
be compared, and calls ``check`` for each comparison.
"""

from __future__ import annotations

import html
import linecache
import math
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors import unexpected
from .measure import DIFFERENCE, PRECISIONS, SAME, autograd, deviation, differences, excess, run

if TYPE_CHECKING:
    from .measure import Numbers


_DIFFERENCES: Final = "against central differences, every entry"
_AUTOGRAD: Final = "against autograd through the fast path"


@dataclass(frozen=True)
class Measured:
    """The outcome of one comparison: what with what, how far apart they are, and how far apart they may be."""

    what: str
    deviation: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the deviation is a number within the tolerance."""
        return bool(self.deviation <= self.tolerance)  # False for NaN

    def badness(self) -> float:
        """Return the deviation in units of the tolerance; NaN is worst."""
        if math.isnan(self.deviation):
            return math.inf
        if self.tolerance == 0:
            return 0.0 if self.deviation == 0 else math.inf
        return self.deviation / self.tolerance

    def __str__(self) -> str:
        sign = "✓" if self.passed else "✗"
        if self.tolerance == 0:
            return f"{sign} equal" if self.passed else f"{sign} differs by {self.deviation:.2g}"
        return f"{sign} {self.deviation:.1e} {'≤' if self.passed else '>'} {self.tolerance:.0e}"


class Checks:
    """What an equation calls to compare: ``check("this against that", tolerance, this, that)``.

    Comparisons of one name and tolerance count as one, by the worst of them: an equation goes over its cases in a loop.
    """

    def __init__(self) -> None:
        self._worst: dict[tuple[str, float], Measured] = {}

    def __call__(self, what: str, tolerance: float, found: Numbers, expected: Numbers | None = None) -> None:
        """Measure how far apart two results are, relative to the largest entry of what is expected.

        Without ``expected`` what was found is the deviation itself; below 0, as a bound's that holds, it counts as 0.
        Of several the largest counts.
        """
        apart = excess(found) if expected is None else deviation(found, expected)
        measured = Measured(what, apart, tolerance)
        self._worst[what, tolerance] = max(self._worst.get((what, tolerance), measured), measured, key=Measured.badness)

    def fast(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        expected: Numbers,
        what: str = "fast against reference",
        precisions: tuple[tuple[str, float], ...] = PRECISIONS,
    ) -> None:
        """Compare what a function of the fast path makes of arrays, in both precisions."""
        for dtype, tolerance in precisions:
            self(f"{what}, {dtype}", tolerance, run(function, *arguments, dtype=dtype), expected)

    def differences(
        self, found: Numbers, function: Callable[..., Any], *arrays: Any, what: str = _DIFFERENCES, **settings: Any
    ) -> None:
        """Compare a gradient with `measure.differences` of a function, for the first of its arrays."""
        self(what, DIFFERENCE, found, differences(function, *arrays, **settings)[0])

    def autograd(
        self, found: Numbers, function: Callable[..., Any], *arrays: Any, what: str = _AUTOGRAD, **settings: Any
    ) -> None:
        """Compare a gradient with `measure.autograd` of a function of the fast path, for the first of its arrays."""
        self(what, SAME, found, autograd(function, *arrays, **settings)[0])

    @property
    def measured(self) -> tuple[Measured, ...]:
        """The comparisons so far."""
        return tuple(self._worst.values())


@dataclass(frozen=True)
class Entry:
    """One labelled equation."""

    label: str
    title: str
    chapter: str  #: the page that states it
    functions: tuple[str, ...] = ()  #: what computes it, as paths below ``sl1lib``
    compare: Callable[[Checks], None] | None = None  #: makes the comparisons with the `Checks` that it is given
    because: str = ""  #: why a definition needs no comparison
    needs: tuple[str, ...] = ()  #: the packages without which nothing can be compared

    def measure(self) -> tuple[Measured, ...]:
        """Make the comparisons; one that breaks down has failed, and the equation it belongs to must still be named."""
        if self.compare is None:
            return ()
        check = Checks()
        try:
            self.compare(check)
        except Exception as error:
            what = f"{_line_of(error, check)} (broke down: {type(error).__name__}: {error})"
            return (*check.measured, Measured(what, math.nan, 0.0))
        return check.measured or (Measured("nothing was compared", math.nan, 0.0),)


class Chapter:
    """The equations of a page, in its order.

    Parameters
    ----------
    page : str
        The page, as a path below the folder ``book``.

    Examples
    --------
    >>> import numpy as np
    >>> from sl1lib import reference
    >>> chapter = Chapter("network/dense-and-entropy")
    >>> @chapter.equation("eq-dense-relu", "ReLU", reference.relu)
    ... def relu(check):
    ...     x = np.array([-1.5, 0.0, 2.0])
    ...     check("against half of x + abs(x)", 0.0, reference.relu(x), (x + abs(x)) / 2)
    >>> chapter.entries["eq-dense-relu"].functions
    ('reference.relu',)
    >>> chapter.entries["eq-dense-relu"].measure()
    (Measured(what='against half of x + abs(x)', deviation=0.0, tolerance=0.0),)
    """

    def __init__(self, page: str) -> None:
        self.page = page
        self.entries: dict[str, Entry] = {}

    def equation(
        self, label: str, title: str, *functions: Callable[..., Any], needs: tuple[str, ...] = ()
    ) -> Callable[[Callable[[Checks], None]], Callable[[Checks], None]]:
        """Return a decorator for the function that makes an equation's comparisons; ``functions`` compute it.

        Where one of the packages that it ``needs`` beyond those that come with the library is missing, the equation is
        skipped.
        """

        def add(compare: Callable[[Checks], None]) -> Callable[[Checks], None]:
            self._add(Entry(label, title, self.page, tuple(map(dotted_name, functions)), compare, needs=needs))
            return compare

        return add

    def definition(self, label: str, title: str, *functions: Callable[..., Any], because: str) -> None:
        """Add an equation with nothing to compare, and say why."""
        self._add(Entry(label, title, self.page, tuple(map(dotted_name, functions)), because=because))

    def _add(self, entry: Entry) -> None:
        if entry.label in self.entries:
            raise unexpected("label", entry.label, "each equation has a label of its own")
        self.entries[entry.label] = entry


def dotted_name(function: Callable[..., Any]) -> str:
    """Return where a user finds a function: in the package that offers it, or else in its own module.

    Examples
    --------
    >>> from sl1lib.fast import NodePenalty
    >>> dotted_name(NodePenalty.prox_)
    'fast.NodePenalty.prox_'
    """
    own, outermost = sys.modules[function.__module__], function.__qualname__.partition(".")[0]
    parts = own.__name__.split(".")
    packages = (".".join(parts[: depth + 1]) for depth in range(1, len(parts)))
    home = next(p for p in packages if getattr(sys.modules[p], outermost, None) is getattr(own, outermost))
    return f"{home}.{function.__qualname__}".partition(".")[2]


def _line_of(error: Exception, check: Checks) -> str:
    """Return the line at which the comparisons broke down: it names what was compared, or computes it."""
    steps = [step for step in traceback.walk_tb(error.__traceback__) if step[0].f_locals.get("check") is check]
    frame, number = steps[-1]  # the innermost function that compares
    return linecache.getline(frame.f_code.co_filename, number).strip()


@dataclass(frozen=True)
class Result:
    """What `check` found for one equation."""

    label: str
    title: str
    chapter: str
    measured: tuple[Measured, ...] = ()  #: one for each check; empty for a definition
    because: str = ""  #: why there is nothing to check, for a definition
    functions: tuple[str, ...] = ()  #: as the `Entry` has them
    skipped: str = ""  #: why nothing was checked here although there is something to check; otherwise empty

    @property
    def passed(self) -> bool:
        """Whether every check was made and stays within its tolerance."""
        return not self.skipped and not self.failed

    @property
    def failed(self) -> bool:
        """Whether a check leaves its tolerance; what is skipped has neither passed nor failed."""
        return not all(measured.passed for measured in self.measured)

    @property
    def worst(self) -> Measured | None:
        """The check that comes closest to its tolerance, or passes it by most."""
        return max(self.measured, key=Measured.badness, default=None)

    @property
    def deviation(self) -> float:
        """The deviation of the `worst` check; 0 for a definition, NaN for what is skipped."""
        return self.worst.deviation if self.worst else math.nan if self.skipped else 0.0

    @property
    def tolerance(self) -> float:
        """The tolerance of the `worst` check; 0 for a definition."""
        return self.worst.tolerance if self.worst else 0.0

    def __repr__(self) -> str:
        if self.skipped:
            return f"– {self.label}: {self.title}. Skipped: {self.skipped}."
        if not self.measured:
            return f"{self.label}: {self.title}. A definition: {self.because}."
        lines = [f"{'✓' if self.passed else '✗'} {self.label}: {self.title}"]
        lines += [f"  {m}  {m.what}" for m in self.measured]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the badges: for each check ✓ or ✗, the measured deviation, the tolerance, and what was compared."""
        if not self.measured:
            kind = "skipped" if self.skipped else "definition"
            mark = f'<span class="sl1-check {kind}">{kind}</span>'
            return f"{mark} <small>{html.escape(self.skipped or self.because)}</small>"
        rows = "".join(
            f'<li><span class="sl1-check{"" if m.passed else " failed"}">{m}</span> {html.escape(m.what)}</li>'
            for m in self.measured
        )
        return f'<ul class="sl1-checks" aria-label="Checks of {html.escape(self.label)}">{rows}</ul>'
