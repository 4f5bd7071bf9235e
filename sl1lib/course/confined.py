"""The process in which one submission is graded: ``python -m sl1lib.course.confined``.

It gets the submission's source and inputs, and returns what the functions in it answered. It never holds what is right.
What grading adds to `sandboxed` is a fence. Limits of the operating system, where it has them: no bytes in files, no
further processes. A hook on Python's own events: no file is written, none is read but those of Python and its packages,
no network, no native code. And the packages that the exercises forbid are not there, this library first.

The fence keeps Python code in. It is none for machine code, which a submission may try to smuggle in through memory
that NumPy lends: who expects that grades in a container.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import io
import linecache
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from types import ModuleType
from typing import Any, Final

from . import inputs, symbols
from .calling import Calls
from .conduct import REFUSED
from .handed_in import HandedIn, describe
from .sandboxed import REFUSED as STARTS_OR_CONNECTS
from .sandboxed import Guard, answer, channels, limit_address_space

ROOT: Final = str(__package__).partition(".")[0]
STOPPED: Final = frozenset(
    {
        *STARTS_OR_CONNECTS,
        *(
            "os.chdir",
            "os.chmod",
            "os.chown",
            "os.link",
            "os.mkdir",
            "os.remove",
            "os.rename",
            "os.rmdir",
            "os.symlink",
        ),
        *("os.truncate", "os.utime", "os.putenv", "os.unsetenv", "os.setxattr", "os.removexattr", "os.lockf"),
        *("resource.setrlimit", "resource.prlimit", "signal.pthread_kill", "socket.__new__", "sqlite3.connect"),
        *("ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "code.__new__", "sys.addaudithook"),
        *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._current_frames", "winreg.OpenKey"),
    }
)
WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Load a submission, then answer questions about its functions until there are no more."""
    jobs, write = channels()
    submission = pickle.load(jobs)
    if submission["torch"]:
        import torch

        torch.set_num_threads(1)
    guard = Guard()
    guard.start()
    limit_machine(processes=not submission["torch"])
    take_away(submission["refused"])
    sys.addaudithook(fence(submission["refused"]))
    write({"running": True})
    guard.watch(submission["seconds"])
    names, unread = load(submission["pieces"], submission["wanted"])
    write({"loaded": unread})
    guard.rest()
    while True:
        try:
            job = pickle.load(jobs)
        except EOFError:
            return
        write({"running": True})
        guard.watch(job["seconds"])
        if job["arguments"] is None:
            write({"described": asdict(known(names, job["name"], job["parameters"], job["symbolic"]))})
        else:
            answer(Calls(names[job["name"]]), _Arguments(io.BytesIO(job["arguments"])).load(), write)
        guard.rest()


def known(names: dict[str, Any], name: str, parameters: Sequence[str], symbolic: bool) -> HandedIn:
    """Return what is known of a function of the submission; of a derivation, which may be a text, it is made one."""
    if name not in names:
        return HandedIn(("not_attempted", f"There is no function `{name}` in what was handed in."))
    if symbolic:
        function = symbols.function_of(names[name], name, parameters)
        if isinstance(function, str):
            return HandedIn(("no_expression", function))
        names[name] = function
    return describe(names[name], parameters)


