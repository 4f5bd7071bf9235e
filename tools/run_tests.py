"""Run the parts of the tests, in order, and fail if any of them fails.

python tools/run_tests.py [PART ...]

library      tests/ without the browser; what is marked `threads` once more, alone, with PyTorch's own number of threads
doctests     the examples in the docstrings of sl1lib
notebooks    execute every notebook and compare each output with the stored one; where $SL1LIB_DATA names MNIST, those
             that depend on it once more without it, on the digits
portability  the notebooks and the numerical tests once more, as the processor furthest from this one would compute
book         build the pages from the stored outputs, warnings as errors
browser      open every page of that build in Chromium
nightly      only when named: portability for each processor that this one can emulate, with 1 and with 2 threads

So each notebook is executed once as this machine computes: `notebooks` proves that the stored outputs are what the code
gives, and `book` renders them. (`make book` executes them itself.)

A part's tests run in as many processes as there are cores, or as $JOBS says, each with one thread: the threads of a
small operation would wait for each other, and all of them for a core that another program has. Each part is a process
of its own: nbval needs other settings of pytest than the library's tests, and what ends one takes nothing else with it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import processors
import reports
from common import BUILD, ROOT, TEST_BUILD, environment, jobs, warm_up
from common import notebooks as every_notebook
from notebooks import expectations

REPORTS = BUILD / "reports"
ONE_THREAD = dict.fromkeys(processors.THREADS, "1")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-r", "fE")  # the reasons of skips come at the end, for all parts
NBVAL = (
    *("-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "1800"),
    *("--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")),
)
WITNESS = ROOT / "tests" / "tools" / "witness.ipynb"
ABOUT_OTHER_THINGS = (  # processes and compilers: they know nothing of how a number is rounded
    *("training/test_kill.py", "training/test_processes.py"),
    *("training/test_progress.py", "study/test_study_run.py"),
    *("engine/test_compiler.py", "engine/test_crew.py"),
)
NUMERICAL = ("reference", "symbolic", "parity", "fast", "engine", "training", "study", "pruning", "book/test_ledger.py")
PARTS = ("library", "doctests", "notebooks", "portability", "book", "browser")


@dataclass(frozen=True)
class Step:
    """One process of a part: its command, and the variables that it gets besides everybody's."""

    name: str
    command: tuple[str, ...]
    variables: dict[str, str]


