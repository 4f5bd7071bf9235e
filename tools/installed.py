"""Is what builds and tests the book installed here? The Makefile asks before it calls pip, and after pip failed.

python tools/installed.py            exit status 0 if this Python's packages are those of constraints.txt
python tools/installed.py --usable   0 if they are at least within the ranges of pyproject.toml; else say what lacks

So a checkout whose environment is right needs no network, however new its files look; and one without a network gets
to know what is missing.
"""

from __future__ import annotations

import json
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

try:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
except ImportError:  # an environment that is not made yet has pip, and pip has them
    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("book", "test", "lint")


def wanted() -> dict[str, SpecifierSet]:
    """Return the range of every package that the project declares for its own work."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(each for extra in EXTRAS for each in project["optional-dependencies"][extra])]
    asked = [each for each in map(Requirement, lines) if each.marker is None or each.marker.evaluate()]
    return {each.name: each.specifier for each in asked}


def pins() -> dict[str, str]:
    """Return the exact version of each package in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {name.replace("_", "-"): exact for name, _, exact in (line.partition("==") for line in lines) if exact}


def installed(name: str) -> str | None:
    """Return a package's version without a local tag, or None."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def from_here() -> bool:
    """Tell whether the library is installed from this folder: another folder's would be built and tested instead."""
    # A folder in which it was built holds a description too, without an origin.
    origins = [text for each in distributions(name="sl1lib") if (text := each.read_text("direct_url.json"))]
    return any(Path(url2pathname(urlsplit(json.loads(text)["url"]).path)).resolve() == ROOT for text in origins[:1])


def exact() -> bool:
    """Tell whether every package is what constraints.txt says."""
    exactly = pins()
    return from_here() and all(installed(name) == exactly[name] for name in wanted() if name in exactly)


def lacking() -> list[str]:
    """Say of each package that is missing, or outside its range, what is wanted."""
    lines = [
        f"{name}: {found or 'not installed'}, {ranges or 'any version'} wanted"
        for name, ranges in wanted().items()
        if (found := installed(name)) is None or not ranges.contains(found, prereleases=True)
    ]
    return lines if from_here() else [*lines, "sl1lib: not installed from this folder"]


def main(options: list[str]) -> int:
    """Answer, and after pip failed, say what is to be done."""
    if "--usable" not in options:
        return 0 if exact() else 1
    missing = lacking()
    if not missing:
        print("pip could not bring .venv up to constraints.txt; what is installed serves.", file=sys.stderr)
        return 0
    print(
        "\nThe packages could not be installed. That needs a network, once, or a folder of wheels that pip is told of",
        "(PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER). Missing in .venv:",
        *(f"    {line}" for line in missing),
        sep="\n",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
