"""The kernels in C as functions: compiled for this processor when they are first asked for, kept, and loaded.

Nobody needs a compiler. Without one, or where `SL1LIB_COMPILE` is 0, `kernels` raises `NotCompiledError`, which says
why, and whoever asked trains with `Engine`.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from .._output import tell
from ..architecture import MAPS
from ..paths import replacing

SOURCE: Final = Path(__file__).with_name("kernels.c")
INCLUDED: Final = SOURCE.with_name("crew.c")
COMPILERS: Final = ("cc", "gcc", "clang")
# Products and sums fused, as the processor has them; nothing else that would change a result.
FLAGS: Final = ("-O3", "-ffp-contract=fast", "-fPIC", "-shared")  # ``CFLAGS`` may add to them
# How a compiler is told to use all that this processor has; the last is for one that knows neither word.
NATIVE: Final = (("-march=native",), ("-mcpu=native",), ())
PATIENCE: Final = 60  # seconds for a compiler that does not answer


class NotCompiledError(RuntimeError):
    """The kernels cannot be used here: the message says why, and what would help."""


class _RefusedError(NotCompiledError):
    """The compiler answers, and does not do what it is told."""


def kernels(real: str, maps: tuple[int, int] = MAPS) -> ctypes.CDLL:
    """Return the functions of ``kernels.c`` for numbers of the C type ``real``.

    Parameters
    ----------
    real : {"float", "double"}
    maps : (int, int)
        How many maps the two layers have, multiples of 3.

    Raises
    ------
    NotCompiledError
        Without a compiler, where it fails, or where ``SL1LIB_COMPILE=0`` forbids it.
    """
    if os.environ.get("SL1LIB_COMPILE", "1") == "0":
        raise NotCompiledError("SL1LIB_COMPILE is 0, which forbids it; unset it")
    found = _once(real, maps)
    if isinstance(found, NotCompiledError):
        raise found
    return found


@cache
def _once(real: str, maps: tuple[int, int]) -> ctypes.CDLL | NotCompiledError:
    """Return the functions, or why there are none: neither is tried twice."""
    try:
        asked = _asked(find_compiler(), os.environ.get("CFLAGS", ""))
        if isinstance(asked, NotCompiledError):
            return asked
        command, macros = asked
        command = [*command, f"-DREAL={real}", f"-DMAPS1={maps[0]}", f"-DMAPS2={maps[1]}"]
        name = f"{real}-{maps[0]}-{maps[1]}-{_fingerprint(command, macros)}"
        try:
            return _kept(command, name)
        except OSError:  # no home, a read-only one, a full disk: for this process alone, then
            with tempfile.TemporaryDirectory(prefix="sl1lib-", ignore_cleanup_errors=True) as folder:
                return _load(_compile(command, Path(folder) / name))
    except NotCompiledError as error:
        return error
    except OSError as error:
        return NotCompiledError(f"what was compiled cannot be loaded ({error}); set CC to another compiler")


def find_compiler() -> str:
    """Return the C compiler: what ``CC`` names, or else the first that is here.

    Raises
    ------
    NotCompiledError
        If there is none.
    """
    if os.name == "nt":  # there gcc does not align the stack for wide registers: a crash, not an error
        raise NotCompiledError("the loops are not compiled on Windows; use the Windows Subsystem for Linux")
    wanted = os.environ.get("CC", "").split()
    for name in [*wanted[:1], *COMPILERS]:
        if found := shutil.which(name):
            if found == "/usr/bin/cc" and not _tools_of_apple():
                raise NotCompiledError("Apple's compiler is not installed; run xcode-select --install")
            return found
    raise NotCompiledError(f"there is no C compiler ({', '.join(COMPILERS)}); install one, for example gcc")


def _tools_of_apple() -> bool:
    """Return False on a Mac whose ``cc`` is there only to ask, in a window, whether to install it."""
    return platform.system() != "Darwin" or subprocess.run(["xcode-select", "-p"], capture_output=True).returncode == 0


def cache_folder() -> Path:
    """Return where compiled objects are kept, the user's own; an OSError if this user has no home folder."""
    try:
        return user_cache_path("sl1lib", appauthor=False) / "kernels"
    except RuntimeError as error:  # neither HOME nor an entry for the user
        raise FileNotFoundError(str(error)) from None


def _kept(command: list[str], name: str) -> ctypes.CDLL:
    """Return the object that is kept under this name, compiled anew where there is none, or a damaged one."""
    folder = cache_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob(f"{name}-*"):
        if path.name.removeprefix(f"{name}-") == _digest(path):
            with suppress(OSError):
                return _load(path)
        path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="sl1lib-", ignore_cleanup_errors=True) as made_in:
        made = _compile(command, Path(made_in) / name)
        path = folder / f"{name}-{_digest(made)}"
        with replacing(path) as part:
            shutil.copyfile(made, part)
    return _load(path)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _asked(compiler: str, more: str) -> tuple[list[str], str] | NotCompiledError:
    """Return the command that compiles for this processor, and the macros that the compiler then defines.

    It defines one for each set of instructions that it may use, and for its own version.
    """
    for native in NATIVE:
        command = [compiler, *FLAGS, *native, *more.split()]
        try:
            return command, _run([*command, "-dM", "-E", "-x", "c", "-"])
        except _RefusedError as error:
            refused = error
        except NotCompiledError as error:
            return error
    return refused


def _fingerprint(command: list[str], macros: str) -> str:
    """Return a digest of all that decides the object: the sources, the flags, and what compiler and processor are."""
    sources = [path.read_text(encoding="utf-8") for path in (SOURCE, INCLUDED)]
    decisive = [*sources, *command[1:], sys.platform, macros]
    return hashlib.sha256("\0".join(decisive).encode()).hexdigest()[:16]


def _compile(command: list[str], path: Path) -> Path:
    if sys.stderr is not None and sys.stderr.isatty():
        tell(f"compiling the network's loops for this processor with {command[0]}, once")
    _run([*command, "-o", str(path), str(SOURCE), "-lm", "-lpthread"])
    return path


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotCompiledError(
            f"{command[0]} does not run ({error}); install another compiler, or name it in CC"
        ) from error
    if done.returncode:
        first = next(iter(done.stderr.splitlines()), "no message")
        raise _RefusedError(
            f"{command[0]} ended with {done.returncode} ({first}); install another compiler, or name it in CC"
        )
    return done.stdout


def _load(path: Path) -> ctypes.CDLL:
    return ctypes.CDLL(str(path))