def workers(threads: int) -> tuple[str, ...]:
    """Return the option for as many processes as there are cores for their threads.

    Threads of NumPy's products wait without a rest: two processes of two on two cores took a hundred times as long.
    """
    return ("-n", str(jobs() // threads))


def parallel(*arguments: str, threads: int = 1) -> tuple[str, ...]:
    """Return the command that runs tests in several processes: neighbours together, while nobody is left idle."""
    return (*PYTEST, *workers(threads), "--dist", "worksteal", *arguments)


def notebooks(paths: Iterable[Path], threads: int = 1) -> tuple[str, ...]:
    """Return the command that executes notebooks, a kernel for each, and compares outputs with the stored ones."""
    expected = expectations(paths)
    ordered = sorted(expected, key=lambda path: -expected[path])  # the longest begin
    return (*PYTEST, *workers(threads), "--dist", "loadfile", "--no-loadscope-reorder", *NBVAL, *map(str, ordered))


def takes_mnist(path: Path) -> bool:
    """Tell whether a notebook takes MNIST where it is available: its numbers are then others where it is not."""
    return re.search(r'load_data\((?:\)|\\"(?:auto|mnist)\\")', path.read_text(encoding="utf-8")) is not None


def without_mnist() -> dict[str, str]:
    """Return the variables under which MNIST is out of reach: no folder, no download, an empty cache."""
    cache = BUILD / "empty-cache"
    shutil.rmtree(cache, ignore_errors=True)
    return ONE_THREAD | {"SL1LIB_DATA": "", "SL1LIB_OFFLINE": "1", "XDG_CACHE_HOME": str(cache)}


def emulated(name: str, variables: dict[str, str], books: Iterable[Path], files: Iterable[str]) -> Iterator[Step]:
    """Yield notebooks and tests under an emulated processor; each process first shows that it emulates it."""
    tools = os.pathsep.join(filter(None, (str(ROOT / "tools"), os.environ.get("PYTHONPATH"))))
    threads = int(variables[processors.THREADS[0]])
    variables = variables | {"PYTHONPATH": tools}
    yield Step(f"{name} notebooks", (*notebooks([*books, WITNESS], threads), "-p", "emulated"), variables)
    yield Step(f"{name} tests", (*parallel(*files, threads=threads), "-p", "emulated"), variables)


def portability(everything: bool) -> Iterator[Step | reports.Report]:
    """Yield the steps for the first processor that rounds otherwise than this one, or for all of them."""
    files = [f"tests/{name}" for name in NUMERICAL] + [f"--ignore=tests/{name}" for name in ABOUT_OTHER_THINGS]
    found = False
    for each in processors.emulations():
        if each.reason:
            print(f"{each.name}: left out, {each.reason}", flush=True)
            if everything:
                yield reports.Report(each.name, skipped=[each.reason])
        elif everything or not found:
            found = True
            print(f"{each.name}: other bits in {', '.join(each.differing)}", flush=True)
            yield from emulated(each.name, each.variables, every_notebook(), files)
            if not everything:
                return
    if not found:
        yield reports.Report("portability", skipped=["no other processor can be emulated here"])


def steps(part: str) -> Iterator[Step | reports.Report]:
    """Yield what a part consists of."""
    if part == "library":
        folder = ("tests", "--ignore=tests/browser")
        yield Step("library", parallel(*folder), ONE_THREAD)
        yield Step("library, more threads", (*PYTEST, "-m", "threads", *folder), processors.PATIENT)
    elif part == "doctests":
        yield Step("doctests", parallel("--doctest-modules", "sl1lib"), ONE_THREAD)
    elif part == "notebooks":
        yield Step("notebooks", notebooks(every_notebook()), ONE_THREAD)
        if os.environ.get("SL1LIB_DATA"):
            yield Step("notebooks, on the digits", notebooks(filter(takes_mnist, every_notebook())), without_mnist())
    elif part in ("portability", "nightly"):
        yield from portability(part == "nightly")
    elif part == "book":
        yield Step("book", (sys.executable, "tools/build_book.py", "--stored"), {})
    elif part == "browser":
        together = ("--dist", "loadgroup", "--no-loadscope-reorder")  # what looks at one page
        yield Step("browser", (*PYTEST, *workers(1), *together, "tests/browser"), ONE_THREAD)


def run(step: Step, folder: Path = REPORTS) -> reports.Report:
    """Run a step to its end and report what it gave; pytest writes its own report into ``folder``."""
    print(f"\n== {step.name} ==", flush=True)
    env = processors.without_settings(environment()) | step.variables
    env["SL1LIB_BOOK_HTML"] = os.environ.get("SL1LIB_BOOK_HTML") or str(TEST_BUILD / "_build" / "html")
    command, file = step.command, None
    if command[: len(PYTEST)] == PYTEST:
        file = folder / f"{step.name.replace(' ', '-').replace(',', '')}.xml"
        command += (f"--junitxml={file}",)
    start = time.perf_counter()
    status = subprocess.run(command, cwd=ROOT, env=env).returncode
    return reports.read(step.name, file, status, time.perf_counter() - start)


def main(names: list[str]) -> int:
    """Run the named parts, or all, and sum up."""
    if unknown := sorted(set(names) - {*PARTS, "nightly"}):
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}, nightly", file=sys.stderr)
        return 2
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    warm_up()
    found = []
    for name in names or PARTS:
        found += [step if isinstance(step, reports.Report) else run(step) for step in steps(name)]
    lines = reports.summary(found)
    (REPORTS / "summary.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("", *lines, sep="\n", flush=True)
    return 1 if any(report.failed for report in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
