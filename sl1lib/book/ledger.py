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

from importlib.util import find_spec
from itertools import chain
from typing import Final

from ..errors import require_choice
from .backpropagation import equations as backpropagation
from .claims import equations as claims
from .comparison import equations as comparison
from .convergence import equations as convergence
from .convolution import equations as convolution
from .dense_and_entropy import equations as dense
from .entry import Check, Entry, Measured, Result
from .fast_path import equations as fast_path
from .full_training import equations as training
from .gradients import equations as gradients
from .labels import labels_in
from .numpy_training import equations as numpy_training
from .paper import equations as paper
from .pooling import equations as pooling
from .pruning import equations as pruning
from .smooth_function import equations as smooth_function
from .the_corner import equations as corner
from .your_own_model import equations as own_model

__all__ = ["LEDGER", "Check", "Entry", "Measured", "Result", "check", "check_all", "labels_in", "matching"]

#: Every entry by its label, in the order of the book.
LEDGER: Final[dict[str, Entry]] = {
    entry.label: entry
    for entry in chain(
        paper.entries(),
        convolution.entries(),
        pooling.entries(),
        dense.entries(),
        backpropagation.entries(),
        corner.entries(),
        smooth_function.entries(),
        gradients.entries(),
        convergence.entries(),
        numpy_training.entries(),
        fast_path.entries(),
        training.entries(),
        comparison.entries(),
        pruning.entries(),
        claims.entries(),
        own_model.entries(),
    )
}


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
    require_choice("label", label, LEDGER)
    entry = LEDGER[label]
    skipped = _missing(entry.needs)
    measured = () if skipped else tuple(_measure(each) for each in entry.checks)
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
        if not any(known.startswith(label) for known in LEDGER):
            require_choice("label", label, LEDGER)
    return [known for known in LEDGER if known.startswith(labels or "")]


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


def _measure(each: Check) -> Measured:
    """Run one check; one that breaks down has failed, and the equation it belongs to must still be named."""
    try:
        return Measured(each.what, float(each.measure()), each.tolerance)
    except Exception as error:
        return Measured(f"{each.what} (broke down: {type(error).__name__}: {error})", float("nan"), each.tolerance)
