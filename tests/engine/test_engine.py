"""The engines: the reference's numbers, whoever trains beside; states, divergence, memory."""

from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from support import assert_close

from sl1lib import PROFILES, READINGS, LearningRate, MomentumRamp, Penalty, Reading, fast, reference
from sl1lib.engine import Engine, SimpleEngine, Training
from sl1lib.settings import GROUPINGS

pytestmark = [pytest.mark.threads, pytest.mark.usefixtures("every_engine")]
COUNT, BATCH, UPDATES = 11, 4, 50  # three updates an epoch, the last on three images
READINGS_TO_TRAIN = [
    *READINGS.values(),
    *(reading.with_relu_logits() for reading in READINGS.values()),
    Reading("sigmoid-last", "sigmoid", pool_first=True),
    Reading("relu-first", "relu", pool_first=False),
]
every_reading = pytest.mark.parametrize("reading", READINGS_TO_TRAIN, ids=lambda reading: reading.name)
devices = pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"))],
)

PENALTIES = [None] + [
    Penalty(0.01 * (1 + number % 3), eps=(0.05, 0.3, 2.0)[number % 3], profile=profile, grouping=grouping, step=step)
    for number, (profile, grouping, step) in enumerate(product(PROFILES, GROUPINGS, ("gradient", "proximal")))
    if (profile, step) != ("sqrt_quartic", "proximal")
]


@cache
def samples():
    rng = np.random.default_rng(0)
    return rng.random((COUNT, 1, 28, 28)), rng.integers(10, size=COUNT)


def settings(number):
    """Give each training rates, momenta and a seed of its own."""
    return {
        "lr": LearningRate(0.05 + 0.01 * (number % 4), end=0.2, updates=40),
        "momentum": MomentumRamp(0.0, 0.1 * (number % 5), updates=10),
        "seed": number % 3,
    }


def start(number):
    rng = np.random.default_rng(number)
    return {name: array + rng.normal(0, 0.1, array.shape) for name, array in reference.init_params(number).items()}


def make(penalties, reading="table", dtype=torch.float64, device="cpu", numbers=None, batch_size=BATCH):
    x, labels = samples()
    trainings = [
        Training(
            {name: torch.tensor(array, dtype=dtype, device=device) for name, array in start(number).items()},
            penalty=penalty,
            **settings(number),
        )
        for number, penalty in zip(numbers or range(len(penalties)), penalties, strict=True)
    ]
    x, labels = torch.tensor(x, dtype=dtype, device=device), torch.tensor(labels, device=device)
    return Engine(trainings, x, labels, reading=reading, batch_size=batch_size)


def expected(number, penalty, reading, updates=UPDATES):
    given = settings(number)
    steps = reference.train(
        start(number), *samples(), epochs=100, reading=reading, penalty=penalty, batch_size=BATCH, **given
    )
    done = [update for update, _ in zip(steps, range(updates), strict=False)]
    return np.array([(update.error, update.penalty) for update in done]), done[-1].params


def assert_same_training(engine, costs, column, number, penalty, reading):
    curves, params = expected(number, penalty, reading)
    assert_close(np.stack([costs.E0[:, column], costs.penalty[:, column]], axis=1), curves, tolerance=1e-9)
    assert_close({n: t.cpu().numpy() for n, t in engine.params(column).items()}, params, tolerance=1e-9)


@devices
@pytest.mark.parametrize("reading", READINGS_TO_TRAIN[:2], ids=lambda reading: reading.name)
def test_fifty_updates_with_every_penalty_at_once_are_the_references(reading, device):
    engine = make(PENALTIES, reading, device=device)
    costs = engine.advance(UPDATES)
    for number, penalty in enumerate(PENALTIES):
        assert_same_training(engine, costs, number, number, penalty, reading)


