"""Run every part of the tests, in order, and fail if any part fails.

python tools/run_tests.py [PART ...]

library    tests/ without the browser
doctests   the examples in the docstrings of sl1lib
notebooks  execute every notebook and compare each output with the stored one
book       build the pages from those stored outputs, warnings as errors
browser    open every page of that build in Chromium

So each notebook is executed once: `notebooks` proves that the stored outputs are what the code gives, and `book`
renders them. (`make book` executes them itself.) Each part is a process of its own: nbval needs other pytest
settings than the library's tests, and a kernel that dies takes nothing else with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from common import ROOT, TEST_BUILD, environment

PYTEST = [sys.executable, "-m", "pytest", "-q"]
PARTS = {
    "library": [*PYTEST, "tests", "--ignore=tests/browser"],
    "doctests": [*PYTEST, "--doctest-modules", "sl1lib"],
    "notebooks": [
        *[*PYTEST, "book", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"],
        *["--nbval-sanitize-with", "tests/nbval_sanitize.cfg", "--nbval-cell-timeout", "1800"],
    ],
    "book": [sys.executable, "tools/build_book.py", "--stored"],
    "browser": [*PYTEST, "tests/browser"],
}


def main(names: list[str]) -> int:
    """Run the named parts, or all, and sum up."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    env = environment()
    env["SL1LIB_BOOK_HTML"] = os.environ.get("SL1LIB_BOOK_HTML") or str(TEST_BUILD / "_build" / "html")
    lines, failed = [], False
    for name in names or PARTS:
        print(f"\n== {name} ==", flush=True)
        start = time.perf_counter()
        if name == "book":
            subprocess.run([sys.executable, "tools/vendor.py"], cwd=ROOT, env=env, check=True)
        status = subprocess.run(PARTS[name], cwd=ROOT, env=env).returncode
        failed = failed or status != 0
        verdict = "passed" if status == 0 else f"FAILED (exit status {status})"
        lines.append(f"{name:<10} {time.perf_counter() - start:6.0f} s  {verdict}")
    print("", *lines, sep="\n", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
