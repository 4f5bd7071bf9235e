"""What a hand-in does besides giving wrong numbers, a sentence for each."""

from __future__ import annotations

import ast
import dis
import inspect
import linecache
import textwrap
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from .calling import Outcome
from .carrying import read_from_outside
from .comparing import leaves
from .wire import Foreign, Tensor

#: What a check can find besides the mistakes of a catalogue, and the credit for an answer whose numbers are right, or
#: follow from the right ones.
FINDINGS: Final = MappingProxyType(
    {
        "not_attempted": 0.0,
        "syntax_error": 0.0,
        "not_a_function": 0.0,
        "wrong_arguments": 0.0,
        "no_expression": 0.0,
        "forbidden_call": 0.0,
        "endless": 0.0,
        "memory": 0.0,
        "crash": 0.0,
        "exception": 0.0,
        "prints_instead": 0.0,
        "returns_nothing": 0.0,
        "wrong_type": 0.0,
        "wrong_count": 0.0,
        "wrong_shape": 0.0,
        "not_finite": 0.0,
        "reads_global": 0.0,
        "not_repeatable": 0.5,
        "wrong_dtype": 0.75,
        "single_precision": 0.75,
        "nearly_right": 0.75,
        "off_by_a_factor": 0.5,
        "off_by_a_constant": 0.5,
        "rearranged": 0.5,
        "rounded": 0.5,
        "partly_zero": 0.5,
        "changed_argument": 0.75,
        "returns_view": 0.75,
    }
)

_EXERCISES: Final = str(__package__)  # solutions there are checked, too
REFUSED: Final = "RefusedPackageError"  # what calling a package raises that a graded answer cannot have

Finding = tuple[str, str]  # a key of `FINDINGS`, and the sentence


def before_the_first_call(function: Any, parameters: Sequence[str]) -> Finding | None:
    """Say what is wrong with a hand-in that need not be called."""
    names = ", ".join(parameters)
    if function is None or function is Ellipsis:
        return "not_attempted", "Nothing was handed in yet."
    if not callable(function):
        return "not_a_function", (
            f"What you handed in is {_article(type(function).__name__)}, not a function. Hand in the function itself, "
            "without parentheses behind its name."
        )
    if _is_a_stub(function):
        return "not_attempted", "There is still a `...` where your code belongs."
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C, and says nothing of its arguments
        return None
    try:
        signature.bind(*parameters)
    except TypeError:
        found = ", ".join(signature.parameters)
        return "wrong_arguments", f"Your function takes ({found}); the exercise asks for ({names})."
    return None


def _is_a_stub(function: Callable[..., Any]) -> bool:
    """Whether a function has no body yet, or has the stub's dots in it, outside of an index."""
    if _is_empty(function):
        return True
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    indexed = {id(each) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for each in ast.walk(node.slice)}
    dots = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value is Ellipsis]
    return any(id(node) not in indexed for node in dots)


