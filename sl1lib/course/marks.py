"""What submissions are worth: for a teacher's table, for a student, for a platform."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..paths import replacing
from .verdict import Verdict

LONGEST_MESSAGE: Final = 4000  # letters; an exception may say anything
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


@dataclass(frozen=True)
class Marks:
    """What one submission is worth, and why.

    Parameters
    ----------
    student : str
    verdicts : mapping of str
        The verdict on each exercise, by its name.
    notes : tuple of str
        What could not be read or run.
    seconds : float
        How long it took.
    """

    student: str
    verdicts: Mapping[str, Verdict]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """The sum of the scores."""
        return sum(verdict.score for verdict in self.verdicts.values())

    @property
    def points(self) -> float:
        """What a perfect submission gets."""
        return sum(verdict.points for verdict in self.verdicts.values())

    def as_dict(self) -> dict[str, Any]:
        """Return all of it in plain types, with the names that Gradescope and Otter give a result."""
        return {
            "student": self.student,
            "score": self.score,
            "max_score": self.points,
            "execution_time": round(self.seconds, 3),
            "output": "\n".join(self.notes),
            "tests": [_test(verdict) for verdict in self.verdicts.values()],
        }


def _test(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.exercise,
        "score": verdict.score,
        "max_score": verdict.points,
        "status": "passed" if verdict.passed else "failed",
        "output": str(verdict)[:LONGEST_MESSAGE],
        "extra_data": {"mistake": verdict.mistake, "credit": verdict.credit},
    }


def csv_text(marks: Sequence[Marks]) -> str:
    """Return a table with a row for each student: the sum, then for each exercise its score and what was found."""
    names = list(marks[0].verdicts) if marks else []
    target = io.StringIO()
    table = csv.writer(target)
    table.writerow(
        ["student", "score", "of", *(head for name in names for head in (name, f"{name}: finding")), "notes"]
    )
    for each in marks:
        pairs = [cell for name in names for cell in (f"{each.verdicts[name].score:g}", _found(each.verdicts[name]))]
        row = [_safe(each.student), f"{each.score:g}", f"{each.points:g}", *pairs, _safe("; ".join(each.notes))]
        table.writerow(row)
    return target.getvalue()


def _found(verdict: Verdict) -> str:
    return "passed" if verdict.passed else verdict.mistake or "wrong"


def _safe(text: str) -> str:
    """Return a text that a spreadsheet takes for one."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_csv(marks: Sequence[Marks], file: Path) -> None:
    """Write the table, whole or not at all."""
    with replacing(file) as part:
        part.write_text(csv_text(marks), encoding="utf-8", newline="")


def write_json(marks: Sequence[Marks], folder: Path) -> None:
    """Write a file for each student: what each exercise got, and why, in words."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in marks:
        with replacing(folder / f"{each.student}.json") as part:
            part.write_text(json.dumps(each.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
