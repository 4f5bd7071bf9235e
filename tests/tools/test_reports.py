"""A run ends with what passed, what failed, and why something was skipped; nothing that broke looks like success."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import notebooks
import pytest
import reports
import run_tests

TOOLS = Path(__file__).parents[2] / "tools"

TESTS = """
import pytest

def test_right():
    pass

def test_wrong():
    assert 1 == 2

@pytest.fixture
def broken():
    raise OSError("no such thing")

def test_error(broken):
    pass

def test_skipped():
    pytest.skip("no moon tonight")

@pytest.mark.xfail(reason="not yet")
def test_expected():
    assert False
"""


def step(folder, text, *arguments):
    """Run tests with this text as a step of a part."""
    (folder / "test_it.py").write_text(text)
    command = (*run_tests.PYTEST, *arguments, "-p", "no:cacheprovider", str(folder / "test_it.py"))
    return run_tests.run(run_tests.Step("a part", command, run_tests.ONE_THREAD), folder)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_last_line_counts_and_reasons_stand_above_it(tmp_path, workers):
    lines = reports.summary([step(tmp_path, TESTS, "-n", workers), reports.Report("other", passed=4000)])
    assert lines[-1] == "tests: 4001 passed, 2 failed, 2 skipped"
    assert "     1  no moon tonight (a part)" in lines
    assert "     1  not yet (a part)" in lines
    failed = lines[lines.index("failed:") + 1 : -2]
    assert sorted(line.split("::")[1] for line in failed) == ["test_error (a part)", "test_wrong (a part)"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no test was run"),
        ("import no_such_module", ""),
        ("import os\n\ndef test_it():\n    os._exit(0)\n", "no test was run (exit status 0)"),
    ],
)
def test_a_part_that_tests_nothing_has_failed(tmp_path, text, words):
    report = step(tmp_path, text)
    assert (report.passed, len(report.failed)) == (0, 1)
    assert words in report.failed[0]
    assert reports.summary([report])[-1] == "tests: 0 passed, 1 failed, 0 skipped"


def test_a_worker_that_dies_is_a_failure(tmp_path):
    report = step(tmp_path, "import os\n\ndef test_a():\n    os._exit(1)\n\ndef test_b():\n    pass\n", "-n", "1")
    assert (report.passed, len(report.failed)) == (1, 1)


def test_a_part_without_tests_counts_as_one(tmp_path):
    for code, numbers in (("", (1, 0)), ("raise SystemExit(3)", (0, 1))):
        report = run_tests.run(run_tests.Step("book", (sys.executable, "-c", code), {}), tmp_path)
        assert (report.passed, len(report.failed)) == numbers


@pytest.mark.skipif(os.name != "posix", reason="continuous integration runs a script of bash")
@pytest.mark.parametrize(
    ("summary", "last"),
    [
        ("tests: 7 passed, 1 failed, 0 skipped", "tests: 7 passed, 1 failed"),
        (None, "tests: 0 passed, 1 failed, 0 skipped"),
    ],
    ids=["a test fails", "the installation fails"],
)
def test_continuous_integration_ends_with_the_counts_where_make_has_the_last_word(tmp_path, summary, last):
    for place in (".ci", "bin", "_build/reports"):
        (tmp_path / place).mkdir(parents=True)
    shutil.copy(TOOLS.parent / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "_build/reports/summary.txt").write_text("tests: 9 passed, 0 failed, 0 skipped\n")  # an older run's
    writes = f"echo '{summary}' > _build/reports/summary.txt" if summary else "true"
    for name, text in {"make": f"{writes}\necho 'make: *** [test] Error 1'\nexit 1", "chromium": "true"}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", tmp_path / ".ci" / "run"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1].startswith(last)


def test_an_unknown_part_is_named():
    done = subprocess.run([sys.executable, TOOLS / "run_tests.py", "libary"], capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        "no such part: libary; there are library, doctests, notebooks, portability, book, browser, nightly"
        in done.stderr
    )


def test_the_notebooks_and_the_tests_that_are_named_exist():
    names = {path.stem for path in run_tests.every_notebook()}
    assert {*notebooks.EXPECTED, *notebooks.ALONE} <= names
    assert all(
        (run_tests.ROOT / "tests" / name).exists() for name in run_tests.NUMERICAL + run_tests.ABOUT_OTHER_THINGS
    )


def test_every_script_that_a_part_starts_is_there():
    parts = [part for part in run_tests.PARTS if part != "portability"]  # which tests only what the others do
    words = [word for part in parts for step in run_tests.steps(part) for word in step.command]
    scripts = [word for word in words if word.startswith("tools/")]
    assert scripts
    assert [script for script in scripts if not (TOOLS.parent / script).is_file()] == []
