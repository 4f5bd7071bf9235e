"""Derivations: an answer is an expression in symbols, and SymPy says whether it is the right one.

An answer is a function, or its expression as a text or as SymPy's. It is called with numbers as in any exercise, and
its mistakes are named by them; one with the right numbers is called with symbols, too, and compared with the solution
for all values. That happens where functions are called that somebody handed in, so that an endless simplification ends
with the time limit; only there is SymPy imported.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

Function = Callable[..., Any]

_PARTS: Final = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow),
    *(ast.USub, ast.UAdd, ast.Name, ast.Load, ast.Constant, ast.Call),
)


LARGEST: Final = 10**6  # denominator of a decimal number that somebody wrote; a larger one has come of rounding


def require_sympy() -> None:
    """Raise where a derivation cannot be checked."""
    if find_spec("sympy") is None:
        raise ModuleNotFoundError("a derivation is checked with SymPy: python -m pip install sympy")


def sqrt(x: Any) -> Any:
    """Return a square root, of a number or a symbol."""
    return _at(x, "sqrt")


def exp(x: Any) -> Any:
    """Return e to the power of a number or a symbol."""
    return _at(x, "exp")


def log(x: Any) -> Any:
    """Return the natural logarithm of a number or a symbol."""
    return _at(x, "log")


def floor(x: Any) -> Any:
    """Return the next whole number below a number or a symbol."""
    return _at(x, "floor")


#: What an expression in a text may call.
FUNCTIONS: Final = {"sqrt": sqrt, "exp": exp, "log": log, "ln": log, "floor": floor}


def _at(x: Any, function: str) -> Any:
    return getattr(math if isinstance(x, float) else _sympy(), function)(x)  # of a whole number it stays exact


def _sympy() -> Any:
    return import_module("sympy")


def function_of(answer: Any, name: str, parameters: Sequence[str]) -> Any:
    """Return an expression as a function of its symbols, or in words what is wrong with it; any other answer as it is.

    The text of an expression is Python's, of the four operations, powers and `FUNCTIONS`; nothing else of it is run.
    """
    if not isinstance(answer, str) and not hasattr(answer, "free_symbols"):
        return answer
    text = str(answer).strip().replace("^", "**")
    known = f"it may have {', '.join(parameters)}, numbers, + - * / ** and {', '.join(FUNCTIONS)}"
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return f"`{text}` is no expression in Python: {known}, and a product needs its `*`."
    for node in ast.walk(tree):
        unknown = isinstance(node, ast.Name) and node.id not in (*parameters, *FUNCTIONS)
        no_number = isinstance(node, ast.Constant) and type(node.value) not in (int, float)
        if unknown or no_number or not isinstance(node, _PARTS):
            return f"`{ast.unparse(node)}` does not belong in this expression: {known}."
    namespace: dict[str, Any] = dict(FUNCTIONS)
    exec(compile(f"def {name}({', '.join(parameters)}):\n    return {text}", "<expression>", "exec"), namespace)
    return namespace[name]


class Compared:
    """Says whether two functions give the same expression of the same symbols."""

    def __init__(self, function: Function, solution: Function, parameters: Sequence[str]) -> None:
        self.function, self.solution, self.parameters = function, solution, list(parameters)
        self.__module__ = getattr(function, "__module__", None) or ""  # `carrying` asks whose it is

    def __call__(self) -> dict[str, str]:
        """Return ``same``, which is "yes", "no" or "unknown", and the first function's expression."""
        sympy = _sympy()
        symbols = [sympy.Symbol(name, positive=True) for name in self.parameters]
        found = sympy.sympify(self.function(*symbols))
        # Python's 1/2 and 0.5 are the fractions that were meant.
        difference = sympy.nsimplify(found - self.solution(*symbols), rational=True)
        same = sympy.simplify(difference) == 0 or difference.equals(0)
        rounded = any(sympy.nsimplify(each, rational=True).q > LARGEST for each in found.atoms(sympy.Float))
        known = {True: "yes", False: "unknown" if rounded else "no"}
        return {"same": known.get(same, "unknown"), "expression": str(found)}


def load_for(function: Function) -> None:
    """Import SymPy where a function needs it: a slow import is no fault of an answer, whose time begins afterwards."""
    if isinstance(function, Compared):
        _sympy()
