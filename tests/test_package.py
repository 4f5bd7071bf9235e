"""What is handed out: the source distribution holds the library and its papers, and of the tests nothing."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Build the source distribution from a copy, since building leaves files beside the sources."""
    pytest.importorskip("setuptools")
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("out")
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"):
        shutil.copy(ROOT / name, copy)
    for name in ("sl1lib", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    call = f"from setuptools import build_meta; build_meta.build_sdist({str(out)!r})"
    subprocess.run([sys.executable, "-W", "ignore", "-c", call], cwd=copy, check=True, capture_output=True)
    (archive,) = out.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        return {name.partition("/")[2] for name in tar.getnames()}


def test_the_sdist_holds_no_part_of_the_tests(sdist):
    assert not [name for name in sdist if name.startswith("tests")]


def test_the_sdist_holds_the_whole_library_and_its_papers(sdist):
    library = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "sl1lib").rglob("*")
        if path.is_file() and path.suffix in {".py", ".gz", ".toml", ".js", ".css", ".html", ".typed"}
    } - {"sl1lib/reference/ruff.toml", "sl1lib/book/one_page/ruff.toml"}  # the linter's
    papers = {"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "pyproject.toml"}
    assert sorted((library | papers) - sdist) == []
