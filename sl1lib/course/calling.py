"""Call a function that somebody handed in, and note all that it does besides returning an answer."""

from __future__ import annotations

import contextlib
import copy
import io
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

LONGEST_PRINTED = 200


@dataclass(frozen=True)
class Outcome:
    """What one call did.

    Parameters
    ----------
    result : object
        What was returned; None where an exception was raised.
    error : tuple of str, optional
        The name of the exception's class, and its message.
    places : sequence of (file, line)
        The lines through which the exception came, outermost first.
    changed : sequence of int
        Which arguments were changed.
    shared : sequence of int
        With which arguments the result shares its memory.
    printed : str
        The beginning of what was printed.
    """

    result: Any = None
    error: tuple[str, str] | None = None
    places: Sequence[tuple[str, int]] = ()
    changed: Sequence[int] = ()
    shared: Sequence[int] = ()
    printed: str = ""


@dataclass
class Calls:
    """The functions of packages that a function calls itself, by their full names, while `watched`."""

    function: Callable[..., Any]
    found: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Note calls during the block, and leave a profiler that was there as it was."""
        before = sys.getprofile()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _note(self, frame: FrameType, event: str, called: Any) -> None:
        home = getattr(self.function, "__globals__", None)
        if event == "call" and frame.f_globals is not home and (frame.f_back and frame.f_back.f_globals is home):
            if not frame.f_code.co_name.endswith("__"):  # a lazy module's, or a given function's own
                self.found.add(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}")
        elif event == "c_call" and frame.f_globals is home:
            owner = getattr(called, "__self__", None)
            where = getattr(owner, "__name__", None) or type(owner).__name__
            self.found.add(f"{called.__module__ or where}.{called.__name__}")


def each_call(calls: Calls, jobs: Iterable[Sequence[Any]]) -> Iterator[Outcome]:
    """Call a function with each of ``jobs``, a tuple of arguments each, and watch what it calls in the first."""
    for number, arguments in enumerate(jobs):
        with contextlib.nullcontext() if number else calls.watched():
            outcome = call(calls.function, arguments)
        yield outcome


def call(function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
    """Call ``function`` with copies of ``arguments``."""
    given = copy.deepcopy(tuple(arguments))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = function(*given)
    except (Exception, SystemExit) as error:
        steps = traceback.extract_tb(error.__traceback__)[1:]
        places = [(step.filename, step.lineno or 0) for step in steps]
        return Outcome(error=(type(error).__name__, str(error)), places=places)
    return Outcome(
        result=result,
        changed=[i for i, (now, old) in enumerate(zip(given, arguments, strict=True)) if not same(now, old)],
        shared=[i for i, argument in enumerate(given) if _share(result, argument)],
        printed=printed.getvalue()[:LONGEST_PRINTED],
    )


def same(a: Any, b: Any) -> bool:
    """Whether two arguments hold the same numbers."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "detach"):  # a tensor
        return same(a.detach().numpy(force=True), b.detach().numpy(force=True))
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    return callable(a) or bool(a == b) or bool(a != a and b != b)  # NaN does not equal itself


def _share(result: Any, argument: Any) -> bool:
    """Whether arrays in a result are views of an argument's."""
    return any(np.shares_memory(a, b) for a in _arrays(result) for b in _arrays(argument))


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict | tuple | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _arrays(each)
