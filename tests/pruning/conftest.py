"""Short trainings on the embedded digits, to be pruned."""

import pytest

from sl1lib import Penalty, Run, RunConfig, load_data, train

#: A strong penalty for a short training: nodes and maps fall below its ε.
STRONG = RunConfig(data="digits", penalty=Penalty(0.03, eps=0.05), epochs=6, lr=0.2)


@pytest.fixture(scope="session")
def digits():
    return load_data("digits")


@pytest.fixture(scope="session")
def strong() -> Run:
    return train(STRONG, progress=False)


@pytest.fixture(scope="session")
def plain() -> Run:
    return train(STRONG.replace(penalty=None), progress=False)


@pytest.fixture(scope="session")
def double() -> Run:
    """Sigmoids, float64, on a part of the digits, measured on validation images."""
    own = {"data": "digits", "n_train": 1000, "validation": 100, "epochs": 10, "batch_size": 10, "lr": 1.0}
    return train(RunConfig(reading="text", dtype="float64", penalty=Penalty(3e-4, 0.1), **own), progress=False)
