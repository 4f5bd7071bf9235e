"""What the scripts in this folder share: where things are, and the environment of what they start."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
TEST_BUILD = BUILD / "test"  # the book built from stored outputs; jupyter-book adds _build/html below it
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def environment() -> dict[str, str]:
    """Environment for a child process: SL1LIB_DATA absolute, since a kernel works in its notebook's folder."""
    env = dict(os.environ)
    if env.get("SL1LIB_DATA"):
        env["SL1LIB_DATA"] = str(Path(env["SL1LIB_DATA"]).expanduser().resolve())
    # A kernel must never wait for a debugger's files, nor print its notice on stderr: stderr fails the build.
    env.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    env.setdefault("PYTHONUTF8", "1")
    return env


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
