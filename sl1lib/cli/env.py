"""The command ``sl1 env``, which says whether everything is here that a reader needs."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from packaging.requirements import Requirement


@dataclass(frozen=True)
class Line:
    """One line of the report: what was looked for, what was found, and how to get what is missing.

    ``needed`` is False for what only a part of the project uses.
    """

    what: str
    found: str
    ok: bool
    needed: bool = True
    remedy: str = ""

    def __str__(self) -> str:
        mark = "ok     " if self.ok else "MISSING" if self.needed else "absent "
        line = f"{mark}  {self.what:<22} {self.found}"
        return line if self.ok else f"{line}\n         -> {self.remedy}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``sl1 env`` to ``parser``: it has none."""


def run(options: argparse.Namespace) -> int:
    """Print what was found; return 1 if something that is needed is missing."""
    lines = examine()
    print(*lines, sep="\n")
    missing = sum(not line.ok and line.needed for line in lines)
    print(f"\n{missing} needed thing{'s' * (missing != 1)} missing" if missing else "\nAll that is needed is here.")
    return 1 if missing else 0


def examine() -> list[Line]:
    """Look at this machine and return what was found, needed things first."""
    lines = [*_python(), *_packages(), *_compute(), *_data(), *_tools()]
    return sorted(lines, key=lambda line: not line.needed)


def _python() -> Iterator[Line]:
    least = (3, 11)
    yield Line(
        "Python",
        f"{platform.python_version()} on {platform.system()}",
        sys.version_info >= least,
        remedy=f"install Python {least[0]}.{least[1]} or newer from python.org or your system's packages",
    )


def _packages() -> Iterator[Line]:
    """Compare the installed packages with the ranges that the package itself declares."""
    try:
        declared = metadata.requires("sl1lib") or []
        extras = metadata.metadata("sl1lib").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        yield Line("sl1lib", "not installed", False, remedy="python -m pip install -e .   (in the project's folder)")
        return
    try:
        from packaging.requirements import Requirement  # here: it may be missing, which is a finding
    except ImportError:
        found = "not installed, so no other package was looked at"
        yield Line("packaging", found, False, remedy="python -m pip install packaging")
        return
    for requirement in map(Requirement, declared):
        extra = _extra(requirement, extras)
        if extra is not None and (_in_checkout() or extra in ("", *_FOR_USERS)):
            yield _package(requirement, extra)


def _extra(requirement: Requirement, extras: Iterable[str]) -> str | None:
    """Return for which extra a package is needed: "" for none, it always is; None where no machine like this does."""
    marker = requirement.marker
    return next((extra for extra in ("", *extras) if marker is None or marker.evaluate({"extra": extra})), None)


# The other extras build and test the book, which a user of the library alone has no use for.
_FOR_USERS: Final = ("notebooks", "study", "onnx")


def _in_checkout() -> bool:
    """Return whether the library runs from the project's folder, in which its constraints and its book are."""
    return (Path(__file__).resolve().parents[2] / "constraints.txt").is_file()


def _package(requirement: Requirement, extra: str) -> Line:
    name, wanted = requirement.name, requirement.specifier
    brackets = f"[{extra}]" if extra else ""
    target = f"-c constraints.txt -e '.{brackets}'" if _in_checkout() else f"'{name}{wanted}'"
    try:
        found = metadata.version(name)
        fits = wanted.contains(found, prereleases=True)
    except metadata.PackageNotFoundError:
        found, fits = "not installed", False
    what = f"{name} ({extra})" if extra else name
    return Line(what, f"{found}, {wanted} wanted", fits, not extra, f"python -m pip install {target}")


def _compute() -> Iterator[Line]:
    try:
        import torch  # here: it may be missing, which `_packages` has said
    except ImportError:
        return
    yield Line("CPU threads", f"{torch.get_num_threads()} of {os.cpu_count()} cores", True)
    yield _loops()
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "none; everything runs on the CPU"
    remedy = "not needed; with an NVIDIA card, install PyTorch's CUDA build to use device='cuda'"
    yield Line("CUDA device", name, torch.cuda.is_available(), needed=False, remedy=remedy)


def _loops() -> Line:
    what = "compiled loops"
    try:
        from ..engine.compiler import NotCompiledError, find_compiler, kernels
    except ImportError as error:  # of a package that `_packages` has found missing
        missing = f"not looked for, since {error.name} is missing"
        return Line(what, missing, False, needed=False, remedy="install what is missing above")
    try:
        kernels("float")
        return Line(what, f"with {find_compiler()}", True)
    except NotCompiledError as why:
        found, _, remedy = str(why).rpartition("; ")
        return Line(what, found, False, needed=False, remedy=f"{remedy}: trainings take less than half the time")


def _data() -> Iterator[Line]:
    try:
        from ..data.mnist import DataError, cache_folder, chosen_folder, offline
    except ImportError as error:  # of a package that `_packages` has found missing
        missing = f"not looked for, since {error.name} is missing"
        yield Line("MNIST", missing, False, needed=False, remedy="install what is missing above")
        return
    try:
        if chosen := chosen_folder():
            remedy = "set SL1LIB_DATA to a folder with MNIST's four files"
            yield Line("MNIST", f"SL1LIB_DATA is {chosen}", chosen.is_dir(), remedy=remedy)
            return
        cache = cache_folder()
    except DataError as error:
        yield Line("MNIST", str(error).splitlines()[0], False, needed=False, remedy="the embedded digits will do")
        return
    cached = cache.is_dir() and any(cache.iterdir())
    state = f"in {cache}" if cached else "not on this machine" + (", SL1LIB_OFFLINE set" if offline() else "")
    remedy = "sl1 data downloads it; or set SL1LIB_DATA to its folder; without it the embedded digits will do"
    yield Line("MNIST", state, cached, needed=False, remedy=remedy)


def _tools() -> Iterator[Line]:
    if not _in_checkout():
        return
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    for what, found, remedy in (
        ("make (book)", shutil.which("make"), "your system's packages have it: build-essential, Xcode tools, or MSYS2"),
        ("Chromium (test)", browser, "without it, the tests of the rendered pages are skipped"),
    ):
        yield Line(what, found or "not found", found is not None, needed=False, remedy=remedy)
