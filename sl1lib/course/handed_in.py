"""What is known of a function before it is called; a check needs no more of it than this and its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .conduct import Finding, before_the_first_call, full_name, outside


@dataclass(frozen=True)
class HandedIn:
    """A function as a check sees it: also one that only another process has.

    Parameters
    ----------
    finding : Finding, optional
        Why it is not worth a call.
    name : str
        Its name with its module's.
    reads : Finding, optional
        That it reads data that are not among its arguments.
    file : str, optional
    first_line : int
        Where it is written.
    """

    finding: Finding | None = None
    name: str = ""
    reads: Finding | None = None
    file: str | None = None
    first_line: int = 1


def describe(function: Any, parameters: Sequence[str]) -> HandedIn:
    """Return what is known of a function that should take these parameters."""
    finding = before_the_first_call(function, parameters)
    if finding:
        return HandedIn(finding)
    code = getattr(function, "__code__", None)
    return HandedIn(
        name=full_name(function),
        reads=outside(function, parameters),
        file=getattr(code, "co_filename", None),
        first_line=getattr(code, "co_firstlineno", 1),
    )
