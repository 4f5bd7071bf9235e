"""Install the library into empty environments of every Python that is found here, and try it there.

python tools/pythons.py [VERSION ...]

A Python from 3.11 on gets two environments: the wheel beside the oldest NumPy that `pyproject.toml` allows, and the
source distribution beside the newest; trial.py says what is tried there. This Python gets a third one, the whole
library with the oldest versions of all that it needs, in which every equation of the ledger is checked; there PyTorch
is the one of constraints.txt, since an older one is large.

A Python is looked for on the PATH, as `python3.12` say, among those of pyenv, and with Windows' launcher. One that is
not here is left out, and said to be.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from common import ROOT
from installed import pins
from packaging.requirements import Requirement

TOOLS = ROOT / "tools"
PAPERS = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff")
NEWER = 3  # minor versions behind the last declared one that count if they are here
THIS = "{}.{}".format(*sys.version_info[:2])
VERSION = "import platform; print(platform.python_version())"
PATIENCE = 1800  # seconds for one command, on a busy machine


class BrokenError(Exception):
    """What a command said that failed."""


def project() -> dict:
    """Return the project's description."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> list[str]:
    """Return the versions of Python that the project names, oldest first."""
    names = [line.rpartition(" :: ")[2] for line in project()["classifiers"] if "Python :: 3." in line]
    return sorted(names, key=lambda name: int(name.partition(".")[2]))


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """Return what a command says, free of what this environment would tell a Python; raise for one that fails."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            list(map(str, command)), cwd=folder, env=variables, capture_output=True, text=True, errors="replace",
            timeout=PATIENCE,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrokenError(str(error)) from None
    if done.returncode:
        raise BrokenError((done.stderr or done.stdout)[-3000:].strip())
    return done.stdout.strip()


def candidates(version: str) -> Iterator[list[str]]:
    """Yield commands that may start a Python of this version."""
    if version == THIS:
        yield [sys.executable]
    if found := shutil.which(f"python{version}"):
        yield [found]
    if found := shutil.which("py"):
        yield [found, f"-{version}"]
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for folder in sorted(root.glob(f"{version}.*")):
        yield [str(folder / "bin" / "python")]


def find(version: str) -> list[str] | None:
    """Return a command that starts a Python of this version, or None; a shim may be there and start nothing."""
    for command in candidates(version):
        try:
            if run(*command, "-c", VERSION).startswith(f"{version}."):
                return command
        except BrokenError:
            continue
    return None


def build(out: Path) -> tuple[Path, Path]:
    """Build wheel and source distribution from a copy, since building leaves files beside the sources."""
    with tempfile.TemporaryDirectory() as copy:
        for name in PAPERS:
            shutil.copy(ROOT / name, copy)
        for name in ("sl1lib", "tests"):  # what does not belong in there is here to be left out
            shutil.copytree(ROOT / name, Path(copy, name), ignore=shutil.ignore_patterns("__pycache__"))
        for what in ("sdist", "wheel"):
            call = f"from setuptools import build_meta; build_meta.build_{what}({str(out)!r})"
            run(sys.executable, "-W", "ignore", "-c", call, folder=Path(copy))
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


def oldest(version: str) -> dict[str, str]:
    """Return the oldest version of each package that the library needs under a version of Python, as a requirement."""
    found = {}
    for line in map(Requirement, project()["dependencies"]):
        if line.marker is None or line.marker.evaluate({"python_version": version}):
            (bound,) = (each.version for each in line.specifier if each.operator == ">=")
            found[line.name] = f"{line.name}=={bound}"
    return found


def environment(folder: Path, python: list[str], packages: list[str], distribution: Path) -> Path:
    """Make an environment that holds these packages and the library; return its Python."""
    run(*python, "-m", "venv", folder)
    own = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = (own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--only-binary", ":all:", *packages)
    run(*pip, "--no-deps", distribution)
    return own


def trials(version: str, python: list[str], wheel: Path, sdist: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each trial, and what came of it."""
    kinds = (("wheel, oldest NumPy", oldest(version)["numpy"], wheel), ("source, newest NumPy", "numpy", sdist))
    for number, (name, numpy, distribution) in enumerate(kinds):
        own = environment(folder / f"{version}-{number}", python, [numpy], distribution)
        yield name, run(own, "-W", "error", TOOLS / "trial.py", folder=folder)
    if version == THIS:
        packages = oldest(version) | {"torch": f"torch=={pins()['torch']}"}
        own = environment(folder / f"{version}-whole", python, list(packages.values()), wheel)
        yield "wheel, oldest of all but PyTorch", run(own, "-m", "sl1lib", "check", folder=folder).splitlines()[-1]


def tried(version: str, wheel: Path, sdist: Path, folder: Path) -> tuple[int, int, int]:
    """Print what came of a Python; return how many trials passed, failed and were left out."""
    python = find(version)
    if python is None:
        print(f"Python {version}: left out, it is neither on the PATH nor among those of pyenv or `py`", flush=True)
        return 0, 0, 1
    full, passed = run(*python, "-c", VERSION), 0
    start = time.perf_counter()
    try:
        for name, said in trials(version, python, wheel, sdist, folder):
            passed += 1
            print(f"Python {full}, {name}: {said} ({time.perf_counter() - start:.0f} s)", flush=True)
            start = time.perf_counter()
    except BrokenError as error:
        print(f"Python {full} FAILED after {passed} trials:\n{error}", flush=True)
        return passed, 1, 0
    return passed, 0, 0


def main(names: list[str]) -> int:
    """Try the named versions, or all."""
    last = int(declared()[-1].partition(".")[2])
    newer = [f"3.{last + n}" for n in range(1, NEWER + 1)]
    versions = names or [*declared(), *(version for version in newer if find(version))]
    print(f"on {platform.system()}: {', '.join(versions)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sl1-") as folder:
        (out := Path(folder, "dist")).mkdir()
        wheel, sdist = build(out)
        counts = [tried(version, wheel, sdist, Path(folder)) for version in versions]
    passed, failed, skipped = map(sum, zip(*counts, strict=True))
    print(f"installations: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
