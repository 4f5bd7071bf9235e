"""Try the library where NumPy is all there is: its exercises hold, a course is built and graded. See pythons.py."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from sl1lib import course
from sl1lib.course.building import asked_in
from sl1lib.course.editions import needs

WITHOUT_THOUGHT = ("0.0", "np.ones(1)", "None", "{first}")


def proved() -> int:
    """Return how many exercises NumPy is enough for; end with what is wrong with one."""
    asked = [q for q in course.exercises() if not needs(q)]
    if faults := [proof for proof in map(course.prove, asked) if proof]:
        sys.exit("\n".join(map(repr, faults)))
    return len(asked)


def graded(folder: Path) -> float:
    """Build a course, have its solutions, its stubs and answers without thought graded; return the points of all."""
    course.build(folder / "course")
    asked = asked_in(folder / "course")
    submissions = folder / "submissions"
    for edition in ("solutions", "student"):
        shutil.copytree(folder / "course" / edition, submissions / edition)
    for number, answer in enumerate(WITHOUT_THOUGHT):
        functions = [
            f"def {q.name}({', '.join(q.parameters)}):\n    return {answer.format(first=q.parameters[0])}\n"
            for q in asked
        ]
        text = "\n\n".join(["import numpy as np\n", *functions])
        (submissions / f"thoughtless-{number}.py").write_text(text, encoding="utf-8")
    points = sum(q.points for q in asked)
    scores = {marks.student: marks.score for marks in course.grade(submissions, asked)}
    if scores != dict.fromkeys(scores, 0.0) | {"solutions": points}:
        sys.exit(f"of {points:g} points, {scores} were given")
    return points


def main() -> None:
    """Say in a line what held."""
    count = proved()
    with tempfile.TemporaryDirectory() as folder:
        points = graded(Path(folder))
    if heavy := sorted({"torch", "matplotlib", "scipy", "sympy"} & {name.partition(".")[0] for name in sys.modules}):
        sys.exit(f"{', '.join(heavy)} should not be needed, and was imported")
    print(
        f"NumPy {np.__version__}: {count} exercises hold; solutions get {points:g} of {points:g} points, stubs and "
        f"{len(WITHOUT_THOUGHT)} kinds of answers without thought 0"
    )


if __name__ == "__main__":
    main()
