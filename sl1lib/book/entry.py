"""What the ledger holds for an equation, and what a check of it gives."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One comparison: what with what, how far apart they may be, and the function that measures how far they are."""

    what: str
    tolerance: float
    measure: Callable[[], float]


@dataclass(frozen=True)
class Entry:
    """One labelled equation.

    ``functions`` name what computes it, as paths below ``sl1lib``; ``because`` says why a definition needs no check;
    ``needs`` names the packages without which its checks cannot run.
    """

    label: str
    title: str
    chapter: str
    functions: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    because: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """The outcome of one `Check`."""

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


@dataclass(frozen=True)
class Result:
    """What `check` found for one equation.

    Attributes
    ----------
    label, title, chapter : str
    measured : tuple of Measured
        One for each check; empty for a definition.
    because : str
        Why there is nothing to check, for a definition.
    skipped : str
        Why nothing was checked here although there is something to check; otherwise empty.
    """

    label: str
    title: str
    chapter: str
    measured: tuple[Measured, ...] = ()
    because: str = ""
    functions: tuple[str, ...] = ()
    skipped: str = ""

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
