"""The kernels in C as functions: compiled for this processor when they are first asked for, kept, and loaded.

Nobody needs a compiler. Without one, or where `SL1LIB_COMPILE` is 0, `kernels` raises `NotCompiledError`, which says
why, and whoever asked trains with `Engine`.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
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
from ..paths import replacing

SOURCE: Final = Path(__file__).with_name("kernels.c")
COMPILERS: Final = ("cc", "gcc", "clang")
# Products and sums fused, as the processor has them; nothing else that would change a result.
FLAGS: Final = ("-O3", "-march=native", "-ffp-contract=fast", "-fPIC", "-shared")  # ``CFLAGS`` may add to them
PATIENCE: Final = 120  # seconds for a compiler that does not answer


class NotCompiledError(RuntimeError):
    """The kernels cannot be used here: the message says why, and what would help."""


def kernels(real: str) -> ctypes.CDLL:
    """Return the functions of ``kernels.c`` for numbers of the C type ``real``.

    Parameters
    ----------
    real : {"float", "double"}

    Raises
    ------
    NotCompiledError
        Without a compiler, where it fails, or where ``SL1LIB_COMPILE=0`` forbids it.
    """
    if os.environ.get("SL1LIB_COMPILE", "1") == "0":
        raise NotCompiledError("SL1LIB_COMPILE is 0, which forbids it; unset it")
    found = _once(real)
    if isinstance(found, NotCompiledError):
        raise found
    return found


@cache
def _once(real: str) -> ctypes.CDLL | NotCompiledError:
    """Return the functions, or why there are none: neither is tried twice."""
    try:
        compiler = find_compiler()
        name = f"{real}-{_fingerprint(compiler, real)}"
        try:
            return _kept(compiler, real, name)
        except OSError:  # no home, a read-only one, a full disk: for this process alone, then
            with tempfile.TemporaryDirectory(prefix="sl1lib-", ignore_cleanup_errors=True) as folder:
                return _load(_compile(compiler, real, Path(folder) / name))
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
    wanted = os.environ.get("CC", "").split()
    for name in [*wanted[:1], *COMPILERS]:
        if found := shutil.which(name):
            return found
    raise NotCompiledError(f"there is no C compiler ({', '.join(COMPILERS)}); install one, for example gcc")


def cache_folder() -> Path:
    """Return where compiled objects are kept, the user's own; an OSError if this user has no home folder."""
    try:
        return user_cache_path("sl1lib", appauthor=False) / "kernels"
    except RuntimeError as error:  # neither HOME nor an entry for the user
        raise FileNotFoundError(str(error)) from None


def _kept(compiler: str, real: str, name: str) -> ctypes.CDLL:
    """Return the object that is kept under this name, compiled anew where there is none, or a damaged one."""
    folder = cache_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob(f"{name}-*"):
        if path.name.removeprefix(f"{name}-") == _digest(path):
            with suppress(OSError):
                return _load(path)
        path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="sl1lib-", ignore_cleanup_errors=True) as made_in:
        made = _compile(compiler, real, Path(made_in) / name)
        path = folder / f"{name}-{_digest(made)}"
        with replacing(path) as part:
            shutil.copyfile(made, part)
    return _load(path)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fingerprint(compiler: str, real: str) -> str:
    """Return a digest of all that decides the object: the source, the flags, and what compiler and processor are.

    A compiler defines a macro for each set of instructions that ``-march=native`` allows, and for its own version.
    """
    macros = _run([compiler, *_flags(), "-dM", "-E", "-x", "c", "-"])
    decisive = [SOURCE.read_text(encoding="utf-8"), *_flags(), real, sys.platform, macros]
    return hashlib.sha256("\0".join(decisive).encode()).hexdigest()[:16]


def _flags() -> list[str]:
    return [*FLAGS, *os.environ.get("CFLAGS", "").split()]


def _compile(compiler: str, real: str, path: Path) -> Path:
    if sys.stderr is not None and sys.stderr.isatty():
        tell(f"compiling the network's loops for this processor with {compiler}, once")
    _run([compiler, *_flags(), f"-DREAL={real}", "-o", str(path), str(SOURCE), "-lm"])
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
        raise NotCompiledError(
            f"{command[0]} ended with {done.returncode} ({first}); install another compiler, or name it in CC"
        )
    return done.stdout


def _load(path: Path) -> ctypes.CDLL:
    return ctypes.CDLL(str(path))