def load(pieces: Iterable[tuple[str, str]], wanted: Iterable[str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Run what the wanted functions need, a statement at a time; return the names, and what went wrong where.

    Plots, trainings and checks are not run, nor are imports for them; a statement that fails takes nothing else along.
    """
    names: dict[str, Any] = {"__name__": "submission", "__builtins__": builtins}
    statements, unread = parsed(pieces)
    for name, statement in needed(statements, wanted):
        try:
            exec(compile(ast.Module([statement], []), name, "exec"), names)
        except (Exception, SystemExit) as error:
            unread.append((name, f"{type(error).__name__} in line {statement.lineno}: {error}"))
    return names, unread


def parsed(pieces: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, ast.stmt]], list[tuple[str, str]]]:
    """Return the statements of all pieces, with the piece's name each; and what Python cannot read, and why."""
    statements, unread = [], []
    for name, source in pieces:
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            statements += [(name, statement) for statement in ast.parse(source, name).body]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            where = f" in line {line}" if line else ""
            unread.append((name, f"{type(error).__name__}{where}: {getattr(error, 'msg', error)}"))
    return statements, unread


def needed(statements: Sequence[tuple[str, ast.stmt]], wanted: Iterable[str]) -> list[tuple[str, ast.stmt]]:
    """Return the statements that define the wanted names, or names that those read, in their order."""
    bound = [_bound(statement) for _, statement in statements]
    names, chosen = {*wanted, "*"}, set[int]()
    while more := {n for n, own in enumerate(bound) if own & names} - chosen:
        chosen |= more
        read = [node for n in more for node in ast.walk(statements[n][1]) if isinstance(node, ast.Name)]
        names |= {node.id for node in read}
    return [statements[n] for n in sorted(chosen)]


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value, or part of one; an expression by itself gives none."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            found.update([node.id] if isinstance(node, ast.Name) else [])
    return found


def limit_machine(processes: bool) -> None:
    """Set the limits that the operating system has for a process and that nothing in it can raise again."""
    limit_address_space(for_good=True)
    with suppress(ImportError):  # Windows
        import resource

        limits = [(resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)]
        if processes:  # threads count, too, and PyTorch starts some
            limits.append((resource.RLIMIT_NPROC, 0))
        for which, most in limits:
            with suppress(ValueError, OSError):
                resource.setrlimit(which, (most, most))


class RefusedPackageError(Exception):
    """A graded answer called a package that it cannot have."""


class _Refused(ModuleType):
    """Stands for a package that is not there, and for all that is in it: it can be imported, but not be used."""

    __path__: list[str] = []  # noqa: RUF012 (a module's)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == symbols.__name__ and name in symbols.FUNCTIONS:
            return symbols.FUNCTIONS[name]  # what derivations are written with
        return _Refused(f"{self.__name__}.{name}")

    def __call__(self, *_: Any, **__: Any) -> None:
        raise RefusedPackageError(self.__name__)


assert RefusedPackageError.__name__ == REFUSED


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the refused packages, before anything else does."""

    def __init__(self, refused: Sequence[str]) -> None:
        self._refused = refused

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in self._refused:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Refused(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def take_away(refused: Sequence[str]) -> None:
    """Let the refused packages be found no more; what runs this process keeps what it has."""
    for name in list(sys.modules):
        if name.partition(".")[0] in refused:
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(refused))


class _Arguments(pickle.Unpickler):
    """Reads arguments that the grader sent; of this library they may hold what draws inputs."""

    def find_class(self, module: str, name: str) -> Any:
        return getattr(inputs, name) if module == inputs.__name__ else super().find_class(module, name)


def fence(refused: Sequence[str]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the hook that stops what no answer needs.

    All that the hook calls is bound in its defaults, and it makes strings of its own: what a submission puts in the
    place of a built-in function, or hands over in place of a string, deceives it not.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, *_homes("numpy", "torch")}
    roots = tuple({each.replace("\\", "/").rstrip("/").lower() for each in prefixes} - {""})
    hidden = tuple(f"/{name.lower()}/" for name in {*refused, ROOT})

    def hook(
        event: str, details: tuple[Any, ...], stopped: frozenset[str] = STOPPED, roots: tuple[str, ...] = roots,
        hidden: tuple[str, ...] = hidden, error: type[Exception] = PermissionError, is_a: Any = isinstance,
        writes: int = WRITES, text: type = str, lower: Any = str.lower,
        replace: Any = str.replace, strip: Any = str.removeprefix,
    ) -> None:  # fmt: skip
        if event in stopped:
            raise error("this is not allowed in an exercise: " + event)
        if event != "open":
            return
        path, _, flags = details
        if flags & writes:
            raise error("writing files is not allowed in an exercise")
        if not is_a(path, text):
            raise error("only files with a name can be read in an exercise")
        path = replace(lower(path), "\\", "/")
        if path == "/proc/self/statm":  # this process's own memory, which the guard looks at
            return
        for root in roots:
            rest = strip(path, root)
            if rest != path and "/.." not in rest and rest[:1] == "/":
                for name in hidden:
                    if name in rest:
                        raise error("this file cannot be read in an exercise")
                return
        raise error("this file cannot be read in an exercise")

    return hook


def _homes(*packages: str) -> list[str]:
    """Return the folders that hold packages which are loaded."""
    files = [getattr(sys.modules.get(name), "__file__", None) for name in packages]
    return [os.path.dirname(os.path.dirname(file)) for file in files if file]


if __name__ == "__main__":
    main()
