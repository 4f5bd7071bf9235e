"""Carry a function to another process of the same Python: also one that was written in a notebook.

Pickle sends a function by its name, which another process can only look up in a file. Here the function travels itself:
its compiled code by `marshal`, which is sound between two processes of one Python, and with it the names that it
reads from its surroundings. Nothing besides the standard library is needed, on any system.
"""

from __future__ import annotations

import builtins
import dis
import io
import marshal
import pickle
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, Final


def pack(function: Callable[..., Any]) -> bytes:
    """Return ``function`` as bytes for `unpack`; raise whatever pickling raises for what cannot be carried."""
    target = io.BytesIO()
    _Carrier(target, _root(getattr(function, "__module__", None))).dump(function)
    return target.getvalue()


def unpack(data: bytes) -> Callable[..., Any]:
    """Return the function that `pack` packed."""
    return pickle.loads(data)


def read_from_outside(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what a function, or one inside it, reads by name from the module or notebook that it was written in."""
    code, surroundings = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    names = _global_names(code) if code is not None else ()
    return {name: surroundings[name] for name in names if name in surroundings}


_EMPTY_HOME: Final = {"__name__": "__main__", "__builtins__": builtins}


class _Carrier(pickle.Pickler):
    """A pickler that sends functions of the author's own by value, and those of packages by name."""

    def __init__(self, target: io.BytesIO, own: str) -> None:
        super().__init__(target, protocol=5)
        self._own = {"__main__", own} - {"sl1lib"}
        self._shared: dict[int, dict[str, Any]] = {}  # functions of one notebook read the same names there, too

    def reducer_override(self, thing: Any) -> Any:
        """Say how a module or a function is sent."""
        if isinstance(thing, ModuleType):
            return import_module, (thing.__name__,)
        if isinstance(thing, FunctionType) and not self._is_found_by_name(thing):
            home = self._shared.setdefault(id(thing.__globals__), dict(_EMPTY_HOME))
            cells = len(thing.__closure__ or ())
            return _make, (marshal.dumps(thing.__code__), home, cells), self._state(thing), None, None, _complete
        return NotImplemented

    def _is_found_by_name(self, function: FunctionType) -> bool:
        if _root(function.__module__) in self._own:
            return False
        found: Any = sys.modules.get(function.__module__)
        for name in function.__qualname__.split("."):
            found = getattr(found, name, None)
        return found is function

    def _state(self, function: FunctionType) -> tuple[Any, ...]:
        cells = [_contents(cell) for cell in function.__closure__ or ()]
        return read_from_outside(function), function.__defaults__, function.__kwdefaults__, cells


def _root(module: str | None) -> str:
    return (module or "__main__").partition(".")[0]


def _global_names(code: CodeType) -> Iterator[str]:
    """Yield the global names that a piece of code reads, those of the functions inside it included."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _contents(cell: CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # a cell that nothing was put into yet
        return ()


def _make(code: bytes, home: dict[str, Any], cells: int) -> FunctionType:
    """Make a function whose surroundings are still empty: it may be among what it reads itself."""
    return FunctionType(marshal.loads(code), home, closure=tuple(CellType() for _ in range(cells)))


def _complete(function: FunctionType, state: tuple[Any, ...]) -> None:
    """Give a function what it reads."""
    read, function.__defaults__, function.__kwdefaults__, cells = state
    function.__globals__.update(read)
    for cell, contents in zip(function.__closure__ or (), cells, strict=True):
        if contents:
            cell.cell_contents = contents[0]
