"""The tools are no part of the installed package: they are imported from the repository."""

import platform
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import processors


@pytest.fixture(scope="session")
def emulation():
    """The processor, with a number of threads, that the part `portability` emulates."""
    found = next((each for each in processors.emulations() if not each.reason), None)
    if found is None:
        pytest.skip(f"no other processor can be emulated on this {platform.machine()}")
    return found
