"""Otter-Grader and nbgrader, run for real on one assignment, give the marks that this library gives.

They bring a hundred packages of their own, so that they have an environment of their own: ``make grading``. No fixture
of `conftest.py` is used here, which would need PyTorch.
"""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sl1lib.course.building import asked_in, build
from sl1lib.course.grading import grade

PATIENCE = 300  # seconds for a command, on a busy machine
CHAPTER = "dense_and_entropy"
NAMES = ["dense", "softmax"]
NO_BIAS = "def dense(o, U, b):\n    return o @ U.T\n"
RIGHT = "def dense(o, U, b):\n    return o @ U.T + b\n"
SOFTMAX = "def softmax(s):\n    powers = np.exp(s - s.max(axis=-1, keepdims=True))\n"
IN_FLOAT32 = SOFTMAX + "    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)\n"
NOT_NORMALISED = SOFTMAX + "    return powers\n"
#: What three students write, and what it is worth of 1 + 2 points; who writes nothing keeps the stub.
STUDENTS = {
    "ada": ({"dense": NO_BIAS, "softmax": IN_FLOAT32}, 0.5 + 1.5),
    "bob": ({"dense": RIGHT, "softmax": NOT_NORMALISED}, 1.0 + 1.0),
    "cem": ({}, 0.0),
}


def needs(package):
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed: make grading")


def run(folder, command, *words):
    """Run a program of this Python's environment; its kernel is to find this library, too."""
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ["PATH"]])
    library = str(Path(__file__).resolve().parents[2])
    variables = {**os.environ, "PATH": path, "PYTHONPATH": library, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    program = shutil.which(command, path=scripts) or command
    done = subprocess.run(
        [program, *map(str, words)], cwd=folder, env=variables, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def answered(notebook, answers):
    """Return a student's notebook with answers in the place of the stubs."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        for name, answer in answers.items():
            if cell["cell_type"] == "code" and "".join(cell["source"]).startswith(f"def {name}("):
                cell["source"] = answer
    return json.dumps(document)


def hand_in(notebook, place):
    """Write each student's notebook to where ``place`` says."""
    for student, (answers, _) in STUDENTS.items():
        path = place(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(answered(notebook, answers), encoding="utf-8")


def assert_ours_are_the_same(folder, course):
    marks = grade(folder, asked_in(course))
    assert {each.student: each.score for each in marks} == {name: worth for name, (_, worth) in STUDENTS.items()}
    assert {each.points for each in marks} == {3.0}


@needs("otter")
def test_otter_gives_the_same_marks(tmp_path):
    build(tmp_path / "course", NAMES, kind="otter")
    run(tmp_path, "otter", "assign", tmp_path / "course" / CHAPTER / f"{CHAPTER}.ipynb", tmp_path / "dist")
    (autograder,) = (tmp_path / "dist" / "autograder").glob("*.zip")
    submissions = tmp_path / "submissions"
    hand_in(tmp_path / "dist" / "student" / f"{CHAPTER}.ipynb", lambda student: submissions / f"{student}.ipynb")
    for student, (_, worth) in STUDENTS.items():
        run(tmp_path, "otter", "run", "-a", autograder, "-o", tmp_path, submissions / f"{student}.ipynb")
        results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
        assert sum(test.get("score", 0) for test in results["tests"]) == pytest.approx(worth), student
    assert_ours_are_the_same(submissions, tmp_path / "course")


@needs("nbgrader")
def test_nbgrader_gives_the_same_marks(tmp_path):
    folder = tmp_path / "course"
    build(folder, NAMES, kind="nbgrader")
    run(folder, "nbgrader", "generate_assignment", CHAPTER, "--create")
    submitted = folder / "submitted"
    hand_in(
        folder / "release" / CHAPTER / f"{CHAPTER}.ipynb",
        lambda student: submitted / student / CHAPTER / f"{CHAPTER}.ipynb",
    )
    run(folder, "nbgrader", "autograde", CHAPTER, "--create")
    run(folder, "nbgrader", "export")
    with open(folder / "grades.csv", encoding="utf-8", newline="") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == pytest.approx({name: worth for name, (_, worth) in STUDENTS.items()})
    assert_ours_are_the_same(submitted, folder)
