"""What the scripts in this folder share: where things are, what they say, and the environment of what they start."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
VECTORS = BUILD / "figures"  # of the notebooks' figures, for print
LOGS = BUILD / "logs"
TEST_BUILD = BUILD / "test"  # the book built from stored outputs; jupyter-book adds _build/html below it
OWN = BUILD / "own"  # what IPython, Jupyter and Matplotlib would otherwise read and keep in the user's home
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages need nothing from elsewhere, so that nothing is found there.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

# What Playwright adds by itself and these scripts take away: without bars, nobody sees what scrolls.
HIDDEN_SCROLLBARS = ["--hide-scrollbars"]

# What Python says in a cell belongs to the cell, and a warning there fails its page. What the libraries of this
# machine write past Python (a driver too old, a processor not recognised) is about the machine: it goes to the log.
KERNEL_CONFIG = """\
import os

c = get_config()
c.IPKernelApp.capture_fd_output = False
c.HistoryManager.enabled = False
os.environ.pop("MPLBACKEND", None)  # figures belong into the notebook, whatever is set for a terminal
"""


def environment() -> dict[str, str]:
    """Return the variables of a child process, which finds the same settings on every machine.

    SL1LIB_DATA becomes absolute, since a kernel works in its notebook's folder. IPython, Jupyter and Matplotlib get
    folders of the project's own: a home may be missing or closed, and what stands in it (a start-up file, a style,
    another Python under the name of this kernel) must not change a page.
    """
    env = dict(os.environ)
    if env.get("SL1LIB_DATA"):
        env["SL1LIB_DATA"] = str(Path(env["SL1LIB_DATA"]).expanduser().resolve())
    config = OWN / "ipython" / "profile_default" / "ipython_kernel_config.py"
    if not config.is_file() or config.read_text(encoding="utf-8") != KERNEL_CONFIG:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(KERNEL_CONFIG, encoding="utf-8")
    env |= {
        "IPYTHONDIR": str(OWN / "ipython"),
        "JUPYTER_CONFIG_DIR": str(OWN / "jupyter"),
        "JUPYTER_DATA_DIR": str(OWN / "jupyter"),
        "JUPYTER_RUNTIME_DIR": runtime_folder(),
        "MPLCONFIGDIR": str(OWN / "matplotlib"),
    }
    env.pop("MATPLOTLIBRC", None)
    # A kernel must never wait for a debugger's files, nor print its notice on stderr: stderr fails the build.
    env.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    env.setdefault("PYTHONUTF8", "1")
    return env


@cache
def runtime_folder() -> str:
    """Make a folder for the sockets of this process's kernels; its name is short, as a socket's must be."""
    folder = tempfile.mkdtemp(prefix="sl1-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def warm_up() -> None:
    """Let Matplotlib look through the machine's fonts before a cell asks it to, and says so on stderr."""
    (OWN / "matplotlib").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", "import matplotlib.font_manager"]
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def jobs() -> int:
    """Return how many processes may work at a time: $JOBS, or one for each core that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(os.environ.get("JOBS") or cores)


def say(*lines: str, stream: str = "stdout", end: str = "\n") -> None:
    """Print, as far as somebody listens: whether a book is built does not depend on that."""
    output = getattr(sys, stream)
    try:
        if output is not None:
            if hasattr(output, "reconfigure"):
                output.reconfigure(errors="backslashreplace")
            print(*lines, sep="\n", end=end, file=output, flush=True)
    except (OSError, ValueError):
        setattr(sys, stream, None)  # at its end, Python would try to write the rest, and fail


def notebooks() -> list[Path]:
    """Every notebook of the book, in a fixed order."""
    return sorted(p for p in (ROOT / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def find_browser() -> str | None:
    """Path of a Chromium, or None. $SL1LIB_BROWSER names another one."""
    named = os.environ.get("SL1LIB_BROWSER")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pages(html: Path) -> list[str]:
    """Return the book's own pages in a built book, as addresses relative to it."""
    found = sorted(p.relative_to(html).as_posix() for p in (html / "book").rglob("*.html"))
    return found + [name for name in ("genindex.html", "search.html") if (html / name).is_file()]
