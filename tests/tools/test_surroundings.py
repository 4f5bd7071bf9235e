"""Wherever the library runs: the right result, or a plain message. Never a traceback about a home, a name or a letter.

Each case runs the command line, and executes a notebook of the book, in a copy of the project.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = "book/smoothing/smooth-function.ipynb"
COMMANDS = """
import sys
from sl1lib.cli import main

for line in ("env", "check eq-paper-smooth", "train --data digits --epochs 1 --quiet --save run"):
    status = main(line.split())
    print(f"sl1 {line}: {status}", flush=True)
"""
NAMELESS = ("--reuid", "54321", "--regid", "54321", "--clear-groups")
READS_ALL = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")  # Python may lie in root's home
POWERLESS = ("--bounding-set", "-all", "--inh-caps", "-all")  # root without the right to write everywhere


@dataclass
class Surroundings:
    """A copy of the project, how a process starts there, and what it finds."""

    project: Path
    variables: dict[str, str]
    start: tuple[str, ...] = ()

    def python(self, *arguments):
        done = subprocess.run(
            [*self.start, sys.executable, *arguments],
            env=self.variables,
            cwd=self.project,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        return done.returncode, done.stdout, done.stderr


def copy_project(folder):
    folder.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("sl1lib", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / NOTEBOOK).parent.mkdir(parents=True)
    for name in (NOTEBOOK, "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def setpriv(*arguments):
    if not shutil.which("setpriv") or os.geteuid() != 0:
        pytest.skip("only root can be somebody else, with setpriv")
    return ("setpriv", *arguments)


def usual(project, home):
    """The variables that a process needs to start at all, and a home of its own."""
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    home.mkdir(exist_ok=True)
    return variables | {"PYTHONPATH": str(project), "HOME": str(home), "USERPROFILE": str(home)}


def home_unset(folder):
    project = copy_project(folder / "project")
    variables = usual(project, folder / "home")
    return Surroundings(project, {name: v for name, v in variables.items() if name not in ("HOME", "USERPROFILE")})


def home_read_only(folder):
    project, home = copy_project(folder / "project"), folder / "home"
    found = Surroundings(project, usual(project, home))
    if os.name != "posix":
        pytest.skip("folders are made read-only as POSIX does")
    home.chmod(0o555)
    if os.geteuid() == 0:
        found.start = setpriv(*POWERLESS)
    return found


def a_user_without_a_name_and_a_home(folder):
    if os.name != "posix":
        pytest.skip("user numbers are POSIX's")
    start = setpriv(*NAMELESS, *READS_ALL)
    project = copy_project(folder / "project")
    variables = usual(project, folder / "home") | {"TMPDIR": str(project / "tmp")}
    del variables["HOME"]
    (project / "tmp").mkdir()
    for place in (project, *project.rglob("*")):
        os.chown(place, 54321, 54321)
    return Surroundings(project, variables, start)


def an_empty_font_cache(folder):
    project = copy_project(folder / "project")
    (folder / "fonts").mkdir()
    return Surroundings(project, usual(project, folder / "home") | {"MPLCONFIGDIR": str(folder / "fonts")})


def a_path_with_spaces_and_other_letters(folder):
    project = copy_project(folder / "Kleine Bücher, ζ & 数")
    return Surroundings(project, usual(project, folder / "Zuhause bei Œdipe"))


def a_locale_that_knows_ascii_alone(folder):
    project = copy_project(folder / "project")
    return Surroundings(project, usual(project, folder / "home") | {"LC_ALL": "C"})


CASES = (
    *(home_unset, home_read_only, a_user_without_a_name_and_a_home, an_empty_font_cache),
    *(a_path_with_spaces_and_other_letters, a_locale_that_knows_ascii_alone),
)


@pytest.fixture
def folder():
    """A folder that other users may enter; those of pytest are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_command_line_gives_the_right_result(case, folder):
    surroundings = case(folder)
    status, out, err = surroundings.python("-c", COMMANDS)
    assert (status, err) == (0, ""), out + err
    for command in ("env", "check eq-paper-smooth", "train --data digits --epochs 1 --quiet --save run"):
        assert f"sl1 {command}: 0\n" in out
    assert "✓ eq-paper-smooth" in out
    assert (surroundings.project / "run.npz").is_file()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_notebook_gives_its_outputs(case, folder):
    surroundings = case(folder)
    status, out, err = surroundings.python("tools/notebooks.py", NOTEBOOK)
    assert status == 0, out + err
    assert "Traceback" not in err
    stored, fresh = (nbformat.read(folder / NOTEBOOK, as_version=4) for folder in (ROOT, surroundings.project))
    assert [list(map(kinds, cell.get("outputs", []))) for cell in fresh.cells] == [
        list(map(kinds, cell.get("outputs", []))) for cell in stored.cells
    ]


def kinds(output):
    """Return what a cell shows: the sorts of its outputs."""
    return output.output_type, sorted(output.get("data", {}))
