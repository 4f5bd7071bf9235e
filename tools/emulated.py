"""A plugin of pytest for a run under an emulated processor: it starts in no process that does not emulate it."""

import processors


def pytest_sessionstart() -> None:
    """Ask the libraries of this process, the first one or a worker."""
    processors.check()
