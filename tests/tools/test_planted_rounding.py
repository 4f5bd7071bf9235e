"""The part `portability` earns its trust: what holds on this processor alone is green here and red there."""

import os
import subprocess
import sys
import textwrap

import nbformat
import processors
import pytest
import run_tests
from nbclient import NotebookClient

SUMS = """
import numpy as np

x = np.random.default_rng(0).normal(size=(400, 300))
one, other = x @ np.ones(300), np.array([row.sum() for row in x])
"""
# Whoever wrote these lines looked at this machine's numbers, and found the rows where both ways give the same bits.
EQUAL = SUMS + "assert (one[{rows}] == other[{rows}]).all()"
# A sequence that doubles every deviation, again and again: from a product's last bit to its first digit.
CHAOS = """
import torch

x, y = torch.rand(2, 100, 100, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
share = (x @ y) % 1
for _ in range(200):
    share = 3.99 * share * (1 - share)
round(float(share.mean()), 6)
"""
# The same sums, compared and printed as another processor may give them.
TOLERANT = SUMS + "assert np.abs(one - other).max() < 1e-12\nround(float(one[0]), 4)"


@pytest.fixture(scope="module")
def here():
    """The variables of a process that computes as this machine does, with one thread."""
    return processors.without_settings(os.environ) | run_tests.ONE_THREAD


@pytest.fixture(scope="module")
def rows(here):
    code = SUMS + "print([i for i in range(400) if one[i] == other[i]])"
    found = subprocess.run([sys.executable, "-c", code], env=here, capture_output=True, text=True, check=True).stdout
    assert found.count(",") > 20
    return found.strip()


def write_notebook(path, here, *cells):
    """Write a notebook with the outputs that its cells have on this machine."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(book, timeout=600).execute(env=here)
    nbformat.write(book, path)


def write_tests(path, **tests):
    lines = [f"def test_{name}():\n{textwrap.indent(code.strip(), '    ')}\n" for name, code in tests.items()]
    path.write_text("\n\n".join(lines))


def test_a_planted_dependence_on_rounding_is_green_here_and_red_there(emulation, here, rows, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBS", "0")
    equal = EQUAL.format(rows=rows)
    book, file = tmp_path / "planted.ipynb", tmp_path / "test_planted.py"
    write_notebook(book, here, equal, CHAOS, TOLERANT)
    write_tests(file, equal=equal, tolerant=TOLERANT)
    steps = {
        "here": [
            run_tests.Step("notebooks", run_tests.notebooks([book]), run_tests.ONE_THREAD),
            run_tests.Step("tests", run_tests.parallel(str(file)), run_tests.ONE_THREAD),
        ],
        "there": run_tests.emulated("there", emulation.variables, [book], [str(file)]),
    }
    found = {name: [run_tests.run(step, tmp_path) for step in each] for name, each in steps.items()}
    assert [(r.passed, r.failed) for r in found["here"]] == [(3, []), (2, [])]
    failed = [[name.split("::")[1] for name in report.failed] for report in found["there"]]
    assert failed == [["Cell 0", "Cell 1"], ["test_equal"]]
    assert [report.passed for report in found["there"]] == [2, 1]  # what allows for rounding, and the witness
