"""A training's bits are its own: whoever trains beside it, in whatever order, with whatever number of threads."""

import os
import subprocess
import sys
import threading
import time

import pytest
import torch

from sl1lib import LearningRate, MomentumRamp, Penalty, RunConfig, fast, train
from sl1lib.engine import Engine, Training, threads
from sl1lib.engine.threads import Threads

pytestmark = pytest.mark.threads
for_every_engine = pytest.mark.usefixtures("every_engine")
COUNT, BATCH, UPDATES = 70, 20, 6  # the fourth batch of an epoch has 10 images
PENALTIES = [
    None,
    Penalty(0.02, 0.1),
    Penalty(0.05, profile="abs", step="proximal"),
    *(Penalty(0.1 * n, 2.0 * n, profile="log_cosh", grouping="map") for n in (1, 2, 3, 4)),  # one operation for all
    Penalty(0, 0.1),
]
COMPANIES = [(0, 7), (7, 0), (1, 2), (3, 5, 4), (5, 4, 3), (2, 1, 0, 6, 7), tuple(range(8)), tuple(range(7, -1, -1))]
settings = pytest.mark.parametrize(
    "settings",
    [
        {"reading": reading, "dtype": dtype, "loss": loss}
        for reading, loss in (("table", "cross_entropy"), ("text", "cross_entropy"), ("table", "squared_error"))
        for dtype in (torch.float32, torch.float64)
    ],
    ids=lambda chosen: "-".join(str(value).removeprefix("torch.") for value in chosen.values()),
)


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def engine_of(numbers, reading="table", dtype=torch.float32, loss="cross_entropy"):
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(256, (COUNT, 1, 28, 28), dtype=torch.uint8, generator=generator)
    labels = torch.randint(10, (COUNT,), generator=generator)
    trainings = [
        Training(
            fast.init_params(n % 3, dtype),
            lr=LearningRate(0.05 + 0.01 * n, end=0.2, updates=10),
            momentum=MomentumRamp(0.0, 0.1 * n, updates=10),
            penalty=PENALTIES[n],
            seed=n % 3,
        )
        for n in numbers
    ]
    return Engine(trainings, x, labels, reading=reading, loss=loss, batch_size=BATCH)


def bits(numbers, **settings):
    """Train together; return for each what it computed, as bytes."""
    engine = engine_of(numbers, **settings)
    costs, scores = engine.advance(UPDATES), engine.predict(engine_of([0], **settings)._images, prepared=True)
    return {
        n: {
            "E0": costs.E0[:, m].tobytes(),
            "penalty": costs.penalty[:, m].tobytes(),
            "scores": scores[m].numpy().tobytes(),
            **{name: tensor.numpy().tobytes() for name, tensor in engine.params(m).items()},
        }
        for m, n in enumerate(numbers)
    }


def assert_same_bits(found, expected):
    for number, numbers in found.items():
        for name, each in numbers.items():
            # exact: repeated on one machine
            assert each == expected[number][name], f"{name} of training {number}, beside {list(found)}"


@for_every_engine
@settings
def test_alone_or_beside_others_in_any_order_a_training_gives_the_same_bits(settings):
    alone = {n: bits([n], **settings)[n] for n in range(len(PENALTIES))}
    for company in COMPANIES:
        assert_same_bits(bits(company, **settings), alone)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "processor",
    [
        {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"},
        {"ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "AVX2"},
    ],
    ids=lambda variables: "-".join(variables.values()),
)
def test_on_another_processor_too(processor, count):
    test = f"{__file__}::{test_alone_or_beside_others_in_any_order_a_training_gives_the_same_bits.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "text-float32", test],
        env=os.environ | processor | {"OMP_NUM_THREADS": str(count)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def allow(count, monkeypatch):
    """Let PyTorch have ``count`` threads, and the engine use another number of them at each turn."""
    turns = iter(range(10**6))

    def in_turn(self, work, keeps_bits):
        chosen = self._counts[next(turns) % len(self._counts)]
        work(chosen)
        chosen = chosen if keeps_bits(chosen) else 1
        used.add(chosen)
        return chosen

    used = set()
    monkeypatch.setattr(Threads, "choose", in_turn)
    torch.set_num_threads(count)
    return used


@for_every_engine
@settings
def test_the_number_of_threads_changes_no_bit(settings, monkeypatch):
    expected = bits((0, 1, 5), **settings)
    for count in (1, 2, 3, 4):
        used = allow(count, monkeypatch)
        assert_same_bits(bits((0, 1, 5), **settings), expected)
        assert 1 in used
        assert torch.get_num_threads() == count


class StopError(Exception):
    """Stands for whatever ends a training."""


@for_every_engine
def test_however_it_ends_the_number_of_threads_is_as_before():
    def stop():
        assert torch.get_num_threads() == 1
        raise StopError

    torch.set_num_threads(2)
    with pytest.raises(StopError):
        engine_of([0]).advance(2, stop=stop)
    assert torch.get_num_threads() == 2
    train(RunConfig(data="digits", n_train=40, epochs=1), progress=False)
    assert torch.get_num_threads() == 2


@pytest.fixture
def clock(monkeypatch):
    """A clock that only work moves: `clock.wait(seconds)`."""

    class Clock:
        now = 0.0

        def wait(self, seconds):
            self.now += seconds

    found = Clock()
    monkeypatch.setattr(time, "perf_counter", lambda: found.now)
    return found


def yes(count):
    return True


def test_more_threads_are_used_while_they_save_time(clock):
    chooser = Threads(4)
    quiet, busy = {1: 1e-3, 2: 6e-4, 4: 5e-4}, {1: 1e-3, 2: 0.05, 4: 0.1}
    assert chooser.choose(lambda count: clock.wait(quiet[count]), yes) == 1  # nothing is measured so early
    clock.wait(threads.FIRST)
    for speeds, right in ((quiet, 4), (busy, 1), (quiet, 4)):
        assert chooser.choose(lambda count, speeds=speeds: clock.wait(speeds[count]), yes) == right
        clock.wait(100)  # until it is measured again


def test_measuring_takes_a_small_part_of_the_time(clock):
    chooser, measured, turn = Threads(2), 0.0, 5e-3

    def work(count):
        nonlocal measured
        seconds = 0.4 if count == 2 else 1e-3
        measured += seconds
        clock.wait(seconds)

    while clock.now < 1000:
        assert chooser.choose(work, yes) == 1
        clock.wait(turn)
    assert 0 < measured < 1000 / threads.PRICE + 2


def test_threads_that_would_change_a_bit_are_not_used(clock):
    chooser = Threads(2)
    clock.wait(threads.FIRST)
    assert chooser.choose(lambda count: clock.wait(1 / count), lambda count: count == 1) == 1


def test_who_allows_one_thread_gets_one(clock):
    chooser = Threads(1)
    clock.wait(1e6)
    assert chooser.choose(None, yes) == 1


@for_every_engine
def test_engines_in_two_threads_of_python_give_the_bits_of_one():
    expected, found = bits((0, 1)), {}
    torch.set_num_threads(2)
    both = [threading.Thread(target=lambda n=n: found.update({n: bits((n,))[n]})) for n in (0, 1)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert_same_bits(found, expected)
    assert sorted(found) == [0, 1]
