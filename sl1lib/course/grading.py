"""Grade a folder of submissions: what is right is known here, and what was handed in runs elsewhere.

A submission gets a process of its own (`confined`), which is given inputs and returns outputs. The right answers never
go there, and nothing that comes back is believed but for what it is: numbers, which are compared here with the right
ones. The inputs are drawn anew for each grading, so that nobody can have stored answers to them; a derivation is
graded by its values, too. A function that ends its process, or does not end, costs its own time; the next one gets a
new process.
"""

from __future__ import annotations

import linecache
import os
import pickle
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from ..errors import require_count, require_number, unexpected
from .checking import judge_handed_in
from .conduct import FINDINGS, Finding, ends_early
from .exercise import Exercise
from .handed_in import HandedIn
from .marks import LONGEST_MESSAGE, Marks
from .sandbox import GRACE, LONGEST_TEXT, SECONDS, STARTING, EndedError, Record, Sandbox
from .shelf import exercises
from .submission import Submission, defines, submissions
from .verdict import Verdict

MOST_NOTES: Final = 20
_KEPT: Final = ("PATH", "SYSTEMROOT", "WINDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def grade(
    folder: str | os.PathLike[str],
    asked: Iterable[Exercise] | None = None,
    *,
    seconds: float = SECONDS,
    jobs: int | None = None,
    seed: int | None = None,
    done: Callable[[Marks], None] = lambda marks: None,
) -> list[Marks]:
    r"""Grade what a class handed in.

    Parameters
    ----------
    folder : path
        A notebook or a script for each student, or a folder for each, which may hold several.
    asked : iterable of Exercise, optional
        What was asked; without it, the exercises of the book whose functions occur in a submission.
    seconds : float
        How long one function may take, for all calls together.
    jobs : int, optional
        How many submissions are graded at a time; one for each core.
    seed : int, optional
        Which random calls are made. Without it nobody knows beforehand.
    done : function
        Called with each `Marks` as soon as it is known.

    Returns
    -------
    list of Marks
        In the order of the students' names.

    Raises
    ------
    ValueError
        For a folder without submissions, for submissions without any of the exercises, for numbers that make no sense.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "ada.py").write_text("def dense(o, U, b):\n    return o @ U.T\n")
    ...     marks = grade(folder)
    >>> marks[0].verdicts["dense"].mistake, marks[0].score, marks[0].points
    ('no_bias', 0.5, 1.0)
    """
    require_number("seconds", seconds, above=0)
    require_count("jobs", jobs := (os.cpu_count() or 1) if jobs is None else jobs, least=1)
    handed_in = submissions(folder)
    chosen = _asked(handed_in) if asked is None else list(asked)
    secret = secrets.randbits(64) if seed is None else seed
    chosen = [prepared(q, secret) for q in chosen]
    marks = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(grade_submission, each, chosen, seconds) for each in handed_in]
        try:
            for future in as_completed(futures):
                each = future.result()
                marks[each.student] = each
                done(each)
        except BaseException:  # interrupted: what has not begun need not
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [marks[each.student] for each in handed_in]


def _asked(handed_in: Sequence[Submission]) -> list[Exercise]:
    found = [q for q in exercises() if any(each.mentions(q.name) for each in handed_in)]
    if not found:
        raise unexpected("the number of exercises", 0, "no submission has a function that an exercise asks for")
    return found


def prepared(exercise: Exercise, seed: int) -> Exercise:
    """Return an exercise with calls of its own, made here before several threads ask for them."""
    mine = replace(exercise, seed=seed)
    try:
        calls = [mine.given(trial.arguments) for trial in mine.trials]
    except ModuleNotFoundError as error:
        right = f"it needs {error.name}: install it, or leave the exercise out"
        raise unexpected("exercise", exercise.name, right) from None
    try:
        pickle.dumps(calls)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        right = f"its arguments must be numbers, arrays or `inputs.Cubic` to reach another process ({error})"
        raise unexpected("exercise", exercise.name, right) from None
    return mine


def grade_submission(submission: Submission, asked: Sequence[Exercise], seconds: float = SECONDS) -> Marks:
    """Return the marks of one submission; whatever it does, it costs at most its time."""
    started = time.monotonic()
    confined = {}
    verdicts, notes = {}, list(submission.notes)
    for name, source in submission.pieces:  # a message quotes the line in which something happened
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        for exercise in asked:
            needs = (exercise.tensors, tuple(sorted({name for name in exercise.forbids if "." not in name})))
            if needs not in confined:
                confined[needs] = Confined(submission, asked, needs[1], exercise.tensors, seconds)
            verdicts[exercise.name] = confined[needs].judge(exercise)
    finally:
        for name, _ in submission.pieces:
            linecache.cache.pop(name, None)
        for each in confined.values():
            each.close()
            notes += [note for note in each.notes if note not in notes]
    return Marks(submission.student, verdicts, tuple(notes), time.monotonic() - started)


