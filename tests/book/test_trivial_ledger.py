"""A function that answers 0 to everything turns an equation of its own red.

Not every equation: a size, a symmetry or an inequality may well hold for zeros. But each function of the reference that
the ledger names must have one that does not.
"""

import inspect
import sys

import numpy as np
import pytest

from sl1lib import reference
from sl1lib.book.ledger import LEDGER, check

ELSEWHERE = {
    "gradient_by_differences": "its equation bounds an error; tests/reference/test_backpropagation.py checks it",
    "group_norms": "its equation is an inequality; the penalty and its gradient, which have theirs, are made of it",
    "train": "it yields; tests/engine/test_engine.py follows it update by update",
}


def zeros(value):
    """What has the form of an answer, with 0 in the place of each number."""
    if isinstance(value, tuple):
        return tuple(map(zeros, value))
    if isinstance(value, dict):
        return {name: zeros(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    return 0.0 if isinstance(value, float) else value


def labels_by_function():
    found = {}
    for label, entry in LEDGER.items():
        for name in entry.functions:
            package, _, function = name.rpartition(".")
            if package == "reference" and inspect.isfunction(getattr(reference, function)) and not entry.because:
                found.setdefault(function, []).append(label)
    return {function: labels for function, labels in found.items() if function not in ELSEWHERE}


@pytest.mark.parametrize(("name", "labels"), labels_by_function().items())
def test_zeros_turn_one_of_its_equations_red(monkeypatch, name, labels):
    right = getattr(reference, name)

    def nothing(*given, **named):
        return zeros(right(*given, **named))

    for module in [each for path, each in sys.modules.items() if path.startswith("sl1lib.")]:
        if getattr(module, name, None) is right:
            monkeypatch.setattr(module, name, nothing)
    assert any(not check(label).passed for label in labels), labels
