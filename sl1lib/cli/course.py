"""The command ``sl1 course``: list and prove exercises, build a course, grade what was handed in, with NumPy alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .._version import __version__
from ..course.building import asked_in, build
from ..course.formats import FORMATS
from ..course.grading import grade
from ..course.marks import Marks, write_csv, write_json
from ..course.preferences import configure
from ..course.proving import prove
from ..course.sandbox import SECONDS
from ..course.shelf import exercises
from ..paths import path_option, require_writable


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to ``parser``."""
    parser.add_argument(
        "action", choices=("list", "prove", "build", "grade"),
        help="list: the exercises; prove: does one of one's own keep what its check promises; build: make a course's "
        "folder; grade: mark a folder of submissions",
    )  # fmt: skip
    parser.add_argument(
        "names", nargs="*", metavar="NAME",
        help="prove, build: exercises, files of one's own, for build also chapters; grade: the folder of submissions",
    )  # fmt: skip
    making = parser.add_argument_group("build")
    making.add_argument("--out", type=path_option, metavar="DIR", help="the folder to make")
    making.add_argument(
        "--format", choices=FORMATS, default="notebooks", help="; ".join(f"{k}: {v}" for k, v in FORMATS.items())
    )
    making.add_argument("--no-solutions", action="store_true", help="the students' edition alone")
    marking = parser.add_argument_group("grade")
    parser.add_argument(
        "--seed", type=int, metavar="N",
        help="build: which case of their own students find; grade: which random calls are made, else nobody knows",
    )  # fmt: skip
    making.add_argument("--book", metavar="URL", help="where the pages of the book are, for links")
    making.add_argument(
        "--install", default=f"sl1lib=={__version__}", metavar="WHAT", help="what pip gets where the library is missing"
    )
    marking.add_argument("--csv", type=path_option, metavar="OUT", help="the file for the table of marks")
    marking.add_argument("--json", type=path_option, metavar="DIR", help="a folder for each student's results in words")
    marking.add_argument(
        "--course", type=path_option, metavar="DIR", help="a course that was built: its exercises count"
    )
    marking.add_argument("--seconds", type=float, default=SECONDS, metavar="S", help="the limit of a function")
    marking.add_argument("--jobs", type=int, metavar="N", help="submissions at a time; without it, one for each core")


def run(options: argparse.Namespace) -> int:
    """Do what ``sl1 course`` was asked to do."""
    if options.action == "list":
        print(exercises())
        return 0
    if options.action == "prove":
        return _prove(options.names)
    return _build(options) if options.action == "build" else _grade(options)


def _prove(names: Sequence[str]) -> int:
    if not names:
        raise ValueError("prove needs exercises, by name or by file: prove NAME")
    proofs = [prove(name) for name in names]
    print(*proofs, sep="\n")
    return 1 if any(proofs) else 0


def _build(options: argparse.Namespace) -> int:
    if options.out is None:
        raise ValueError("build needs a folder: --out DIR")
    if options.book:
        configure(book=options.book)
    written = build(
        options.out, options.names, kind=options.format, solutions=not options.no_solutions, seed=options.seed,
        install=options.install,
    )  # fmt: skip
    print(f"{len(written)} files in {options.out}; {Path(options.out, 'README.md')} says how to go on")
    return 0


def _grade(options: argparse.Namespace) -> int:
    if len(options.names) != 1 or options.csv is None:
        raise ValueError("grade needs one folder of submissions and a file for the marks: grade DIR --csv OUT")
    require_writable(options.csv)
    asked = asked_in(options.course) if options.course else None
    marks = grade(
        options.names[0], asked, seconds=options.seconds, jobs=options.jobs, seed=options.seed, done=_tell
    )  # fmt: skip
    write_csv(marks, options.csv)
    if options.json:
        write_json(marks, options.json)
    print(f"{len(marks)} submissions, marks in {options.csv}")
    return 0


def _tell(marks: Marks) -> None:
    """Say how far it is; where nobody can hear that, nothing is lost."""
    notes = f"  ({'; '.join(marks.notes)})" if marks.notes else ""
    with suppress(OSError, ValueError, AttributeError):
        print(f"{marks.student}: {marks.score:g} of {marks.points:g}{notes}", file=sys.stderr, flush=True)
