"""The equation ledger: every labelled equation of the book, tied to its functions and to its checks.

An equation is *checked* when each of its checks stays within its tolerance: the reference against an independent form,
the fast path against the reference, gradients against differences. A definition that leaves nothing to check says why.
Where a package that the checks need is not installed, they are *skipped*, which is not *passed*.

Examples
--------
>>> result = check("eq-conv")
>>> result.passed, result.deviation <= result.tolerance
(True, True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from ..errors import require_choice
from .entry import Chapter, Checks, Entry, Measured, Result
from .labels import labels_in

__all__ = ["LEDGER", "Chapter", "Checks", "Entry", "Measured", "Result", "check", "check_all", "labels_in", "matching"]

# The chapters in the order of the book, each by its folder, with what its labels begin with.
_CHAPTERS: Final = {
    "paper": ("eq-paper",),
    "convolution": ("eq-conv", "eq-true-conv"),
    "pooling": ("eq-pool",),
    "dense_and_entropy": ("eq-dense",),
    "backpropagation": ("eq-backprop",),
    "the_corner": ("eq-corner",),
    "smooth_function": ("eq-smooth",),
    "gradients": ("eq-grad",),
    "convergence": ("eq-descent",),
    "numpy_training": ("eq-numpy",),
    "fast_path": ("eq-fast",),
    "full_training": ("eq-heavy-ball", "eq-momentum-ramp", "eq-lr-decay"),
    "comparison": ("eq-comparison",),
    "pruning": ("eq-prune",),
    "claims": ("eq-claims",),
    "your_own_model": ("eq-own",),
}


class Ledger(Mapping[str, Entry]):
    """Every entry by its label, in the order of the book; a chapter is loaded when one of its labels is asked for."""

    def __getitem__(self, label: str) -> Entry:
        for folder, beginnings in _CHAPTERS.items():
            if label.startswith(beginnings):
                return _entries(folder)[label]
        raise KeyError(label)

    def __iter__(self) -> Iterator[str]:
        for folder in _CHAPTERS:
            yield from _entries(folder)

    def __len__(self) -> int:
        return sum(len(_entries(folder)) for folder in _CHAPTERS)

    def beginning(self, *labels: str) -> Iterator[str]:
        """Yield the labels that begin with one of those given, and load only the chapters that may have one."""
        for folder, beginnings in _CHAPTERS.items():
            if any(label.startswith(beginnings) or any(b.startswith(label) for b in beginnings) for label in labels):
                yield from (known for known in _entries(folder) if known.startswith(labels))


def _entries(folder: str) -> dict[str, Entry]:
    """Return a chapter's entries, which its module ``equations`` makes when it is loaded."""
    chapter: Chapter = import_module(f"{__package__}.{folder}.equations").chapter
    return chapter.entries


#: The ledger of this book.
LEDGER: Final = Ledger()


def check(label: str) -> Result:
    """Check one equation now, on this machine.

    Parameters
    ----------
    label : str
        The equation's label in the book, ``"eq-conv"`` say.

    Returns
    -------
    Result
        Shown in a notebook as a badge with the deviation and the tolerance of each check.

    Raises
    ------
    ValueError
        For a label that is not in the ledger.
    """
    if label not in LEDGER:
        require_choice("label", label, LEDGER)
    entry = LEDGER[label]
    skipped = _missing(entry.needs)
    measured = () if skipped else entry.measure()
    return Result(entry.label, entry.title, entry.chapter, measured, entry.because, entry.functions, skipped)


def matching(*labels: str) -> list[str]:
    """Return the ledger's labels that begin with one of those given; without any, all of them.

    Parameters
    ----------
    *labels : str
        ``"eq-conv"`` stands for all equations of the chapter *Convolution*.

    Returns
    -------
    list of str
        In the order of the book.

    Raises
    ------
    ValueError
        For one that no label begins with.

    Examples
    --------
    >>> matching("eq-conv-s", "eq-dense-sh")
    ['eq-conv-size', 'eq-dense-shift']
    """
    for label in labels:
        if not any(LEDGER.beginning(label)):
            require_choice("label", label, LEDGER)
    return list(LEDGER.beginning(*labels) if labels else LEDGER)


def check_all() -> list[Result]:
    """Check every equation of the book.

    Returns
    -------
    list of Result
        In the order of the book.

    Examples
    --------
    >>> all(result.passed for result in check_all())
    True
    """
    return [check(label) for label in LEDGER]


def _missing(packages: tuple[str, ...]) -> str:
    """Say which packages are not installed, and how to get them; nothing if all are."""
    missing = [name for name in packages if find_spec(name) is None]
    if not missing:
        return ""
    verb = "is" if len(missing) == 1 else "are"
    return f"{' and '.join(missing)} {verb} not installed: pip install 'sl1lib[study]'"
