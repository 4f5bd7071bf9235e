"""Execute notebooks in place, and store only what belongs in the repository.

python tools/notebooks.py [FILE ...]     without a FILE, every notebook of the book

Cell ids stay. Time stamps go, and so does the exact Python version, which changes with every machine. A notebook
that raises or writes to stderr is left as it was, and the exit status is 1.

`make book` executes with the same functions, and writes copies (see build_book.py).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
from common import BUILD, LOGS, ROOT, environment, jobs, notebooks, runtime_folder, say, warm_up
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError
from processors import THREADS
from progress import Progress

TIMEOUT = 1800  # seconds a cell
PATIENCE = 600  # seconds until a kernel answers: on a busy machine the first start reads a gigabyte from disk
ALONE = ("fast-path",)  # it measures how fast this machine is: nothing else may run meanwhile
# Seconds on two cores without MNIST, to begin the longest first and to say what is left; later, the last build's.
EXPECTED = {
    **{"fast-path": 165, "full-training": 110, "pruning": 95, "comparison": 90, "ledger": 65, "claims": 60},
    **{"your-own-model": 55, "gradients": 40, "backpropagation": 40, "numpy-training": 35, "convergence": 30},
    **{"one-page": 30},
}
OTHERS = 20
SECONDS = BUILD / "seconds.json"
SOCKET = 90  # characters; systems allow 104 or 108
WIDGET = "application/vnd.jupyter.widget-view+json"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
numbers = itertools.count()
running: set[Client] = set()


@dataclass(frozen=True)
class Failure:
    """Why a notebook has no result.

    ``cell`` counts all cells from 1; it is None where no cell was begun. ``lines`` are those that matter, ``report``
    is everything.
    """

    cell: int | None
    source: str
    lines: tuple[str, ...]
    report: str


@dataclass(frozen=True)
class Executed:
    """A notebook after its execution: without outputs from behind the cell that failed, if one did."""

    path: Path
    notebook: nbformat.NotebookNode
    seconds: float
    failure: Failure | None = None

    @property
    def name(self) -> str:
        """The page's name, as in the table of contents."""
        return page(self.path)


def page(path: Path) -> str:
    """Return a path below the project's folder without its ending, with slashes."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).with_suffix("").as_posix()


def log_of(path: Path) -> Path:
    """Return the file for what a notebook's kernel says past the notebook, and for its failure."""
    return LOGS / f"{page(path).replace('/', '-').lstrip('-')}.log"


class Wrote(CellControlSignal):
    """A cell wrote to stderr: a warning, or a progress bar."""


class ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs this script, whatever a home or a path has under the same name."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return it under any name."""
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class Client(NotebookClient):
    """Runs a notebook on this Python and knows which cell it has come to."""

    reached: int | None = None

    def create_kernel_manager(self) -> Any:
        """Talk over files where there are sockets with a path, so that neither ports nor a network are needed."""
        manager = super().create_kernel_manager()
        manager.kernel_spec_manager = ThisPython(parent=manager)
        connection = Path(runtime_folder()) / f"{os.getpid()}-{next(numbers)}.json"
        if os.name == "posix" and len(os.fsencode(connection)) < SOCKET:
            manager.transport = "ipc"
            manager.connection_file = str(connection)
        return manager

    def kill(self) -> None:
        """End the kernel at once; `execute` then raises."""
        process = getattr(getattr(self.km, "provisioner", None), "process", None)
        if process is not None:
            process.kill()

    async def async_execute_cell(self, cell: Any, cell_index: int, *arguments: Any, **options: Any) -> Any:
        """Execute a cell; what it wrote to stderr is an error."""
        if cell.cell_type == "code":
            self.reached = cell_index
        done = await super().async_execute_cell(cell, cell_index, *arguments, **options)
        written = "".join(o["text"] for o in cell.get("outputs", []) if o.get("name") == "stderr")
        if written:
            raise Wrote(written)
        return done


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Remove what differs from run to run without saying anything about the result."""
    notebook.metadata.get("language_info", {}).pop("version", None)
    without_widgets(notebook)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)


def without_widgets(notebook: nbformat.NotebookNode) -> None:
    """Remove widgets, which belong to their kernel, where HTML or a picture beside them shows the same without one."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if {"text/html", "image/png"} & output.get("data", {}).keys():
                output["data"].pop(WIDGET, None)


