"""Build the book with warnings as errors and say where to read it.

python tools/build_book.py            execute every notebook, into _build/html
python tools/build_book.py --stored   use the outputs stored in the notebooks, into _build/test (for the tests,
                                      which have just compared those outputs with fresh ones)
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from common import BUILD, ROOT, TEST_BUILD, environment

# The package has no __main__, and the script's folder differs between systems.
JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"


def build(stored: bool) -> tuple[int, Path]:
    """Build from nothing; return the exit status and the folder of the pages."""
    env = environment()
    env.pop("SL1LIB_STORED_OUTPUTS", None)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(ROOT), "-W", "--keep-going"]
    output = BUILD
    if stored:
        env["SL1LIB_STORED_OUTPUTS"] = "1"
        command += ["--path-output", str(TEST_BUILD)]
        output = TEST_BUILD / "_build"
        TEST_BUILD.mkdir(parents=True, exist_ok=True)
    # Sphinx rebuilds only pages whose source changed; a changed library must execute all of them again.
    for name in ("html", ".doctrees"):
        shutil.rmtree(output / name, ignore_errors=True)
    status = subprocess.run(command, cwd=ROOT, env=env).returncode
    return status, output / "html"


def main() -> int:
    """Build, report, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", action="store_true", help="do not execute, use the stored outputs")
    status, html = build(parser.parse_args().stored)
    index = html / "index.html"
    if status or not index.is_file():
        print(f"The build failed; logs of failed notebooks are in {html / 'reports'}.", file=sys.stderr)
        return status or 1
    print(f"\nThe book is built. Open\n{index.as_uri()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
