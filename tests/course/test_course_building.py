"""A course comes out of one command: whole or not at all, and its autograder gives the solutions full marks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from own_exercise import OWN

from sl1lib import cli, course
from sl1lib.course import building
from sl1lib.course.building import asked_in, build, choose
from sl1lib.course.chapters import CHAPTERS
from sl1lib.course.conduct import FINDINGS
from sl1lib.course.editions import credits, needs
from sl1lib.course.formats import FORMATS


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """The whole course, as notebooks and as scripts."""
    folder = tmp_path_factory.mktemp("courses")
    build(folder / "notebooks", seed=5)
    build(folder / "scripts", kind="scripts")
    return folder


def test_there_are_notebooks_of_each_chapter_in_three_editions(courses):
    names = {path.relative_to(courses / "notebooks").as_posix() for path in courses.glob("notebooks/*/*.ipynb")}
    chapters = {q.chapter for q in course.exercises() if not needs(q)}
    assert names == {f"{e}/{c}.ipynb" for e in ("student", "solutions", "teacher") for c in chapters}
    assert {"README.md", "course.json", "requirements.txt"} <= set(tree(courses / "notebooks"))


def test_the_notebooks_are_valid_and_the_scripts_are_python(courses):
    nbformat = pytest.importorskip("nbformat")
    for path in courses.glob("notebooks/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    for path in courses.glob("scripts/*/*.py"):
        compile(path.read_text(encoding="utf-8"), path.name, "exec")


def test_the_students_find_no_solution(courses):
    for q in course.exercises():
        page = courses / "notebooks" / "student" / f"{q.chapter}.ipynb"
        if needs(q) or not page.exists():
            continue
        cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert f"def {q.name}(" in code
        assert (q.blank or max(q.source.splitlines()[1:], key=len).strip()) not in code, q.name


def test_solutions_get_full_marks_and_stubs_and_trivial_answers_none(courses, tmp_path):
    for kind in ("notebooks", "scripts"):
        for edition in ("student", "solutions"):
            shutil.copytree(courses / kind / edition, tmp_path / f"{kind}-{edition}")
    asked = asked_in(courses / "notebooks")
    for name, answer in {"zero": "0.0", "one": "np.ones(1)", "first": "GIVEN", "nothing": "None"}.items():
        functions = [f"def {q.name}({', '.join(q.parameters)}):\n    return {answer}\n" for q in asked]
        functions = [text.replace("GIVEN", q.parameters[0]) for text, q in zip(functions, asked, strict=True)]
        (tmp_path / f"{name}.py").write_text("import numpy as np\n\n\n" + "\n\n".join(functions))
    found = {marks.student: marks for marks in course.grade(tmp_path, asked)}
    full = sum(q.points for q in asked)
    for student, marks in found.items():
        wrong = {name: str(verdict) for name, verdict in marks.verdicts.items() if not verdict.passed}
        assert marks.points == full
        assert marks.score == (full if student.endswith("solutions") else 0), (student, wrong)


def test_each_seed_has_other_cases_and_one_seed_the_same(tmp_path):
    for name, seed in {"one": 1, "other": 2, "same": 1, "none": None}.items():
        build(tmp_path / name, ["pooling"], seed=seed)
    texts = [(tmp_path / name / "student" / "pooling.ipynb").read_text() for name in ("one", "other", "same", "none")]
    assert texts[0] == texts[2]
    assert texts[0] != texts[1]
    assert ["A case of your own" in text for text in texts] == [True, True, True, False]


def test_without_solutions_there_is_one_edition_that_shows_none(tmp_path):
    build(tmp_path / "course", ["dense"], solutions=False)
    assert [path.name for path in sorted((tmp_path / "course").iterdir()) if path.is_dir()] == ["student"]
    assert "course.configure(solutions=False)" in (tmp_path / "course/student/dense_and_entropy.ipynb").read_text()
    for kind in ("otter", "nbgrader"):
        with pytest.raises(ValueError, match="its sources hold the solutions"):
            build(tmp_path / kind, ["dense"], kind=kind, solutions=False)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_exercise_of_ones_own_goes_along(tmp_path, kind):
    (tmp_path / "doubled.py").write_text(OWN, encoding="utf-8")
    build(tmp_path / "course", [tmp_path / "doubled.py", "dense"], kind=kind)
    assert [q.name for q in asked_in(tmp_path / "course")] == ["doubled", "dense"]
    pages = [path for path in (tmp_path / "course").rglob("*") if path.stem == "pooling" and path.is_file()]
    for page in pages:
        assert "exercises/doubled.py" in page.read_text(encoding="utf-8")
        assert (page.parent / "exercises" / "doubled.py").is_file()
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    (submissions / "ada.py").write_text("def doubled(x):\n    return 3 * x\n")
    shutil.copytree(pages[0].parent / "exercises", submissions / "bob" / "exercises")  # the whole folder, unopened
    ada, bob = course.grade(submissions, asked_in(tmp_path / "course"))
    assert (ada.verdicts["doubled"].mistake, ada.score) == ("tripled", 0.5)
    assert (bob.verdicts["doubled"].mistake, bob.score) == ("not_attempted", 0)


def test_a_solution_that_needs_what_students_lack_is_refused(tmp_path):
    text = OWN.replace("    return 2 * x", "    return helper(x)").replace("2 * x", "helper(x)")
    (tmp_path / "doubled.py").write_text(f"def helper(x):\n    return 2 * x\n{text}", encoding="utf-8")
    with pytest.raises(ValueError, match="reads helper from beside it"):
        build(tmp_path / "course", [tmp_path / "doubled.py"])
    assert not (tmp_path / "course").exists()


def test_derivations_are_graded_by_their_values_and_may_be_a_text(tmp_path):
    derivations = [q.name for q in course.exercises() if q.symbolic]
    build(tmp_path / "course", derivations)
    assert (tmp_path / "course" / "requirements.txt").read_text().splitlines()[-1] == "sympy"
    submissions = tmp_path / "submissions"
    shutil.copytree(tmp_path / "course" / "solutions", submissions / "ada")
    texts = ['speed_up = "1 / (1 - share * (1 - 1 / factor))"', 'strided_size = "import os"', "rest_length = 3"]
    (submissions / "bob.py").write_text("\n".join(texts))
    ada, bob = course.grade(submissions, asked_in(tmp_path / "course"))
    assert ada.score == ada.points == len(derivations), {n: str(v) for n, v in ada.verdicts.items() if not v.passed}
    assert bob.verdicts["speed_up"].passed
    assert bob.verdicts["strided_size"].mistake == "no_expression"
    assert bob.verdicts["rest_length"].mistake == "not_a_function"


def test_names_are_checked(tmp_path):
    with pytest.raises(ValueError, match="did you mean 'softmax'"):
        choose(["sofmax"])
    with pytest.raises(ValueError, match="more than once"):
        choose(["pooling", "avg_pool2d"])
    with pytest.raises(ValueError, match="format is 'pdf'"):
        build(tmp_path / "course", kind="pdf")
    assert set(CHAPTERS) & {q.name for q in course.exercises()} == set()


def test_what_is_there_and_not_its_own_stays(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    build(mine, ["dense"])  # an empty folder is nobody's
    build(mine, ["pooling"])  # its own is replaced
    assert not (mine / "student" / "dense_and_entropy.ipynb").exists()
    page = mine / "student" / "pooling.ipynb"
    page.write_text(page.read_text() + " ")
    before = tree(mine)
    with pytest.raises(ValueError, match=r"pooling\.ipynb is not as it was written"):
        build(mine, ["dense"])
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="no course of this command"):
        build(other, ["dense"])
    (other / "course.json").write_text('{"exercises": []}')
    with pytest.raises(ValueError, match="no course of this command"):
        build(other, ["dense"])
    with pytest.raises(ValueError, match="no course of this command"):
        build(other / "thesis.txt", ["dense"])
    assert tree(mine) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "other"]


def test_a_folder_is_whole_or_not_there(tmp_path, monkeypatch):
    build(tmp_path / "course", ["dense"])
    before = tree(tmp_path / "course")
    written, write = [], Path.write_bytes

    def full(path, data):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    for name in ("course", "new"):
        written.clear()
        with pytest.raises(OSError, match="No space"):
            build(tmp_path / name, ["pooling"])
    monkeypatch.undo()
    replace, moved = os.replace, []

    def refuse_the_second(a, b):
        moved.append(b)
        if len(moved) == 2:
            raise OSError(13, "Permission denied")
        return replace(a, b)

    monkeypatch.setattr(building.os, "replace", refuse_the_second)
    with pytest.raises(OSError, match="Permission"):
        build(tmp_path / "course", ["pooling"])
    assert tree(tmp_path / "course") == before
    assert [path.name for path in tmp_path.iterdir()] == ["course"]


def test_otters_tests_are_worth_what_a_check_gives():
    for q in course.exercises():
        steps = credits(q, list(FINDINGS.values()))
        assert steps[-1] == 1.0
        assert set(FINDINGS.values()) | {m.credit for m in q.mistakes} <= {0.0, *steps}


def test_the_command_builds_grades_and_lists(tmp_path, capsys):
    folder = tmp_path / "course"
    assert cli.main(["course", "build", "dense", "--out", str(folder)]) == 0
    assert "says how to go on" in capsys.readouterr().out
    marks, feedback = tmp_path / "marks.csv", tmp_path / "feedback"
    submissions = tmp_path / "submissions"
    shutil.copytree(folder / "solutions", submissions / "ada")
    words = ["course", "grade", str(submissions), "--course", str(folder), "--csv", str(marks), "--json", str(feedback)]
    assert cli.main(words) == 0
    assert marks.read_text().splitlines()[1] == "ada,1,1,1,passed,"
    assert json.loads((feedback / "ada.json").read_text())["score"] == 1
    assert "ada: 1 of 1" in capsys.readouterr().err
    assert cli.main(["course", "list"]) == 0
    assert "softmax" in capsys.readouterr().out
    for wrong, rest in {
        "--out": ["build"],
        "--csv": ["grade", str(submissions)],
        "holds no course": ["grade", str(submissions), "--csv", str(marks), "--course", str(submissions)],
    }.items():
        assert cli.main(["course", *rest]) == 2
        assert wrong in capsys.readouterr().err


def test_building_needs_no_pytorch():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('torch', 'nbformat', 'tqdm', 'matplotlib', 'platformdirs')));"
        "from sl1lib.cli import main; sys.exit(main(['course', 'list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "conv2d" in done.stdout
