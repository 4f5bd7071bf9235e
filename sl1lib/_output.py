"""The order in which a command writes and prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def printed_after(text: str) -> Iterator[None]:
    """Print ``text`` after the block, which writes files, and also if the block fails.

    Printing fails where the reader of a pipe has gone or a disk is full; what took long to make is in its file by
    then. Whoever has a text and no file, because writing failed, at least has the text.

    Examples
    --------
    >>> with printed_after("error 2 %"):
    ...     print("a file is written")
    a file is written
    error 2 %
    """
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what went wrong with the file is what must be told
            print(text, flush=True)
        raise
    print(text)
