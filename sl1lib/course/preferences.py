"""What a teacher decides for a course: whether solutions are shown, and where the book is."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any


@dataclass
class Preferences:
    """What holds for all exercises in this process."""

    solutions: bool = os.environ.get("SL1LIB_SOLUTIONS", "1") != "0"
    book: str = os.environ.get("SL1LIB_BOOK", "")


PREFERENCES = Preferences()


def configure(**changes: Any) -> None:
    """Decide for a course what its exercises show.

    Parameters
    ----------
    solutions : bool
        Whether ``q.solution()`` shows one. The environment variable ``SL1LIB_SOLUTIONS=0`` says no, too.
    book : str
        The address below which the pages of the book are, for links; also ``SL1LIB_BOOK``.

    Raises
    ------
    TypeError
        For any other name.

    Examples
    --------
    >>> configure(solutions=False)
    >>> from sl1lib import course
    >>> course.exercise("dense").solution()
    The solutions of this course are switched off.
    >>> configure(solutions=True)
    """
    vars(PREFERENCES).update(vars(replace(PREFERENCES, **changes)))
