"""What is printed, in which order, and what of it is only decoration: it never decides whether work survives."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # tqdm warns where a notebook has no widgets, and then writes plain text
    from tqdm.auto import tqdm  # type: ignore[import-untyped]


class Decoration:
    """Standard error, for what may be lost: once a write fails, nothing more is written.

    The reader of a pipe may have gone, a disk may be full, a program may have no console (None). tqdm itself expects
    only a terminal that was closed.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.works = stream is not None

    def write(self, text: str) -> int:
        """Write, or do nothing."""
        self._attempt("write", text)
        return len(text)

    def flush(self) -> None:
        """Flush, or do nothing."""
        self._attempt("flush")

    def _attempt(self, name: str, *arguments: Any) -> None:
        if self.works:
            try:
                getattr(self._stream, name)(*arguments)
            except (OSError, ValueError):  # ValueError: it is closed
                self.works = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # its width, its encoding

    def __eq__(self, other: object) -> bool:  # tqdm asks which bars are on the stream that it writes a line to
        return isinstance(other, Decoration) and self._stream is other._stream

    def __hash__(self) -> int:
        return id(self._stream)


def bar(*arguments: Any, shown: bool, **options: Any) -> Any:
    """Return tqdm's progress bar on standard error, which draws nothing unless it is ``shown`` and can be drawn."""
    decoration = Decoration(sys.stderr)
    return tqdm(*arguments, file=decoration, disable=not shown or not decoration.works, **options)


def tell(line: str) -> None:
    """Write a line to standard error, above the bars; nothing where it cannot be written."""
    tqdm.write(line, file=Decoration(sys.stderr))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table: the first column flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


@contextmanager
def printed_after(text: str) -> Iterator[None]:
    """Print ``text`` after the block, which writes files, and also if the block fails.

    Printing fails where the reader of a pipe has gone or a disk is full: by then what took long to make is in its file.
    If writing the file fails, there is at least the text.
    """
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what went wrong with the file is what must be told
            print(text, flush=True)
        raise
    print(text)