def execute(path: Path, env: dict[str, str]) -> Executed:
    """Run one notebook from top to bottom in a fresh kernel; stored outputs are forgotten first.

    What the kernel's process says past the notebook stands in a log of its own, and so does a failure.
    """
    start = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    log = log_of(path)
    log.parent.mkdir(parents=True, exist_ok=True)
    client = Client(
        notebook,
        timeout=TIMEOUT,
        startup_timeout=PATIENCE,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    failure = None
    with log.open("w", encoding="utf-8", errors="backslashreplace") as chatter:
        running.add(client)
        try:
            client.execute(stdout=chatter, stderr=chatter, env=env)
        except (CellControlSignal, RuntimeError, TimeoutError, OSError) as error:
            failure = explain(error, notebook, client.reached)
            chatter.write(f"\n{failure.report}\n")
        finally:
            running.discard(client)
    tidy(notebook)
    return Executed(path, notebook, time.perf_counter() - start, failure)


def explain(error: Exception, notebook: nbformat.NotebookNode, reached: int | None) -> Failure:
    """Say where a notebook failed, and how, in few lines."""
    report = ANSI.sub("", str(error)).strip() or type(error).__name__
    if isinstance(error, CellExecutionError):
        lines = essence(ANSI.sub("", error.traceback), f"{error.ename}: {error.evalue}")
    elif isinstance(error, Wrote):
        lines = ("it wrote to stderr:", *report.splitlines()[:4])
    else:
        lines = (type(error).__name__, *report.splitlines()[:4])
    if reached is None:
        return Failure(None, "", ("the kernel did not start", *lines[:4]), report)
    source = notebook.cells[reached].source.strip()
    return Failure(reached + 1, source.splitlines()[0] if source else "", lines, report)


def essence(traceback: str, error: str) -> tuple[str, ...]:
    """Return of a traceback the line in the cell, the line that raised, and the error: five lines at most."""
    frames: list[list[str]] = []
    for line in map(str.strip, traceback.splitlines()):
        if line.startswith(("Cell In[", "File ")):
            frames.append([line])
        elif line.startswith("--") and "> " in line and frames and len(frames[-1]) == 1:
            frames[-1].append(line)
    ends = frames[:1] + frames[1:][-1:]
    return (*(line for frame in ends for line in frame), error.strip().splitlines()[0].removesuffix(":").rstrip(": "))


def threads() -> dict[str, str]:
    """Give each of several kernels one thread, unless the user has chosen: more would wait for each other's cores."""
    return {} if jobs() == 1 or any(name in os.environ for name in THREADS) else dict.fromkeys(THREADS, "1")


def expectations(paths: Iterable[Path]) -> dict[Path, float]:
    """Return how many seconds each notebook is likely to take: as long as last time, or as on another machine."""
    try:
        known = json.loads(SECONDS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    return {path: known.get(page(path)) or EXPECTED.get(path.stem, OTHERS) for path in paths}


def remember(executed: Iterable[Executed]) -> None:
    """Keep how long each notebook took."""
    known = {page(path): seconds for path, seconds in expectations(notebooks()).items()}
    known |= {each.name: round(each.seconds, 1) for each in executed if each.failure is None}
    SECONDS.parent.mkdir(parents=True, exist_ok=True)
    SECONDS.write_text(json.dumps(known, indent=1), encoding="utf-8")


def execute_all(paths: Iterable[Path], more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Executed]:
    """Execute notebooks, as many at a time as there are cores, say how far it is, and yield them as they are done.

    Their kernels find ``more`` variables in their environment.
    """
    expected = expectations(paths)
    order = sorted(expected, key=lambda path: -expected[path])
    alone = [path for path in order if path.stem in ALONE]
    crowd = [path for path in order if path.stem not in ALONE]
    progress = Progress({page(path): expected[path] for path in order}, jobs(), [page(path) for path in alone])
    env = environment() | dict(more)

    def work(path: Path, variables: dict[str, str]) -> Executed:
        progress.begin(page(path))
        return execute(path, env | variables)

    for group, workers, variables in ((crowd, jobs(), threads()), (alone, 1, {})):
        with ThreadPoolExecutor(workers) as pool:
            waiting = {pool.submit(work, path, variables) for path in group}
            try:
                while waiting:
                    done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                    progress.show()
                    for executed in (each.result() for each in done):
                        progress.end(executed.name, executed.seconds, failed=executed.failure is not None)
                        yield executed
            except BaseException:  # Ctrl-C: what runs is ended, and nothing more is begun
                pool.shutdown(wait=False, cancel_futures=True)
                for client in tuple(running):
                    client.kill()
                raise


def told(executed: Executed) -> list[str]:
    """Return what is to be said of a notebook that failed."""
    failure = executed.failure
    assert failure is not None
    where = f"cell {failure.cell} of {len(executed.notebook.cells)}:  {failure.source}" if failure.cell else ""
    return [
        f"FAILED  {executed.name}  {where}".rstrip(),
        *(f"    {line}" for line in failure.lines),
        f"    all of it: {log_of(executed.path)}",
    ]


def store(executed: Executed, path: Path) -> None:
    """Write a notebook in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".ipynb.tmp")
    nbformat.write(executed.notebook, fresh)
    os.replace(fresh, path)


def main(names: list[str]) -> int:
    """Execute the named notebooks, or all, in place; those that failed are left as they were."""
    warm_up()
    failed = []
    try:
        for executed in execute_all([Path(name).resolve() for name in names] or notebooks()):
            if executed.failure is None:
                store(executed, executed.path)
            else:
                failed.append(executed)
    except KeyboardInterrupt:
        say("\nInterrupted. What is listed above is stored; the other notebooks are as they were.", stream="stderr")
        return 130
    for executed in failed:
        say("", *told(executed), stream="stderr")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