def _is_empty(function: Callable[..., Any]) -> bool:
    """Whether a function does nothing at all: `...`, or `pass`."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    steps = [(step.opname, step.argval) for step in dis.get_instructions(code)]
    nothing = {("RETURN_VALUE", None), ("LOAD_CONST", None), ("RETURN_CONST", None)}
    return all(step in nothing or step[0] in ("RESUME", "NOP") for step in steps)


def ends_early(why: str, seconds: float) -> Finding:
    """Say why a function was ended."""
    if why == "time":
        return "endless", (
            f"Your function had not answered after {seconds:g} seconds and was ended. Is there a loop whose condition "
            "never becomes false, or one over far more than the input?"
        )
    if why == "memory":
        return (
            "memory",
            "Your function asked for more than half a gibibyte of memory and was ended; the inputs are tiny.",
        )
    if why == "forged":
        return "crash", "Your function wrote where only its answers belong, and was ended."
    return "crash", "Your function ended the whole Python process."


def in_form(outcome: Outcome, expected: Any, file: str | None, first_line: int) -> Finding | None:
    """Say what keeps an outcome from being compared with what was expected."""
    if outcome.error is not None:
        return _exception(outcome, file, first_line)
    result = outcome.result
    if result is None and outcome.printed:
        return "prints_instead", f"Your function prints {outcome.printed.strip()!r} and returns nothing: use `return`."
    if result is None:
        return "returns_nothing", "Your function returns None. Is a `return` missing, or only in one branch?"
    if isinstance(result, Foreign) and result.type_name == "ellipsis":
        return "not_attempted", "Your function still returns `...`."
    return _form(result, expected, "")


def _exception(outcome: Outcome, file: str | None, first_line: int) -> Finding:
    assert outcome.error is not None
    name, text = outcome.error
    if name == REFUSED:
        return "forbidden_call", _leaves_the_work_to(f"calls {text}")
    if name == "NotImplementedError":
        return "not_attempted", "Your function raises NotImplementedError: it is still the stub."
    if "ellipsis" in text:
        return "not_attempted", f"There is still a `...` where your code belongs ({name}: {text})."
    own = [line for where, line in outcome.places if where == file]
    text = f": {text}" if text else ""
    if name == "MemoryError":
        return "memory", f"Your function asks{_place(file, own, first_line)} for more memory than there is{text}."
    return "exception", f"Your function stops{_place(file, own, first_line)} with {name}{text}."


def _place(file: str | None, lines: Sequence[int], first_line: int) -> str:
    """Say in which line of the function something happened, with the line itself."""
    if not lines or file is None:
        return ""
    source = linecache.getline(file, lines[-1]).strip()
    return f" in its line {lines[-1] - first_line + 1}" + (f", `{source}`," if source else "")


def _form(result: Any, expected: Any, name: str) -> Finding | None:
    """Compare types, numbers of values, and shapes."""
    of = f" of {name}" if name else ""
    if isinstance(expected, dict):
        if not isinstance(result, dict) or result.keys() != expected.keys():
            found = f"with the keys {', '.join(result)}" if isinstance(result, dict) else type(result).__name__
            return "wrong_count", f"A dictionary with the keys {', '.join(expected)} is expected; yours is {found}."
        return _first(_form(result[key], expected[key], key) for key in expected)
    if isinstance(expected, tuple):
        if not isinstance(result, tuple | list) or len(result) != len(expected):
            count = len(result) if isinstance(result, tuple | list) else 1
            return (
                "wrong_count",
                f"Your function returns {count} value{'s' * (count != 1)}; {len(expected)} are expected.",
            )
        return _first(_form(a, b, f"value {i + 1}") for i, (a, b) in enumerate(zip(result, expected, strict=True)))
    if isinstance(result, Tensor) != isinstance(expected, Tensor):
        kinds = ("a tensor", "a NumPy array") if isinstance(result, Tensor) else ("no tensor", "a tensor")
        return "wrong_type", f"The answer{of} is {kinds[0]}; {kinds[1]} is expected."
    if isinstance(result, Tensor):
        return _form(result.array, expected.array, name)
    if isinstance(result, Foreign | str | dict | tuple | list):
        kind = result.type_name if isinstance(result, Foreign) else type(result).__name__
        right = "a NumPy array" if np.ndim(expected) else "a number"
        return "wrong_type", f"The answer{of} is {_article(kind)}; {right} is expected."
    return _shape(np.shape(result), np.shape(expected), of)


def _shape(found: tuple[int, ...], right: tuple[int, ...], of: str) -> Finding | None:
    if found == right:
        return None
    note = ""
    if len(found) == len(right) and sorted(found) == sorted(right):
        note = " The axes are in another order."
    elif [n for n in found if n != 1] == [n for n in right if n != 1]:
        note = " Only axes of length 1 are too many or missing: look at `keepdims` and `[:, None]`."
    if not found or not right:
        kinds = [f"an array of the shape {shape}" if shape else "a single number" for shape in (found, right)]
        return "wrong_shape", f"The answer{of} is {kinds[0]}; {kinds[1]} is expected.{note}"
    return "wrong_shape", f"The shape{of} is {found}; it should be {right}.{note}"


def _first(findings: Any) -> Finding | None:
    return next((finding for finding in findings if finding is not None), None)


def not_finite(result: Any, expected: Any) -> Finding | None:
    """Say that there is NaN or infinity where a number is expected."""
    for a, b in zip(leaves(result), leaves(expected), strict=False):
        wrong = ~np.isfinite(a) & np.isfinite(b)
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            where = f" at [{', '.join(map(str, index))}]" if index else ""
            return "not_finite", f"The answer is {a[index]}{where}, where a finite number is expected."
    return None


def precision(result: Any) -> np.dtype[Any] | None:
    """Return the floating dtype of an answer that has fewer than float64's digits."""
    kinds = [leaf.dtype for leaf in leaves(result) if leaf.dtype in (np.dtype("f2"), np.dtype("f4"))]
    return min(kinds, key=lambda dtype: dtype.itemsize, default=None)


