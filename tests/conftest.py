"""For all tests: profiles of hypothesis, the same examples on every run; a small data set and a run trained on it."""

import signal

import pytest
from hypothesis import Phase, settings

from sl1lib import Penalty, Run, RunConfig, load_data, train

settings.register_profile("sl1lib", derandomize=True, database=None, deadline=None, max_examples=15)
settings.register_profile("sl1lib-quick", settings.get_profile("sl1lib"), max_examples=5, phases=[Phase.generate])
settings.load_profile("sl1lib")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and the tests of Ctrl-C would have none.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: 200 images and 2 epochs of 10 updates: a fifth of a second.
SMALL = RunConfig(data="digits", n_train=200, epochs=2, batch_size=20, lr=0.2, penalty=Penalty(0.02, 0.05))


@pytest.fixture(scope="session")
def small() -> RunConfig:
    return SMALL


@pytest.fixture(scope="session")
def digits():
    return load_data("digits")


@pytest.fixture(scope="session")
def run(small) -> Run:
    return train(small, progress=False)


@pytest.fixture
def same():
    """Assert that two runs are equal, parameters and history byte for byte; times apart."""

    def assert_same(one: Run, other: Run, seconds: bool = False) -> None:
        assert list(one.params) == list(other.params)
        for name in one.params:
            assert one.params[name].dtype == other.params[name].dtype, name
            # exact: repeated on one machine
            assert one.params[name].tobytes() == other.params[name].tobytes(), name
        for name in ("E0", "penalty", "held_out_E0", "held_out_error") + ("seconds",) * seconds:
            # exact: repeated on one machine
            assert getattr(one.history, name).tobytes() == getattr(other.history, name).tobytes(), name

    return assert_same