class Confined(Sandbox):
    """The process of one submission, seen from outside."""

    module = "confined"

    def __init__(
        self, submission: Submission, asked: Sequence[Exercise], refused: Sequence[str], torch: bool, seconds: float
    ) -> None:
        super().__init__()
        self._submission = submission
        needs = {"wanted": [q.name for q in asked], "refused": refused, "torch": torch}
        self._hello = {**needs, "pieces": submission.pieces, "seconds": seconds}
        self._seconds = seconds
        self._left = seconds
        self._ended = ""  # why the submission itself did not load
        self._folder = ""
        self.notes: list[str] = []
        self._unread: list[tuple[str, str]] = []

    def surroundings(self) -> dict[str, Any]:
        """Return an empty folder to work in, no variables of the teacher's, and a group of its own."""
        self._folder = self._folder or tempfile.mkdtemp(prefix="sl1-")
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own = {"OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "HOME": self._folder, "TEMP": self._folder}
        return {"env": {**kept, **own}, "cwd": self._folder, "start_new_session": True}

    def close(self) -> None:
        """End the process, and what it may have started."""
        process = self._process
        if process is not None and sys.platform != "win32":
            with suppress(OSError):
                os.killpg(process.pid, 9)
        super().close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def judge(self, exercise: Exercise) -> Verdict:
        """Return the verdict on one function of the submission."""
        self._left = self._seconds
        try:
            handed_in = self._described(exercise)
            verdict = judge_handed_in(exercise, handed_in, lambda jobs: self._run(exercise, jobs))
        except EndedError as error:
            verdict = _failed(exercise, *ends_early(str(error), self._seconds))
        except _NoProcessError:
            raise
        except Exception as error:  # what the process wrote is data, and no data may end the grading of a class
            self.close()
            verdict = _failed(
                exercise, "crash", f"What your function returned cannot be judged ({type(error).__name__})."
            )
        return replace(verdict, message=verdict.message[:LONGEST_MESSAGE])

    def _load(self) -> None:
        """Have the submission loaded, if it is not."""
        if self._ended:
            raise EndedError(self._ended)
        if self._process is not None:
            return
        self.start()
        self.send(self._hello)
        try:
            self.expect("running", STARTING)
        except EndedError as error:  # no fault of the submission's, of which nothing has run yet
            raise _NoProcessError(f"the process for {self._submission.student} does not start ({error})") from None
        try:
            unread = self.expect("loaded", self._seconds + GRACE)
        except EndedError as error:
            self._ended = str(error)
            self.notes.append(f"what was handed in ended its process while it was read ({error})")
            raise
        self._unread = [(str(piece), str(why)) for piece, why in unread]
        self.notes = [f"{_place(piece)}: {why}"[:LONGEST_TEXT] for piece, why in self._unread][:MOST_NOTES]

    def _described(self, exercise: Exercise) -> HandedIn:
        try:
            plain = self._description(exercise)
        except EndedError as error:
            if str(error) != "forged" or self._ended:
                raise
            plain = self._description(exercise)  # from a new process: another function had left lines in the old one
        file = next((name for name, _ in self._submission.pieces if name == plain["file"]), None)
        finding, reads = _finding(plain["finding"]), _finding(plain["reads"])
        handed_in = HandedIn(finding, str(plain["name"]), reads, file, int(plain["first_line"]))
        if handed_in.finding and handed_in.finding[0] == "not_attempted":
            return replace(handed_in, finding=self._unreadable(exercise.name) or handed_in.finding)
        return handed_in

    def _description(self, exercise: Exercise) -> Any:
        self._ask(exercise, None)
        return self.expect("described", self._seconds + GRACE)

    def _unreadable(self, function: str) -> tuple[str, str] | None:
        """Return that the function is written in a piece that Python cannot read, if so."""
        sources = dict(self._submission.pieces)
        for piece, why in self._unread:
            if defines(sources.get(piece, ""), function):
                name = "syntax_error" if why.startswith("SyntaxError") else "exception"
                return name, f"What should define `{function}` does not: {_place(piece)}: {why}."[:LONGEST_TEXT]
        return None

    def _run(self, exercise: Exercise, jobs: Sequence[tuple[Any, ...]]) -> Record:
        """Have the function called, as long as there is time left for it."""
        begun, left = time.monotonic(), self._left
        try:
            if left <= 0:
                raise EndedError("time")
            self._ask(exercise, jobs)
            return replace(self.collect(len(jobs), left), seconds=self._seconds)
        except EndedError as error:
            return Record([], ended=str(error), seconds=self._seconds)
        finally:
            self._left -= time.monotonic() - begun

    def _ask(self, exercise: Exercise, jobs: Sequence[tuple[Any, ...]] | None) -> None:
        """Send calls to make; None asks what the function is."""
        self._load()
        arguments = None if jobs is None else pickle.dumps(list(jobs))
        names = {"name": exercise.name, "parameters": exercise.parameters, "symbolic": exercise.symbolic}
        self.send({**names, "arguments": arguments, "seconds": self._left})
        self.expect("running", self._seconds + GRACE)


class _NoProcessError(OSError):
    """The machine, not a submission, is what fails."""


def _place(piece: str) -> str:
    """Return a piece's name without the student's."""
    return piece.partition(": ")[2]


def _failed(exercise: Exercise, finding: str, message: str) -> Verdict:
    return Verdict(exercise.name, False, finding, message, credit=0.0, points=exercise.points)


def _finding(plain: Any) -> Finding | None:
    """Return a finding that a process says to have made, if there is one of this name."""
    if plain is None:
        return None
    name, sentence = plain
    if name not in FINDINGS:
        raise ValueError(name)
    return name, str(sentence)[:LONGEST_TEXT]