def habits(outcome: Outcome, expected: Any, parameters: Sequence[str]) -> Finding | None:
    """Say what is wrong with an answer whose numbers are right."""
    if outcome.changed:
        names = " and ".join(f"`{parameters[i]}`" for i in outcome.changed)
        return "changed_argument", (
            f"The numbers are right, but your function changes {names} in place, which its caller may still need. Make "
            "a new array."
        )
    if outcome.shared:
        name = parameters[outcome.shared[0]]
        return "returns_view", (
            f"The numbers are right, but your answer shares its memory with `{name}`: to change one is to change the "
            "other. Return a copy."
        )
    for a, b in zip(leaves(outcome.result), leaves(expected), strict=True):
        if b.dtype == np.float64 and a.dtype.kind == "f" and a.dtype != b.dtype and not isinstance(expected, Tensor):
            return "single_precision", (
                f"The answer is right to the digits that {a.dtype} has; all else here is float64. Where do you convert?"
            )
        if a.ndim and a.dtype.kind != b.dtype.kind:
            return "wrong_dtype", f"The numbers are right, but their dtype is {a.dtype}; {b.dtype} is expected."
    return None


def outside(function: Any, parameters: Sequence[str]) -> Finding | None:
    """Say that a function whose answers are wrong reads data that are not among its arguments."""
    data = int | float | np.ndarray | list | dict | tuple
    names = [name for name, value in read_from_outside(function).items() if isinstance(value, data)]
    if not names:
        return None
    called = getattr(getattr(function, "__code__", None), "co_varnames", ())[: len(parameters)]
    return "reads_global", (
        f"Your function reads `{names[0]}` from outside; its arguments are {', '.join(called)}. What it answers "
        "depends on what your notebook happens to hold."
    )


def full_name(function: Any) -> str:
    """Return a function's name with its module's; nothing for a solution of the exercises' own."""
    home = getattr(function, "__module__", None) or ""
    return "" if home.startswith(_EXERCISES) else f"{home}.{getattr(function, '__qualname__', '')}"


def forbidden(
    own: str, calls: frozenset[str], forbids: Sequence[str], allows: Sequence[Callable[..., Any]]
) -> Finding | None:
    """Say that a function, by its full name, leaves the work to one that the exercise asks for, or is that one."""
    allowed = [f"{each.__module__}.{each.__qualname__}" for each in allows]
    for name in [own, *sorted(calls)]:
        if name not in allowed and name.startswith(tuple(forbids)):
            return "forbidden_call", _leaves_the_work_to(f"{'is' if name == own else 'calls'} {name}")
    return None


def _leaves_the_work_to(another: str) -> str:
    return f"Your function {another}; this exercise is about writing that yourself."


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
