"""What is handed out: the source distribution holds the library and its papers, the wheel runs with NumPy alone."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from support import PATIENCE

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import pythons  # noqa: E402


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with both distributions."""
    pytest.importorskip("setuptools")
    out = tmp_path_factory.mktemp("out")
    pythons.build(out)
    return out


@pytest.fixture(scope="module")
def sdist(built):
    (archive,) = built.glob("*.tar.gz")
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


@pytest.fixture(scope="module")
def empty(built, tmp_path_factory):
    """The Python of an environment that holds the wheel and NumPy, and nothing else."""
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=PATIENCE)
    (wheel,) = built.glob("*.whl")
    install = ["install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", folder, *install], check=True, timeout=PATIENCE)
    (home,) = {path.parent for path in folder.rglob("sl1lib-*.dist-info")}
    numpy = Path(importlib.util.find_spec("numpy").origin).parent
    for path in (numpy, numpy.with_name("numpy.libs")):  # its libraries stand beside it, on Linux and Windows
        if path.exists():
            shutil.copytree(path, home / path.name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return folder / ("Scripts" if os.name == "nt" else "bin")


def run(scripts, program, *words, **options):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(scripts / program), *map(str, words)]
    done = subprocess.run(
        command, env=variables, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_library_alone(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0].partition("-")[0].removesuffix(".dist") for name in names} == {"sl1lib"}
    for name in ("sl1lib/course/exercises/conv2d.py", "sl1lib/py.typed", "sl1lib/data/digits-labels.idx.gz"):
        assert name in names


def test_a_check_runs_with_numpy_alone(empty):
    code = (
        "import sys; from sl1lib import course; import numpy as np;"
        "print(course.check('dense', lambda o, U, b: o @ U.T).mistake);"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'torch', 'tqdm', 'matplotlib', 'scipy'}))"
    )
    assert run(empty, "python", "-c", code).split("\n")[:2] == ["no_bias", "[]"]


def test_a_course_is_built_and_graded_with_numpy_alone(empty, tmp_path):
    """Where the library lies beside NumPy, as it does for most, a submission finds neither it nor its solutions."""
    run(empty, "sl1", "course", "build", "--out", tmp_path / "course", cwd=tmp_path)
    submissions = tmp_path / "submissions"
    for edition in ("solutions", "student"):
        shutil.copytree(tmp_path / "course" / edition, submissions / edition)
    (submissions / "eve.py").write_text(
        "import sys\ndef dense(o, U, b):\n"
        "    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != '_Finder']\n"
        "    for name in [name for name in sys.modules if name.startswith('sl1lib')]:\n        del sys.modules[name]\n"
        "    from sl1lib import reference\n    return reference.dense(o, U, b)\n"
    )
    words = ["--course", tmp_path / "course", "--csv", tmp_path / "marks.csv", "--json", tmp_path / "json"]
    run(empty, "sl1", "course", "grade", submissions, *words, cwd=tmp_path)
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "json").iterdir()}
    full = found["solutions"]["max_score"]
    assert {student: marks["score"] for student, marks in found.items()} == {"solutions": full, "student": 0, "eve": 0}
    (dense,) = (test for test in found["eve"]["tests"] if test["name"] == "dense")
    assert "cannot be read in an exercise" in dense["output"]