@devices
@every_reading
@pytest.mark.parametrize("models", [1, 8])
def test_fifty_updates_of_one_and_of_eight_are_the_references(reading, models, device):
    penalties = [Penalty(0.02, 0.1), None, Penalty(0.05, profile="abs", step="proximal")] * 3
    engine = make(penalties[:models], reading, device=device)
    costs = engine.advance(UPDATES)
    for number in {0, models - 1, models // 2}:
        assert_same_training(engine, costs, number, number, penalties[number], reading)


@devices
@every_reading
def test_fifty_updates_with_the_squared_error_are_the_textbook_loops(reading, device):
    x, labels = (torch.tensor(array, device=device) for array in samples())
    penalties = [None, Penalty(0.02, 0.1)]
    shared = {"reading": reading, "loss": "squared_error", "batch_size": BATCH}
    starts = [{name: torch.tensor(array, device=device) for name, array in start(n).items()} for n in range(2)]
    trainings = [Training(starts[n], penalty=penalties[n], **settings(n)) for n in range(2)]
    engine = Engine(trainings, x, labels, **shared)
    costs = engine.advance(UPDATES)
    for n, penalty in enumerate(penalties):
        loop = SimpleEngine(starts[n], x, labels, penalty=penalty, **settings(n), **shared)
        curve = [error for epoch in range(20) for error, _ in loop.epoch(epoch) if loop.updates <= UPDATES]
        assert_close(costs.E0[:, n], np.array(curve), tolerance=1e-9)
    loop = SimpleEngine(starts[0], x, labels, **settings(0), **shared)
    list(loop.epoch(0))
    again = Engine(trainings[:1], x, labels, **shared)
    list(again.epoch())
    for name, tensor in again.params().items():
        torch.testing.assert_close(tensor, loop.params[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_float32_stays_near(reading):
    engine = make([Penalty(0.01, 0.1)], reading, dtype=torch.float32)
    engine.advance(UPDATES)
    assert engine.params()["U"].dtype == torch.float32
    assert_close({n: t.numpy() for n, t in engine.params().items()}, expected(0, Penalty(0.01, 0.1), reading)[1], 1e-3)


def test_grey_levels_are_images_divided_by_255():
    grey = torch.randint(256, (6, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    ends = []
    for x in (grey, grey / 255):
        engine = Engine([Training(fast.init_params(), 0.2, MomentumRamp())], x, torch.arange(6))
        engine.advance(5)
        ends.append((engine.params(), engine.predict(x)))
    torch.testing.assert_close(*ends)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_it_predicts_as_the_functions_do(reading):
    engine = make(PENALTIES[:2], reading)
    engine.advance(3)
    x = torch.rand(1203, 1, 28, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    scores = engine.predict(x)
    # exact: repeated on one machine
    torch.testing.assert_close(engine.predict(engine.prepare(x), prepared=True), scores, rtol=0, atol=0)
    for training in range(2):
        torch.testing.assert_close(scores[training], fast.Network(engine.params(training), reading).predict(x))
    before = engine.params(1)["U"]
    assert torch.equal(before, engine.params(1)["U"])  # exact: repeated on one machine


def test_predicting_between_updates_changes_nothing():
    one, other = make(PENALTIES[:3]), make(PENALTIES[:3])
    one.advance(4)
    for _ in range(4):
        other.predict(torch.rand(COUNT, 1, 28, 28, dtype=torch.float64))
        other.advance(1)
    assert_states_equal(one.state(), other.state())


def assert_states_equal(one, other):
    assert list(one) == list(other)
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name  # exact: repeated on one machine


@pytest.mark.parametrize("reading", ["table", "text"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_state_resumes_bit_for_bit_from_any_update(reading, dtype):
    whole, first, second = (make(PENALTIES[:9], reading, dtype) for _ in range(3))
    costs = whole.advance(8)
    begun = first.advance(5)  # in the middle of the second epoch
    second.load_state(first.state())
    rest = second.advance(3)
    # exact: repeated on one machine
    np.testing.assert_array_equal(np.concatenate([begun.E0, rest.E0]), costs.E0)
    # exact: repeated on one machine
    np.testing.assert_array_equal(np.concatenate([begun.penalty, rest.penalty]), costs.penalty)
    assert_states_equal(second.state(), whole.state())


def test_a_state_of_another_engine_is_refused():
    engine = make(PENALTIES[:2])
    with pytest.raises(
        ValueError, match=r"the shape of state\['weights/K1'\] is \(1, 6, 1, 5, 5\); here it must be \(2,"
    ):
        engine.load_state(make(PENALTIES[:1]).state())
    with pytest.raises(ValueError, match="the entries of the state"):
        engine.load_state({"updates": np.array(1)})


def test_a_state_is_a_copy():
    engine = make(PENALTIES[:1])
    state = engine.state()
    kept = {name: array.copy() for name, array in state.items()}
    engine.advance(1)
    assert_states_equal(state, kept)


def test_epochs_come_in_chunks_and_end_where_they_should():
    engine = make(PENALTIES[:2])
    assert engine.updates_per_epoch == 3
    assert [len(costs.E0) for costs in engine.epoch(chunk=2)] == [2, 1]
    engine.advance(1)
    assert [len(costs.E0) for costs in engine.epoch()] == [2]
    assert engine.updates == 6


def test_it_stops_when_asked_after_the_update_it_is_in():
    engine = make(PENALTIES[:2])
    costs = engine.advance(9, stop=lambda: engine.updates == 2)
    assert (len(costs.E0), len(costs.penalty), engine.updates) == (2, 2, 2)
    # exact: repeated on one machine
    np.testing.assert_array_equal(costs.E0, make(PENALTIES[:2]).advance(2).E0)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_one_that_diverges_is_named_and_disturbs_no_other(reading):
    x, labels = samples()
    x, labels = torch.tensor(x), torch.tensor(labels)
    penalties = [None, Penalty(1e100, profile="squared"), Penalty(0.01, 0.1)]
    trainings = [Training(fast.init_params(1, torch.float64), 0.2, MomentumRamp(), p) for p in penalties]
    engine = Engine(trainings, x, labels, reading=reading, batch_size=BATCH)
    costs = engine.advance(20)
    assert list(costs.first_bad()) == [1]
    update = costs.first_bad()[1]
    alone = Engine(trainings[1:2], x, labels, reading=reading, batch_size=BATCH).advance(20)
    assert alone.first_bad() == {0: update}
    assert update > 0
    for training in (0, 2):
        single = Engine([trainings[training]], x, labels, reading=reading, batch_size=BATCH)
        np.testing.assert_allclose(costs.E0[:, training], single.advance(20).E0[:, 0], rtol=1e-12)
        assert all(torch.isfinite(tensor).all() for tensor in engine.params(training).values())


def test_it_leaves_its_arguments_as_they_were():
    params, (x, labels) = fast.init_params(1), samples()
    x, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(labels)
    kept = {name: tensor.clone() for name, tensor in params.items()}, x.clone(), labels.clone()
    engine = Engine([Training(params, 0.2, MomentumRamp())], x, labels)
    engine.advance(2)
    torch.testing.assert_close((params, x, labels), kept, rtol=0, atol=0)  # exact: a copy
    engine.params()["U"].zero_()
    assert engine.params()["U"].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trainings": []}, "there is no training"),
        ({"x": torch.zeros(3, 1, 27, 28)}, r"the shape of x is \(3, 1, 27, 28\)"),
        ({"labels": torch.zeros(4, dtype=torch.int64)}, r"the shape of labels is \(4,\); there are 3 images"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"loss": "squares"}, "loss is 'squares'; it must be one of 'cross_entropy', 'squared_error'"),
        ({"reading": "tables"}, "reading"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    arguments = {
        "trainings": [Training(fast.init_params(), 0.1, MomentumRamp())],
        "x": torch.zeros(3, 1, 28, 28),
        "labels": torch.zeros(3, dtype=torch.int64),
        **change,
    }
    with pytest.raises(ValueError, match=message):
        Engine(**arguments)
